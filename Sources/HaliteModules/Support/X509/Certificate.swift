import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What certificates, requests and lists of revocations share: a signed body.
struct SignedBody: Sendable {
    let der: [UInt8]
    let body: DERNode
    /// The object identifier of the signature's algorithm.
    let algorithm: String
    let signature: [UInt8]

    init(_ der: [UInt8]) throws {
        let parts = try DER.node(der).children()
        guard parts.count == 3, parts[0].tag == DER.sequenceTag, parts[2].tag == DER.bitString, let kind = try parts[1].children().first else { throw DER.Malformed() }
        self.der = der
        body = parts[0]
        algorithm = try kind.objectIdentifier()
        signature = Array(parts[2].bits)
    }

    /// Signs a body that is not complete yet: the algorithm is part of it.
    static func sign(_ key: PrivateKey, _ digest: String, body: (_ algorithm: [UInt8]) throws -> [UInt8]) throws -> [UInt8] {
        // The identifier does not depend on what is signed.
        let algorithm = try key.sign([], digest).algorithm
        let bytes = try body(algorithm)
        return DER.sequence(bytes, algorithm, DER.bits(try key.sign(bytes, digest).signature))
    }

    func isSigned(by key: PublicKey) throws -> Bool { try key.verifies(signature, of: Array(body.encoded), algorithm: algorithm) }

    private static let names = [
        "1.2.840.113549.1.1.4": "md5WithRSAEncryption", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption", "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
        "1.2.840.113549.1.1.11": "sha256WithRSAEncryption", "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13": "sha512WithRSAEncryption", "1.2.840.113549.1.1.10": "rsassaPss", "1.2.840.10045.4.1": "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.1": "ecdsa-with-SHA224", "1.2.840.10045.4.3.2": "ecdsa-with-SHA256", "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
        "1.2.840.10045.4.3.4": "ecdsa-with-SHA512", "1.3.101.112": "ed25519", "1.3.101.113": "ed448",
    ]
    var algorithmName: String { Self.names[algorithm] ?? "Unknown OID" }

    /// Whether the signature was made with another digest than the one that is wanted.
    func differs(from digest: String) -> Bool {
        guard let hash = SignatureHash(algorithm: algorithm) else { return algorithm.hasPrefix("1.2.840.113549.1.1.") && algorithm != "1.2.840.113549.1.1.10" }
        return hash.rawValue != digest.lowercased()
    }
}

/// A certificate as it was read.
struct Certificate: Sendable {
    let signed: SignedBody
    let version: Int
    /// The serial number's bytes.
    let serial: [UInt8]
    let issuer: DistinguishedName
    let issuerBytes: [UInt8]
    let subject: DistinguishedName
    let subjectBytes: [UInt8]
    let notBefore: Int
    let notAfter: Int
    let publicKey: PublicKey
    let extensions: [CertificateExtension]

    var der: [UInt8] { signed.der }
    var pem: String { PEM.encode("CERTIFICATE", der) }

    init(der: [UInt8]) throws {
        signed = try SignedBody(der)
        var parts = try signed.body.children()[...]
        if parts.first?.tag == 0xA0 {
            version = try DER.node(parts.removeFirst().content, DER.integerTag).number() + 1
        } else {
            version = 1
        }
        guard parts.count >= 6 else { throw DER.Malformed() }
        let fields = Array(parts)
        guard fields[0].tag == DER.integerTag else { throw DER.Malformed() }
        serial = Array(fields[0].content.drop { $0 == 0 })
        (issuer, issuerBytes) = (try DistinguishedName(fields[2]), Array(fields[2].encoded))
        let times = try fields[3].children()
        guard times.count == 2 else { throw DER.Malformed() }
        (notBefore, notAfter) = (try times[0].time(), try times[1].time())
        (subject, subjectBytes) = (try DistinguishedName(fields[4]), Array(fields[4].encoded))
        publicKey = try PublicKey(der: Array(fields[5].encoded))
        extensions = try fields.first { $0.tag == 0xA3 }.map { try CertificateExtension.list(try DER.node($0.content)) } ?? []
    }

    /// The key's identifier, where the certificate tells one.
    var keyIdentifier: [UInt8]? {
        get throws { try extensions.first { $0.identifier == "2.5.29.14" }.map { Array(try DER.node($0.value, DER.octets).content) } }
    }

    static func serialText(_ bytes: [UInt8]) -> String { bytes.isEmpty ? "00" : HexText.pretty(bytes) }

    /// Seconds since 1970 of a text such as `2026-01-31 12:00:00`.
    static func time(_ text: String) throws -> Int {
        guard let date = CivilDate(text, format: "%Y-%m-%d %H:%M:%S") else {
            throw ExecutionError("time data \(Value.string(text).pythonRepr) does not match format '%Y-%m-%d %H:%M:%S'")
        }
        return Int(date.seconds)
    }

    static func timeText(_ seconds: Int) -> Value { .string(CivilDate.isoText(secondsSince1970: seconds).replacing("T", with: " ")) }
}

/// A request for a certificate.
struct CertificateRequest: Sendable {
    let signed: SignedBody
    let subject: DistinguishedName
    let subjectBytes: [UInt8]
    let publicKey: PublicKey
    let extensions: [CertificateExtension]

    private static let extensionRequest = "1.2.840.113549.1.9.14"

    var der: [UInt8] { signed.der }
    var pem: String { PEM.encode("CERTIFICATE REQUEST", der) }

    init(der: [UInt8]) throws {
        signed = try SignedBody(der)
        let fields = try signed.body.children()
        guard fields.count >= 3, try fields[0].number() == 0 else { throw DER.Malformed() }
        (subject, subjectBytes) = (try DistinguishedName(fields[1]), Array(fields[1].encoded))
        publicKey = try PublicKey(der: Array(fields[2].encoded))
        var found: [CertificateExtension] = []
        for attribute in try fields.first(where: { $0.tag == 0xA0 })?.children() ?? [] {
            let parts = try attribute.children()
            guard parts.count == 2, try parts[0].objectIdentifier() == Self.extensionRequest else { continue }
            for list in try parts[1].children() { found += try CertificateExtension.list(list) }
        }
        extensions = found
    }

    /// Makes and signs a request.
    static func make(_ subject: DistinguishedName, _ extensions: [CertificateExtension], _ key: PrivateKey, digest: String) throws -> CertificateRequest {
        let der = try SignedBody.sign(key, digest) { _ in
            var attributes: [UInt8] = []
            if !extensions.isEmpty {
                attributes = DER.sequence(try DER.objectIdentifier(extensionRequest), DER.set([DER.sequence(try extensions.map { try $0.der })]))
            }
            return DER.sequence(DER.integer(0), try subject.der, try key.publicKey.der, DER.make(0xA0, attributes))
        }
        return try CertificateRequest(der: der)
    }
}
