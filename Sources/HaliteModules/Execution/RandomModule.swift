import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Random texts and numbers.
package struct RandomModule: ExecutionModule {
    package static let name = "random"
    package static let summary = "Random texts and numbers."

    package static let functions: [Function] = [
        Function("get_str", "Return random letters and digits.", .optional("length", 20, "How many."), .optional("chars", nil as String?, "The signs to choose from."), .optional("lowercase", true, "Small letters."), .optional("uppercase", true, "Capital letters."), .optional("digits", true, "Digits."), .optional("punctuation", true, "Other signs."), .optional("whitespace", false, "Blanks."), .optional("printable", false, "All signs that print."), body: text),
        Function("rand_int", "Return a random number.", .optional("start", 1, "The least."), .optional("end", 10, "The greatest."), .optional("seed", .null as Value, "Makes it the same each time."), body: number),
        Function("seed", "Return a number that is always the same for this minion.", .optional("range", 10, "Numbers below this."), .optional("hash", .null as Value, "Another text to make it from."), body: seed),
        Function("sample", "Return some elements in a random order.", .required("value", "A list or a text."), .required("size", "How many."), .optional("seed", .null as Value, "Makes them the same each time."), body: sample),
        Function("shuffle", "Return the elements in a random order.", .required("value", "A list or a text."), .optional("seed", .null as Value, "Makes it the same each time."), body: shuffle),
        Function("hash", "Return the digest of a text.", .required("value", "The text."), .optional("algorithm", "sha512", "md5, sha1, sha256, sha384 or sha512."), body: digest),
        Function("str_encode", "Return a text in base64 or hexadecimal.", .required("value", "The text."), .optional("encoder", "base64", "base64 or hex."), body: encode),
        Function("shadow_hash", "Return the hash of a password, or of a random one.", .optional("crypt_salt", nil as String?, "The salt."), .optional("password", nil as String?, "The password."), .optional("algorithm", "sha512", "sha512, sha256 or md5."), body: shadow),
    ]

    private static func text(
        _ call: CallContext, length: Int, given: String?, lower: Bool, upper: Bool, digits: Bool, punctuation: Bool, whitespace: Bool, printable: Bool
    ) async throws -> String {
        var signs = given ?? ""
        if given == nil {
            if lower || printable { signs += "abcdefghijklmnopqrstuvwxyz" }
            if upper || printable { signs += "ABCDEFGHIJKLMNOPQRSTUVWXYZ" }
            if digits || printable { signs += "0123456789" }
            if punctuation || printable { signs += "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" }
            if whitespace || printable { signs += " \t\n" }
        }
        let choices = Array(signs.unicodeScalars)
        guard !choices.isEmpty, length >= 0 else { throw ExecutionError("there is nothing to choose from") }
        var generator = SystemRandomNumberGenerator()
        var output = String.UnicodeScalarView()
        for _ in 0..<length { if let sign = choices.randomElement(using: &generator) { output.append(sign) } }
        return String(output)
    }

    private static func number(_ call: CallContext, start: Int, end: Int, seed: Value) async throws -> Int {
        guard start <= end else { throw ExecutionError("empty range for randint(\(start), \(end))") }
        guard !seed.isNull else { return Int.random(in: start...end) }
        var generator = try PythonRandom.seeded(seed)
        return start + generator.below(end - start + 1)
    }

    private static func seed(_ call: CallContext, range: Int, text: Value) async throws -> Int {
        guard range > 0 else { throw ExecutionError("empty range for randrange(\(range))") }
        let seed = text.isNull ? call.grains["id"] ?? .string(call.services.id) : text
        var generator = try PythonRandom.seeded(seed)
        return generator.below(range)
    }

    private static func sample(_ call: CallContext, value: Value, size: Int, seed: Value) async throws -> [Value] {
        let items: [Value]
        switch value {
        case .list(let list): items = list
        case .string(let text): items = text.unicodeScalars.map { .string(String($0)) }
        default: throw ExecutionError("Population must be a sequence.  For dicts or sets, use sorted(d).")
        }
        guard (0...items.count).contains(size) else { throw ExecutionError("Sample larger than population or is negative") }
        // Salt seeds with the digits of the seed's SHA-512.
        var generator = try seed.isNull ? PythonRandom.fresh() : PythonRandom.seeded(.string(Digest.hexadecimal(Array(seed.pythonString.utf8), .sha512)))
        return generator.sample(size, of: items.count).map { items[$0] }
    }

    private static func shuffle(_ call: CallContext, value: Value, seed: Value) async throws -> [Value] {
        let count = value.listValue?.count ?? value.stringValue?.unicodeScalars.count ?? 0
        return try await sample(call, value: value, size: count, seed: seed)
    }

    private static func digest(_ call: CallContext, text: String, name: String) async throws -> String {
        guard let algorithm = HashAlgorithm(rawValue: name.lowercased()) else { throw ExecutionError("You must specify a valid algorithm.") }
        return Digest.hexadecimal(Array(text.utf8), algorithm)
    }

    private static func encode(_ call: CallContext, text: String, encoder: String) async throws -> String {
        switch encoder {
        case "base64": return Base64.encode(Array(text.utf8)) + "\n"
        case "hex": return Digest.text(Array(text.utf8))
        default: throw ExecutionError("You must specify a valid encoder")
        }
    }

    private static func shadow(_ call: CallContext, salt: String?, password: String?, algorithm: String) async throws -> String {
        let chosen: String
        if let password {
            chosen = password
        } else {
            chosen = try await text(call, length: 32, given: nil, lower: true, upper: true, digits: true, punctuation: false, whitespace: false, printable: false)
        }
        return try await ShadowModule.generate(call, password: chosen, salt: salt, algorithm: algorithm)
    }
}
