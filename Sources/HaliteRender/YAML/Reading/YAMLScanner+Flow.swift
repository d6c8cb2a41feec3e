// Plain and quoted scalars.
extension YAMLScanner {
    @inline(__always) mutating func fetchPlain() throws(YAMLError) {
        try saveSimpleKey()
        simpleKeyAllowed = false
        tokens.push(try scanPlain())
    }

    mutating func fetchQuoted(isSingle: Bool) throws(YAMLError) {
        try saveSimpleKey()
        simpleKeyAllowed = false
        tokens.push(try scanQuoted(isSingle: isSingle))
    }

    @inline(__always) mutating func copy(_ start: Int, _ end: Int) {
        scratch.append(contentsOf: UnsafeBufferPointer(start: bytes + start, count: end - start))
    }

    /// Appends a line break as it is read.
    @inline(__always) mutating func put(break kind: UInt8) {
        if kind == 0 { scratch.append(0x0A) } else { scratch.append(contentsOf: [0xE2, 0x80, kind]) }
    }

    /// Puts line breaks between two words: one alone is a space, of several the first is dropped.
    /// - Parameter first: the kind of the first break; nil when it was escaped.
    mutating func fold(_ first: UInt8?) {
        if first == 0 {
            if breaks.isEmpty { scratch.append(0x20) } else { scratch.append(contentsOf: breaks) }
        } else {
            if let first { put(break: first) }
            scratch.append(contentsOf: breaks)
        }
        breaks.removeAll(keepingCapacity: true)
    }

    /// Steps over a break that is not the first of its run.
    mutating func keepBreak() {
        let kind = skipBreak()
        if kind == 0 { breaks.append(0x0A) } else { breaks.append(contentsOf: [0xE2, 0x80, kind]) }
    }

    /// Whether a plain scalar ends here though no blank does.
    @inline(__always) private func endsPlain(_ start: YAMLMark) throws(YAMLError) -> Bool {
        let next = byte
        if next == UInt8(ascii: ":") {
            if flowLevel > 0 {
                switch byte(1) {
                case UInt8(ascii: ","), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"):
                    throw failure("while scanning a plain scalar", start, "found unexpected ':'")
                default: break
                }
            }
            return isBlankZ(at: position + 1)
        }
        return flowLevel > 0 && table[Int(next)] & YAMLBytes.endsFlowPlain != 0 && next < 0x80
    }

    private mutating func scanPlain() throws(YAMLError) -> YAMLToken {
        let start = mark
        let stop = flowLevel > 0 ? YAMLBytes.endsFlowPlain : YAMLBytes.endsPlain
        let scratchStart = scratch.count
        var isCopied = false
        var pieceStart = position
        var end = position
        var crossedLine = false
        var firstBreak: UInt8 = 0
        scanning: while true {
            if position == lineStart, isDocumentMark { break }
            if byte == UInt8(ascii: "#") { break }
            while true {
                if table[Int(byte)] & stop != 0 {
                    if isBlankZ(at: position) { break }
                    if try endsPlain(start) { break scanning }
                }
                if crossedLine {
                    copy(pieceStart, end)
                    fold(firstBreak)
                    isCopied = true
                    pieceStart = position
                    crossedLine = false
                }
                skip()
                while table[Int(byte)] & stop == 0 { position += 1 }
                end = position
            }
            if byte == 0 { break }
            while true {
                if isBlank(at: position) {
                    if crossedLine, byte == 0x09, column <= indent {
                        throw failure("while scanning a plain scalar", start, "found a tab character that violates indentation")
                    }
                    position += 1
                } else if isBreak(at: position) {
                    if crossedLine {
                        keepBreak()
                    } else {
                        firstBreak = skipBreak()
                        crossedLine = true
                    }
                } else {
                    break
                }
            }
            if flowLevel == 0, column <= indent { break }
        }
        breaks.removeAll(keepingCapacity: true)
        if crossedLine { simpleKeyAllowed = true }
        var token = YAMLToken(kind: .scalar, start: start)
        if isCopied {
            copy(pieceStart, end)
            token.text = YAMLSlice(start: Int32(scratchStart), end: Int32(scratch.count), isScratch: true)
        } else {
            token.text = YAMLSlice(start: Int32(pieceStart), end: Int32(end))
        }
        return token
    }

    private mutating func scanQuoted(isSingle: Bool) throws(YAMLError) -> YAMLToken {
        let start = mark
        let quote = byte
        position += 1
        let scratchStart = scratch.count
        var isCopied = false
        var pieceStart = position
        while true {
            if position == lineStart, isDocumentMark {
                throw failure("while scanning a quoted scalar", start, "found unexpected document indicator")
            }
            if byte == 0 { throw failure("while scanning a quoted scalar", start, "found unexpected end of stream") }
            var crossedLine = false
            var firstBreak: UInt8?
            while true {
                while table[Int(byte)] & YAMLBytes.endsQuoted == 0 { position += 1 }
                if isBlankZ(at: position) { break }
                if byte == quote {
                    guard isSingle, byte(1) == quote else { break }
                    copy(pieceStart, position + 1)
                    isCopied = true
                    position += 2
                    pieceStart = position
                } else if byte == UInt8(ascii: "\\"), !isSingle {
                    copy(pieceStart, position)
                    isCopied = true
                    if isBreak(at: position + 1) {
                        position += 1
                        _ = skipBreak()
                        pieceStart = position
                        crossedLine = true
                        break
                    }
                    try scanEscape(start)
                    pieceStart = position
                } else {
                    skip()
                }
            }
            if byte == quote { break }
            let end = position
            var wasEscaped = crossedLine
            while true {
                if isBlank(at: position) {
                    position += 1
                } else if isBreak(at: position) {
                    if crossedLine {
                        keepBreak()
                    } else {
                        firstBreak = skipBreak()
                        crossedLine = true
                    }
                } else {
                    break
                }
            }
            if crossedLine {
                if !wasEscaped { copy(pieceStart, end) }
                wasEscaped = false
                isCopied = true
                fold(firstBreak)
                pieceStart = position
            }
        }
        var token = YAMLToken(kind: .scalar, style: isSingle ? .singleQuoted : .doubleQuoted, start: start)
        if isCopied {
            copy(pieceStart, position)
            token.text = YAMLSlice(start: Int32(scratchStart), end: Int32(scratch.count), isScratch: true)
        } else {
            token.text = YAMLSlice(start: Int32(pieceStart), end: Int32(position))
        }
        position += 1
        return token
    }

    /// Reads the escape at the backslash into the scratch buffer.
    private mutating func scanEscape(_ start: YAMLMark) throws(YAMLError) {
        var digits = 0
        switch byte(1) {
        case UInt8(ascii: "0"): scratch.append(0x00)
        case UInt8(ascii: "a"): scratch.append(0x07)
        case UInt8(ascii: "b"): scratch.append(0x08)
        case UInt8(ascii: "t"), 0x09: scratch.append(0x09)
        case UInt8(ascii: "n"): scratch.append(0x0A)
        case UInt8(ascii: "v"): scratch.append(0x0B)
        case UInt8(ascii: "f"): scratch.append(0x0C)
        case UInt8(ascii: "r"): scratch.append(0x0D)
        case UInt8(ascii: "e"): scratch.append(0x1B)
        case UInt8(ascii: " "), UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "\\"): scratch.append(byte(1))
        case UInt8(ascii: "N"): scratch.append(contentsOf: [0xC2, 0x85])
        case UInt8(ascii: "_"): scratch.append(contentsOf: [0xC2, 0xA0])
        case UInt8(ascii: "L"): scratch.append(contentsOf: [0xE2, 0x80, 0xA8])
        case UInt8(ascii: "P"): scratch.append(contentsOf: [0xE2, 0x80, 0xA9])
        case UInt8(ascii: "x"): digits = 2
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        default: throw failure("while parsing a quoted scalar", start, "found unknown escape character")
        }
        position += 2
        if digits == 0 { return }
        var code: UInt32 = 0
        for place in 0..<digits {
            guard let digit = Self.hexDigit(byte(place)) else {
                throw failure("while parsing a quoted scalar", start, "did not find expected hexdecimal number")
            }
            code = code << 4 | UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw failure("while parsing a quoted scalar", start, "found invalid Unicode character escape code")
        }
        scratch.append(contentsOf: UTF8.encode(scalar) ?? .init())
        position += digits
    }

    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 0x57
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 0x37
        default: nil
        }
    }
}
