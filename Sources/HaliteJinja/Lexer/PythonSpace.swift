/// White space as Python's `str` sees it, in UTF-8 bytes.
package enum PythonSpace {
    package static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// The character at an offset and its length in bytes.
    static func scalar(_ bytes: [UInt8], at offset: Int) -> (Unicode.Scalar, Int) {
        let first = bytes[offset]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard offset + length <= bytes.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(first) & (length == 4 ? 0x07 : length == 3 ? 0x0F : 0x1F)
        for index in 1..<length { value = value << 6 | UInt32(bytes[offset + index] & 0x3F) }
        return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
    }

    /// The first offset that is no white space.
    static func skip(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let current = bytes[index]
            if current < 0x80 {
                guard isSpace(Unicode.Scalar(current)) else { return index }
                index += 1
            } else {
                let (scalar, length) = scalar(bytes, at: index)
                guard isSpace(scalar) else { return index }
                index += length
            }
        }
        return index
    }

    /// The end of the range without white space before it.
    static func strippedEnd(_ bytes: [UInt8], from start: Int, to end: Int) -> Int {
        var index = end
        while index > start {
            var first = index - 1
            while first > start, bytes[first] & 0xC0 == 0x80 { first -= 1 }
            guard isSpace(scalar(bytes, at: first).0) else { return index }
            index = first
        }
        return index
    }
}
