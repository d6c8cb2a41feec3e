import HaliteModuleKit

/// One element of ASN.1 in its distinguished encoding.
struct DERNode: Sendable {
    let tag: UInt8
    let content: ArraySlice<UInt8>
    /// With tag and length, as it was read.
    let encoded: ArraySlice<UInt8>

    /// The elements inside, one level down.
    func children() throws -> [DERNode] { try DER.nodes(content) }

    /// The bytes of a bit string without the count of unused bits.
    var bits: ArraySlice<UInt8> { content.dropFirst() }

    /// A non-negative number that fits.
    func number() throws -> Int {
        guard let first = content.first, first < 0x80, content.count <= 8 else { throw DER.Malformed() }
        return content.reduce(0) { $0 << 8 | Int($1) }
    }

    func objectIdentifier() throws -> String {
        guard tag == DER.identifier, let last = content.last, last < 0x80 else { throw DER.Malformed() }
        var arcs: [Int] = []
        var arc = 0
        for byte in content {
            guard arc < 1 << 55 else { throw DER.Malformed() }
            arc = arc << 7 | Int(byte & 0x7F)
            if byte < 0x80 { arcs.append(arc); arc = 0 }
        }
        let first = min(2, arcs[0] / 40)
        return ([first, arcs[0] - first * 40] + arcs.dropFirst()).map(String.init).joined(separator: ".")
    }

    /// Seconds since 1970.
    func time() throws -> Int {
        var text = String(decoding: content, as: UTF8.self)
        if tag == DER.utcTime { text = (text < "5" ? "20" : "19") + text }
        guard [DER.utcTime, DER.generalizedTime].contains(tag), let date = CivilDate(text, format: "%Y%m%d%H%M%SZ") else { throw DER.Malformed() }
        return Int(date.seconds)
    }

    /// Text of one of the string types.
    var text: String {
        switch tag {
        case 0x1E:
            String(decoding: stride(from: content.startIndex, to: content.endIndex - 1, by: 2).map { UInt16(content[$0]) << 8 | UInt16(content[$0 + 1]) }, as: UTF16.self)
        default: String(decoding: content, as: UTF8.self)
        }
    }
}

/// Reads and writes the distinguished encoding of ASN.1, as far as certificates need it.
enum DER {
    struct Malformed: Error {}

    static let integerTag: UInt8 = 2, bitString: UInt8 = 3, octets: UInt8 = 4, identifier: UInt8 = 6, utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18, sequenceTag: UInt8 = 0x30, setTag: UInt8 = 0x31

    // MARK: - Reading

    static func nodes(_ bytes: ArraySlice<UInt8>) throws -> [DERNode] {
        var found: [DERNode] = []
        var rest = bytes
        while let tag = rest.first {
            let start = rest.startIndex
            rest.removeFirst()
            guard tag & 0x1F != 0x1F, let first = rest.popFirst() else { throw Malformed() }
            var length = Int(first)
            if first >= 0x80 {
                let count = Int(first & 0x7F)
                guard (1...4).contains(count), rest.count >= count else { throw Malformed() }
                length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(count)
            }
            guard rest.count >= length else { throw Malformed() }
            let content = rest.prefix(length)
            rest = rest.dropFirst(length)
            found.append(DERNode(tag: tag, content: content, encoded: bytes[start..<content.endIndex]))
        }
        return found
    }

    /// Exactly one element.
    static func node(_ bytes: some Sequence<UInt8>, _ tag: UInt8 = sequenceTag) throws -> DERNode {
        let found = try nodes(Array(bytes)[...])
        guard found.count == 1, found[0].tag == tag else { throw Malformed() }
        return found[0]
    }

    // MARK: - Writing

    static func make(_ tag: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
        var length: [UInt8] = []
        if content.count < 0x80 {
            length = [UInt8(content.count)]
        } else {
            var rest = content.count
            while rest > 0 { length.insert(UInt8(rest & 255), at: 0); rest >>= 8 }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + content
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { make(sequenceTag, parts.flatMap { $0 }) }
    static func sequence(_ parts: [[UInt8]]) -> [UInt8] { make(sequenceTag, parts.flatMap { $0 }) }
    static func set(_ parts: [[UInt8]]) -> [UInt8] { make(setTag, parts.sorted { $0.lexicographicallyPrecedes($1) }.flatMap { $0 }) }
    static func boolean(_ value: Bool) -> [UInt8] { make(1, [value ? 255 : 0]) }
    static func octetString(_ bytes: some Collection<UInt8>) -> [UInt8] { make(octets, bytes) }
    static func bits(_ bytes: some Collection<UInt8>) -> [UInt8] { make(bitString, [0] + bytes) }
    static let null: [UInt8] = [5, 0]

    /// The flags at the given places, as a bit string without zeros at the end.
    static func flags(_ places: [Int]) -> [UInt8] {
        guard let last = places.max() else { return [0] }
        var bytes = [UInt8](repeating: 0, count: last / 8 + 1)
        for place in places { bytes[place / 8] |= 0x80 >> UInt8(place % 8) }
        return [UInt8(7 - last % 8)] + bytes
    }

    static func magnitude(_ value: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = value
        while rest > 0 { bytes.insert(UInt8(rest & 255), at: 0); rest >>= 8 }
        return bytes
    }

    /// The content of an integer that is not negative.
    static func unsigned(_ magnitude: some Collection<UInt8>) -> [UInt8] {
        let bytes = Array(magnitude.drop { $0 == 0 })
        return bytes.isEmpty ? [0] : bytes[0] >= 0x80 ? [0] + bytes : bytes
    }

    static func integer(_ magnitude: some Collection<UInt8>) -> [UInt8] { make(integerTag, unsigned(magnitude)) }
    static func integer(_ value: Int) -> [UInt8] { integer(magnitude(value)) }

    static func objectIdentifier(_ text: String) throws -> [UInt8] {
        let arcs = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard arcs.count > 1, !arcs.contains(nil), case let numbers = arcs.compactMap({ $0 }), numbers.allSatisfy({ $0 >= 0 && $0 < 1 << 55 }), numbers[0] < 3,
            numbers[0] == 2 || numbers[1] < 40
        else { throw Malformed() }
        var content: [UInt8] = []
        for arc in [numbers[0] * 40 + numbers[1]] + numbers.dropFirst(2) {
            var bytes = [UInt8(arc & 0x7F)]
            var rest = arc >> 7
            while rest > 0 { bytes.insert(0x80 | UInt8(rest & 0x7F), at: 0); rest >>= 7 }
            content += bytes
        }
        return make(identifier, content)
    }

    /// A moment as certificates write it: two digits of the year until 2049.
    static func time(_ seconds: Int) -> [UInt8] {
        let text = CivilDate.isoText(secondsSince1970: seconds).utf8.filter { (0x30...0x39).contains($0) } + [UInt8(ascii: "Z")]
        let year = CivilDate(seconds: Double(seconds)).year
        return (1950..<2050).contains(year) ? make(utcTime, text.dropFirst(2)) : make(generalizedTime, text)
    }
}
