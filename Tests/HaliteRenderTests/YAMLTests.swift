import FoundationEssentials
import HaliteCore
import HaliteValue
import Testing

@testable import HaliteRender

/// YAML against what Salt made of it, recorded by scripts/record-yaml.
struct YAMLTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "YAML")

    private static func rows(_ name: String) throws -> [[Value]] {
        let data = try Data(contentsOf: folder.appending(path: name))
        return try (Value(json: Array(data)).listValue ?? []).map { $0.listValue ?? [] }
    }

    private static let differences: Set<Int> = {
        let text = (try? String(decoding: Data(contentsOf: folder.appending(path: "differences.txt")), as: UTF8.self)) ?? ""
        return Set(text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { Int($0) })
    }()

    private static func agree(_ text: String, _ wanted: Value, _ place: String) {
        do throws(RenderError) {
            let value = try YAML.load(text)
            #expect(.string(value.pythonRepr) == wanted, "\(place) \(text.debugDescription)")
        } catch {
            #expect(wanted.mapValue != nil, "\(place) \(text.debugDescription): \(error)")
            if let line = wanted["line"]?.intValue, line > 0 { #expect(error.line == line, "\(place) \(text.debugDescription): \(error)") }
        }
    }

    @Test func plainScalarsMeanWhatTheyMeanToSalt() throws {
        let rows = try Self.rows("scalars.expected.json")
        #expect(rows.count > 150)
        // Salt refuses a lone `<<` and `=`, which YAML 1.1 gave a meaning that PyYAML does not know; here they are texts.
        for row in rows where row[0] != "<<" && row[0] != "=" { Self.agree(row[0].pythonString, row[1], "scalar") }
    }

    @Test func documentsAreReadAsSaltReadsThem() throws {
        let rows = try Self.rows("texts.expected.json")
        #expect(rows.count > 100)
        for (number, row) in rows.enumerated() where !Self.differences.contains(number) {
            Self.agree(row[0].pythonString, row[1], "text \(number)")
        }
    }

    @Test func valuesAreWrittenAsSaltWritesThem() throws {
        for (number, row) in try Self.rows("texts.expected.json").enumerated() where row.count == 4 && !Self.differences.contains(number) {
            guard let value = try? YAML.load(row[0].pythonString) else { continue }
            #expect(.string(YAML.dump(value, sortKeys: true)) == row[2], "text \(number), block")
            #expect(.string(YAML.dump(value, flow: true, sortKeys: true)) == row[3], "text \(number), flow")
        }
    }

    /// What was written is read as the same.
    @Test func writtenValuesComeBack() throws {
        for row in try Self.rows("texts.expected.json") where row.count == 4 {
            guard let value = try? YAML.load(row[0].pythonString) else { continue }
            for flow in [true, false] {
                let text = YAML.dump(value, flow: flow)
                let back = try YAML.load(text)
                #expect(back.pythonRepr == value.pythonRepr, "\(text)")
            }
        }
    }

    @Test(arguments: [
        ("a: 1\nb: [1\nc: 2\n", 3, ""), ("a: 1\n\tb: 2\n", 2, "tab"), ("a:\n  b: 1\n  b: 2\n", 3, "first on line 2"),
        ("a: *x\n", 1, "no anchor 'x'"), ("a: 1\n---\nb: 2\n", 2, "single document"), ("a: !x y\n", 1, "tag '!x'"),
        ("a: 1\nb\nc: 3\n", 3, "could not find expected ':'"),
    ])
    func anErrorNamesLineAndCause(_ text: String, _ line: Int, _ cause: String) {
        do {
            _ = try YAML.load(text, file: "x.sls")
            Issue.record("no error")
        } catch {
            #expect(error.line == line && error.description.hasPrefix("x.sls, line \(line): "), "\(error)")
            #expect(error.description.contains(cause), "\(error)")
            #expect(error.excerpt.contains("<======") || line > text.split(separator: "\n").count)
        }
    }

    /// Nine levels of nine aliases are 387 million nodes.
    @Test func anAliasBombIsRefused() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        do {
            _ = try YAML.load(text)
            Issue.record("no error")
        } catch {
            #expect(error.message.contains("aliases expand"))
        }
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func nestingWithoutEndIsRefused(_ opening: String) {
        #expect(throws: RenderError.self) { try YAML.load(String(repeating: opening, count: 100_000)) }
    }

    @Test func keysKnowTheirLines() throws {
        let (_, lines) = try YAML.loadLocated("# x\na: 1\nb:\n  c: 2\nd: 3\n")
        #expect(lines == ["a": 2, "b": 3, "d": 5])
    }
}
