import Foundation
import HaliteValue
import Testing

@testable import HaliteCLI

/// What Salt prints, as `scripts/record-outputs` recorded it.
@Suite struct OutputterTests {
    static let cases = OutputCase.all()

    @Test(arguments: cases)
    func printsWhatSaltPrints(_ fixture: OutputCase) throws {
        let data = try fixture.data()
        for section in try fixture.sections() {
            let outputter = try #require(Outputters.named(section.out))
            let text = outputter.render(data, section.options)
            #expect(text.hasSameBytes(as: section.expected), "\(section.header)\n\(text)\n---\n\(section.expected)")
        }
    }

    @Test func recordingIsThere() { #expect(Self.cases.count >= 100) }

    @Test func knowsEveryOutputterByItsName() {
        #expect(
            Outputters.names == [
                "highstate", "json", "jsonl", "key", "nested", "newline_values_only", "no_return", "pprint", "quiet", "raw",
                "summary", "table", "txt", "yaml",
            ])
        #expect(Outputters.named("text")?.name == "txt")
        for name in Outputters.gone { #expect(Outputters.named(name) == nil) }
    }

    @Test func aThemeReplacesSomeColours() {
        var options = OutputOptions()
        options.colour = true
        options.theme = ColourTheme(["CYAN": "1;35", "ENDC": 0])
        #expect(NestedOutputter.render(["m1": "x"], options) == "\u{1B}[1;35mm1\u{1B}[0m:\n    \u{1B}[0;32mx\u{1B}[0m")
    }

    @Test func quietPrintsNothing() { #expect(QuietOutputter.render(["m1": true], OutputOptions()) == "") }

    @Test func newlineValuesOnlyNamesNoMinions() {
        let data: Value = ["m1": ["127.0.0.1", "10.0.0.1"], "m2": 8, "m3": ["a": [1]]]
        #expect(NewlineValuesOnlyOutputter.render(data, OutputOptions()) == "127.0.0.1\n10.0.0.1\n8\n{'a': [1]}")
    }

    @Test func jsonLinesCarryWhatIsKnownOfAReturn() {
        var options = OutputOptions()
        options.details["m1"] = ReturnDetails(jid: "20260101120000000000", function: "test.ping", retcode: 0, duration: 12.5)
        let lines = JSONLinesOutputter.render(["m1": true, "m2": ["grün": .bytes([0xFF])]], options)
        #expect(
            lines == """
                {"id": "m1", "jid": "20260101120000000000", "fun": "test.ping", "retcode": 0, "duration": 12.5, "return": true}
                {"id": "m2", "return": {"grün": "b'\\\\xff'"}}
                """)
    }

    @Test func summaryGroupsMinionsWithTheSameResult() {
        let text = SummaryOutputter.render(["web2": true, "db": false, "web1": true, "odd": 1], OutputOptions())
        #expect(text == "2 minions: web1, web2\n    True\n1 minion: db\n    False\n1 minion: odd\n    1")
    }

    @Test func summaryComparesStatesWithoutTheirTimes() {
        func states(_ duration: Double) -> Value {
            [
                "file_|-motd_|-/etc/motd_|-managed": [
                    "result": true, "changes": ["diff": "x"], "comment": "File /etc/motd updated\nmore", "duration": .float(duration),
                    "__run_num__": 1, "name": "/etc/motd",
                ],
                "pkg_|-vim_|-vim_|-installed": ["result": false, "changes": [:], "comment": "no such package", "__run_num__": 0],
                "test_|-a_|-a_|-nop": ["result": true, "changes": [:], "comment": "", "__run_num__": 2],
            ]
        }
        let text = SummaryOutputter.render(["web1": states(1.5), "web2": states(2.25)], OutputOptions())
        #expect(
            text == """
                2 minions: web1, web2
                    Failed: vim (pkg.installed): no such package
                    Changed: motd (file.managed): File /etc/motd updated
                    Succeeded: 2 (changed=1), Failed: 1
                """)
    }
}

/// One data file with the texts recorded for it.
struct OutputCase: Sendable, CustomTestStringConvertible {
    let name: String
    let path: String

    var testDescription: String { name }

    struct Section {
        let header: String
        let out: String
        let options: OutputOptions
        let expected: String
    }

    static func all() -> [OutputCase] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Outputs").path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map {
            OutputCase(name: String($0.dropLast(5)), path: folder + "/" + $0.dropLast(5))
        }
    }

    func data() throws -> Value {
        let content = try Value(json: Array(Data(contentsOf: URL(fileURLWithPath: path + ".json"))))
        return OutputBatch.decoded(try #require(content["data"]))
    }

    func sections() throws -> [Section] {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path + ".expected")))
        var text = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
        var sections: [Section] = []
        let mark = Array("\n#### ".unicodeScalars)
        while !text.isEmpty {
            guard let end = text.firstIndex(of: "\n") else { break }
            let header = String(text[text.index(text.startIndex, offsetBy: 5)..<end])
            var stop = end
            while stop < text.endIndex, !(text[stop] == "\n" && text[stop...].starts(with: mark)) { stop = text.index(after: stop) }
            let isLast = stop == text.endIndex
            let body = text[text.index(after: end)..<max(text.index(after: end), isLast ? text.index(before: stop) : stop)]
            sections.append(try Self.section(header, expected: String(body)))
            text = isLast ? text[stop...] : text[text.index(after: stop)...]
        }
        return sections
    }

    private static func section(_ header: String, expected: String) throws -> Section {
        let run = try Value(jsonText: header)
        guard case .map(let settings) = run else { throw CocoaError(.fileReadCorruptFile) }
        var options = OutputOptions(settings: settings)
        options.colour = run["color"]?.isTruthy ?? false
        if case .string(let name)? = run["color"] { options.theme = ColourTheme.single(name) }
        options.retcode = run["retcode"]?.intValue ?? 0
        return Section(header: header, out: run["out"]?.stringValue ?? "", options: options, expected: expected)
    }
}
