import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Makes extensions of what users write, in OpenSSL's words or as data.
struct ExtensionMaker {
    var subjectKey: PublicKey?
    var authority: Certificate?
    /// The key of a certificate that signs itself.
    var authorityKey: PublicKey?

    static let usages = [
        "serverAuth": "1.3.6.1.5.5.7.3.1", "clientAuth": "1.3.6.1.5.5.7.3.2", "codeSigning": "1.3.6.1.5.5.7.3.3", "emailProtection": "1.3.6.1.5.5.7.3.4",
        "timeStamping": "1.3.6.1.5.5.7.3.8", "OCSPSigning": "1.3.6.1.5.5.7.3.9", "msSmartcardLogin": "1.3.6.1.4.1.311.20.2.2",
        "pkInitKDC": "1.3.6.1.5.2.3.5", "ipsecIKE": "1.3.6.1.5.5.7.3.17", "msCodeInd": "1.3.6.1.4.1.311.2.1.21", "msCodeCom": "1.3.6.1.4.1.311.2.1.22",
        "msCTLSign": "1.3.6.1.4.1.311.10.3.1", "msEFS": "1.3.6.1.4.1.311.10.3.4",
    ]
    static let keyUsages = [
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
    ]
    static let access = ["OCSP": "1.3.6.1.5.5.7.48.1", "caIssuers": "1.3.6.1.5.5.7.48.2", "caRepository": "1.3.6.1.5.5.7.48.5"]
    static let reasons = [
        "unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold", "", "removeFromCRL",
        "privilegeWithdrawn", "aACompromise",
    ]

    func make(_ name: String, _ value: Value) throws -> CertificateExtension {
        let (isCritical, content) = try content(name, value)
        let identifier = CertificateExtension.names.first { $0.0 == name }?.1 ?? Self.entryNames.first { $0.0 == name }?.1 ?? ""
        return CertificateExtension(identifier, critical: isCritical, content)
    }

    static let entryNames = [("certificateIssuer", "2.5.29.29"), ("CRLReason", "2.5.29.21"), ("invalidityDate", "2.5.29.24")]

    private func content(_ name: String, _ value: Value) throws -> (Bool, [UInt8]) {
        switch name {
        case "basicConstraints": return try basicConstraints(value)
        case "keyUsage":
            let found = Self.keyUsages.indices.filter { Self.mentions(value, Self.keyUsages[$0]) }
            if !found.contains(4), found.contains(where: { $0 > 6 }) {
                throw ExecutionError("encipher_only and decipher_only can only be true when key_agreement is true")
            }
            return (Self.mentions(value, "critical"), DER.make(DER.bitString, DER.flags(found)))
        case "extendedKeyUsage":
            let (critical, items) = Self.items(value)
            return (critical, DER.sequence(try items.map { try Self.usages[$0].map(DER.objectIdentifier) ?? GeneralName.objectIdentifier($0) }))
        case "subjectKeyIdentifier": return (false, try subjectKeyIdentifier(value))
        case "authorityKeyIdentifier": return (false, try authorityKeyIdentifier(value))
        case "subjectAltName": return (Self.mentions(value, "critical"), DER.sequence(try GeneralName.encode(try Self.pairs(value))))
        case "issuerAltName", "certificateIssuer": return (Self.mentions(value, "critical"), try issuerNames(value))
        case "authorityInfoAccess":
            return (false, DER.sequence(try accessPairs(value).map { method, name in
                let identifier = try Self.access[method].map(DER.objectIdentifier) ?? (try? GeneralName.objectIdentifier(method))
                guard let identifier else { throw ExecutionError("Unknown access OID: \(method)") }
                return DER.sequence(identifier, try GeneralName.encode(name))
            }))
        case "crlDistributionPoints": return (Self.mentions(value, "critical"), try distributionPoints(value))
        case "freshestCRL": return (false, try distributionPoints(value))
        case "issuingDistributionPoint": return try issuingDistributionPoint(value)
        case "certificatePolicies": return try policies(value)
        case "policyConstraints":
            let numbers = value.mapValue ?? Self.dictionary(value.stringValue ?? "")
            var parts: [UInt8] = []
            for (tag, key) in [(UInt8(0x80), "requireExplicitPolicy"), (0x81, "inhibitPolicyMapping")] {
                if let given = numbers[key] { parts += DER.make(tag, DER.unsigned(DER.magnitude(try Self.number(given)))) }
            }
            if parts.isEmpty { throw ExecutionError("At least one of require_explicit_policy and inhibit_policy_mapping must not be None") }
            return (Self.mentions(value, "critical"), DER.make(DER.sequenceTag, parts))
        case "inhibitAnyPolicy":
            if let number = value.intValue { return (false, DER.integer(number)) }
            if let map = value.mapValue {
                guard let number = map["value"] else { throw ExecutionError("Undefined required key for inhibitAnyPolicy: 'value'") }
                return (map["critical"] != nil, DER.integer(try Self.number(number)))
            }
            let (critical, items) = Self.items(value)
            return (critical, DER.integer(try Self.number(.string(items.first ?? ""))))
        case "nameConstraints": return try nameConstraints(value)
        case "noCheck": return (value.pythonString.contains("critical"), DER.null)
        case "tlsfeature":
            let features = try Self.items(value).1.map { name in
                guard let number = ["status_request": 5, "status_request_v2": 17][name] else { throw ExecutionError("type object 'TLSFeatureType' has no attribute '\(name)'") }
                return DER.integer(number)
            }
            return (Self.mentions(value, "critical"), DER.sequence(features))
        case "nsComment", "nsCertType": throw ExecutionError("\(name) is currently not implemented.")
        case "cRLNumber":
            guard let number = try? Self.number(value) else { throw ExecutionError("cRLNumber must be an integer and must be marked as non-critical") }
            return (false, DER.integer(number))
        case "deltaCRLIndicator":
            let numbers = value.pythonString.split { !$0.isNumber }.compactMap { Int($0) }
            guard numbers.count == 1 else { throw ExecutionError("deltaCRLIndicator must contain a single integer pointing to a cRLNumber") }
            return (value.pythonString.contains("critical"), DER.integer(numbers[0]))
        case "CRLReason":
            let (critical, items) = Self.items(value)
            return (critical, DER.make(10, [UInt8(try Self.reason(items.first ?? ""))]))
        case "invalidityDate":
            guard var text = value.stringValue else { throw ExecutionError("invalidityDate must be a string") }
            let critical = text.hasPrefix("critical")
            if critical { text = text.parts(" ", maxSplits: 1).last ?? "" }
            let digits = CivilDate.isoText(secondsSince1970: try Certificate.time(text)).utf8.filter { (0x30...0x39).contains($0) }
            return (critical, DER.make(DER.generalizedTime, digits + [UInt8(ascii: "Z")]))
        default: throw ExecutionError("Unknown extension \(name)")
        }
    }

    // MARK: - What users write

    /// Python's `in`: part of a text, an item of a list or a key.
    static func mentions(_ value: Value, _ word: String) -> Bool {
        switch value {
        case .string(let text): text.contains(word)
        case .list(let list): list.contains(.string(word))
        case .map(let map): map[word] != nil
        default: false
        }
    }

    private static func bare(_ text: String) -> (critical: Bool, text: String) {
        guard text.hasPrefix("critical") else { return (false, text) }
        var rest = text.dropFirst(8)
        while rest.hasPrefix(",") { rest = rest.dropFirst() }
        while rest.hasSuffix(",") { rest = rest.dropLast() }
        return (true, String(rest).stripped())
    }

    /// `KEY:VALUE` divided by commas.
    static func textPairs(_ text: String) -> [(String, String)] {
        bare(text).text.parts(",").map { item in
            let parts = item.stripped().parts(":", maxSplits: 1)
            return parts.count == 2 ? (parts[0].stripped(), parts[1].stripped()) : (parts[0].stripped(), "__present__")
        }
    }

    private static func dictionary(_ text: String) -> ValueMap {
        ValueMap(textPairs(text).map { (.string($0.0), .string($0.1)) })
    }

    /// Words of a text or a list, without `critical`.
    private static func items(_ value: Value) -> (Bool, [String]) {
        if let text = value.stringValue { return (bare(text).critical, textPairs(text).map(\.0)) }
        let list = value.listValue ?? value.mapValue?.keys.map { $0 } ?? [value]
        return (mentions(value, "critical"), list.map(\.pythonString).filter { $0 != "critical" })
    }

    /// Kinds and values of names, from a text, a list of texts and dictionaries, or a dictionary.
    private static func pairs(_ value: Value) throws -> [(String, String)] {
        switch value {
        case .string(let text): return textPairs(text)
        case .list(let list):
            return list.flatMap { item -> [(String, String)] in
                if let text = item.stringValue, text.contains(":") { return textPair(text) }
                return item.mapValue?.map { ($0.key.pythonString, $0.value.pythonString) } ?? []
            }
        default: throw ExecutionError("too many values to unpack (expected 2)")
        }
    }

    private static func textPair(_ text: String) -> [(String, String)] {
        let parts = text.parts(":", maxSplits: 1)
        return [(parts[0].stripped(), parts[1].stripped())]
    }

    private static func number(_ value: Value) throws -> Int {
        guard let number = value.intValue ?? value.stringValue.flatMap({ Int($0.stripped()) }), number >= 0 else {
            throw ExecutionError("invalid literal for int() with base 10: \(value.pythonRepr)")
        }
        return number
    }

    static func reason(_ name: String) throws -> Int {
        let known = name == "CACompromise" ? "cACompromise" : name
        guard !known.isEmpty, let number = reasons.firstIndex(of: known) else { throw ExecutionError("'\(name)' is not a valid ReasonFlags") }
        return number
    }

    // MARK: - Single extensions

    private func basicConstraints(_ value: Value) throws -> (Bool, [UInt8]) {
        var isCritical = value.mapValue?["critical"]?.isTruthy ?? false
        var map: ValueMap
        if let text = value.stringValue {
            isCritical = Self.bare(text.lowercased()).critical
            map = Self.dictionary(text.lowercased())
            guard let authority = map["ca"] else { throw ExecutionError("Invalid configuration for basicContraints: 'ca'") }
            map["ca"] = .bool(authority == "true")
            if let length = map["pathlen"] {
                do { map["pathlen"] = .int(try Self.number(length)) } catch { throw ExecutionError("Invalid configuration for basicContraints: \(error)") }
            }
        } else if let given = value.mapValue {
            map = given
        } else {
            throw ExecutionError("list indices must be integers or slices, not str")
        }
        guard let given = map["ca"] else { throw ExecutionError("Undefined required key for basicConstraints: 'ca'") }
        guard let authority = given.boolValue else { throw ExecutionError("ca must be a boolean value") }
        var parts: [UInt8] = authority ? DER.boolean(true) : []
        if let length = map["pathlen"], !length.isNull {
            if !authority { throw ExecutionError("path_length must be None when ca is False") }
            guard let number = length.intValue, number >= 0 else { throw ExecutionError("path_length must be a non-negative integer or None") }
            parts += DER.integer(number)
        }
        return (isCritical, DER.make(DER.sequenceTag, parts))
    }

    private func subjectKeyIdentifier(_ value: Value) throws -> [UInt8] {
        if Self.mentions(value, "critical") { throw ExecutionError("subjectKeyIdentifier must be marked as non-critical") }
        guard let text = value.stringValue else { throw ExecutionError("Value must be a (hex-)digest or pubkey") }
        if text == "hash" {
            guard let subjectKey else { throw ExecutionError("Cannot calculate digest for subjectKeyIdentifier: missing pubkey") }
            return DER.octetString(subjectKey.identifier)
        }
        guard let bytes = HexText.read(text.replacing(":", with: "")) else { throw ExecutionError("Value must be precomputed hash") }
        return DER.octetString(bytes)
    }

    private func authorityKeyIdentifier(_ value: Value) throws -> [UInt8] {
        if Self.mentions(value, "critical") { throw ExecutionError("authorityKeyIdentifier must be marked as non-critical") }
        guard authority != nil || authorityKey != nil else { throw ExecutionError("Need CA certificate or CA pubkey to calculate authorityKeyIdentifier") }
        let wanted = value.stringValue.map(Self.dictionary) ?? value.mapValue ?? [:]
        var key: [UInt8]?
        if let how = wanted["keyid"] {
            key = try authority.map { try $0.keyIdentifier ?? $0.publicKey.identifier } ?? authorityKey?.identifier
            if how == "always", key == nil { throw ExecutionError("Could not retrieve authorityKeyIdentifier keyid, but it was set to always") }
        }
        var parts = key.map { DER.make(0x80, $0) } ?? []
        if wanted["issuer"] == "always" || wanted["issuer"] != nil && key == nil {
            if let authority {
                parts += DER.make(0xA1, DER.make(0xA4, authority.issuerBytes)) + DER.make(0x82, DER.unsigned(authority.serial))
            } else if wanted["issuer"] == "always" {
                throw ExecutionError("Could not add authority_cert_issuer and authority_cert_serial_number, but was set to always.")
            }
        }
        return DER.make(DER.sequenceTag, parts)
    }

    private func issuerNames(_ value: Value) throws -> [UInt8] {
        let pairs = try Self.pairs(value)
        let own = try GeneralName.encode(pairs.filter { $0.0 != "issuer" || $0.1 != "copy" && !pairs.contains { $0.0 == "issuer" && $0.1 == "copy" } })
        guard pairs.contains(where: { $0.0 == "issuer" && $0.1 == "copy" }) else { return DER.sequence(own) }
        guard let authority else { throw ExecutionError("Need CA certificate to copy to issuerAltName") }
        guard let names = authority.extensions.first(where: { $0.identifier == "2.5.29.17" }) else {
            throw ExecutionError("No <class 'cryptography.x509.extensions.SubjectAlternativeName'> extension was found")
        }
        return DER.sequence(try DER.node(names.value).children().map { Array($0.encoded) } + own)
    }

    private func accessPairs(_ value: Value) throws -> [(String, String)] {
        switch value {
        case .string(let text):
            return try text.parts(",").map { $0.stripped() }.filter { $0 != "critical" }.map { item in
                let parts = item.parts(";")
                guard parts.count == 2 else { throw ExecutionError("not enough values to unpack (expected 2, got \(parts.count))") }
                return (parts[0], parts[1])
            }
        case .map(let map): return map.filter { $0.key != "critical" }.map { ($0.key.pythonString, $0.value.pythonString) }
        default: return (value.listValue ?? []).flatMap { item in (item.mapValue ?? [:]).map { ($0.key.pythonString, $0.value.pythonString) } }
        }
    }

    private func names(_ value: Value) throws -> [[UInt8]] {
        try (value.listValue ?? [value]).map { try GeneralName.encode($0.pythonString) }
    }

    /// `fullname` or `relativename` of a point.
    private func pointName(_ map: ValueMap) throws -> [UInt8]? {
        if let full = map["fullname"], full.isTruthy { return DER.make(0xA0, try names(full).flatMap { $0 }) }
        guard let relative = map["relativename"], relative.isTruthy else { return nil }
        let set = try DistinguishedName.der(try DistinguishedName.relative(relative.pythonString))
        return DER.make(0xA1, try DER.node(set, DER.setTag).content)
    }

    /// Reasons as flags, whose places differ from the numbers of CRLs.
    private func reasonFlags(_ value: Value) throws -> [UInt8] {
        let places = [1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 9: 7, 10: 8]
        return DER.flags(
            try (value.listValue ?? [value]).map { item in
                guard let place = places[try Self.reason(item.pythonString)] else { throw ExecutionError("unspecified and remove_from_crl are not valid reasons in a DistributionPoint") }
                return place
            })
    }

    private func distributionPoints(_ value: Value) throws -> [UInt8] {
        let points: [Value]
        switch value {
        case .list(let list): points = list.filter { $0 != "critical" }
        case .string(let text): points = Self.textPairs(text).map { .string("\($0.0):\($0.1)") }
        default: throw ExecutionError("crlDistributionPoints must be a string or a list")
        }
        return DER.sequence(
            try points.map { point in
                guard let map = point.mapValue else { return DER.sequence(DER.make(0xA0, DER.make(0xA0, try Self.textPair(point.pythonString).flatMap { try GeneralName.encode($0.0, $0.1) }))) }
                var parts: [UInt8] = try pointName(map).map { DER.make(0xA0, $0) } ?? []
                if let reasons = map["reasons"], reasons.isTruthy { parts += DER.make(0x81, try reasonFlags(reasons)) }
                if let issuer = map["crlissuer"], issuer.isTruthy { parts += DER.make(0xA2, try names(issuer).flatMap { $0 }) }
                return DER.make(DER.sequenceTag, parts)
            })
    }

    private func issuingDistributionPoint(_ value: Value) throws -> (Bool, [UInt8]) {
        guard let map = value.mapValue else { throw ExecutionError("issuingDistributionPoint must be a dictionary") }
        func flag(_ tag: UInt8, _ key: String) -> [UInt8] { map[key]?.isTruthy == true ? DER.make(tag, [255]) : [] }
        var parts = try pointName(map).map { DER.make(0xA0, $0) } ?? []
        parts += flag(0x81, "onlyuser") + flag(0x82, "onlyCA")
        if let reasons = map["onlysomereasons"], reasons.isTruthy { parts += DER.make(0x83, try reasonFlags(reasons)) }
        parts += flag(0x84, "indirectCRL") + flag(0x85, "onlyAA")
        return (map["critical"]?.isTruthy == true, DER.make(DER.sequenceTag, parts))
    }

    private func policies(_ value: Value) throws -> (Bool, [UInt8]) {
        guard let map = value.mapValue else {
            let text = value.pythonString
            do {
                let policies = try text.parts(",").map { $0.stripped() }.filter { $0 != "critical" }.map { DER.sequence(try GeneralName.objectIdentifier($0)) }
                return (text.hasPrefix("critical"), DER.sequence(policies))
            } catch { throw ExecutionError("certificatePolicies defined as string must be a comma-separated list of OID.") }
        }
        let policies = try map.filter { $0.key != "critical" }.map { identifier, qualifiers in
            let found = try (qualifiers.listValue ?? [qualifiers]).compactMap(qualifier)
            return DER.sequence([try GeneralName.objectIdentifier(identifier.pythonString)] + (found.isEmpty ? [] : [DER.sequence(found)]))
        }
        return (map["critical"]?.isTruthy == true, DER.sequence(policies))
    }

    private func qualifier(_ value: Value) throws -> [UInt8]? {
        if let text = value.stringValue { return DER.sequence(try DER.objectIdentifier("1.3.6.1.5.5.7.2.1"), DER.make(0x16, text.utf8)) }
        guard let map = value.mapValue, let numbers = map["noticeNumbers"]?.listValue, !numbers.isEmpty else { return nil }
        let organization = DER.make(0x0C, (map["organization"]?.pythonString ?? "").utf8)
        let reference = DER.sequence(organization, DER.sequence(try numbers.map { DER.integer(try Self.number($0)) }))
        let text = map["text"]?.stringValue.map { DER.make(0x0C, $0.utf8) } ?? []
        return DER.sequence(try DER.objectIdentifier("1.3.6.1.5.5.7.2.2"), DER.sequence(reference, text))
    }

    private func nameConstraints(_ value: Value) throws -> (Bool, [UInt8]) {
        var found: [String: [[UInt8]]] = [:]
        if let map = value.mapValue {
            for scope in ["permitted", "excluded"] { if let list = map[scope]?.listValue { found[scope] = try GeneralName.encode(try Self.pairs(.list(list))) } }
        } else {
            for item in (value.stringValue ?? "").parts(",") {
                let parts = item.stripped().parts(";")
                if parts.count == 2, ["permitted", "excluded"].contains(parts[0]) { found[parts[0], default: []].append(try GeneralName.encode(parts[1])) }
            }
        }
        var content: [UInt8] = []
        for (tag, scope) in [(UInt8(0xA0), "permitted"), (0xA1, "excluded")] {
            if let names = found[scope], !names.isEmpty { content += DER.make(tag, names.flatMap { DER.sequence($0) }) }
        }
        if content.isEmpty { throw ExecutionError("nameConstraints needs at least one definition") }
        return (Self.mentions(value, "critical"), DER.make(DER.sequenceTag, content))
    }
}
