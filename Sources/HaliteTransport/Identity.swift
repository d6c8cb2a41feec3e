import Crypto
import FoundationEssentials
import Glibc
import HaliteCore
import NIOSSL
import SwiftASN1
import X509

/// The key of a master or a minion. It is the identity; the certificate around it is made anew at each start.
package struct Identity: Sendable {
    private let key: P256.Signing.PrivateKey

    /// `3b:30:...`: SHA-256 of the public key, as `halite key -F` shows it.
    package let fingerprint: String
    package let publicKeyPEM: String

    private init(key: P256.Signing.PrivateKey) {
        self.key = key
        fingerprint = Self.fingerprint(ofDER: Array(key.publicKey.derRepresentation))
        publicKeyPEM = key.publicKey.pemRepresentation + "\n"
    }

    package static func make() -> Identity { Identity(key: P256.Signing.PrivateKey()) }

    /// Reads `directory/name.pem`, or makes the key and writes it so that only the owner can read it.
    package static func load(directory: String, name: String) throws -> Identity {
        let path = "\(directory)/\(name).pem"
        if let bytes = try? Data(contentsOf: URL(filePath: path)) {
            guard let key = try? P256.Signing.PrivateKey(pemRepresentation: String(decoding: bytes, as: UTF8.self)) else {
                throw TransportError("\(path) holds no P-256 private key in PEM form")
            }
            return Identity(key: key)
        }
        let identity = make()
        try makeDirectory(directory)
        try writePrivate(identity.key.pemRepresentation + "\n", to: path)
        return identity
    }

    private static func makeDirectory(_ path: String) throws {
        var partial = ""
        for part in path.split(separator: "/") {
            partial += "/" + part
            if mkdir(partial, 0o700) != 0, errno != EEXIST {
                throw TransportError("cannot make the directory \(partial): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Beside, synced, renamed: a killed process leaves a whole key or none.
    private static func writePrivate(_ text: String, to path: String) throws {
        let temporary = path + ".\(getpid())"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TransportError("cannot write \(temporary): \(String(cString: strerror(errno)))") }
        let bytes = Array(text.utf8)
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        let failed = written != bytes.count || fsync(file) != 0
        close(file)
        guard !failed, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw TransportError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }

    package static func fingerprint(ofDER bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let hex = String(byte, radix: 16)
            return hex.utf8.count == 1 ? "0" + hex : hex
        }.joined(separator: ":")
    }

    /// The fingerprint of a public key in PEM form, or nil when it is none.
    package static func fingerprint(ofPEM text: String) -> String? {
        (try? P256.Signing.PublicKey(pemRepresentation: text)).map { fingerprint(ofDER: Array($0.derRepresentation)) }
    }

    /// A self-signed certificate: TLS wants one, nobody reads it.
    private func certificate() throws -> NIOSSLCertificate {
        let name = try DistinguishedName { CommonName("halite") }
        let now = Date()
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: now.addingTimeInterval(-86_400 * 365), notValidAfter: now.addingTimeInterval(86_400 * 3650),
            issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256, extensions: Certificate.Extensions {},
            issuerPrivateKey: .init(key))
        let pem = try certificate.serializeAsPEM()
        return try NIOSSLCertificate(bytes: pem.derBytes, format: .der)
    }

    private func privateKey() throws -> NIOSSLPrivateKey {
        try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der)
    }

    func serverConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try certificate())], privateKey: .privateKey(try privateKey()))
        configuration.minimumTLSVersion = .tlsv13
        // There is no authority; the callback takes every key and the key ring decides.
        configuration.certificateVerification = .noHostnameVerification
        return configuration
    }

    func clientConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.certificateChain = [.certificate(try certificate())]
        configuration.privateKey = .privateKey(try privateKey())
        configuration.certificateVerification = .noHostnameVerification
        return configuration
    }
}

/// A line that cannot be made or has broken.
package struct TransportError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}
