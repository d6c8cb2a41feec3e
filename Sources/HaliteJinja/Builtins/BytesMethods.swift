import HaliteValue

/// Methods of `bytes`.
enum BytesMethods {
    private static func bytes(_ value: JinjaValue) -> [UInt8] {
        if case .bytes(let bytes) = value { bytes } else { [] }
    }

    private static func part(_ value: JinjaValue?) throws -> [UInt8] {
        if case .bytes(let bytes)? = value { return bytes }
        throw JinjaError(.type, "a bytes-like object is required, not '\((value ?? .null).typeName)'")
    }

    static let table: [String: NativeMethod] = [
        "decode": NativeMethod("decode", "encoding=, errors=", positionalOnly: false) { value, arguments, _ in
            .string(
                try TextCoding.decode(bytes(value), arguments[0]?.text ?? "utf-8", arguments[1]?.text ?? "strict"))
        },
        "hex": NativeMethod("hex", "sep=, bytes_per_sep=", positionalOnly: false) { value, arguments, _ in
            let digits = bytes(value).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            return .string(digits.joined(separator: arguments[0]?.text ?? ""))
        },
        "startswith": NativeMethod("startswith", "prefix") { value, arguments, _ in
            .bool(bytes(value).starts(with: try part(arguments[0])))
        },
        "endswith": NativeMethod("endswith", "suffix") { value, arguments, _ in
            let suffix = try part(arguments[0])
            return .bool(bytes(value).suffix(suffix.count).elementsEqual(suffix))
        },
        "find": NativeMethod("find", "sub") { value, arguments, _ in
            .int(TextSearch.find(bytes(value), try part(arguments[0]), from: 0) ?? -1)
        },
        "upper": NativeMethod("bytes.upper", "") { value, _, _ in
            .bytes(bytes(value).map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 })
        },
        "lower": NativeMethod("bytes.lower", "") { value, _, _ in
            .bytes(bytes(value).map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 })
        },
        "strip": NativeMethod("strip", "bytes=") { value, _, _ in
            func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
            var rest = bytes(value)[...].drop(while: isSpace)
            while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
            return .bytes(Array(rest))
        },
        "split": NativeMethod("split", "sep=, maxsplit=", positionalOnly: false) { value, arguments, _ in
            let all = bytes(value)
            guard case .bytes(let mark)? = arguments[0], !mark.isEmpty else {
                let words = all.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
                return .list(of: words.map { .bytes(Array($0)) })
            }
            let limit = arguments[1]?.integer ?? -1
            var result: [JinjaValue] = []
            var position = 0
            while limit < 0 || result.count < limit, let next = TextSearch.find(all, mark, from: position) {
                result.append(.bytes(Array(all[position..<next])))
                position = next + mark.count
            }
            return .list(of: result + [.bytes(Array(all[position...]))])
        },
        "replace": NativeMethod("replace", "old, new") { value, arguments, _ in
            let all = bytes(value)
            let old = try part(arguments[0])
            let new = try part(arguments[1])
            guard !old.isEmpty else { return value }
            var result: [UInt8] = []
            var position = 0
            while let next = TextSearch.find(all, old, from: position) {
                result += all[position..<next] + new
                position = next + old.count
            }
            return .bytes(result + all[position...])
        },
        "join": NativeMethod("bytes.join", "iterable") { value, arguments, context in
            let parts = try (arguments[0] ?? .null).elements(context).map { try part($0) }
            return .bytes(Array(parts.joined(separator: bytes(value))))
        },
        "isdigit": NativeMethod("bytes.isdigit", "") { value, _, _ in
            .bool(!bytes(value).isEmpty && bytes(value).allSatisfy { (0x30...0x39).contains($0) })
        },
    ]
}

/// Text to bytes and back.
enum TextCoding {
    private static func normalized(_ name: String) -> String {
        name.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }
    }

    static func encode(_ text: String, _ encoding: String, _ errors: String) throws -> [UInt8] {
        let limit: UInt32
        let shown: String
        switch normalized(encoding) {
        case "utf8", "u8": return Array(text.utf8)
        case "utf8sig": return [0xEF, 0xBB, 0xBF] + Array(text.utf8)
        case "ascii", "usascii", "646": (limit, shown) = (0x80, "ascii")
        case "latin1", "iso88591", "88591", "l1": (limit, shown) = (0x100, "latin-1")
        case "utf16le": return text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        case "utf16be": return text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        case "utf16": return [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        default: throw JinjaError(.lookup, "unknown encoding: \(encoding)")
        }
        var bytes: [UInt8] = []
        for (position, scalar) in text.unicodeScalars.enumerated() {
            if scalar.value < limit {
                bytes.append(UInt8(scalar.value))
                continue
            }
            switch errors {
            case "ignore": continue
            case "replace": bytes.append(0x3F)
            case "xmlcharrefreplace": bytes += Array("&#\(scalar.value);".utf8)
            case "backslashreplace": bytes += Array(PythonText.escape(scalar).utf8)
            default:
                throw JinjaError(
                    .unicodeEncode,
                    "'\(shown)' codec can't encode character '\(PythonText.escape(scalar))' in position \(position): ordinal not in range(\(limit))"
                )
            }
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8], _ encoding: String, _ errors: String) throws -> String {
        switch normalized(encoding) {
        case "utf8", "u8", "utf8sig":
            if let text = String(validating: bytes, as: UTF8.self) { return text }
            if errors == "replace" { return String(decoding: bytes, as: UTF8.self) }
            if errors == "ignore" {
                return String(String.UnicodeScalarView(String(decoding: bytes, as: UTF8.self).unicodeScalars.filter { $0 != "\u{FFFD}" }))
            }
            let position = bytes.firstIndex { $0 >= 0x80 } ?? 0
            throw JinjaError(
                .unicodeDecode,
                "'utf-8' codec can't decode byte 0x\(String(bytes[position], radix: 16)) in position \(position): invalid start byte")
        case "ascii", "usascii", "646":
            if errors == "strict", let position = bytes.firstIndex(where: { $0 >= 0x80 }) {
                throw JinjaError(
                    .unicodeDecode,
                    "'ascii' codec can't decode byte 0x\(String(bytes[position], radix: 16)) in position \(position): ordinal not in range(128)"
                )
            }
            let kept = bytes.compactMap { byte -> Unicode.Scalar? in
                byte < 0x80 ? Unicode.Scalar(byte) : errors == "ignore" ? nil : "\u{FFFD}"
            }
            return String(String.UnicodeScalarView(kept))
        case "latin1", "iso88591", "88591", "l1":
            return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: throw JinjaError(.lookup, "unknown encoding: \(encoding)")
        }
    }
}
