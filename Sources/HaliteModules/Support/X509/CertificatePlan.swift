import Glibc
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A certificate that is wanted: everything but the signature.
struct CertificatePlan: Sendable {
    let serial: [UInt8]
    let publicKey: PublicKey
    let subject: DistinguishedName
    let issuer: DistinguishedName
    let issuerBytes: [UInt8]
    let notBefore: Int
    let notAfter: Int
    let extensions: [CertificateExtension]
    let signingKey: PrivateKey
    /// The certificate that signs; nil for one that signs itself.
    let authority: Certificate?

    static var now: Int { time(nil) }

    /// Days as seconds, within what dates can tell.
    static func seconds(days: Double) -> Int { Int(min(max(days, -4_000_000), 4_000_000) * 86400) }

    init(_ options: ValueMap, _ material: Material) async throws {
        func given(_ key: String) -> Value? { options[key].flatMap { $0.isNull || !$0.isTruthy ? nil : $0 } }
        signingKey = try await material.privateKey(options["signing_private_key"] ?? .null, passphrase: options["signing_private_key_passphrase"]?.stringValue).key
        serial = try Self.serialNumber(options["serial_number"] ?? .null)
        let request: CertificateRequest? = if let csr = given("csr") { try await material.request(csr).request } else { nil }
        authority = if let signing = given("signing_cert") { try await material.certificate(signing) } else { nil }
        if authority == nil {
            publicKey = try signingKey.publicKey
        } else if let key = given("private_key") {
            publicKey = try await material.privateKey(key, passphrase: options["private_key_passphrase"]?.stringValue).key.publicKey
        } else if let key = given("public_key") {
            publicKey = try await material.publicKey(key)
        } else if let request {
            publicKey = request.publicKey
        } else {
            throw ExecutionError(
                "This certificate is not self-signed (signing_cert is set) and thus needs public_key, private_key or csr to derive public key to sign")
        }
        if let authority, try authority.publicKey != signingKey.publicKey {
            throw ExecutionError("Signing private key does not match the certificate's public key")
        }
        subject = try DistinguishedName(given("subject") ?? .map(options))
        (issuer, issuerBytes) = try authority.map { ($0.subject, $0.subjectBytes) } ?? (subject, subject.der)
        notBefore = try given("not_before").map { try Certificate.time($0.pythonString) } ?? Self.now
        notAfter = try given("not_after").map { try Certificate.time($0.pythonString) } ?? Self.now + Self.seconds(days: options["days_valid"]?.numberValue ?? 30)
        // The last moment that the encoding of times can tell.
        if max(notBefore, notAfter) > 253_402_300_799 { throw ExecutionError("date value out of range") }
        if notAfter < notBefore { throw ExecutionError("The not valid after date must be after the not valid before date.") }
        let maker = ExtensionMaker(subjectKey: publicKey, authority: authority, authorityKey: authority == nil ? publicKey : nil)
        var found: [CertificateExtension] = []
        for (name, _) in CertificateExtension.ofCertificates {
            // A policy forbids an extension by an empty value.
            if let value = options[name], !value.isNull { found.append(try maker.make(name, value)) }
        }
        for (name, identifier) in CertificateExtension.ofCertificates where !CertificateExtension.notInRequests.contains(name) {
            guard let asked = request?.extensions.first(where: { $0.identifier == identifier }), !found.contains(where: { $0.identifier == identifier }) else { continue }
            found.append(asked)
        }
        extensions = found
    }

    /// A random number of 159 bits, or the one that is given as number or hexadecimal text.
    static func serialNumber(_ given: Value) throws -> [UInt8] {
        if given.isNull {
            var random = SystemRandomNumberGenerator()
            var bytes = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
            bytes[0] &= 0x7F
            return DER.unsigned(bytes)
        }
        if case .big(let number) = given {
            var bytes: [UInt8] = []
            for word in number.magnitude.reversed() { for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) } }
            return Array(bytes.drop { $0 == 0 })
        }
        if let number = given.intValue {
            guard number > 0 else { throw ExecutionError("The serial number should be positive.") }
            return DER.magnitude(number)
        }
        guard let bytes = given.stringValue.flatMap({ HexText.read($0.replacing(":", with: "")) }), bytes.contains(where: { $0 != 0 }) else {
            throw ExecutionError("Could not parse serial number \(given.pythonString)")
        }
        return Array(bytes.drop { $0 == 0 })
    }

    func sign(_ digest: String) throws -> Certificate {
        let der = try SignedBody.sign(signingKey, digest) { algorithm in
            var parts = [
                DER.make(0xA0, DER.integer(2)), DER.integer(serial), algorithm, issuerBytes, DER.sequence(DER.time(notBefore), DER.time(notAfter)),
                try subject.der, publicKey.der,
            ]
            if !extensions.isEmpty { parts.append(DER.make(0xA3, DER.sequence(try extensions.map { try $0.der }))) }
            return DER.sequence(parts)
        }
        return try Certificate(der: der)
    }

    /// How a certificate that is there differs from the one that is wanted.
    func differences(_ current: Certificate, serialNumber: Value) throws -> ValueMap {
        var changes = ValueMap()
        if !serialNumber.isNull, !serial.drop(while: { $0 == 0 }).elementsEqual(current.serial) { changes["serial_number"] = serialNumber }
        if publicKey != current.publicKey { changes["private_key"] = true }
        if let authority, try !current.signed.isSigned(by: authority.publicKey) { changes["signing_private_key"] = true }
        if subject != current.subject { changes["subject_name"] = .string(subject.text) }
        if issuer != current.issuer { changes["issuer_name"] = .string(issuer.text) }
        if let found = CertificateExtension.differences(current.extensions, extensions) { changes["extensions"] = .map(found) }
        return changes
    }
}

extension Value {
    /// A whole number or one with a fraction.
    fileprivate var numberValue: Double? {
        switch self {
        case .int(let number): Double(number)
        case .float(let number): number
        default: stringValue.flatMap(Double.init)
        }
    }
}

/// The options of certificates, with the old long names and the policy of a certificate authority.
enum CertificateOptions {
    private static let longNames = [
        "CN": ["commonName"], "L": ["localityName"], "ST": ["stateOrProvinceName"], "O": ["organizationName"], "OU": ["organizationUnitName"],
        "GN": ["givenName"], "SN": ["surname"], "MAIL": ["Email", "emailAddress"], "SERIALNUMBER": ["serialNumber"],
        "basicConstraints": ["X509v3 Basic Constraints"], "keyUsage": ["X509v3 Key Usage"], "extendedKeyUsage": ["X509v3 Extended Key Usage"],
        "subjectKeyIdentifier": ["X509v3 Subject Key Identifier"], "authorityKeyIdentifier": ["X509v3 Authority Key Identifier"],
        "issuerAltName": ["X509v3 Issuer Alternative Name", "issuserAltName"], "authorityInfoAccess": ["Authority Information Access"],
        "subjectAltName": ["X509v3 Subject Alternative Name"], "crlDistributionPoints": ["X509v3 CRL Distribution Points"],
        "issuingDistributionPoint": ["X509v3 Issuing Distribution Point"], "certificatePolicies": ["X509v3 Certificate Policies"],
        "policyConstraints": ["X509v3 Policy Constraints"], "inhibitAnyPolicy": ["X509v3 Inhibit Any Policy"],
        "nameConstraints": ["X509v3 Name Constraints"], "noCheck": ["OCSP No Check"], "tlsfeature": ["TLS Feature"],
        "nsComment": ["Netscape Comment"], "nsCertType": ["Netscape Certificate Type"], "cRLNumber": ["X509v3 CRLNumber"],
        "deltaCRLIndicator": ["X509v3 Delta CRL Indicator"], "freshestCRL": ["x509v3 Freshest CRL"],
    ]

    /// With the short names of today.
    static func modern(_ options: ValueMap) -> ValueMap {
        var options = options
        for (short, longs) in longNames {
            for long in longs { if let value = options.removeValue(forKey: long) { options[short] = value } }
        }
        return options
    }

    /// A policy overrules what was asked for.
    static func merge(_ policy: ValueMap, into given: ValueMap) -> ValueMap {
        if policy.isEmpty { return given }
        var (policy, options) = (policy, modern(given))
        if let subject = options["subject"] {
            if DistinguishedName.names.contains(where: { policy[$0.0] != nil }) {
                options.removeValue(forKey: "subject")
            } else if let forced = policy["subject"] {
                if case .map(var own) = subject, let forced = forced.mapValue {
                    for (key, value) in forced { own[key] = value }
                    options["subject"] = .map(own)
                    policy.removeValue(forKey: "subject")
                } else if let own = subject.listValue, let forced = forced.listValue {
                    options["subject"] = .list(forced + own)
                    policy.removeValue(forKey: "subject")
                }
            }
        }
        for (key, value) in policy { options[key] = value }
        return options
    }
}
