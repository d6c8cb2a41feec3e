import Crypto
import CryptoExtras
import HaliteModuleKit

/// A private key of one of the kinds that are offered.
enum PrivateKey: Sendable {
    case rsa(_RSA.Signing.PrivateKey)
    case p256(P256.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)
    case p521(P521.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)

    // MARK: - Making

    static func generate(_ algorithm: String, size: Int?) throws -> PrivateKey {
        switch algorithm {
        case "rsa":
            guard [2048, 3072, 4096].contains(size ?? 2048) else { throw ExecutionError("RSA key size must be either 2048, 3072 or 4096 bits.") }
            return .rsa(try _RSA.Signing.PrivateKey(keySize: _RSA.Signing.KeySize(bitCount: size ?? 2048)))
        case "ec":
            switch size ?? 256 {
            case 256: return .p256(P256.Signing.PrivateKey())
            case 384: return .p384(P384.Signing.PrivateKey())
            case 521: return .p521(P521.Signing.PrivateKey())
            default: throw ExecutionError("EC key size must be either 256, 384, 521 bits.")
            }
        case "ed25519": return .ed25519(Curve25519.Signing.PrivateKey())
        case "ed448": throw ExecutionError("Halite cannot make keys of ed448 so far; it can make rsa, ec and ed25519")
        default: throw ExecutionError("Invalid algorithm specified for generating private key: \(algorithm). Valid: rsa, ec, ed25519, ed448")
        }
    }

    // MARK: - Reading

    /// From PKCS#8, PKCS#1 or SEC 1.
    init(der: [UInt8]) throws {
        let parts = try DER.node(der).children()
        guard parts.count > 2, parts[0].tag == DER.integerTag else { throw DER.Malformed() }
        if parts[1].tag == DER.sequenceTag, parts[2].tag == DER.octets {
            let algorithm = try parts[1].children()
            guard let kind = algorithm.first else { throw DER.Malformed() }
            try self.init(algorithm: kind.objectIdentifier(), curve: algorithm.dropFirst().first?.objectIdentifier, key: Array(parts[2].content))
        } else if parts[1].tag == DER.octets, let curve = parts.first(where: { $0.tag == 0xA0 }) {
            try self.init(algorithm: PublicKey.ecIdentifier, curve: { try DER.node(curve.content, DER.identifier).objectIdentifier() }, key: der)
        } else {
            try self.init(algorithm: PublicKey.rsaIdentifier, curve: nil, key: der)
        }
    }

    private init(algorithm: String, curve: (() throws -> String)?, key: [UInt8]) throws {
        switch algorithm {
        case PublicKey.rsaIdentifier: self = .rsa(try _RSA.Signing.PrivateKey(unsafeDERRepresentation: key))
        case PublicKey.ed25519Identifier:
            self = .ed25519(try Curve25519.Signing.PrivateKey(rawRepresentation: Array(try DER.node(key, DER.octets).content)))
        case PublicKey.ecIdentifier:
            let parts = try DER.node(key).children()
            guard parts.count > 1, parts[1].tag == DER.octets else { throw DER.Malformed() }
            func scalar(_ size: Int) -> [UInt8] {
                let bytes = Array(parts[1].content.drop { $0 == 0 })
                return [UInt8](repeating: 0, count: max(0, size - bytes.count)) + bytes
            }
            switch try curve?() {
            case PublicKey.p256Identifier: self = .p256(try P256.Signing.PrivateKey(rawRepresentation: scalar(32)))
            case PublicKey.p384Identifier: self = .p384(try P384.Signing.PrivateKey(rawRepresentation: scalar(48)))
            case PublicKey.p521Identifier: self = .p521(try P521.Signing.PrivateKey(rawRepresentation: scalar(66)))
            default: throw DER.Malformed()
            }
        default: throw DER.Malformed()
        }
    }

    // MARK: - Writing

    /// The bytes of PKCS#8, without encryption.
    var pkcs8: [UInt8] {
        get throws {
            switch self {
            case .rsa(let key):
                let algorithm = DER.sequence(try DER.objectIdentifier(PublicKey.rsaIdentifier), DER.null)
                return DER.sequence(DER.integer(0), algorithm, DER.octetString(Array(key.derRepresentation)))
            case .p256(let key): return Array(key.derRepresentation)
            case .p384(let key): return Array(key.derRepresentation)
            case .p521(let key): return Array(key.derRepresentation)
            case .ed25519(let key):
                let algorithm = DER.sequence(try DER.objectIdentifier(PublicKey.ed25519Identifier))
                return DER.sequence(DER.integer(0), algorithm, DER.octetString(DER.octetString(Array(key.rawRepresentation))))
            }
        }
    }

    var publicKey: PublicKey {
        get throws {
            switch self {
            case .rsa(let key): return try PublicKey(der: Array(key.publicKey.derRepresentation))
            case .p256(let key): return try PublicKey(der: Array(key.publicKey.derRepresentation))
            case .p384(let key): return try PublicKey(der: Array(key.publicKey.derRepresentation))
            case .p521(let key): return try PublicKey(der: Array(key.publicKey.derRepresentation))
            case .ed25519(let key):
                let algorithm = DER.sequence(try DER.objectIdentifier(PublicKey.ed25519Identifier))
                return try PublicKey(der: DER.sequence(algorithm, DER.bits(Array(key.publicKey.rawRepresentation))))
            }
        }
    }

    // MARK: - Signing

    /// The algorithm identifier and the signature of a message.
    func sign(_ message: [UInt8], _ digest: String) throws -> (algorithm: [UInt8], signature: [UInt8]) {
        if case .ed25519(let key) = self {
            return (DER.sequence(try DER.objectIdentifier(PublicKey.ed25519Identifier)), Array(try key.signature(for: message)))
        }
        let hash = try SignatureHash(named: digest)
        let signature =
            switch hash {
            case .sha1: try signature(Insecure.SHA1.hash(data: message))
            case .sha256: try signature(SHA256.hash(data: message))
            case .sha384: try signature(SHA384.hash(data: message))
            case .sha512: try signature(SHA512.hash(data: message))
            }
        if case .rsa = self { return (DER.sequence(try DER.objectIdentifier(hash.rsaIdentifier), DER.null), signature) }
        return (DER.sequence(try DER.objectIdentifier(hash.ecIdentifier)), signature)
    }

    private func signature(_ digest: some Crypto.Digest) throws -> [UInt8] {
        switch self {
        case .rsa(let key): Array(try key.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation)
        case .p256(let key): Array(try key.signature(for: digest).derRepresentation)
        case .p384(let key): Array(try key.signature(for: digest).derRepresentation)
        case .p521(let key): Array(try key.signature(for: digest).derRepresentation)
        case .ed25519: throw DER.Malformed()
        }
    }
}

/// The digests that signatures are made of.
enum SignatureHash: String, Sendable, CaseIterable {
    case sha1, sha256, sha384, sha512

    private static let known = [
        "sha1", "sha224", "sha256", "sha384", "sha512", "sha512_224", "sha512_256", "sha3_224", "sha3_256", "sha3_384", "sha3_512",
    ]

    init(named name: String) throws {
        guard let hash = SignatureHash(rawValue: name.lowercased()) else {
            throw ExecutionError("Halite cannot sign with the digest '\(name)'; it can with sha1, sha256, sha384 and sha512")
        }
        self = hash
    }

    /// Refuses what Salt does not know.
    static func check(_ name: String) throws {
        if !known.contains(name.lowercased()) {
            throw ExecutionError("Invalid value '\(name)' for digest. Valid: \(known.joined(separator: ", "))")
        }
    }

    var rsaIdentifier: String {
        switch self {
        case .sha1: "1.2.840.113549.1.1.5"
        case .sha256: "1.2.840.113549.1.1.11"
        case .sha384: "1.2.840.113549.1.1.12"
        case .sha512: "1.2.840.113549.1.1.13"
        }
    }

    var ecIdentifier: String {
        switch self {
        case .sha1: "1.2.840.10045.4.1"
        case .sha256: "1.2.840.10045.4.3.2"
        case .sha384: "1.2.840.10045.4.3.3"
        case .sha512: "1.2.840.10045.4.3.4"
        }
    }

    /// The digest of a signature algorithm; nil where it has none of its own, or one that is not known here.
    init?(algorithm: String) {
        guard let found = Self.allCases.first(where: { [$0.rsaIdentifier, $0.ecIdentifier].contains(algorithm) }) else { return nil }
        self = found
    }
}
