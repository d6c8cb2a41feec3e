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
        Function("rand_int", "Return a random number.", .optional("start", 1, "The least."), .optional("end", 10, "The greatest."), .optional("seed", nil as String?, "Makes it the same each time."), body: number),
        Function("seed", "Return a number that is always the same for this minion.", .optional("range", 10, "Numbers below this."), .optional("hash", nil as String?, "Another text to make it from."), body: seed),
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

    private static func number(_ call: CallContext, start: Int, end: Int, seed: String?) async throws -> Int {
        guard start <= end else { throw ExecutionError("the least number is greater than the greatest") }
        guard let seed else { return Int.random(in: start...end) }
        let digest = Digest.hexadecimal(Array(seed.utf8), .sha256)
        return start + (Int(digest.prefix(8), radix: 16) ?? 0) % (end - start + 1)
    }

    private static func seed(_ call: CallContext, range: Int, text: String?) async throws -> Int {
        let digest = Digest.hexadecimal(Array((text ?? call.services.id).utf8), .sha256)
        return (Int(digest.prefix(15), radix: 16) ?? 0) % max(1, range)
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
