import HaliteJMESPath
import HaliteValue
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Applies every expression of `Cases/*.jsonl` and compares with Python's answer (`scripts/record-jmespath`).
@Suite struct RecordedCasesTests {
    @Test(arguments: ["paths", "operators", "functions", "errors"]) func answersAsPython(family: String) throws {
        let cases = try Self.lines("\(family).jsonl")
        let expected = try Self.lines("\(family).expected").dropFirst()
        try #require(cases.count == expected.count)
        for (line, answer) in zip(cases, expected) {
            let request = try Value(jsonText: line)
            let wanted = try Value(jsonText: answer)
            let given = Self.answer(request["expression"]?.stringValue ?? "", request["data"] ?? .null)
            // As text, so that 1 and 1.0 differ.
            #expect(
                given.json(sortKeys: true) == Value.map(wanted.mapValue.map(Self.withoutName) ?? [:]).json(sortKeys: true),
                "\(request["expression"]?.stringValue ?? ""): expected \(answer.prefix(400)), got \(given.json().prefix(400))")
        }
    }

    @Test func stopsEndlessWork() {
        let doubling = String(repeating: "[@,@]|", count: 60) + "to_string(@)"
        #expect(throws: JMESPathError.self) { try JMESPath.search(doubling, in: 1) }
        let deep = String(repeating: "(", count: 100_000)
        #expect(throws: JMESPathError.self) { try JMESPath.search(deep, in: 1) }
        let long = "a" + String(repeating: "|a", count: 100_000)
        #expect(throws: JMESPathError.self) { try JMESPath.search(long, in: 1) }
    }

    private static func withoutName(_ map: ValueMap) -> ValueMap {
        var map = map
        map["name"] = nil
        return map
    }

    private static func answer(_ expression: String, _ data: Value) -> Value {
        do {
            return ["result": try JMESPath.search(expression, in: data)]
        } catch {
            return ["error": ["class": .string(error.kind), "message": .string(error.message)]]
        }
    }

    static func lines(_ name: String) throws -> [String] {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let path = "/\(folder)/Cases/\(name)"
        let file = try #require(fopen(path, "rb"), "cannot read \(path)")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
}
