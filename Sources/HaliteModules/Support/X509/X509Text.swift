import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What functions return of keys and certificates.
enum X509Text {
    static let noContainer = ExecutionError("Halite cannot write PKCS#12 so far; pem and der are offered")

    static func encode(_ key: PrivateKey, _ encoding: String, _ passphrase: String?) throws -> [UInt8] {
        if encoding == "pkcs12" { throw noContainer }
        let bytes = try passphrase.map { try EncryptedKey.seal(key, $0) } ?? key.pkcs8
        return encoding == "pem" ? Array(PEM.encode(passphrase == nil ? "PRIVATE KEY" : "ENCRYPTED PRIVATE KEY", bytes).utf8) : bytes
    }

    /// Text for the forms of text, base64 for the others.
    static func output(_ bytes: [UInt8], _ encoding: String, raw: Bool) -> Value {
        if raw { return .bytes(bytes) }
        return .string(["pem", "pkcs7_pem"].contains(encoding) ? String(decoding: bytes, as: UTF8.self) : Base64.encode(bytes))
    }

    static func describe(_ certificate: Certificate, fips: Bool) throws -> ValueMap {
        func print(_ algorithm: HashAlgorithm) -> Value { .string(HexText.pretty(HexText.read(Digest.hexadecimal(certificate.der, algorithm)) ?? [])) }
        var prints: ValueMap = ["sha1": print(.sha1), "sha256": print(.sha256)]
        if !fips { prints["md5"] = print(.md5) }
        return [
            "version": .int(certificate.version), "key_size": certificate.publicKey.size.map(Value.int) ?? .null, "key_type": .string(certificate.publicKey.kind),
            "serial_number": .string(Certificate.serialText(certificate.serial)), "fingerprints": .map(prints), "subject": .map(certificate.subject.map),
            "subject_hash": hash(certificate.subjectBytes), "subject_str": .string(certificate.subject.text), "issuer": .map(certificate.issuer.map),
            "issuer_hash": hash(certificate.issuerBytes), "issuer_str": .string(certificate.issuer.text), "not_before": Certificate.timeText(certificate.notBefore),
            "not_after": Certificate.timeText(certificate.notAfter), "public_key": .string(certificate.publicKey.pem),
            "extensions": .map(try ExtensionText.map(certificate.extensions)), "signature_algorithm": .string(certificate.signed.algorithmName),
        ]
    }

    static func describe(_ request: CertificateRequest) throws -> ValueMap {
        [
            "key_size": request.publicKey.size.map(Value.int) ?? .null, "key_type": .string(request.publicKey.kind), "subject": .map(request.subject.map),
            "subject_hash": hash(request.subjectBytes), "subject_str": .string(request.subject.text),
            "public_key_hash": .string(HexText.pretty(request.publicKey.identifier)), "extensions": .map(try ExtensionText.map(request.extensions)),
        ]
    }

    /// The hash by which OpenSSL names the files of certificates.
    private static func hash(_ name: [UInt8]) -> Value { .string(HexText.pretty(KeyedDigest.sha1(name)[..<4].reversed())) }

    /// Failures of reading as errors that users see; never with what was read.
    static func worded(_ error: any Error) -> any Error {
        switch error {
        case let error as Material.Unreadable: ExecutionError(error.description)
        case let error as Material.PassphraseTrouble: ExecutionError(error.description)
        case is DER.Malformed: ExecutionError("The encoding of a key or certificate is damaged or of a kind that is not known")
        default: error
        }
    }
}
