/// The escapes of string literals, which are those of Python.
enum StringLiteral {
    struct Mistake: Error { let message: String }

    static func unescape(_ bytes: [UInt8]) throws(Mistake) -> String {
        var scalars = String.UnicodeScalarView()
        var index = 0
        while index < bytes.count {
            guard bytes[index] == 0x5C, index + 1 < bytes.count else {
                let (scalar, length) = PythonSpace.scalar(bytes, at: index)
                scalars.append(scalar)
                index += length
                continue
            }
            let letter = bytes[index + 1]
            index += 2
            switch letter {
            case 0x0A: break
            case UInt8(ascii: "\\"): scalars.append("\\")
            case UInt8(ascii: "'"): scalars.append("'")
            case UInt8(ascii: "\""): scalars.append("\"")
            case UInt8(ascii: "a"): scalars.append("\u{07}")
            case UInt8(ascii: "b"): scalars.append("\u{08}")
            case UInt8(ascii: "f"): scalars.append("\u{0C}")
            case UInt8(ascii: "n"): scalars.append("\n")
            case UInt8(ascii: "r"): scalars.append("\r")
            case UInt8(ascii: "t"): scalars.append("\t")
            case UInt8(ascii: "v"): scalars.append("\u{0B}")
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                var value = UInt32(letter - 0x30)
                var count = 1
                while count < 3, index < bytes.count, (0x30...0x37).contains(bytes[index]) {
                    value = value * 8 + UInt32(bytes[index] - 0x30)
                    index += 1
                    count += 1
                }
                if let scalar = Unicode.Scalar(value) { scalars.append(scalar) }
            case UInt8(ascii: "x"):
                scalars.append(try hex(bytes, &index, digits: 2, shape: "\\xXX"))
            case UInt8(ascii: "u"):
                scalars.append(try hex(bytes, &index, digits: 4, shape: "\\uXXXX"))
            case UInt8(ascii: "U"):
                scalars.append(try hex(bytes, &index, digits: 8, shape: "\\UXXXXXXXX"))
            case UInt8(ascii: "N"):
                scalars.append(try named(bytes, &index))
            default:
                scalars.append("\\")
                index -= 1
            }
        }
        return String(scalars)
    }

    private static func hex(_ bytes: [UInt8], _ index: inout Int, digits: Int, shape: String) throws(Mistake) -> Unicode.Scalar {
        let end = index + digits
        guard end <= bytes.count,
            let value = UInt32(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16),
            bytes[index] != 0x2B
        else { throw Mistake(message: "truncated \(shape) escape") }
        index = end
        if value > 0x10FFFF { throw Mistake(message: "illegal Unicode character") }
        // Lone surrogates cannot be held by a Swift string.
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    private static func named(_ bytes: [UInt8], _ index: inout Int) throws(Mistake) -> Unicode.Scalar {
        guard index < bytes.count, bytes[index] == 0x7B, let end = bytes[index...].firstIndex(of: 0x7D), end > index + 1
        else { throw Mistake(message: "malformed \\N character escape") }
        let name = String(decoding: bytes[(index + 1)..<end], as: UTF8.self).uppercased()
        index = end + 1
        for value in UInt32(0x20)...0x1FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            if scalar.properties.name == name || scalar.properties.nameAlias == name { return scalar }
        }
        throw Mistake(message: "unknown Unicode character name")
    }
}
