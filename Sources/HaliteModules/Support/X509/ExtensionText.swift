import HaliteModuleKit
import HaliteValue

/// What users read of extensions.
enum ExtensionText {
    /// All that have a name, in the order of the names.
    static func map(_ extensions: [CertificateExtension]) throws -> ValueMap {
        var found = ValueMap()
        for (name, identifier) in CertificateExtension.names where !identifier.isEmpty {
            guard let item = extensions.first(where: { $0.identifier == identifier }) else { continue }
            var rendered: ValueMap = ["critical": .bool(item.isCritical)]
            for (key, value) in try content(name, item.value) { rendered[key] = value }
            found[name] = .map(rendered)
        }
        return found
    }

    private static func content(_ name: String, _ bytes: [UInt8]) throws -> ValueMap {
        guard let node = try DER.nodes(bytes[...]).first else { throw DER.Malformed() }
        switch name {
        case "basicConstraints":
            let parts = try node.children()
            return [
                "ca": .bool(parts.first { $0.tag == 1 }?.content.first ?? 0 != 0),
                "pathlen": (try parts.first { $0.tag == DER.integerTag }.map { .int(try $0.number()) }) ?? .null,
            ]
        case "keyUsage":
            let set = flags(node)
            let agrees = set.contains(4)
            return ValueMap(ExtensionMaker.keyUsages.enumerated().map { (.string($1), .bool(set.contains($0) && ($0 < 7 || agrees))) }.sorted { $0.0.pythonString < $1.0.pythonString })
        case "extendedKeyUsage":
            return ["value": .list(try node.children().map { .string(usage(try $0.objectIdentifier())) })]
        case "subjectKeyIdentifier": return ["value": .string(HexText.pretty(node.content))]
        case "authorityKeyIdentifier":
            let parts = try node.children()
            let names = try parts.first { $0.tag == 0xA1 }?.children().map { Value.string(try GeneralName.text($0)) } ?? []
            return [
                "keyid": parts.first { $0.tag == 0x80 }.map { .string(HexText.pretty($0.content)) } ?? .null, "issuer": names.isEmpty ? .null : .list(names),
                "issuer_sn": parts.first { $0.tag == 0x82 }.map { .string(Certificate.serialText(Array($0.content.drop { $0 == 0 }))) } ?? .null,
            ]
        case "subjectAltName", "issuerAltName": return ["value": names(try node.children())]
        case "authorityInfoAccess":
            // Salt shows the bare locations only as text here; it fails on names that have no `value`.
            return ["value": .list(try node.children().map { item in
                let parts = try item.children()
                guard parts.count == 2 else { throw DER.Malformed() }
                let method = try parts[0].objectIdentifier()
                let label = ExtensionMaker.access.first { $0.value == method }?.key ?? method
                let text = try GeneralName.text(parts[1])
                return [.string(label): .string(parts[1].tag == 0xA4 ? text : String(text[text.index(after: text.firstIndex(of: ":") ?? text.startIndex)...]))]
            })]
        case "crlDistributionPoints", "freshestCRL": return ["value": .list(try node.children().map { .map(try point($0)) })]
        case "issuingDistributionPoint":
            let parts = try node.children()
            func flag(_ tag: UInt8) -> Value { .bool(parts.contains { $0.tag == tag && $0.content.first ?? 0 != 0 }) }
            var found = try pointName(parts.first)
            found["onysomereasons"] = .list(parts.first { $0.tag == 0x83 }.map(reasons) ?? [])
            for (key, tag) in [("onlyuser", UInt8(0x81)), ("onlyCA", 0x82), ("onlyAA", 0x85), ("indirectCRL", 0x84)] { found[key] = flag(tag) }
            return found
        case "certificatePolicies": return ["value": .list(try node.children().map { .map(try policy($0)) })]
        case "policyConstraints":
            let parts = try node.children()
            func number(_ tag: UInt8) throws -> Value { try parts.first { $0.tag == tag }.map { .int(try $0.number()) } ?? .null }
            return ["inhibitPolicyMapping": try number(0x81), "requireExplicitPolicy": try number(0x80)]
        case "inhibitAnyPolicy", "cRLNumber", "deltaCRLIndicator": return ["value": .int(try node.number())]
        case "nameConstraints":
            let parts = try node.children()
            func scope(_ tag: UInt8) throws -> Value { names(try parts.first { $0.tag == tag }?.children().compactMap { try $0.children().first } ?? []) }
            return ["excluded": try scope(0xA1), "permitted": try scope(0xA0)]
        case "noCheck": return ["value": true]
        case "tlsfeature": return ["value": .list(try node.children().map { .string(try $0.number() == 5 ? "status_request" : "status_request_v2") })]
        default: return ["value": .string(HexText.pretty(bytes))]
        }
    }

    private static func usage(_ identifier: String) -> String {
        // Names that the library behind Salt does not know are shown as numbers.
        let unnamed = ["ipsecIKE", "msCodeInd", "msCodeCom", "msCTLSign", "msEFS"]
        return ExtensionMaker.usages.first { $0.value == identifier && !unnamed.contains($0.key) }?.key ?? identifier
    }

    private static func names(_ nodes: [DERNode]) -> Value { .list(nodes.compactMap { try? .string(GeneralName.text($0)) }) }

    private static func flags(_ node: DERNode) -> Set<Int> {
        var found: Set<Int> = []
        for (place, byte) in node.bits.enumerated() { for bit in 0..<8 where byte & 0x80 >> UInt8(bit) != 0 { found.insert(place * 8 + bit) } }
        return found
    }

    private static func reasons(_ node: DERNode) -> [Value] {
        let names = [1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 9, 8: 10]
        return flags(node).compactMap { names[$0] }.map { ExtensionMaker.reasons[$0] }.sorted().map(Value.string)
    }

    private static func pointName(_ node: DERNode?) throws -> ValueMap {
        let name = try node.flatMap { $0.tag == 0xA0 ? try $0.children().first : nil }
        var relative = Value.null
        if let name, name.tag == 0xA1 {
            let set = DER.make(DER.setTag, name.content)
            relative = .string(try DistinguishedName(DER.node(DER.sequence(set))).text)
        }
        return ["fullname": names(name?.tag == 0xA0 ? try name?.children() ?? [] : []), "relativename": relative]
    }

    private static func point(_ node: DERNode) throws -> ValueMap {
        let parts = try node.children()
        var found: ValueMap = ["crlissuer": names(try parts.first { $0.tag == 0xA2 }?.children() ?? [])]
        let name = try pointName(parts.first)
        found["fullname"] = name["fullname"]
        found["reasons"] = .list(parts.first { $0.tag == 0x81 }.map(reasons) ?? [])
        found["relativename"] = name["relativename"]
        return found
    }

    private static func policy(_ node: DERNode) throws -> ValueMap {
        let parts = try node.children()
        guard let first = parts.first else { throw DER.Malformed() }
        let qualifiers = try parts.dropFirst().first?.children().map { item -> Value in
            let fields = try item.children()
            guard fields.count == 2 else { throw DER.Malformed() }
            if fields[1].tag != DER.sequenceTag { return ["practice_statement": .string(fields[1].text)] }
            let notice = try fields[1].children()
            let reference = try notice.first { $0.tag == DER.sequenceTag }?.children()
            return [
                "organizataion": reference?.first.map { .string($0.text) } ?? .null,
                "notice_numbers": (try reference?.last?.children().map { Value.int(try $0.number()) }).map(Value.list) ?? .null,
                "explicit_text": notice.first { $0.tag != DER.sequenceTag }.map { .string($0.text) } ?? .null,
            ]
        }
        return [.string(try first.objectIdentifier()): .list(qualifiers ?? [])]
    }
}
