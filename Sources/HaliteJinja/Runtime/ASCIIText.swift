/// Work on texts that are nothing but ASCII, byte by byte: most texts are, and Unicode's tables are slow to ask.
enum ASCIIText {
    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    @inline(__always)
    static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
    @inline(__always)
    static func upper(_ byte: UInt8) -> UInt8 { byte &- 0x61 < 26 ? byte & 0xDF : byte }
    @inline(__always)
    static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
    /// Python's `str.isspace`.
    @inline(__always)
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 0x09 < 5 || byte &- 0x1C < 4 }

    @inline(__always)
    static func isASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let raw = UnsafeRawBufferPointer(bytes)
        var offset = 0
        while offset + 8 <= raw.count {
            if raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
            offset += 8
        }
        while offset < raw.count {
            if raw[offset] >= 0x80 { return false }
            offset += 1
        }
        return true
    }

    /// A text with all letters of one case; nil when the text is not ASCII. Eight bytes are done at a time.
    static func withCase(_ text: String, upper: Bool) -> String? {
        var copy = text
        return copy.withUTF8 { bytes in
            guard isASCII(bytes) else { return nil }
            let raw = UnsafeRawBufferPointer(bytes)
            // The bytes from the first letter of the case that goes to the last one have their bit turned.
            let first: UInt64 = upper ? 0x6161_6161_6161_6161 : 0x4141_4141_4141_4141
            return String(unsafeUninitializedCapacity: raw.count) { buffer in
                let target = UnsafeMutableRawBufferPointer(buffer)
                var offset = 0
                while offset &+ 8 <= raw.count {
                    let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    target.storeBytes(of: turned(word, first), toByteOffset: offset, as: UInt64.self)
                    offset &+= 8
                }
                while offset < raw.count {
                    let byte = raw[offset]
                    target[offset] = upper ? ASCIIText.upper(byte) : ASCIIText.lower(byte)
                    offset &+= 1
                }
                return raw.count
            }
        }
    }

    /// Eight ASCII bytes with the letters from `first` on, which stands in each byte, in the other case.
    @inline(__always)
    private static func turned(_ word: UInt64, _ first: UInt64) -> UInt64 {
        let high: UInt64 = 0x8080_8080_8080_8080
        // The high bit of a byte is set where it is not below the first letter, and where it is beyond the last.
        let atLeast = (word | high) &- first
        let beyond = (word | high) &- (first &+ 0x1A1A_1A1A_1A1A_1A1A)
        return word ^ ((atLeast & ~beyond & high) >> 2)
    }

    /// A text of the same length with each byte replaced; nil when the text is not ASCII. The closure sees the byte
    /// before, which is zero at the start.
    @inline(__always)
    static func map(_ text: String, _ replace: (_ byte: UInt8, _ before: UInt8) -> UInt8) -> String? {
        var copy = text
        return copy.withUTF8 { bytes in
            guard isASCII(bytes) else { return nil }
            return String(unsafeUninitializedCapacity: bytes.count) { buffer in
                var before: UInt8 = 0
                var index = 0
                while index < bytes.count {
                    buffer[index] = replace(bytes[index], before)
                    before = bytes[index]
                    index += 1
                }
                return bytes.count
            }
        }
    }

    /// The text of some bytes that are known to be UTF-8.
    @inline(__always)
    static func string(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
    }
}
