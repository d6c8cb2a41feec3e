import HaliteCore
import HaliteModuleKit
import HaliteValue

/// A name of a host, a mailbox, an address or something else, as `subjectAltName` holds them.
enum GeneralName {
    /// Pairs of kind and value, as users wrote them.
    static func encode(_ pairs: [(String, String)]) throws -> [[UInt8]] { try pairs.map { try encode($0.0, $0.1) } }

    static func encode(_ kind: String, _ value: String) throws -> [UInt8] {
        switch kind.lowercased() {
        case "email":
            guard let at = value.utf8.lastIndex(of: UInt8(ascii: "@")) else { return DER.make(0x81, try domain(value, dot: true).utf8) }
            let host = try domain(String(value[value.utf8.index(after: at)...]))
            return DER.make(0x81, (value[..<at] + "@" + host).utf8)
        case "dns": return DER.make(0x82, try domain(value, dot: true, wildcard: true).utf8)
        case "dirname": return DER.make(0xA4, try DistinguishedName(.string(value)).der)
        case "uri":
            var text = value
            if let start = value.firstRange(of: "://") {
                let rest = value[start.upperBound...]
                let host = rest.prefix { !"/?#".contains($0) }
                if !host.isEmpty { text = value[..<start.upperBound] + (try domain(String(host))) + rest[host.endIndex...] }
            }
            return DER.make(0x86, text.utf8)
        case "ip":
            if let address = IPAddress(value) { return DER.make(0x87, address.bytes) }
            guard let network = try network(value) else {
                throw ExecutionError("Provided value \(value) does not seem to be an IP address or network range.")
            }
            return DER.make(0x87, network)
        case "rid": return DER.make(0x88, try DER.node(try objectIdentifier(value), DER.identifier).content)
        case "othername": throw ExecutionError("otherName is currently not implemented")
        case let other: throw ExecutionError("GeneralName type \(other) is invalid")
        }
    }

    /// `KIND:VALUE`.
    static func encode(_ text: String) throws -> [UInt8] {
        let parts = text.parts(":", maxSplits: 1)
        guard parts.count == 2 else { throw ExecutionError("not enough values to unpack (expected 2, got 1)") }
        return try encode(parts[0], parts[1])
    }

    static func objectIdentifier(_ text: String) throws -> [UInt8] {
        guard text.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) }), let found = try? DER.objectIdentifier(text) else {
            throw ExecutionError("Invalid oid: \(text)")
        }
        return found
    }

    /// Address and mask; the address may have no bits beyond the mask.
    private static func network(_ text: String) throws -> [UInt8]? {
        let parts = text.parts("/")
        guard parts.count == 2, let address = IPAddress(parts[0])?.bytes else { return nil }
        let mask: [UInt8]
        if let prefix = Int(parts[1]), (0...address.count * 8).contains(prefix) {
            mask = address.indices.map { UInt8(truncatingIfNeeded: 0xFF00 >> min(8, max(0, prefix - $0 * 8))) }
        } else if let given = IPAddress(parts[1])?.bytes, given.count == address.count {
            mask = given
        } else {
            return nil
        }
        return zip(address, mask).contains { $0 & ~$1 != 0 } ? nil : address + mask
    }

    /// A domain in the form of certificates, with IDNA's rules for what letters it may have.
    private static func domain(_ text: String, dot allowsDot: Bool = false, wildcard allowsWildcard: Bool = false) throws -> String {
        var name = text[...]
        let hasDot = name.hasPrefix(".")
        if hasDot {
            guard allowsDot else { throw ExecutionError("Leading dots are not allowed in this context") }
            name = name.drop { $0 == "." }
        }
        let hasWildcard = name.hasPrefix("*.")
        if hasWildcard {
            guard allowsWildcard else { throw ExecutionError("Wildcards are not allowed in this context") }
            if hasDot { throw ExecutionError("Wildcards and leading dots cannot be present together") }
            name = name.dropFirst(2)
            if name.hasPrefix(".") { throw ExecutionError("Empty label") }
        }
        if name.isEmpty { throw ExecutionError("Empty domain") }
        var labels = String(name).parts(".")
        if labels.last == "" { labels.removeLast() }
        for label in labels { try check(label) }
        return (hasDot ? "." : hasWildcard ? "*." : "") + name
    }

    private static func check(_ label: String) throws {
        if label.isEmpty { throw ExecutionError("Empty Label") }
        let lower = label.lowercased()
        let scalars = Array(lower.unicodeScalars)
        guard lower.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw ExecutionError("Halite cannot turn '\(label)' into an internationalized domain name so far; give it in its form xn--")
        }
        if lower.hasPrefix("xn--") { return }
        if scalars.count > 3, scalars[2] == "-", scalars[3] == "-" { throw ExecutionError("Label has disallowed hyphens in 3rd and 4th position") }
        if scalars.first == "-" || scalars.last == "-" { throw ExecutionError("Label must not start or end with a hyphen") }
        for (place, scalar) in scalars.enumerated() where !("a"..."z").contains(scalar) && !("0"..."9").contains(scalar) && scalar != "-" {
            let code = String(scalar.value, radix: 16, uppercase: true)
            let padded = String(repeating: "0", count: max(0, 4 - code.utf8.count)) + code
            throw ExecutionError("Codepoint U+\(padded) at position \(place + 1) of \(Value.string(lower).pythonRepr) not allowed")
        }
        if scalars.count > 63 { throw ExecutionError("Label too long") }
    }

    // MARK: - Reading

    /// As OpenSSL would write it.
    static func text(_ node: DERNode) throws -> String {
        switch node.tag {
        case 0x81: return "mail:\(node.text)"
        case 0x82: return "DNS:\(node.text)"
        case 0xA4:
            guard let name = try node.children().first else { throw DER.Malformed() }
            return "dirName:\(try DistinguishedName(name).text)"
        case 0x86: return "URI:\(node.text)"
        case 0x87: return "IP:\(address(Array(node.content)))"
        case 0x88: return "RID:\(try DERNode(tag: DER.identifier, content: node.content, encoded: node.encoded).objectIdentifier())"
        default: return "<otherName>"
        }
    }

    private static func address(_ bytes: [UInt8]) -> String {
        if bytes.count == 8 || bytes.count == 32 {
            let half = bytes.count / 2
            return "\(address(Array(bytes[..<half])))/\(bytes[half...].reduce(0) { $0 + $1.nonzeroBitCount })"
        }
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        guard bytes.count == 16 else { return "" }
        return stride(from: 0, to: 16, by: 2).map { HexText.plain([bytes[$0], bytes[$0 + 1]]).lowercased() }.joined(separator: ":")
    }
}

/// Bytes as pairs of hexadecimal digits.
enum HexText {
    static func plain(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }

    static func pretty(_ bytes: some Sequence<UInt8>) -> String { bytes.map { plain([$0]) }.joined(separator: ":") }

    /// As Python's `bytes.fromhex`, which passes over white space between bytes.
    static func read(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for byte in text.utf8 {
            if high == nil, [0x20, 9, 10, 11, 12, 13].contains(byte) { continue }
            guard let digit = Unicode.Scalar(byte).properties.isASCIIHexDigit ? UInt8(String(Unicode.Scalar(byte)), radix: 16) : nil else { return nil }
            if let first = high { bytes.append(first << 4 | digit); high = nil } else { high = digit }
        }
        return high == nil ? bytes : nil
    }
}
