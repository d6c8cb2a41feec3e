import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Digests and encodings of texts and files.
package struct HashutilModule: ExecutionModule {
    package static let name = "hashutil"
    package static let summary = "Digests and encodings of texts and files."

    package static let functions: [Function] = [
        Function("digest", "Return the digest of a text.", .required("instr", "The text."), .optional("checksum", "md5", "md5, sha1, sha256, sha384 or sha512."), body: digest),
        Function("digest_file", "Return the digest of a file.", .required("infile", "The path."), .optional("checksum", "md5", "md5, sha1, sha256, sha384 or sha512."), body: digestFile),
        Function("md5_digest", "Return the MD5 of a text.", .required("instr", "The text."), body: { (_: CallContext, text: String) async throws -> String in Digest.hexadecimal(Array(text.utf8), .md5) }),
        Function("sha256_digest", "Return the SHA-256 of a text.", .required("instr", "The text."), body: { (_: CallContext, text: String) async throws -> String in Digest.hexadecimal(Array(text.utf8), .sha256) }),
        Function("sha512_digest", "Return the SHA-512 of a text.", .required("instr", "The text."), body: { (_: CallContext, text: String) async throws -> String in Digest.hexadecimal(Array(text.utf8), .sha512) }),
        Function("base64_b64encode", "Return the base64 of a text.", .required("instr", "The text."), body: { (_: CallContext, text: String) async throws -> String in Base64.encode(Array(text.utf8)) }),
        Function("base64_b64decode", "Return the text behind base64.", .required("instr", "The base64."), body: decode),
        Function("base64_encodestring", "Return the base64 of a text with a line feed.", .required("instr", "The text."), body: { (_: CallContext, text: String) async throws -> String in Base64.encode(Array(text.utf8)) + "\n" }),
        Function("base64_decodestring", "Return the text behind base64.", .required("instr", "The base64."), body: decode),
        Function("base64_encodefile", "Return the base64 of a file.", .required("fname", "The path."), body: { (call: CallContext, path: String) async throws -> String in Base64.encode(try await call.host.read(path)) + "\n" }),
        Function("base64_decodefile", "Write what base64 stands for into a file.", .required("instr", "The base64."), .required("outfile", "The path."), body: decodeFile),
        Function("hmac_compute", "Return the HMAC-SHA-256 of a text.", .required("string", "The text."), .required("shared_secret", "The key."), body: { (_: CallContext, text: String, key: String) async throws -> String in Digest.text(KeyedDigest.sha256(key: Array(key.utf8), Array(text.utf8))) }),
        Function("hmac_signature", "Tell whether a signature is the HMAC-SHA-256 of a text, in base64.", .required("string", "The text."), .required("shared_secret", "The key."), .required("challenge_hmac", "The signature."), body: isSigned),
        Function("github_signature", "Tell whether a signature such as sha256=... is that of a text, as GitHub signs.", .required("string", "The text."), .required("shared_secret", "The key."), .required("challenge_hmac", "The signature."), body: isSignedByGitHub),
    ]

    private static func isSigned(_ call: CallContext, text: String, key: String, challenge: String) async throws -> Bool {
        KeyedDigest.isEqual(Array(Base64.encode(KeyedDigest.sha256(key: Array(key.utf8), Array(text.utf8))).utf8), Array(challenge.utf8))
    }

    private static func isSignedByGitHub(_ call: CallContext, text: String, key: String, challenge: String) async throws -> Bool {
        let parts = challenge.parts("=", maxSplits: 1)
        guard parts.count == 2, let algorithm = HashAlgorithm(rawValue: parts[0]) else {
            throw ExecutionError("expected a signature such as sha256=..., found '\(challenge)'")
        }
        let code = KeyedDigest.code(algorithm, key: Array(key.utf8), Array(text.utf8))
        return KeyedDigest.isEqual(Array(Digest.text(code).utf8), Array(parts[1].utf8))
    }

    private static func algorithm(_ name: String) throws -> HashAlgorithm {
        guard let algorithm = HashAlgorithm(rawValue: name.lowercased()) else { throw ExecutionError("Hash func '\(name)' is not supported.") }
        return algorithm
    }

    private static func digest(_ call: CallContext, text: String, name: String) async throws -> String {
        Digest.hexadecimal(Array(text.utf8), try algorithm(name))
    }

    private static func digestFile(_ call: CallContext, path: String, name: String) async throws -> String {
        guard try await call.host.exists(path) else { throw ExecutionError("File path '\(path)' not found.") }
        return try await call.host.digest(path, try algorithm(name))
    }

    private static func decode(_ call: CallContext, text: String) async throws -> Value {
        guard let bytes = Base64.decode(text) else { throw ExecutionError("the text is no base64") }
        return String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .bytes(bytes)
    }

    private static func decodeFile(_ call: CallContext, text: String, path: String) async throws -> Bool {
        guard let bytes = Base64.decode(text) else { throw ExecutionError("the text is no base64") }
        try await call.host.write(path, bytes, FileAttributes())
        return true
    }
}
