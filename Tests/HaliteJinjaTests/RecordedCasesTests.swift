import HaliteJinja
import HaliteValue
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Renders every case of `Cases/*.jsonl` and compares with what Jinja2 answered (`scripts/record-jinja`).
@Suite struct RecordedCasesTests {
    /// A data file is all that a new feature needs.
    static let features = names(endingWith: ".jsonl").sorted()

    /// Where this engine differs on purpose, or Jinja2's answer is an accident; `docs/compatibility.md` gives the reasons.
    static let differences = Set(((try? lines("differences.txt")) ?? []).filter { !$0.hasPrefix("#") })

    @Test func thereAreCases() { #expect(Self.features.count >= 20) }

    @Test(arguments: features) func answersAsJinja2(feature: String) throws {
        let cases = try Self.lines("\(feature).jsonl")
        let expected = try Self.lines("\(feature).expected").dropFirst()
        try #require(cases.count == expected.count)
        try #require(!cases.isEmpty)
        for (line, answer) in zip(cases, expected) {
            let wanted = try Value(jsonText: answer)
            let name = try #require(wanted["name"]?.stringValue)
            guard !Self.differences.contains(name) else { continue }
            let given = try Value(jsonText: RenderBatch.answer(line))
            #expect(
                given["output"] == wanted["output"] && given["error"] == wanted["error"],
                "\(name): expected \(answer.prefix(400)), got \(given.json().prefix(400))")
        }
    }

    private static let folder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Cases"

    private static func names(endingWith ending: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(ending) { names.append(String(name.dropLast(ending.count))) }
        }
        return names
    }

    static func lines(_ name: String) throws -> [String] {
        let path = "\(folder)/\(name)"
        let file = try #require(fopen(path, "rb"), "cannot read \(path)")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
}
