extension PythonText {
    /// `repr()` of a text: single quotes unless only they occur in it, escapes for what is not printable.
    public static func repr(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + 2)
        appendRepr(of: text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    public static func appendRepr(of text: String, to bytes: inout [UInt8]) {
        let single = UInt8(ascii: "'")
        let double = UInt8(ascii: "\"")
        let utf8 = text.utf8
        let quote = utf8.contains(single) && !utf8.contains(double) ? double : single
        bytes.append(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": bytes.append(contentsOf: [0x5C, 0x5C])
            case "\n": bytes.append(contentsOf: [0x5C, UInt8(ascii: "n")])
            case "\r": bytes.append(contentsOf: [0x5C, UInt8(ascii: "r")])
            case "\t": bytes.append(contentsOf: [0x5C, UInt8(ascii: "t")])
            default:
                if scalar.value == UInt32(quote) {
                    bytes.append(contentsOf: [0x5C, quote])
                } else if scalar.value >= 0x20, scalar.value < 0x7F {
                    bytes.append(UInt8(scalar.value))
                } else if isPrintable(scalar) {
                    bytes.append(contentsOf: Array(String(scalar).utf8))
                } else {
                    bytes.append(contentsOf: Array(escape(scalar).utf8))
                }
            }
        }
        bytes.append(quote)
    }

    /// `repr()` of bytes.
    public static func repr(_ bytes: [UInt8]) -> String {
        let quote: UInt8 = bytes.contains(UInt8(ascii: "'")) && !bytes.contains(UInt8(ascii: "\"")) ? 0x22 : 0x27
        var text = "b" + String(Unicode.Scalar(quote))
        for byte in bytes {
            switch byte {
            case 0x5C: text += "\\\\"
            case 0x0A: text += "\\n"
            case 0x0D: text += "\\r"
            case 0x09: text += "\\t"
            case quote: text += "\\" + String(Unicode.Scalar(quote))
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + hex(UInt32(byte), width: 2)
            }
        }
        return text + String(Unicode.Scalar(quote))
    }

    /// Whether Python shows the character as it is.
    public static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value >= 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    /// The backslash escape of a character: `\x1b`, `\u200b` or `\U000e0001`.
    public static func escape(_ scalar: Unicode.Scalar) -> String {
        if scalar.value < 0x100 { return "\\x" + hex(scalar.value, width: 2) }
        if scalar.value < 0x10000 { return "\\u" + hex(scalar.value, width: 4) }
        return "\\U" + hex(scalar.value, width: 8)
    }

    static func hex(_ value: UInt32, width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
