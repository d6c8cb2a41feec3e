import Crypto
import CryptoExtras
import HaliteHost
import HaliteModuleKit

/// Private keys under a passphrase: PKCS#8 with PBKDF2, HMAC-SHA-256 and AES-256-CBC, as OpenSSL writes them now.
enum EncryptedKey {
    private static let pbes2 = "1.2.840.113549.1.5.13", pbkdf2 = "1.2.840.113549.1.5.12", hmacSHA256 = "1.2.840.113549.2.9"
    private static let aes256 = "2.16.840.1.101.3.4.1.42"
    private static let rounds = 100_000
    /// More rounds than this in a file would stall the minion.
    private static let mostRounds = 10_000_000

    static func seal(_ key: PrivateKey, _ passphrase: String) throws -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
        let (salt, vector) = (bytes(16), bytes(16))
        let secret = KeyedDigest.slowSHA256(password: Array(passphrase.utf8), salt: salt, iterations: rounds)
        let sealed = try AES._CBC.encrypt(try key.pkcs8, using: SymmetricKey(data: secret), iv: AES._CBC.IV(ivBytes: vector))
        let function = DER.sequence(
            try DER.objectIdentifier(pbkdf2),
            DER.sequence(DER.octetString(salt), DER.integer(rounds), DER.sequence(try DER.objectIdentifier(hmacSHA256), DER.null)))
        let cipher = DER.sequence(try DER.objectIdentifier(aes256), DER.octetString(vector))
        return DER.sequence(DER.sequence(try DER.objectIdentifier(pbes2), DER.sequence(function, cipher)), DER.octetString(Array(sealed)))
    }

    static func isEncrypted(_ bytes: [UInt8]) -> Bool {
        guard let parts = try? DER.node(bytes).children(), parts.count == 2, parts[0].tag == DER.sequenceTag, parts[1].tag == DER.octets else { return false }
        return (try? parts[0].children().first?.objectIdentifier())?.hasPrefix("1.2.840.113549.1.") == true
    }

    static func open(_ bytes: [UInt8], _ passphrase: String?) throws -> PrivateKey {
        guard isEncrypted(bytes) else { throw Material.Unreadable(description: "Could not load PEM-encoded private key") }
        guard let passphrase else { throw Material.PassphraseTrouble.missing }
        let parts = try DER.node(bytes).children()
        let scheme = try parts[0].children()
        guard try scheme[0].objectIdentifier() == pbes2, scheme.count == 2 else { throw unknown }
        let settings = try scheme[1].children().map { try $0.children() }
        guard settings.count == 2, settings.allSatisfy({ $0.count == 2 }), try settings[0][0].objectIdentifier() == pbkdf2,
            try settings[1][0].objectIdentifier() == aes256
        else { throw unknown }
        let derivation = try settings[0][1].children()
        guard derivation.count >= 3, try derivation.last?.children().first?.objectIdentifier() == hmacSHA256 else { throw unknown }
        let count = try derivation[1].number()
        guard (1...mostRounds).contains(count) else { throw unknown }
        let secret = KeyedDigest.slowSHA256(password: Array(passphrase.utf8), salt: Array(derivation[0].content), iterations: count)
        let vector = try AES._CBC.IV(ivBytes: Array(settings[1][1].content))
        guard let plain = try? AES._CBC.decrypt(Array(parts[1].content), using: SymmetricKey(data: secret), iv: vector),
            let key = try? PrivateKey(der: Array(plain))
        else { throw Material.PassphraseTrouble.wrong }
        return key
    }

    private static let unknown = ExecutionError("Halite reads encrypted private keys of PBES2 with PBKDF2, HMAC-SHA-256 and AES-256-CBC only")
}
