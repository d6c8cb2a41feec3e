/// Base64 with the standard alphabet.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let group = (0..<3).map { index + $0 < bytes.count ? UInt32(bytes[index + $0]) : 0 }
            let bits = group[0] << 16 | group[1] << 8 | group[2]
            for place in 0..<4 {
                let isPadding = index + place > bytes.count
                output.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(bits >> (18 - 6 * place)) & 63])
            }
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// White space is skipped; nil when the text is malformed.
    package static func decode(_ text: String) -> [UInt8]? {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 where byte != 0x0A && byte != 0x0D && byte != 0x20 && byte != 0x09 {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let digit = alphabet.firstIndex(of: byte) else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 1
            if count % 4 == 0 {
                output += [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)]
                bits = 0
            }
        }
        guard (count + padding) % 4 == 0, padding < 3 else { return nil }
        switch count % 4 {
        case 2: output.append(UInt8(truncatingIfNeeded: bits >> 4))
        case 3: output += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)]
        case 1: return nil
        default: break
        }
        return output
    }

    struct Malformed: Error { let message: String }

    /// As Python's `binascii.a2b_base64`: what is no digit is skipped, and nothing is read behind the padding.
    static func decodeLeniently(_ bytes: [UInt8]) throws(Malformed) -> [UInt8] {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var place = 0
        var padding = 0
        for byte in bytes {
            if byte == UInt8(ascii: "=") {
                if place >= 2 {
                    padding += 1
                    if place + padding >= 4 { return output }
                }
                continue
            }
            guard let digit = digit(byte) else { continue }
            padding = 0
            bits = bits << 6 | digit
            if place > 0 { output.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32(place)))) }
            place = (place + 1) % 4
        }
        if place == 1 {
            throw Malformed(
                message:
                    "Invalid base64-encoded string: number of data characters (\(output.count / 3 * 4 + 1)) cannot be 1 more than a multiple of 4"
            )
        }
        if place != 0 { throw Malformed(message: "Incorrect padding") }
        return output
    }

    private static func digit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

extension Base64 {
    /// In lines of 76 letters, each with its end, as Python's `encodebytes` writes it.
    static func encodedLines(_ bytes: [UInt8]) -> String {
        var rest = Array(encode(bytes).utf8)[...]
        var text = ""
        while !rest.isEmpty {
            text += String(decoding: rest.prefix(76), as: UTF8.self) + "\n"
            rest = rest.dropFirst(76)
        }
        return text
    }
}
