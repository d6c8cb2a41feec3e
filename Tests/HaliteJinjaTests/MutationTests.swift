import HaliteJinja
import HaliteValue
import Testing

/// Broken templates end with an error or a text, in bounded time: recorded cases with random changes go through the whole engine.
@Suite struct MutationTests {
    /// The same changes each time (a linear congruence, Knuth's constants).
    private struct Dice: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    private static let pieces = [
        "{%", "%}", "{{", "}}", "{#", "#}", "{%-", "-%}", "+%}", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "|", ".", ",", ":", "=",
        "==",
        "~", "-", "*", "**", "%", "//", "<", " in ", " is ", " not ", " if ", " else ", " for ", " recursive", "{% endfor %}", "{% else %}",
        "{% endif %}", "{% endmacro %}", "{% endblock %}", "{% raw %}", "{% endraw %}", "{% for x in y %}", "{% set x %}", "\n", "\r\n",
        "\0",
        "é", "\u{1F600}", "\u{2028}", "1e999", "0x", "10 ** 18", "{}", "%s", "{0.x}", "loop", "super()", "self.x()", "caller()", "varargs",
    ]

    private static func mutated(_ template: String, _ other: String, _ dice: inout Dice) -> String {
        var scalars = Array(template.unicodeScalars)
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            let place = Int.random(in: 0...scalars.count, using: &dice)
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: scalars.removeSubrange(place..<min(scalars.count, place + Int.random(in: 1...8, using: &dice)))
            case 1: scalars.removeSubrange(place...)
            case 2:
                let source = Array(other.unicodeScalars)
                guard !source.isEmpty else { continue }
                let start = Int.random(in: 0..<source.count, using: &dice)
                scalars.insert(contentsOf: source[start..<min(source.count, start + 30)], at: place)
            default: scalars.insert(contentsOf: pieces.randomElement(using: &dice)?.unicodeScalars ?? "".unicodeScalars, at: place)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }

    @Test(arguments: [1, 2]) func brokenTemplatesNeverCrash(seed: UInt64) throws {
        let cases = try RecordedCasesTests.features.flatMap { try RecordedCasesTests.lines("\($0).jsonl") }.map { try Value(jsonText: $0) }
        let limits = RenderLimits(outputBytes: 1 << 18, steps: 5_000)
        var dice = Dice(state: seed &* 0x9E37_79B9)
        var counts = (texts: 0, errors: 0)
        for _ in 0..<400 {
            guard let chosen = cases.randomElement(using: &dice), let template = chosen["template"]?.stringValue else { continue }
            let other = cases.randomElement(using: &dice)?["template"]?.stringValue ?? ""
            var options = EnvironmentOptions(limits: limits)
            options.trimBlocks = Bool.random(using: &dice)
            options.lstripBlocks = Bool.random(using: &dice)
            let templates = ["part": Self.mutated(template, other, &dice), "lib": other]
            let environment = JinjaEnvironment(options: options, loader: DictionaryLoader(templates))
            do {
                _ = try environment.render(
                    source: Self.mutated(template, other, &dice), name: "main", context: chosen["context"]?.mapValue ?? [:])
                counts.texts += 1
            } catch {
                #expect(error is JinjaError)
                counts.errors += 1
            }
        }
        #expect(counts.texts > 30 && counts.errors > 30)
    }
}
