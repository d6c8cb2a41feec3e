import HaliteValue

/// Text to bytes and back, in the encodings that templates may meet.
enum TextCoding {
    private enum Encoding {
        case utf8(hasMark: Bool)
        case utf16(isBig: Bool, hasMark: Bool)
        case utf32(isBig: Bool, hasMark: Bool)
        /// One byte for each character below the limit.
        case narrow(name: String, limit: UInt32)
        case windows
        case escapes
    }

    private static func encoding(_ name: String) throws -> Encoding {
        switch name.lowercased().filter({ $0 != "-" && $0 != "_" && $0 != " " }) {
        case "utf8", "u8", "utf", "cp65001": return .utf8(hasMark: false)
        case "utf8sig": return .utf8(hasMark: true)
        case "ascii", "usascii", "646", "us": return .narrow(name: "ascii", limit: 0x80)
        case "latin1", "iso88591", "88591", "l1", "latin", "cp819": return .narrow(name: "latin-1", limit: 0x100)
        case "utf16", "u16": return .utf16(isBig: false, hasMark: true)
        case "utf16le": return .utf16(isBig: false, hasMark: false)
        case "utf16be": return .utf16(isBig: true, hasMark: false)
        case "utf32", "u32": return .utf32(isBig: false, hasMark: true)
        case "utf32le": return .utf32(isBig: false, hasMark: false)
        case "utf32be": return .utf32(isBig: true, hasMark: false)
        case "cp1252", "windows1252", "1252": return .windows
        case "unicodeescape", "rawunicodeescape": return .escapes
        default: throw JinjaError(.lookup, "unknown encoding: \(name)")
        }
    }

    /// What Windows-1252 has between 0x80 and 0x9F.
    private static let windowsLetters: [UInt32] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178,
    ]

    // MARK: Encoding

    static func encode(_ text: String, _ name: String, _ errors: String) throws -> [UInt8] {
        switch try encoding(name) {
        case .utf8(let hasMark): return (hasMark ? [0xEF, 0xBB, 0xBF] : []) + Array(text.utf8)
        case .utf16(let isBig, let hasMark):
            let units = (hasMark ? [0xFEFF] : []) + Array(text.utf16)
            return units.flatMap { isBig ? [UInt8($0 >> 8), UInt8($0 & 0xFF)] : [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        case .utf32(let isBig, let hasMark):
            let units = (hasMark ? [0xFEFF] : []) + text.unicodeScalars.map(\.value)
            return units.flatMap { unit in
                let bytes = (0..<4).map { UInt8(truncatingIfNeeded: unit >> UInt32(8 * $0)) }
                return isBig ? bytes.reversed() : bytes
            }
        case .escapes: return escaped(text)
        case .narrow(let shown, let limit):
            return try encode(text, errors, shown, "ordinal not in range(\(limit))") { $0 < limit ? UInt8($0) : nil }
        case .windows:
            return try encode(text, errors, "charmap", "character maps to <undefined>") { code in
                if code < 0x80 || (code >= 0xA0 && code < 0x100) { return UInt8(code) }
                return windowsLetters.firstIndex(of: code).map { 0x80 + UInt8($0) }
            }
        }
    }

    private static func encode(
        _ text: String, _ errors: String, _ shown: String, _ reason: String, _ byte: (UInt32) -> UInt8?
    ) throws -> [UInt8] {
        let scalars = Array(text.unicodeScalars)
        var bytes: [UInt8] = []
        for (position, scalar) in scalars.enumerated() {
            if let found = byte(scalar.value) {
                bytes.append(found)
                continue
            }
            switch errors {
            case "ignore": continue
            case "replace": bytes.append(0x3F)
            case "xmlcharrefreplace": bytes += Array("&#\(scalar.value);".utf8)
            case "backslashreplace": bytes += Array(PythonText.escape(scalar).utf8)
            case "namereplace":
                let name = scalar.properties.name
                bytes += Array((name.map { "\\N{\($0)}" } ?? PythonText.escape(scalar)).utf8)
            case "strict":
                let end = scalars[position...].firstIndex { byte($0.value) != nil } ?? scalars.count
                let place =
                    end - position == 1
                    ? "character '\(PythonText.escape(scalar))' in position \(position)" : "characters in position \(position)-\(end - 1)"
                throw JinjaError(.unicodeEncode, "'\(shown)' codec can't encode \(place): \(reason)")
            default: throw JinjaError(.lookup, "unknown error handler name '\(errors)'")
            }
        }
        return bytes
    }

    private static func escaped(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += Array("\\\\".utf8)
            case "\t": result += Array("\\t".utf8)
            case "\n": result += Array("\\n".utf8)
            case "\r": result += Array("\\r".utf8)
            case " "..."~": result.append(UInt8(scalar.value))
            default: result += Array(PythonText.escape(scalar).utf8)
            }
        }
        return result
    }

    // MARK: Decoding

    static func decode(_ bytes: [UInt8], _ name: String, _ errors: String) throws -> String {
        switch try encoding(name) {
        case .utf8(let hasMark):
            let body = hasMark && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
            return try String(validating: body, as: UTF8.self) ?? decodeUTF8(body, errors)
        case .narrow(_, 0x100): return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        case .narrow(let shown, let limit):
            return try decode(bytes, errors, shown, "ordinal not in range(\(limit))") { UInt32($0) < limit ? UInt32($0) : nil }
        case .windows:
            return try decode(bytes, errors, "charmap", "character maps to <undefined>") { byte in
                guard (0x80...0x9F).contains(byte) else { return UInt32(byte) }
                let code = windowsLetters[Int(byte) - 0x80]
                return code == 0 ? nil : code
            }
        case .utf16(let isBig, let hasMark):
            var units = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
            if isBig || (hasMark && units.first == 0xFFFE) { units = units.map(\.byteSwapped) }
            if hasMark, units.first == 0xFEFF { units.removeFirst() }
            return String(decoding: units, as: UTF16.self)
        case .utf32, .escapes: throw JinjaError(.lookup, "unknown encoding: \(name)")
        }
    }

    private static func decode(
        _ bytes: [UInt8], _ errors: String, _ shown: String, _ reason: String, _ code: (UInt8) -> UInt32?
    ) throws -> String {
        var result = String.UnicodeScalarView()
        for (position, byte) in bytes.enumerated() {
            if let scalar = code(byte).flatMap(Unicode.Scalar.init) {
                result.append(scalar)
            } else if let text = try replacement([byte], errors) {
                result.append(contentsOf: text.unicodeScalars)
            } else {
                throw JinjaError(
                    .unicodeDecode, "'\(shown)' codec can't decode byte 0x\(hex(byte)) in position \(position): \(reason)")
            }
        }
        return String(result)
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    /// What stands for bytes that make no character; nil where they are an error.
    private static func replacement(_ bytes: [UInt8], _ errors: String) throws -> String? {
        switch errors {
        case "strict": nil
        case "ignore": ""
        case "replace": "\u{FFFD}"
        case "backslashreplace": bytes.map { "\\x" + hex($0) }.joined()
        default: throw JinjaError(.lookup, "unknown error handler name '\(errors)'")
        }
    }

    private static func decodeUTF8(_ bytes: [UInt8], _ errors: String) throws -> String {
        var result = ""
        var position = 0
        while position < bytes.count {
            let (length, reason) = sequence(bytes, position)
            let end = min(bytes.count, position + length)
            if let reason {
                guard let text = try replacement(Array(bytes[position..<end]), errors) else {
                    let place =
                        end - position == 1
                        ? "byte 0x\(hex(bytes[position])) in position \(position)" : "bytes in position \(position)-\(end - 1)"
                    throw JinjaError(.unicodeDecode, "'utf-8' codec can't decode \(place): \(reason)")
                }
                result += text
            } else {
                result += String(decoding: bytes[position..<end], as: UTF8.self)
            }
            position = end
        }
        return result
    }

    /// The length of the character at a place, or of the part that makes none with the reason.
    private static func sequence(_ bytes: [UInt8], _ start: Int) -> (length: Int, reason: String?) {
        let first = bytes[start]
        if first < 0x80 { return (1, nil) }
        guard (0xC2...0xF4).contains(first) else { return (1, "invalid start byte") }
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        for offset in 1..<length {
            guard start + offset < bytes.count else { return (offset, "unexpected end of data") }
            let low: UInt8 = offset > 1 ? 0x80 : first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80
            let high: UInt8 = offset > 1 ? 0xBF : first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF
            guard (low...high).contains(bytes[start + offset]) else { return (offset, "invalid continuation byte") }
        }
        return (length, nil)
    }
}
