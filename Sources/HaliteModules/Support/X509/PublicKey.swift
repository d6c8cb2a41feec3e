import Crypto
import CryptoExtras
import HaliteHost
import HaliteModuleKit

/// A public key as certificates carry it.
struct PublicKey: Sendable, Equatable {
    static let rsaIdentifier = "1.2.840.113549.1.1.1", ecIdentifier = "1.2.840.10045.2.1", ed25519Identifier = "1.3.101.112"
    static let p256Identifier = "1.2.840.10045.3.1.7", p384Identifier = "1.3.132.0.34", p521Identifier = "1.3.132.0.35"
    private static let curves = [p256Identifier: 256, p384Identifier: 384, p521Identifier: 521, "1.3.132.0.10": 256, "1.3.132.0.33": 224]

    /// With its algorithm: SubjectPublicKeyInfo.
    let der: [UInt8]
    /// `rsa`, `ec`, `ed25519` or `ed448`.
    let kind: String
    /// Nil where the kind has but one size.
    let size: Int?
    let curve: String?
    /// The key without its algorithm.
    let bits: [UInt8]

    init(der: [UInt8]) throws {
        let parts = try DER.node(der).children()
        guard parts.count == 2, parts[1].tag == DER.bitString, !parts[1].content.isEmpty else { throw DER.Malformed() }
        let algorithm = try parts[0].children()
        guard let identifier = try algorithm.first?.objectIdentifier() else { throw DER.Malformed() }
        self.der = der
        bits = Array(parts[1].bits)
        switch identifier {
        case Self.rsaIdentifier:
            guard let modulus = try DER.node(bits).children().first?.content.drop(while: { $0 == 0 }), let first = modulus.first else { throw DER.Malformed() }
            (kind, size, curve) = ("rsa", modulus.count * 8 - first.leadingZeroBitCount, nil)
        case Self.ecIdentifier:
            guard algorithm.count == 2, case let name = try algorithm[1].objectIdentifier(), let bits = Self.curves[name] else { throw DER.Malformed() }
            (kind, size, curve) = ("ec", bits, name)
        case Self.ed25519Identifier: (kind, size, curve) = ("ed25519", nil, nil)
        case "1.3.101.113": (kind, size, curve) = ("ed448", nil, nil)
        default: throw DER.Malformed()
        }
    }

    static func == (left: PublicKey, right: PublicKey) -> Bool { left.kind == right.kind && left.curve == right.curve && left.bits == right.bits }

    /// The identifier that `subjectKeyIdentifier: hash` means.
    var identifier: [UInt8] { KeyedDigest.sha1(bits) }

    var pem: String { PEM.encode("PUBLIC KEY", der) }

    /// Whether a signature was made with the private half.
    func verifies(_ signature: [UInt8], of message: [UInt8], algorithm: String) throws -> Bool {
        if kind == "ed25519" {
            return try Curve25519.Signing.PublicKey(rawRepresentation: bits).isValidSignature(signature, for: message)
        }
        guard kind != "ed448" else { throw ExecutionError("Halite cannot verify signatures of ed448 so far") }
        guard let hash = SignatureHash(algorithm: algorithm) else {
            throw ExecutionError("Halite cannot verify signatures of the algorithm \(algorithm)")
        }
        return switch hash {
        case .sha1: try verifies(signature, Insecure.SHA1.hash(data: message))
        case .sha256: try verifies(signature, SHA256.hash(data: message))
        case .sha384: try verifies(signature, SHA384.hash(data: message))
        case .sha512: try verifies(signature, SHA512.hash(data: message))
        }
    }

    private func verifies(_ signature: [UInt8], _ digest: some Crypto.Digest) throws -> Bool {
        if kind == "rsa" {
            let key = try _RSA.Signing.PublicKey(unsafeDERRepresentation: der)
            return key.isValidSignature(_RSA.Signing.RSASignature(rawRepresentation: signature), for: digest, padding: .insecurePKCS1v1_5)
        }
        switch curve {
        case Self.p256Identifier:
            guard let parsed = try? P256.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return try P256.Signing.PublicKey(x963Representation: bits).isValidSignature(parsed, for: digest)
        case Self.p384Identifier:
            guard let parsed = try? P384.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return try P384.Signing.PublicKey(x963Representation: bits).isValidSignature(parsed, for: digest)
        case Self.p521Identifier:
            guard let parsed = try? P521.Signing.ECDSASignature(derRepresentation: signature) else { return false }
            return try P521.Signing.PublicKey(x963Representation: bits).isValidSignature(parsed, for: digest)
        default: throw ExecutionError("Halite cannot verify signatures of the curve \(curve ?? "")")
        }
    }
}
