/// Base64 as RFC 4648 has it; white space is passed over.
enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let chunk = bytes[start..<min(start + 3, bytes.count)]
            var number = 0
            for index in 0..<3 { number = number << 8 | (index < chunk.count ? Int(chunk[start + index]) : 0) }
            for index in 0..<4 {
                output.append(index <= chunk.count ? digits[number >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Nil for text that is no base64.
    static func decode(_ text: String) -> [UInt8]? {
        var output: [UInt8] = []
        var number = 0
        var bits = 0
        for byte in text.utf8 {
            if [0x20, 0x0A, 0x0D, 0x09].contains(byte) { continue }
            if byte == UInt8(ascii: "=") { break }
            guard let digit = digits.firstIndex(of: byte) else { return nil }
            number = number << 6 | digit
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(number >> bits & 255))
                number &= (1 << bits) - 1
            }
        }
        return output
    }
}
