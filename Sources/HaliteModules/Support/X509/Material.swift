import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Reads keys and certificates from what users give: a path, a text or bytes.
struct Material: Sendable {
    let host: any Host

    /// What could not be read as what it should be.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// A trouble with a passphrase.
    enum PassphraseTrouble: Error, CustomStringConvertible {
        case wrong, missing, superfluous

        var description: String {
            switch self {
            case .wrong: "Bad decrypt - is the password correct?"
            case .missing: "Private key is encrypted. Please provide a password."
            case .superfluous: "Private key is unencrypted. Please remove the password."
            }
        }
    }

    func isFile(_ given: Value) async -> Bool {
        guard let path = given.stringValue, !path.isEmpty, path.utf8.count < 4096, !path.utf8.contains(0) else { return false }
        return (try? await host.isFile(path)) ?? false
    }

    func bytes(_ given: Value) async throws -> [UInt8] {
        if await isFile(given), let path = given.stringValue { return try await host.read(path, limit: 16 << 20) }
        if case .bytes(let bytes) = given { return bytes }
        guard let text = given.stringValue else { throw Self.unloadable }
        if text.hasPrefix("b64:"), let found = Self.base64(String(text.dropFirst(4))) { return found }
        if Self.isPEM(Array(text.utf8)) { return Array(text.utf8) }
        guard let found = HexText.read(text) ?? Self.base64(text) else { throw Self.unloadable }
        return found
    }

    private static let unloadable = Unreadable(
        description: "Could not load provided source. You need to pass an existing file, (PEM|hex|base64)-encoded string or raw bytes.")

    /// As Python decodes it: other letters are passed over, what is left must fill its quads.
    private static func base64(_ text: String) -> [UInt8]? {
        guard text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        var digits: [UInt8] = []
        var pads = 0
        for byte in text.utf8 {
            if byte == UInt8(ascii: "=") {
                pads += 1
                if digits.count % 4 >= 2, digits.count % 4 + pads >= 4 { return Base64.decode(String(decoding: digits, as: UTF8.self)) }
            } else if byte == 0x2B || (0x2F...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) {
                digits.append(byte)
                pads = 0
            }
        }
        return digits.count % 4 == 0 ? Base64.decode(String(decoding: digits, as: UTF8.self)) : nil
    }

    static func isPEM(_ bytes: [UInt8]) -> Bool { bytes.firstRange(of: Array("-----BEGIN".utf8)) != nil }

    // MARK: - Certificates

    struct Found: Sendable {
        let certificate: Certificate
        let encoding: String
        var chain: [Certificate] = []
    }

    func certificate(_ given: Value) async throws -> Certificate { try await certificates(given).certificate }

    func certificates(_ given: Value) async throws -> Found {
        let bytes = try await bytes(given)
        if Self.isPEM(bytes) {
            let blocks = PEM.blocks(String(decoding: bytes, as: UTF8.self))
            if let first = blocks.first, first.label == "PKCS7" {
                guard let found = try? Self.bundle(first.bytes), let own = found.first else { throw Unreadable(description: "Could not load PEM-encoded PKCS#7 blob") }
                return Found(certificate: own, encoding: "pkcs7_pem", chain: Array(found.dropFirst()))
            }
            let all = blocks.map { block in ["CERTIFICATE", "X509 CERTIFICATE"].contains(block.label) ? try? Certificate(der: block.bytes) : nil }
            guard let first = all.first, let own = first else { throw Unreadable(description: "Could not load PEM-encoded certificate.") }
            return Found(certificate: own, encoding: "pem", chain: all.dropFirst().compactMap { $0 })
        }
        if let found = try? Certificate(der: bytes) { return Found(certificate: found, encoding: "der") }
        if let found = try? Self.bundle(bytes), let own = found.first { return Found(certificate: own, encoding: "pkcs7_der", chain: Array(found.dropFirst())) }
        throw Unreadable(description: "Could not deserialize binary data, neither as DER nor PKCS#7, PKCS#12.")
    }

    /// The certificates of a PKCS#7 blob.
    private static func bundle(_ bytes: [UInt8]) throws -> [Certificate] {
        let parts = try DER.node(bytes).children()
        guard parts.count == 2, try parts[0].objectIdentifier() == "1.2.840.113549.1.7.2" else { throw DER.Malformed() }
        let list = try DER.node(parts[1].content).children().first { $0.tag == 0xA0 }
        return try list?.children().map { try Certificate(der: Array($0.encoded)) } ?? []
    }

    /// A PKCS#7 blob of certificates.
    static func bundle(_ certificates: [Certificate]) throws -> [UInt8] {
        let data = DER.sequence(try DER.objectIdentifier("1.2.840.113549.1.7.1"))
        let list = certificates.map(\.der).sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }
        let signed = DER.sequence(DER.integer(1), DER.set([]), data, DER.make(0xA0, list), DER.set([]))
        return DER.sequence(try DER.objectIdentifier("1.2.840.113549.1.7.2"), DER.make(0xA0, signed))
    }

    // MARK: - Requests and keys

    func request(_ given: Value) async throws -> (request: CertificateRequest, encoding: String) {
        let bytes = try await bytes(given)
        if Self.isPEM(bytes) {
            let labels = ["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"]
            guard let block = PEM.blocks(String(decoding: bytes, as: UTF8.self)).first(where: { labels.contains($0.label) }),
                let found = try? CertificateRequest(der: block.bytes)
            else { throw Unreadable(description: "Could not load PEM-encoded certificate signing request.") }
            return (found, "pem")
        }
        guard let found = try? CertificateRequest(der: bytes) else { throw Unreadable(description: "Could not load DER-encoded certificate signing request.") }
        return (found, "der")
    }

    func publicKey(_ given: Value) async throws -> PublicKey {
        let bytes = try await bytes(given)
        if Self.isPEM(bytes) {
            guard let block = PEM.blocks(String(decoding: bytes, as: UTF8.self)).first(where: { ["PUBLIC KEY", "RSA PUBLIC KEY"].contains($0.label) }),
                let found = try? block.label == "PUBLIC KEY" ? PublicKey(der: block.bytes) : Self.rsaKey(block.bytes)
            else { throw Unreadable(description: "Could not load PEM-encoded public key.") }
            return found
        }
        guard let found = try? PublicKey(der: bytes) else { throw Unreadable(description: "Could not load DER-encoded public key.") }
        return found
    }

    private static func rsaKey(_ bytes: [UInt8]) throws -> PublicKey {
        try PublicKey(der: DER.sequence(DER.sequence(try DER.objectIdentifier(PublicKey.rsaIdentifier), DER.null), DER.bits(bytes)))
    }

    func privateKey(_ given: Value, passphrase: String? = nil) async throws -> (key: PrivateKey, encoding: String) {
        let bytes = try await bytes(given)
        if Self.isPEM(bytes) {
            let labels = ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]
            guard let block = PEM.blocks(String(decoding: bytes, as: UTF8.self)).first(where: { labels.contains($0.label) }) else {
                throw Unreadable(description: "Could not load PEM-encoded private key")
            }
            if block.isEncryptedInside { throw ExecutionError("Halite cannot read private keys in OpenSSL's old encrypted form; write it anew with: openssl pkcs8 -topk8") }
            if block.label == "ENCRYPTED PRIVATE KEY" { return (try EncryptedKey.open(block.bytes, passphrase), "pem") }
            if passphrase != nil { throw PassphraseTrouble.superfluous }
            guard let key = try? PrivateKey(der: block.bytes) else { throw Unreadable(description: "Could not load PEM-encoded private key") }
            return (key, "pem")
        }
        if let key = try? PrivateKey(der: bytes) {
            if passphrase != nil { throw PassphraseTrouble.superfluous }
            return (key, "der")
        }
        if EncryptedKey.isEncrypted(bytes) { return (try EncryptedKey.open(bytes, passphrase), "der") }
        throw Unreadable(description: "Could not deserialize binary data, neither as DER nor PKCS#12.")
    }
}
