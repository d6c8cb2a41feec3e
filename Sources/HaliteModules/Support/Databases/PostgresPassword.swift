import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Passwords in the form that PostgreSQL keeps.
enum PostgresPassword {
    /// How a password is kept: Salt's argument `encrypted`.
    enum Method: Equatable {
        case plain, md5, scram
        /// Anything else, by its name.
        case unknown(String)

        init(_ value: Value) {
            switch value {
            case .null, .bool(true), .string("md5"): self = .md5
            case .bool(false): self = .plain
            case .string("scram-sha-256"): self = .scram
            default: self = .unknown(value.pythonString)
            }
        }
    }

    static let scramMark = "SCRAM-SHA-256"

    /// The kept form; one that is in it already stays.
    static func encrypted(_ password: String, role: String, _ method: Method) throws -> String {
        switch method {
        case .plain: return password
        case .md5: return password.hasPrefix("md5") ? password : md5(password, role: role)
        case .scram:
            if password.hasPrefix(scramMark) { return password }
            var generator = SystemRandomNumberGenerator()
            return scram(password, salt: (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }, iterations: 4096)
        case .unknown(let name): throw ExecutionError("Unknown password algorithm: \(name)")
        }
    }

    /// Whether a role's kept form is that of a password.
    static func matches(_ password: String, role: String, kept: String, _ method: Method) -> Bool {
        switch method {
        case .plain: return kept == password
        case .md5: return kept == (password.hasPrefix("md5") ? password : md5(password, role: role))
        case .scram:
            if password.hasPrefix(scramMark) { return kept == password }
            // SCRAM-SHA-256$4096:salt$stored:server
            let parts = kept.parts("$")
            guard parts.count == 3, parts[0] == scramMark else { return false }
            let first = parts[1].parts(":", maxSplits: 1)
            guard first.count == 2, let iterations = Int(first[0]), (1...10_000_000).contains(iterations),
                let salt = Base64.decode(first[1])
            else { return false }
            return kept == scram(password, salt: salt, iterations: iterations)
        case .unknown: return false
        }
    }

    private static func md5(_ password: String, role: String) -> String {
        "md5" + Digest.hexadecimal(Array((password + role).utf8), .md5)
    }

    private static func scram(_ password: String, salt: [UInt8], iterations: Int) -> String {
        let salted = KeyedDigest.slowSHA256(password: Array(prepared(password).utf8), salt: salt, iterations: iterations)
        let stored = KeyedDigest.sha256(KeyedDigest.sha256(key: salted, Array("Client Key".utf8)))
        let server = KeyedDigest.sha256(key: salted, Array("Server Key".utf8))
        return "\(scramMark)$\(iterations):\(Base64.encode(salt))$\(Base64.encode(stored)):\(Base64.encode(server))"
    }

    /// The part of SASLprep that concerns characters one by one: odd spaces become spaces, invisible characters go.
    private static func prepared(_ password: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in password.unicodeScalars {
            switch scalar.value {
            case 0xA0, 0x1680, 0x2000...0x200B, 0x202F, 0x205F, 0x3000: result.append(" ")
            case 0xAD, 0x34F, 0x1806, 0x180B...0x180D, 0x200C, 0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: break
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
