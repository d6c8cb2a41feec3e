import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Seeds the generator as Python's `random.seed` does (version 2), so that a seed gives the numbers that Salt gives.
enum PythonRandom {
    static func seeded(_ seed: Value) throws -> MersenneTwister {
        switch seed {
        case .bool(let flag): return MersenneTwister(words: [flag ? 1 : 0])
        case .int(let number): return MersenneTwister(words: words(number.magnitude))
        case .string(let text): return MersenneTwister(words: words(Array(text.utf8)))
        case .bytes(let bytes): return MersenneTwister(words: words(bytes))
        default: throw ExecutionError("a seed is a number or a text, not \(seed.typeName)")
        }
    }

    static func fresh() -> MersenneTwister { MersenneTwister(words: (0..<8).map { _ in UInt32.random(in: .min ... .max) }) }

    private static func words(_ number: UInt) -> [UInt32] {
        let low = UInt32(truncatingIfNeeded: number)
        let high = UInt32(truncatingIfNeeded: number >> 32)
        return high == 0 ? [low] : [low, high]
    }

    /// The bytes and their SHA-512, taken for one number.
    private static func words(_ bytes: [UInt8]) -> [UInt32] {
        let digits = Array(Digest.hexadecimal(bytes, .sha512).utf8)
        var whole = bytes
        for place in stride(from: 0, to: digits.count, by: 2) {
            whole.append(UInt8(String(decoding: digits[place..<place + 2], as: UTF8.self), radix: 16) ?? 0)
        }
        var words: [UInt32] = []
        var end = whole.count
        while end > 0 {
            let start = max(0, end - 4)
            words.append(whole[start..<end].reduce(0) { $0 << 8 | UInt32($1) })
            end = start
        }
        while words.count > 1, words.last == 0 { words.removeLast() }
        return words
    }
}
