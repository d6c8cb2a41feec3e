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
        while position < count {
            // Printable ASCII and line feeds, 32 bytes at a time.
            while position + 32 <= count {
                let block = UnsafeRawPointer(bytes + position).loadUnaligned(as: SIMD32<UInt8>.self)
                let isOther = ((block &- 0x20) .>= SIMD32(repeating: 0x5F)) .& (block .!= SIMD32(repeating: 0x0A))
                if any(isOther) { break }
                position += 32
            }
            let end = min(position + 32, count)
            while position < end {
                let byte = bytes[position]
                switch byte {
                case 0x20...0x7E, 0x09, 0x0A, 0x0D: position += 1
                case 0x00...0x1F, 0x7F: return position
                case 0xC2:
                    let next = bytes[position + 1]
                    if next < 0xA0, next != 0x85 { return position }
                    position += 2
                case 0xEF:
                    if bytes[position + 1] == 0xBF, bytes[position + 2] >= 0xBE { return position }
                    position += 3
                default: position += byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
                }
            }
        }
        return nil
    }
}
