import HaliteModuleKit
import HaliteValue

/// Who a certificate is about, or who signed it.
struct DistinguishedName: Sendable, Equatable {
    struct Attribute: Sendable, Hashable {
        let identifier: String
        let value: String
        var tag: UInt8 = 0x0C

        static func == (left: Attribute, right: Attribute) -> Bool { left.identifier == right.identifier && left.value.utf8.elementsEqual(right.value.utf8) }
        func hash(into hasher: inout Hasher) { hasher.combine(identifier) }
    }

    /// What users write, in the order in which they are embedded.
    static let names = [
        ("C", "2.5.4.6"), ("ST", "2.5.4.8"), ("L", "2.5.4.7"), ("STREET", "2.5.4.9"), ("O", "2.5.4.10"), ("OU", "2.5.4.11"), ("CN", "2.5.4.3"),
        ("MAIL", "1.2.840.113549.1.9.1"), ("SN", "2.5.4.4"), ("GN", "2.5.4.42"), ("UID", "0.9.2342.19200300.100.1.1"), ("SERIALNUMBER", "2.5.4.5"),
    ]
    /// The names of RFC 4514; others are written as numbers.
    private static let textNames = [
        "CN": "2.5.4.3", "L": "2.5.4.7", "ST": "2.5.4.8", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6", "STREET": "2.5.4.9",
        "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
    ]
    private static let shortNames = [String: String](uniqueKeysWithValues: textNames.map { ($0.value, $0.key) })
    private static let printable: Set<String> = ["2.5.4.6", "2.5.4.5", "2.5.4.46", "1.3.6.1.4.1.311.60.2.1.3"]
    private static let ascii: Set<String> = ["1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"]

    let sets: [[Attribute]]

    init(sets: [[Attribute]]) { self.sets = sets }

    static func == (left: DistinguishedName, right: DistinguishedName) -> Bool { left.sets.map(Set.init) == right.sets.map(Set.init) }

    // MARK: - What users write

    /// A text, a list of texts or a dictionary.
    init(_ given: Value) throws {
        switch given {
        case .string(let text): self.init(sets: try Self.parsed(text, "Failed parsing rfc4514 dirName string").reversed())
        case .list(let list): self.init(sets: try list.map { try Self.relative($0.pythonString) })
        case .map(let map):
            self.init(
                sets: try Self.names.compactMap { name, identifier in try map[name].map { [try Self.attribute(identifier, $0)] } })
        default: throw ExecutionError("Need string, list or dict to parse distinguished names")
        }
    }

    /// One part of a name.
    static func relative(_ text: String) throws -> [Attribute] {
        let found = try parsed(text, "Failed parsing rdn string: \(text)")
        guard found.count == 1 else {
            throw ExecutionError(found.isEmpty ? "list index out of range" : "Specified string is not a Relative Distinguished Name, but a Distinguished Name.")
        }
        return found[0]
    }

    private static func attribute(_ identifier: String, _ given: Value) throws -> Attribute {
        guard let value = given.stringValue else { throw ExecutionError("value argument must be a str") }
        let limit = identifier == "2.5.4.6" ? 2...2 : identifier == "2.5.4.3" ? 1...64 : 0...Int.max
        guard limit.contains(value.utf8.count) else {
            throw ExecutionError("Attribute's length must be >= \(limit.lowerBound) and <= \(limit.upperBound), but it was \(value.utf8.count)")
        }
        return Attribute(identifier: identifier, value: value, tag: printable.contains(identifier) ? 0x13 : ascii.contains(identifier) ? 0x16 : 0x0C)
    }

    /// The parts as RFC 4514 has them, in the order of the text.
    private static func parsed(_ text: String, _ complaint: String) throws -> [[Attribute]] {
        if text.isEmpty { return [] }
        do {
            return try split(Array(text.utf8), UInt8(ascii: ",")).map { part in
                try split(part, UInt8(ascii: "+")).map { pair in
                    guard let place = pair.firstIndex(of: UInt8(ascii: "=")) else { throw DER.Malformed() }
                    let name = String(decoding: pair[..<place], as: UTF8.self)
                    let identifier = textNames[name] ?? name
                    guard (try? DER.objectIdentifier(identifier)) != nil else { throw DER.Malformed() }
                    return try attribute(identifier, .string(try unescaped(Array(pair[(place + 1)...]))))
                }
            }
        } catch { throw ExecutionError(complaint) }
    }

    private static func split(_ text: [UInt8], _ separator: UInt8) throws -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var isEscaped = false
        for byte in text {
            if byte == separator, !isEscaped { parts.append([]) } else { parts[parts.count - 1].append(byte) }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return parts
    }

    private static func digit(_ byte: UInt8) -> UInt8? { Unicode.Scalar(byte).properties.isASCIIHexDigit ? UInt8(String(Unicode.Scalar(byte)), radix: 16) : nil }

    private static func unescaped(_ text: [UInt8]) throws -> String {
        var output: [UInt8] = []
        var rest = text[...]
        if rest.first == UInt8(ascii: "#") {
            rest.removeFirst()
            while let high = rest.popFirst().flatMap(digit) {
                guard let low = rest.popFirst().flatMap(digit) else { throw DER.Malformed() }
                output.append(high << 4 | low)
            }
            guard rest.isEmpty, !output.isEmpty else { throw DER.Malformed() }
            return String(decoding: output, as: UTF8.self)
        }
        if let first = rest.first, first == 0x20 || text.last == 0x20 && text.dropLast().last != UInt8(ascii: "\\") { throw DER.Malformed() }
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                if "\";<>".utf8.contains(byte) || byte == 0 { throw DER.Malformed() }
                output.append(byte)
                continue
            }
            guard let next = rest.popFirst() else { throw DER.Malformed() }
            if let high = digit(next) {
                guard let low = rest.popFirst().flatMap(digit) else { throw DER.Malformed() }
                output.append(high << 4 | low)
            } else {
                guard "\\ #=\"+,;<>".utf8.contains(next) else { throw DER.Malformed() }
                output.append(next)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    // MARK: - Bytes

    init(_ node: DERNode) throws {
        guard node.tag == DER.sequenceTag else { throw DER.Malformed() }
        sets = try node.children().map { set in
            try set.children().map { pair in
                let parts = try pair.children()
                guard parts.count == 2 else { throw DER.Malformed() }
                return Attribute(identifier: try parts[0].objectIdentifier(), value: parts[1].text, tag: parts[1].tag)
            }
        }
    }

    var der: [UInt8] {
        get throws { DER.sequence(try sets.map(Self.der)) }
    }

    static func der(_ set: [Attribute]) throws -> [UInt8] {
        DER.set(
            try set.map { attribute in
                let value = attribute.tag == 0x1E ? attribute.value.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } : Array(attribute.value.utf8)
                return DER.sequence(try DER.objectIdentifier(attribute.identifier), DER.make(attribute.tag, value))
            })
    }

    // MARK: - What users read

    /// The first value of an attribute.
    func first(_ identifier: String) -> String? { sets.lazy.flatMap { $0 }.first { $0.identifier == identifier }?.value }
    var commonName: String? { first("2.5.4.3") }

    var map: ValueMap {
        var found = ValueMap()
        for (name, identifier) in Self.names { if let value = first(identifier) { found[name] = .string(value) } }
        return found
    }

    /// As RFC 4514 writes it: the last part first.
    var text: String { sets.reversed().map(Self.text).joined(separator: ",") }

    static func text(_ set: [Attribute]) -> String {
        set.map { "\(shortNames[$0.identifier] ?? $0.identifier)=\(escaped($0.value))" }.joined(separator: "+")
    }

    private static func escaped(_ value: String) -> String {
        var output = ""
        for scalar in value.unicodeScalars {
            if "\\\"+,;<>".unicodeScalars.contains(scalar) { output += "\\" }
            output += scalar == "\0" ? "\\00" : String(scalar)
        }
        if output.hasPrefix("#") || output.hasPrefix(" ") && output.utf8.count > 1 { output = "\\" + output }
        return output.hasSuffix(" ") ? output.dropLast() + "\\ " : output
    }
}
