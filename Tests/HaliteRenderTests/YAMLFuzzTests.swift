import FoundationEssentials
import Glibc
import HaliteValue
import Testing

@testable import HaliteRender

/// Damaged documents: whatever comes in, a value or an error comes out, and what is written is read as the same.
struct YAMLFuzzTests {
    /// The same numbers each time, so that a failure comes again.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static let pieces = [
        "\n", "\n  ", "\n    ", " ", ": ", ":", "- ", "? ", ", ", "[", "]", "{", "}", "|\n", ">\n", "&a ", "*a", "!!str ", "!!int ", "! ",
        "!!binary ",
        "'", "\"", "\\", "#", "---\n", "...\n", "\t", "\r", "%", "<<: ", "=", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{1}", "é", "😀", "\0",
        "0", "1:30", ".", "e+",
    ]

    private static func seeds() throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "YAML/Reading")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter { $0.hasSuffix(".json") && !$0.hasSuffix(".expected.json") }
            .flatMap { try Value(json: Array(Data(contentsOf: folder.appending(path: $0)))).listValue ?? [] }
            .map { Array($0.pythonString.utf8) }
            .filter { $0.count < 1000 }
    }

    private static func damaged(_ seeds: [[UInt8]], _ generator: inout Generator) -> String {
        var text = seeds.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            let place = Int.random(in: 0...text.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: text.insert(contentsOf: Array((pieces.randomElement(using: &generator) ?? "").utf8), at: place)
            case 1: text.removeSubrange(place..<min(text.count, place + Int.random(in: 1...5, using: &generator)))
            case 2: text = Array(text[..<place]) + (seeds.randomElement(using: &generator) ?? [])
            case 3:
                let end = min(text.count, place + Int.random(in: 1...20, using: &generator))
                text.insert(contentsOf: text[place..<end], at: place)
            default: if place < text.count { text[place] = UInt8.random(in: 0...127, using: &generator) }
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test func noDocumentBreaksTheReader() throws {
        let seeds = try Self.seeds()
        var generator = Generator(state: 0x9E37_79B9_7F4A_7C15)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(4)
        var count = 0
        while clock.now < end, count < 200_000 {
            let text = Self.damaged(seeds, &generator)
            count += 1
            guard let value = try? YAML.load(text) else { continue }
            let written = YAML.dump(value, YAML.DumpOptions(sortKeys: false))
            let back = try? YAML.load(written)
            #expect(back?.pythonRepr == value.pythonRepr, "\(text.debugDescription) was written as \(written.debugDescription)")
        }
        #expect(count > 500)
    }

    /// Documents of one pattern without end: refused or read, and in linear time.
    @Test(arguments: [
        "[", "{", "{a: ", "- ", "? ", ": ", "[a: ", "- - ", "a: ", "&a ", "!!str ", "! ", "'", "\"\\", "*a ", "|\n ", ">\n\n", "#", "\n",
        "\t", "---\n", "...\n",
        "%YAML 1.1\n", "a: b\n", "- a\n", "[a], ", "{}", "a: *a\n", "<<: ", "<<: {a: 1}\n", "\\", "é", "a ", "a\n", "\r", "k: |\n  x\n",
        "x: [1, {a: b}, 'c']\n",
    ])
    func oneThingRepeatedEnds(_ piece: String) {
        let few = Self.processorTime { _ = try? YAML.load(String(repeating: piece, count: 2_500)) }
        let many = Self.processorTime { _ = try? YAML.load(String(repeating: piece, count: 20_000)) }
        // Eight times the text: what grows with the square takes 64 times as long.
        #expect(many < 32 * few + 0.1, "\(piece.debugDescription): \(few) s, then \(many) s")
    }

    /// Seconds of this thread, which other work on the machine does not lengthen.
    private static func processorTime(_ work: () -> Void) -> Double {
        var (start, end) = (timespec(), timespec())
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
        work()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
        return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) / 1e9
    }
}
