import FoundationEssentials
import HaliteCore
import HaliteValue
import Testing

@testable import HaliteRender

/// YAML against what Salt made of it, recorded by scripts/record-yaml.
struct YAMLTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "YAML")

    private static func load(_ path: String) throws -> Value {
        try Value(json: Array(Data(contentsOf: folder.appending(path: path))))
    }

    /// The topics with their cases and what Salt answers, and the numbers of those in which Halite differs on purpose.
    private static func topics(_ kind: String) throws -> [(name: String, cases: [(input: Value, wanted: Value)])] {
        let differences = try load("differences.json")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: kind).path).sorted()
        return try names.filter { $0.hasSuffix(".expected.json") }.map { file in
            let name = String(file.dropLast(14))
            let inputs = try load("\(kind)/\(name).json").listValue ?? []
            var wanted = try load("\(kind)/\(file)").listValue ?? []
            for (number, difference) in differences["\(kind)/\(name)"]?.mapValue ?? [:] {
                if let index = Int(number.pythonString) { wanted[index] = difference["here"] ?? .null }
            }
            #expect(inputs.count == wanted.count, "\(name): run scripts/record-yaml")
            return (name, Array(zip(inputs, wanted)))
        }
    }

    private static func answer(_ text: String) -> Value {
        do throws(RenderError) {
            return .string(try YAML.load(text).pythonRepr)
        } catch {
            return ["class": .string(error.errorClass), "message": .string(error.message), "line": .int(error.line)]
        }
    }

    @Test func documentsAreReadAsSaltReadsThem() throws {
        var count = 0
        for topic in try Self.topics("Reading") {
            for (number, (input, wanted)) in topic.cases.enumerated() {
                var (answer, wanted) = (Self.answer(input.pythonString), wanted)
                count += 1
                if case .map(var details) = wanted, case .map(var given) = answer {
                    // Python names no line for its own errors, and says of endless recursion only that.
                    if details["line"] == 0 { details["line"] = given["line"] }
                    if details["class"] == "RecursionError" { details["message"] = given["message"] }
                    given["line"] = given["line"] ?? 0
                    (wanted, answer) = (.map(details), .map(given))
                }
                #expect(answer == wanted, "\(topic.name) \(number) \(input.pythonRepr)")
            }
        }
        #expect(count > 2000)
    }

    @Test func valuesAreWrittenAsSaltWritesThem() throws {
        var count = 0
        for topic in try Self.topics("Writing") {
            for (number, (input, wanted)) in topic.cases.enumerated() {
                let value = try YAML.load(input["text"]?.pythonString ?? "")
                let text = YAML.dump(value, YAML.DumpOptions(input["options"] ?? [:]))
                count += 1
                #expect(text == wanted.stringValue, "\(topic.name) \(number) \(input.pythonRepr)")
            }
        }
        #expect(count > 600)
    }

    /// What was written is read as the same.
    @Test func writtenValuesComeBack() throws {
        for topic in try Self.topics("Reading") {
            for (input, wanted) in topic.cases where wanted.stringValue != nil {
                let value = try YAML.load(input.pythonString)
                for flow in [YAML.DumpOptions.Flow.block, .flow, .leaves] {
                    let text = YAML.dump(value, YAML.DumpOptions(flow: flow, sortKeys: false))
                    let back = try YAML.load(text)
                    #expect(back.pythonRepr == value.pythonRepr, "\(topic.name) \(text)")
                }
            }
        }
    }

    @Test(arguments: [
        ("a: 1\nb: [1\nc: 2\n", 3, ""), ("a: 1\n\tb: 2\n", 2, "tab"), ("a:\n  b: 1\n  b: 2\n", 3, "first on line 2"),
        ("a: *x\n", 1, "no anchor 'x'"), ("a: 1\n---\nb: 2\n", 2, "single document"), ("a: !x y\n", 1, "tag '!x'"),
        ("a: 1\nb\nc: 3\n", 3, "is a colon missing on line 2"), ("a: 1\nb: [1\n", 3, "the bracket of line 2"),
        ("a: 'b\n\n", 3, "the quote of line 1"),
        ("a: {{ x }}\n", 1, "braces of a template"), ("a: x: y\n", 1, "must be quoted"), ("a:\n  b: 1\n c: 2\n", 3, "in one column"),
    ])
    func anErrorNamesLineAndCause(_ text: String, _ line: Int, _ cause: String) {
        do {
            _ = try YAML.load(text, file: "x.sls")
            Issue.record("no error")
        } catch {
            #expect(error.line == line && error.description.hasPrefix("x.sls, line \(line): "), "\(error)")
            #expect(error.description.contains(cause), "\(error)")
            #expect(error.excerpt.contains("<======"))
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

    /// Values made of aliases of aliases would be deeper than any text.
    @Test(arguments: ["", "z: !!str x\n"])
    func chainsOfAliasesAreRefused(_ end: String) {
        let lists = "a0: &a0 [x]\n" + (1...5_000).map { "a\($0): &a\($0) [*a\($0 - 1)]\n" }.joined()
        let merges = "x:\n- - &a0 {k: 1}\n" + (1...5_000).map { "  - &a\($0) {<<: *a\($0 - 1)}\n" }.joined() + "y: {<<: *a5000}\n"
        let reversed = "{" + (1...5_000).map { "a\($0): &a\($0) [\($0 > 1 ? "*a\($0 - 1)" : "")], " }.joined() + "<<: {j: [*a5000]}}"
        #expect(throws: RenderError.self) { try YAML.load(lists + end) }
        #expect(throws: RenderError.self) { try YAML.load(reversed) }
        // Merged one after the other they stay flat, unless PyYAML's order needs the last one first.
        if end.isEmpty {
            #expect((try? YAML.load(merges))?["y"] == ["k": 1])
        } else {
            #expect(throws: RenderError.self) { try YAML.load(merges + end) }
        }
    }

    /// Each map has all keys of the one before: as many pairs as the square of the lines.
    @Test func growingMergesAreRefused() {
        let text = "a0: &a0 {k0: 1}\n" + (1...2_000).map { "a\($0): &a\($0) {<<: *a\($0 - 1), k\($0): 1}\n" }.joined()
        #expect(throws: RenderError.self) { try YAML.load(text) }
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
