// Anchors, tags and directives.
extension YAMLScanner {
    private func isWord(_ byte: UInt8) -> Bool { table[Int(byte)] & YAMLBytes.word != 0 }

    mutating func fetchAnchor(_ kind: YAMLToken.Kind) throws(YAMLError) {
        try saveSimpleKey()
        simpleKeyAllowed = false
        var token = YAMLToken(kind: kind, start: mark)
        position += 1
        let begin = position
        while isWord(byte) { position += 1 }
        let isEnd = isBlankZ(at: position) || "?:,]}%@`".utf8.contains(byte)
        if position == begin || !isEnd {
            throw failure(
                kind == .anchor ? "while scanning an anchor" : "while scanning an alias", token.start,
                "did not find expected alphabetic or numeric character")
        }
        token.text = YAMLSlice(start: Int32(begin), end: Int32(position))
        tokens.push(token)
    }

    // MARK: Tags

    mutating func fetchTag() throws(YAMLError) {
        try saveSimpleKey()
        simpleKeyAllowed = false
        var token = YAMLToken(kind: .tag, start: mark)
        let context = "while scanning a tag"
        if byte(1) == UInt8(ascii: "<") {
            position += 2
            token.suffix = try scanURI(head: nil, isVerbatim: true, isDirective: false, token.start)
            guard byte == UInt8(ascii: ">") else { throw failure(context, token.start, "did not find the expected '>'") }
            position += 1
        } else {
            let handle = try scanHandle(isDirective: false, token.start)
            if handle.count > 1, bytes[Int(handle.end) - 1] == UInt8(ascii: "!") {
                token.text = handle
                token.suffix = try scanURI(head: nil, isVerbatim: false, isDirective: false, token.start)
            } else {
                // No handle after all: what was read is the beginning of the suffix.
                let suffix = try scanURI(head: handle, isVerbatim: false, isDirective: false, token.start)
                let bang = YAMLSlice(start: handle.start, end: handle.start + 1)
                if suffix.count == 0 { token.suffix = bang } else { (token.text, token.suffix) = (bang, suffix) }
            }
        }
        if !isBlankZ(at: position), flowLevel == 0 || byte != UInt8(ascii: ",") {
            throw failure(context, token.start, "did not find expected whitespace or line break")
        }
        tokens.push(token)
    }

    /// `!`, `!!` or `!word!`; without the last `!` it may be the beginning of a tag.
    private mutating func scanHandle(isDirective: Bool, _ start: YAMLMark) throws(YAMLError) -> YAMLSlice {
        guard byte == UInt8(ascii: "!") else {
            throw failure(isDirective ? "while scanning a tag directive" : "while scanning a tag", start, "did not find expected '!'")
        }
        let begin = position
        position += 1
        while isWord(byte) { position += 1 }
        if byte == UInt8(ascii: "!") {
            position += 1
        } else if isDirective, position - begin > 1 {
            throw failure("while parsing a tag directive", start, "did not find expected '!'")
        }
        return YAMLSlice(start: Int32(begin), end: Int32(position))
    }

    private mutating func scanURI(
        head: YAMLSlice?, isVerbatim: Bool, isDirective: Bool, _ start: YAMLMark
    ) throws(YAMLError) -> YAMLSlice {
        let context = isDirective ? "while parsing a %TAG directive" : "while parsing a tag"
        let scratchStart = scratch.count
        var length = 0
        if let head {
            length = head.count
            copy(Int(head.start) + 1, Int(head.end))
        }
        while table[Int(byte)] & YAMLBytes.uri != 0 || (isVerbatim && ",[]".utf8.contains(byte)) {
            if byte == UInt8(ascii: "%") {
                try scanURIEscape(context, start)
            } else {
                scratch.append(byte)
                position += 1
            }
            length += 1
        }
        if length == 0 { throw failure(context, start, "did not find expected tag URI") }
        return YAMLSlice(start: Int32(scratchStart), end: Int32(scratch.count), isScratch: true)
    }

    /// `%C3%A9`: the bytes of one character.
    private mutating func scanURIEscape(_ context: String, _ start: YAMLMark) throws(YAMLError) {
        var width = 0
        repeat {
            guard byte == UInt8(ascii: "%"), let high = Self.hexDigit(byte(1)), let low = Self.hexDigit(byte(2)) else {
                throw failure(context, start, "did not find URI escaped octet")
            }
            let octet = high << 4 | low
            if width == 0 {
                switch octet {
                case 0x00...0x7F: width = 1
                case 0xC0...0xDF: width = 2
                case 0xE0...0xEF: width = 3
                case 0xF0...0xF7: width = 4
                default: throw failure(context, start, "found an incorrect leading UTF-8 octet")
                }
            } else if octet & 0xC0 != 0x80 {
                throw failure(context, start, "found an incorrect trailing UTF-8 octet")
            }
            scratch.append(octet)
            position += 3
            width -= 1
        } while width > 0
    }

    // MARK: Directives

    mutating func scanDirective() throws(YAMLError) {
        let start = mark
        let context = "while scanning a directive"
        position += 1
        let begin = position
        while isWord(byte) { position += 1 }
        if position == begin { throw failure(context, start, "could not find expected directive name") }
        if !isBlankZ(at: position) { throw failure(context, start, "found unexpected non-alphabetical character") }
        let name = UnsafeBufferPointer(start: bytes + begin, count: position - begin)
        var token: YAMLToken
        if name.elementsEqual("YAML".utf8) {
            token = YAMLToken(kind: .versionDirective, start: start)
            skipBlanks()
            token.text.start = try scanVersionNumber(start)
            guard byte == UInt8(ascii: ".") else {
                throw failure("while scanning a %YAML directive", start, "did not find expected digit or '.' character")
            }
            position += 1
            token.text.end = try scanVersionNumber(start)
        } else if name.elementsEqual("TAG".utf8) {
            token = YAMLToken(kind: .tagDirective, start: start)
            let context = "while scanning a %TAG directive"
            skipBlanks()
            token.text = try scanHandle(isDirective: true, start)
            guard isBlank(at: position) else { throw failure(context, start, "did not find expected whitespace") }
            skipBlanks()
            token.suffix = try scanURI(head: nil, isVerbatim: true, isDirective: true, start)
            guard isBlankZ(at: position) else { throw failure(context, start, "did not find expected whitespace or line break") }
        } else {
            throw failure(context, start, "found unknown directive name")
        }
        skipBlanks()
        if byte == UInt8(ascii: "#") { skipLine() }
        guard isBreakZ else { throw failure(context, start, "did not find expected comment or line break") }
        if byte != 0 { _ = skipBreak() }
        tokens.push(token)
    }

    private mutating func scanVersionNumber(_ start: YAMLMark) throws(YAMLError) -> Int32 {
        let context = "while scanning a %YAML directive"
        var value: Int32 = 0
        var length = 0
        while byte >= 0x30, byte <= 0x39 {
            length += 1
            if length > 9 { throw failure(context, start, "found extremely long version number") }
            value = value * 10 + Int32(byte - 0x30)
            position += 1
        }
        if length == 0 { throw failure(context, start, "did not find expected version number") }
        return value
    }
}
