import HaliteJinja
import HaliteValue

/// Random choices; with a number as seed they are Python's.
enum RandomFilters {
    static let table: [String: JinjaFunction] = [
        "random_sample": SaltFilter.define("sample", "value, size, seed=") { arguments, context in
            .list(of: try sample(arguments.value(0), arguments.value(1), seed: arguments.value(2), context))
        },
        "random_shuffle": SaltFilter.define("shuffle", "value, seed=") { arguments, context in
            guard let size = try arguments.value(0).length() else {
                throw JinjaError(.type, "object of type \(arguments.value(0).typeName.quoted) has no len()")
            }
            return .list(of: try sample(arguments.value(0), .int(size), seed: arguments.value(1), context))
        },
        "random_str": SaltFilter.define("random", "size=") { arguments, context in
            let size = try arguments.integer(0, default: 32)
            guard size >= 0 else { throw JinjaError(.value, "negative argument not allowed") }
            try context.state.reserve(size)
            return .string(String(Base64.encode((0..<size).map { _ in UInt8.random(in: .min ... .max) }).prefix(size)))
        },
    ]

    private static func sample(
        _ value: JinjaValue, _ size: JinjaValue, seed: JinjaValue, _ context: TemplateContext
    ) throws -> [JinjaValue] {
        switch value {
        case .list, .tuple, .string, .markup, .bytes: break
        case .object(let object) where object.typeName == "range": break
        case .undefined(let undefined): throw undefined.error()
        default: throw JinjaError(.type, "Population must be a sequence.  For dicts or sets, use sorted(d).")
        }
        let items = try value.elements(context)
        guard let count = size.integer else {
            throw JinjaError(.type, "'<=' not supported between instances of 'int' and \(size.typeName.quoted)")
        }
        guard (0...items.count).contains(count) else { throw JinjaError(.value, "Sample larger than population or is negative") }
        var generator = MersenneTwister(words: try words(of: seed))
        return generator.sample(count, of: items.count).map { items[$0] }
    }

    /// The hash of the seed, which for a number is the same in every process of Python.
    private static func words(of seed: JinjaValue) throws -> [UInt32] {
        let modulus = (1 << 61) - 1
        var number: Int
        switch seed {
        case .int(let given): number = given % modulus
        case .bool(let flag): number = flag ? 1 : 0
        case .float(let given) where Int(exactly: given) != nil: number = (Int(exactly: given) ?? 0) % modulus
        case .list, .dict: throw JinjaError(.type, "unhashable type: \(seed.typeName.quoted)")
        case .undefined(let undefined) where undefined.policy == .strict: throw undefined.error()
        default: number = Int.random(in: 1..<modulus)
        }
        if number == -1 { number = -2 }
        let magnitude = number.magnitude
        let low = UInt32(truncatingIfNeeded: magnitude)
        let high = UInt32(truncatingIfNeeded: magnitude >> 32)
        return high == 0 ? [low] : [low, high]
    }
}
