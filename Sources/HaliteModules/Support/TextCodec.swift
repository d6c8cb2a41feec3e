import HaliteModuleKit

/// Encodes texts as Python's codecs of the same names do.
enum TextCodec {
    private enum Kind {
        case utf8(mark: Bool)
        case utf16(mark: Bool, bigEndian: Bool)
        case utf32(mark: Bool, bigEndian: Bool)
        case single(name: String, limit: UInt32, special: [UInt32: UInt8], undefined: String)
    }

    /// - Parameter errors: `strict`, `ignore`, `replace`, `xmlcharrefreplace` or `backslashreplace`.
    static func encode(_ text: String, _ encoding: String, errors: String) throws -> [UInt8] {
        switch try kind(encoding) {
        case .utf8(let mark): return (mark ? [0xEF, 0xBB, 0xBF] : []) + Array(text.utf8)
        case .utf16(let mark, let bigEndian):
            let units = (mark ? [0xFEFF] : []) + Array(text.utf16)
            return units.flatMap { bigEndian ? [UInt8($0 >> 8), UInt8($0 & 0xFF)] : [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        case .utf32(let mark, let bigEndian):
            let units = (mark ? [0xFEFF] : []) + text.unicodeScalars.map(\.value)
            return units.flatMap { unit -> [UInt8] in
                let bytes = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: unit >> $0) }
                return bigEndian ? bytes.reversed() : bytes
            }
        case .single(let name, let limit, let special, let undefined):
            return try single(Array(text.unicodeScalars), name, limit, special, undefined, errors)
        }
    }

    /// The text of bytes; what the encoding has not is an error, as with Python's `strict`.
    static func decode(_ bytes: [UInt8], _ encoding: String) throws -> String {
        func failed(_ name: String) -> ExecutionError { ExecutionError("'\(name)' codec can't decode the content: invalid data") }
        switch try kind(encoding) {
        case .utf8(let mark):
            try TextContent.checkUTF8(bytes)
            return String(decoding: mark && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes, as: UTF8.self)
        case .utf16(let mark, let bigEndian):
            var units = words(bytes, 2, bigEndian).map { UInt16(truncatingIfNeeded: $0) }
            if mark, units.first == 0xFFFE { units = units.map(\.byteSwapped) }
            guard bytes.count % 2 == 0, let text = String(validating: units, as: UTF16.self) else { throw failed("utf-16") }
            return mark && units.first == 0xFEFF ? String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())) : text
        case .utf32(let mark, let bigEndian):
            var units = words(bytes, 4, bigEndian)
            if mark, units.first == 0xFFFE_0000 { units = units.map(\.byteSwapped) }
            if mark, units.first == 0xFEFF { units.removeFirst() }
            guard bytes.count % 4 == 0, let text = String(validating: units, as: UTF32.self) else { throw failed("utf-32") }
            return text
        case .single(let name, let limit, let special, _):
            let letters = Dictionary(uniqueKeysWithValues: special.map { ($0.value, $0.key) })
            var view = String.UnicodeScalarView()
            for byte in bytes {
                guard let letter = Unicode.Scalar(letters[byte] ?? UInt32(byte)), letters[byte] != nil || UInt32(byte) < limit else {
                    throw failed(name)
                }
                view.append(letter)
            }
            return String(view)
        }
    }

    private static func words(_ bytes: [UInt8], _ size: Int, _ bigEndian: Bool) -> [UInt32] {
        stride(from: 0, to: bytes.count - bytes.count % size, by: size).map { start in
            let word = bytes[start..<start + size]
            return (bigEndian ? Array(word) : word.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    private static func single(
        _ text: [Unicode.Scalar], _ name: String, _ limit: UInt32, _ special: [UInt32: UInt8], _ undefined: String, _ errors: String
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var index = 0
        while index < text.count {
            let value = text[index].value
            if let byte = special[value] {
                bytes.append(byte)
            } else if value < limit, !special.values.contains(UInt8(truncatingIfNeeded: value)) {
                bytes.append(UInt8(truncatingIfNeeded: value))
            } else {
                bytes += try substitute(text, index, name, limit, special, undefined, errors)
            }
            index += 1
        }
        return bytes
    }

    private static func substitute(
        _ text: [Unicode.Scalar], _ index: Int, _ name: String, _ limit: UInt32, _ special: [UInt32: UInt8], _ undefined: String,
        _ errors: String
    ) throws -> [UInt8] {
        let value = text[index].value
        switch errors {
        case "ignore": return []
        case "replace": return [UInt8(ascii: "?")]
        case "xmlcharrefreplace": return Array("&#\(value);".utf8)
        case "backslashreplace": return Array(escape(value).utf8)
        case "strict":
            var end = index + 1
            while end < text.count, text[end].value >= limit, special[text[end].value] == nil { end += 1 }
            let what =
                end == index + 1
                ? "character '\(escape(value))' in position \(index)" : "characters in position \(index)-\(end - 1)"
            throw ExecutionError("'\(name)' codec can't encode \(what): \(undefined)")
        default: throw ExecutionError("unknown error handler name '\(errors)'")
        }
    }

    private static func escape(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        let width = value < 0x100 ? 2 : value < 0x10000 ? 4 : 8
        return ["\\x", "\\u", "\\U"][width == 2 ? 0 : width == 4 ? 1 : 2] + String(repeating: "0", count: width - digits.count) + digits
    }

    private static func kind(_ encoding: String) throws -> Kind {
        let name = encoding.lowercased().split { $0 == "_" || $0 == " " }.joined(separator: "-")
        switch name {
        case "utf-8", "utf8", "u8", "cp65001": return .utf8(mark: false)
        case "utf-8-sig": return .utf8(mark: true)
        case "utf-16", "utf16", "u16": return .utf16(mark: true, bigEndian: false)
        case "utf-16-le", "utf-16le": return .utf16(mark: false, bigEndian: false)
        case "utf-16-be", "utf-16be": return .utf16(mark: false, bigEndian: true)
        case "utf-32", "utf32", "u32": return .utf32(mark: true, bigEndian: false)
        case "utf-32-le", "utf-32le": return .utf32(mark: false, bigEndian: false)
        case "utf-32-be", "utf-32be": return .utf32(mark: false, bigEndian: true)
        case "ascii", "us-ascii", "646", "ansi-x3.4-1968":
            return .single(name: "ascii", limit: 0x80, special: [:], undefined: "ordinal not in range(128)")
        case "latin-1", "latin1", "iso-8859-1", "iso8859-1", "8859", "cp819", "l1", "latin":
            return .single(name: "latin-1", limit: 0x100, special: [:], undefined: "ordinal not in range(256)")
        case "iso-8859-15", "iso8859-15", "latin-9", "latin9", "l9":
            return .single(name: "charmap", limit: 0x100, special: latin9, undefined: "character maps to <undefined>")
        case "cp1252", "windows-1252", "1252":
            return .single(name: "charmap", limit: 0x100, special: windows, undefined: "character maps to <undefined>")
        default: throw ExecutionError("unknown encoding: \(encoding)")
        }
    }

    private static let latin9: [UInt32: UInt8] = [
        0x20AC: 0xA4, 0x160: 0xA6, 0x161: 0xA8, 0x17D: 0xB4, 0x17E: 0xB8, 0x152: 0xBC, 0x153: 0xBD, 0x178: 0xBE,
    ]

    private static let windows: [UInt32: UInt8] = [
        0x20AC: 0x80, 0x201A: 0x82, 0x192: 0x83, 0x201E: 0x84, 0x2026: 0x85, 0x2020: 0x86, 0x2021: 0x87, 0x2C6: 0x88, 0x2030: 0x89,
        0x160: 0x8A, 0x2039: 0x8B, 0x152: 0x8C, 0x17D: 0x8E, 0x2018: 0x91, 0x2019: 0x92, 0x201C: 0x93, 0x201D: 0x94, 0x2022: 0x95,
        0x2013: 0x96, 0x2014: 0x97, 0x2DC: 0x98, 0x2122: 0x99, 0x161: 0x9A, 0x203A: 0x9B, 0x153: 0x9C, 0x17E: 0x9E, 0x178: 0x9F,
    ]
}
