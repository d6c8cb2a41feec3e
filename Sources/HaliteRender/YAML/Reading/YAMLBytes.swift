/// Classes of bytes, one bit each: the scanner decides on them in its inner loops.
enum YAMLBytes {
    /// Space, tab, a line break of one byte, or the end of the text.
    static let blank: UInt8 = 1
    /// Ends a run of a plain scalar in block context: blanks, a colon, and lead bytes of several.
    static let endsPlain: UInt8 = 2
    /// The same in flow context, where brackets and commas end it too.
    static let endsFlowPlain: UInt8 = 4
    /// Letters, digits, `_` and `-`.
    static let word: UInt8 = 16
    /// What a tag may hold beside words: `;/?:@&=+$.%!~*'()`.
    static let uri: UInt8 = 32
    /// Needs a look inside quotes: quotes, backslash, blanks, lead bytes of several.
    static let endsQuoted: UInt8 = 64

    // Written once, never freed, only read.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        table.initialize(repeating: 0, count: 256)
        func add(_ bits: UInt8, _ bytes: some Sequence<UInt8>) { for byte in bytes { table[Int(byte)] |= bits } }
        add(blank | endsPlain | endsFlowPlain | endsQuoted, [0x20, 0x09, 0x0A, 0x0D, 0x00])
        add(endsPlain | endsFlowPlain, ":".utf8)
        add(endsFlowPlain, ",[]{}".utf8)
        add(endsQuoted, "'\"\\".utf8)
        add(endsPlain | endsFlowPlain | endsQuoted, 0x80...0xFF)
        add(word | uri, "_-".utf8)
        add(word | uri, UInt8(ascii: "0")...UInt8(ascii: "9"))
        add(word | uri, UInt8(ascii: "a")...UInt8(ascii: "z"))
        add(word | uri, UInt8(ascii: "A")...UInt8(ascii: "Z"))
        add(uri, ";/?:@&=+$.%!~*'()".utf8)
        return UnsafePointer(table)
    }()

    /// The first character that no YAML text may hold: its offset, or nil.
    static func firstForbidden(_ bytes: UnsafePointer<UInt8>, count: Int) -> Int? {
        var position = 0
        // Zeros lie behind the text, so that a word can be read at its end.
        while position < count {
            // The first byte that is a control character or no ASCII sets the lowest high bit.
            let word = UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self).littleEndian
            let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
            let below = (word &- 0x2020_2020_2020_2020) & ~word
            let marks = (word | below | ((delete &- 0x0101_0101_0101_0101) & ~delete)) & 0x8080_8080_8080_8080
            if marks == 0 {
                position += 8
                continue
            }
            position += marks.trailingZeroBitCount >> 3
            if position >= count { break }
            let byte = bytes[position]
            switch byte {
            case 0x09, 0x0A, 0x0D: position += 1
            case 0x00...0x1F, 0x7F: return position
            case 0xC2:
                let next = bytes[position + 1]
                if next < 0xA0, next != 0x85 { return position }
                position += 2
            case 0xEF:
                if bytes[position + 1] == 0xBF, bytes[position + 2] >= 0xBE { return position }
                position += 3
            default: position += byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
            }
        }
        return nil
    }
}
