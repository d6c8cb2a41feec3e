import Crypto
import FoundationEssentials
import HaliteJinja
import HaliteValue

/// Hashes and base64.
enum HashFilters {
    static let table: [String: JinjaFunction] = [
        "md5": digest("md5_digest", "md5"),
        "sha1": digest("sha1_digest", "sha1"),
        "sha256": digest("sha256_digest", "sha256"),
        "sha512": digest("sha512_digest", "sha512"),
        "hmac": SaltFilter.define("hmac_signature", "string, shared_secret, challenge_hmac") { arguments, _ in
            let code = Array(Base64.encode(try hmac(arguments)).utf8)
            return .bool(code == (try SaltFilter.bytes(arguments.value(2))))
        },
        "hmac_compute": SaltFilter.define("hmac_compute", "string, shared_secret") { arguments, _ in
            .string(hex(try hmac(arguments)))
        },
        "base64_encode": SaltFilter.define("base64_b64encode", "instr") { arguments, _ in
            .string(Base64.encode(try SaltFilter.bytes(arguments.value(0))))
        },
        "base64_decode": SaltFilter.define("base64_b64decode", "instr") { arguments, _ in
            let bytes = try decode(try SaltFilter.bytes(arguments.value(0)))
            return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
        },
        "uuid": SaltFilter.define("uuid_", "val") { arguments, _ in
            .string(uuid(try SaltFilter.text(arguments.value(0))))
        },
        "random_hash": SaltFilter.define("random_hash", "size=, hash_type=", randomHash),
        "rand_str": SaltFilter.define("random_hash", "size=, hash_type=", randomHash),
        "file_hashsum": SaltFilter.define("get_hash", "path, form=, chunk_size=") { arguments, _ in
            let form = arguments[1] == nil ? "sha256" : try arguments.text(1)
            guard let hash = functions[form] else { throw JinjaError(.value, "Invalid hash type: \(form)") }
            return .string(hex(hash(try FileFilters.contents(arguments.text(0)))))
        },
    ]

    private static let functions: [String: @Sendable ([UInt8]) -> [UInt8]] = [
        "md5": { Array(Insecure.MD5.hash(data: $0)) },
        "sha1": { Array(Insecure.SHA1.hash(data: $0)) },
        "sha256": { Array(SHA256.hash(data: $0)) },
        "sha384": { Array(SHA384.hash(data: $0)) },
        "sha512": { Array(SHA512.hash(data: $0)) },
        "sha3_256": { Array(SHA3_256.hash(data: $0)) },
        "sha3_384": { Array(SHA3_384.hash(data: $0)) },
        "sha3_512": { Array(SHA3_512.hash(data: $0)) },
    ]

    static func sha512(_ bytes: [UInt8]) -> [UInt8] { Array(SHA512.hash(data: bytes)) }

    static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func digest(_ name: String, _ form: String) -> JinjaFunction {
        SaltFilter.define(name, "instr") { arguments, _ in
            let bytes = try SaltFilter.bytes(arguments.value(0))
            return .string(hex(functions[form]?(bytes) ?? []))
        }
    }

    private static func hmac(_ arguments: [JinjaValue?]) throws -> [UInt8] {
        let message = try SaltFilter.bytes(arguments.value(0))
        let key = SymmetricKey(data: try SaltFilter.bytes(arguments.value(1)))
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    }

    /// Python's `b64decode`: what is no letter of the alphabet is skipped.
    private static func decode(_ text: [UInt8]) throws -> [UInt8] {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var place = 0
        var padding = 0
        for byte in text {
            if byte == UInt8(ascii: "=") {
                guard place >= 2 else { continue }
                padding += 1
                if place + padding >= 4 { return output }
                continue
            }
            guard let digit = value(byte) else { continue }
            padding = 0
            bits = bits << 6 | digit
            // Every letter but the first of four completes a byte.
            if place > 0 { output.append(UInt8(truncatingIfNeeded: bits >> UInt32(6 - 2 * place))) }
            place = (place + 1) % 4
        }
        if place == 1 {
            throw JinjaError(
                "binascii.Error",
                "Invalid base64-encoded string: number of data characters (\(output.count / 3 * 4 + 1)) cannot be 1 more than a multiple of 4"
            )
        }
        if place != 0 { throw JinjaError("binascii.Error", "Incorrect padding") }
        return output
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte - 0x41)
        case 0x61...0x7A: UInt32(byte - 0x61) + 26
        case 0x30...0x39: UInt32(byte - 0x30) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// A name in Salt's own name space, by SHA-1.
    private static func uuid(_ name: String) -> String {
        let space: [UInt8] = [0x91, 0x63, 0x3E, 0xBF, 0x1C, 0x86, 0x5E, 0x33, 0x93, 0x5A, 0x28, 0x06, 0x1F, 0x4B, 0x48, 0x0E]
        var bytes = Array(Insecure.SHA1.hash(data: space + Array(name.utf8)).prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x50
        bytes[8] = bytes[8] & 0x3F | 0x80
        let text = Array(hex(bytes).utf8)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(decoding: text[$0], as: UTF8.self) }.joined(separator: "-")
    }

    private static let randomHash: SaltFilter.Body = { arguments, _ in
        switch arguments.value(0) {
        case .list, .tuple, .string, .markup, .bytes:
            let name = arguments.value(0).isText ? "str" : arguments.value(0).typeName
            throw JinjaError(.type, "can only concatenate \(name) (not \"int\") to \(name)")
        default: break
        }
        let size = arguments[0] == nil ? 9_999_999_999 : try arguments.integer(0, default: 0)
        guard size >= 0 else { throw JinjaError(.value, "empty range for randrange() (0, \(size + 1), \(size + 1))") }
        let form = try arguments.value(1).isTrue() ? try arguments.text(1) : "md5"
        guard let hash = functions[form] else {
            throw JinjaError(.attribute, "module 'hashlib' has no attribute \(form.quoted)")
        }
        return .string(hex(hash(Array(String(Int.random(in: 0...size)).utf8))))
    }
}
