import HaliteModuleKit
import HaliteValue

/// One extension of a certificate, a request or a list of revocations.
struct CertificateExtension: Sendable, Equatable {
    let identifier: String
    let isCritical: Bool
    /// The bytes of its value.
    let value: [UInt8]

    init(_ identifier: String, critical: Bool, _ value: [UInt8]) {
        self.identifier = identifier
        isCritical = critical
        self.value = value
    }

    init(_ node: DERNode) throws {
        let parts = try node.children()
        guard (2...3).contains(parts.count), let last = parts.last, last.tag == DER.octets else { throw DER.Malformed() }
        self.init(try parts[0].objectIdentifier(), critical: parts.count == 3 && parts[1].content.first ?? 0 != 0, Array(last.content))
    }

    static func list(_ node: DERNode) throws -> [CertificateExtension] { try node.children().map { try CertificateExtension($0) } }

    var der: [UInt8] {
        get throws {
            DER.sequence([try DER.objectIdentifier(identifier)] + (isCritical ? [DER.boolean(true)] : []) + [DER.octetString(value)])
        }
    }

    /// What users write, in the order in which they are embedded.
    static let names = [
        ("basicConstraints", "2.5.29.19"), ("keyUsage", "2.5.29.15"), ("extendedKeyUsage", "2.5.29.37"), ("subjectKeyIdentifier", "2.5.29.14"),
        ("authorityKeyIdentifier", "2.5.29.35"), ("issuerAltName", "2.5.29.18"), ("authorityInfoAccess", "1.3.6.1.5.5.7.1.1"),
        ("subjectAltName", "2.5.29.17"), ("crlDistributionPoints", "2.5.29.31"), ("issuingDistributionPoint", "2.5.29.28"),
        ("certificatePolicies", "2.5.29.32"), ("policyConstraints", "2.5.29.36"), ("inhibitAnyPolicy", "2.5.29.54"),
        ("nameConstraints", "2.5.29.30"), ("noCheck", "1.3.6.1.5.5.7.48.1.5"), ("tlsfeature", "1.3.6.1.5.5.7.1.24"), ("nsComment", ""),
        ("nsCertType", ""), ("cRLNumber", "2.5.29.20"), ("deltaCRLIndicator", "2.5.29.27"), ("freshestCRL", "2.5.29.46"),
    ]
    /// Those that certificates may have.
    static let ofCertificates = names.filter { !["issuingDistributionPoint", "cRLNumber", "deltaCRLIndicator", "freshestCRL"].contains($0.0) }
    /// Those that a request cannot ask for.
    static let notInRequests = ["authorityInfoAccess", "authorityKeyIdentifier", "issuerAltName", "crlDistributionPoints"]

    private static let labels = [
        "2.5.29.31": "cRLDistributionPoints", "1.3.6.1.5.5.7.48.1.5": "OCSPNoCheck", "1.3.6.1.5.5.7.1.24": "TLSFeature", "2.5.29.9": "subjectDirectoryAttributes",
        "2.5.29.16": "privateKeyUsagePeriod", "1.3.6.1.4.1.11129.2.4.2": "signedCertificateTimestampList", "1.3.6.1.4.1.11129.2.4.3": "ctPoison",
        "2.5.29.33": "policyMappings", "1.3.6.1.5.5.7.1.11": "subjectInfoAccess", "1.3.6.1.4.1.311.21.7": "msCertificateTemplate",
    ]

    /// The name in changes.
    var label: String {
        Self.labels[identifier] ?? Self.names.first { $0.1 == identifier }?.0 ?? "Unknown OID"
    }

    /// What differs between the extensions that are there and those that are wanted.
    static func differences(_ current: [CertificateExtension], _ wanted: [CertificateExtension]) -> ValueMap? {
        var (added, changed, removed): ([Value], [Value], [Value]) = ([], [], [])
        for item in wanted {
            guard let found = current.first(where: { $0.identifier == item.identifier }) else { added.append(.string(item.label)); continue }
            if found != item { changed.append(.string(item.label)) }
        }
        for item in current where !wanted.contains(where: { $0.identifier == item.identifier }) { removed.append(.string(item.label)) }
        if added.isEmpty, changed.isEmpty, removed.isEmpty { return nil }
        return ["added": .list(added), "changed": .list(changed), "removed": .list(removed)]
    }
}
