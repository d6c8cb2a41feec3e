import HaliteCore
import HaliteJinja
import HaliteValue

/// Random choices; with a text as seed they are those of Salt.
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
        var generator = MersenneTwister(words: try words(of: seed))
        switch value {
        case .list, .tuple, .string, .markup, .bytes: break
        case .object(let object) where object.typeName == "range": break
        case .undefined(let undefined): throw undefined.error()
        default: throw JinjaError(.type, "Population must be a sequence.  For dicts or sets, use sorted(d).")
        }
        let items = try value.elements(context)
        guard let count = size.integer else {
            if case .float = size {
            } else {
                throw JinjaError(.type, "'<=' not supported between instances of 'int' and \(size.typeName.quoted)")
            }
            throw JinjaError(.type, "can't multiply sequence by non-int of type \(size.typeName.quoted)")
        }
        guard (0...items.count).contains(count) else { throw JinjaError(.value, "Sample larger than population or is negative") }
        return generator.sample(count, of: items.count).map { items[$0] }
    }

    /// Salt seeds with the SHA-512 of a text, whose digits Python hashes again and takes for a number.
    private static func words(of seed: JinjaValue) throws -> [UInt32] {
        if seed.isNull { return (0..<8).map { _ in UInt32.random(in: .min ... .max) } }
        let given: [UInt8]
        switch seed {
        case .string(let text), .markup(let text): given = Array(text.utf8)
        case .bytes(let bytes): given = bytes
        default: throw JinjaError(.type, "object supporting the buffer API required")
        }
        let digits = Array(HashFilters.hex(HashFilters.sha512(given)).utf8)
        let bytes = digits + HashFilters.sha512(digits)
        return stride(from: bytes.count - 4, through: 0, by: -4).map { place in
            bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}
