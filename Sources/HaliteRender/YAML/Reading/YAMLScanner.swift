/// Cuts a text into tokens as libyaml does: YAML 1.1 with its liberties, and the same complaints at the same places.
///
/// The tokens are produced on demand. A key is known only at its colon, so that tokens wait in a queue until no `key` may
/// have to be put before them.
struct YAMLScanner: ~Copyable {
    /// A place where a key without `?` may have begun.
    struct SimpleKey {
        var isPossible = false
        var isRequired = false
        var number = 0
        var mark = YAMLMark()
    }

    /// The text, with eight zero bytes behind it.
    let bytes: UnsafePointer<UInt8>
    let count: Int
    let table: UnsafePointer<UInt8>
    let depthLimit: Int

    var position: Int
    var line: Int32 = 0
    /// Byte of column 0 of the line.
    var lineStart: Int
    /// Bytes of this line, and of the lines before it, that are no characters of their own.
    var lineExtra = 0
    var earlierExtra: Int

    /// Texts that had to be put together; emptied between events.
    var scratch: [UInt8] = []
    /// Line breaks that wait for what follows them.
    var breaks: [UInt8] = []

    var tokens = YAMLStack<YAMLToken>(capacity: 16)
    /// Tokens that the parser took already.
    var taken = 0
    var isTokenReady = false
    var streamEnded = false

    var indent = -1
    var indents = YAMLStack<Int>()
    var flowLevel = 0
    var simpleKeyAllowed = true
    var simpleKeys = YAMLStack<SimpleKey>()
    /// No key before this level is possible.
    var firstPossible = 0

    init(bytes: UnsafePointer<UInt8>, count: Int, depthLimit: Int) {
        self.bytes = bytes
        self.count = count
        self.depthLimit = depthLimit
        table = YAMLBytes.table
        let hasMark = bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        position = hasMark ? 3 : 0
        lineStart = position
        earlierExtra = position
        simpleKeys.push(SimpleKey())
    }

    // MARK: Places

    @inline(__always) var byte: UInt8 { bytes[position] }
    @inline(__always) func byte(_ offset: Int) -> UInt8 { bytes[position + offset] }
    @inline(__always) var column: Int { position - lineStart - lineExtra }
    @inline(__always) var mark: YAMLMark {
        YAMLMark(
            index: Int32(truncatingIfNeeded: position - earlierExtra - lineExtra), line: line, column: Int32(truncatingIfNeeded: column))
    }

    /// NEL, LS or PS at a place.
    @inline(__always) func isWideBreak(at place: Int) -> Bool {
        switch bytes[place] {
        case 0xC2: bytes[place + 1] == 0x85
        case 0xE2: bytes[place + 1] == 0x80 && bytes[place + 2] & 0xFE == 0xA8
        default: false
        }
    }

    @inline(__always) func isBreak(at place: Int) -> Bool { bytes[place] == 0x0A || bytes[place] == 0x0D || isWideBreak(at: place) }
    @inline(__always) func isBlank(at place: Int) -> Bool { bytes[place] == 0x20 || bytes[place] == 0x09 }
    /// A blank, a break or the end.
    @inline(__always) func isBlankZ(at place: Int) -> Bool { table[Int(bytes[place])] & YAMLBytes.blank != 0 || isWideBreak(at: place) }
    @inline(__always) var isBreakZ: Bool { byte == 0 || isBreak(at: position) }

    /// Steps over one character, which is no break.
    @inline(__always) mutating func skip() {
        let lead = byte
        position += 1
        if lead >= 0xC0 {
            let more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3
            position += more
            lineExtra += more
        }
    }

    /// Steps over a line break and says what it reads as: 0 for a line feed, else the last byte of LS or PS.
    @inline(__always) mutating func skipBreak() -> UInt8 {
        var kind: UInt8 = 0
        switch byte {
        case 0x0D:
            position += byte(1) == 0x0A ? 2 : 1
        case 0x0A: position += 1
        case 0xC2:
            position += 2
            earlierExtra += 1
        default:
            kind = byte(2)
            position += 3
            earlierExtra += 2
        }
        earlierExtra += lineExtra
        lineExtra = 0
        line += 1
        lineStart = position
        return kind
    }

    func failure(_ context: String?, _ contextMark: YAMLMark?, _ problem: String) -> YAMLError {
        YAMLError(kind: .scanner, context: context, contextMark: contextMark, problem: problem, mark: mark)
    }

    // MARK: The queue

    /// The kind of the next token, which stays in the queue.
    @inline(__always) mutating func peek() throws(YAMLError) -> YAMLToken.Kind {
        if !isTokenReady { try fetchMore() }
        return tokens.first.kind
    }

    @inline(__always) var token: YAMLToken { tokens.first }

    @inline(__always) mutating func take() {
        isTokenReady = false
        taken += 1
        tokens.dropFirst()
    }

    private mutating func fetchMore() throws(YAMLError) {
        while true {
            if !tokens.isEmpty {
                try dropStaleKeys()
                if firstPossible >= simpleKeys.count || simpleKeys[firstPossible].number != taken { break }
            }
            try fetchNext()
        }
        isTokenReady = true
    }

    @inline(__always) mutating func append(_ kind: YAMLToken.Kind) { tokens.push(YAMLToken(kind: kind, start: mark)) }

    // MARK: Simple keys

    /// A key without `?` stands on one line and is shorter than 1024 characters.
    @inline(__always) private mutating func dropStaleKeys() throws(YAMLError) {
        while firstPossible < simpleKeys.count {
            let key = simpleKeys[firstPossible]
            if key.isPossible {
                let isStale = key.mark.line < line || Int(key.mark.index) + 1024 < position - earlierExtra - lineExtra
                if !isStale { return }
                if key.isRequired { throw missingColon(key.mark) }
                simpleKeys[firstPossible].isPossible = false
            }
            firstPossible += 1
        }
    }

    private func missingColon(_ start: YAMLMark) -> YAMLError {
        failure("while scanning a simple key", start, "could not find expected ':'")
    }

    @inline(__always) mutating func saveSimpleKey() throws(YAMLError) {
        guard simpleKeyAllowed else { return }
        let isRequired = flowLevel == 0 && indent == column
        try removeSimpleKey()
        let level = simpleKeys.count - 1
        simpleKeys[level] = SimpleKey(isPossible: true, isRequired: isRequired, number: taken + tokens.count, mark: mark)
        if level < firstPossible { firstPossible = level }
    }

    @inline(__always) mutating func removeSimpleKey() throws(YAMLError) {
        let level = simpleKeys.count - 1
        if simpleKeys[level].isPossible {
            if simpleKeys[level].isRequired { throw missingColon(simpleKeys[level].mark) }
            simpleKeys[level].isPossible = false
        }
    }

    // MARK: Indentation

    /// Opens a block collection when the column lies deeper than the block around it.
    /// - Parameter number: the token before which the opening belongs; nil for the end of the queue.
    private mutating func rollIndent(_ column: Int, _ kind: YAMLToken.Kind, at start: YAMLMark, before number: Int?) throws(YAMLError) {
        guard flowLevel == 0, indent < column else { return }
        // The innermost level is not counted, as in libyaml.
        if indents.count + 1 >= depthLimit { throw tooDeep("while increasing block level") }
        indents.push(indent)
        indent = column
        let token = YAMLToken(kind: kind, start: start)
        if let number { tokens.insert(token, at: number - taken) } else { tokens.push(token) }
    }

    private func tooDeep(_ context: String) -> YAMLError { failure(context, mark, "exceeded maximum nesting depth") }

    @inline(__always) mutating func unrollIndent(_ column: Int) {
        guard flowLevel == 0 else { return }
        while indent > column {
            append(.blockEnd)
            indent = indents.pop() ?? -1
        }
    }

    // MARK: Dispatch

    private mutating func fetchNext() throws(YAMLError) {
        skipToNextToken()
        try dropStaleKeys()
        unrollIndent(column)
        let first = byte
        if position == lineStart, try fetchAtLineStart(first) { return }
        switch first {
        case 0: try fetchStreamEnd()
        case UInt8(ascii: "["): try fetchFlowStart(.flowSequenceStart)
        case UInt8(ascii: "{"): try fetchFlowStart(.flowMappingStart)
        case UInt8(ascii: "]"): try fetchFlowEnd(.flowSequenceEnd)
        case UInt8(ascii: "}"): try fetchFlowEnd(.flowMappingEnd)
        case UInt8(ascii: ","): try fetchFlowEntry()
        case UInt8(ascii: "-"):
            if isBlankZ(at: position + 1) { try fetchBlockEntry() } else { try fetchPlain() }
        case UInt8(ascii: "?"):
            if flowLevel > 0 || isBlankZ(at: position + 1) { try fetchKey() } else { try fetchPlain() }
        case UInt8(ascii: ":"):
            if flowLevel > 0 || isBlankZ(at: position + 1) { try fetchValue() } else { try fetchPlain() }
        case UInt8(ascii: "*"): try fetchAnchor(.alias)
        case UInt8(ascii: "&"): try fetchAnchor(.anchor)
        case UInt8(ascii: "!"): try fetchTag()
        case UInt8(ascii: "|") where flowLevel == 0: try fetchBlockScalar(isLiteral: true)
        case UInt8(ascii: ">") where flowLevel == 0: try fetchBlockScalar(isLiteral: false)
        case UInt8(ascii: "'"): try fetchQuoted(isSingle: true)
        case UInt8(ascii: "\""): try fetchQuoted(isSingle: false)
        case 0x09, UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"):
            throw failure("while scanning for the next token", mark, "found character that cannot start any token")
        default: try fetchPlain()
        }
    }

    /// Directives and the marks `---` and `...`; false when the line begins otherwise.
    private mutating func fetchAtLineStart(_ first: UInt8) throws(YAMLError) -> Bool {
        switch first {
        case UInt8(ascii: "%"):
            unrollIndent(-1)
            try removeSimpleKey()
            simpleKeyAllowed = false
            try scanDirective()
        case UInt8(ascii: "-") where isDocumentMark: try fetchDocumentMark(.documentStart)
        case UInt8(ascii: ".") where isDocumentMark: try fetchDocumentMark(.documentEnd)
        default: return false
        }
        return true
    }

    /// `---` or `...`, alone or with a blank behind.
    @inline(__always) var isDocumentMark: Bool {
        let first = byte
        return (first == UInt8(ascii: "-") || first == UInt8(ascii: ".")) && byte(1) == first && byte(2) == first
            && isBlankZ(at: position + 3)
    }

    private mutating func fetchDocumentMark(_ kind: YAMLToken.Kind) throws(YAMLError) {
        unrollIndent(-1)
        try removeSimpleKey()
        simpleKeyAllowed = false
        append(kind)
        position += 3
    }

    private mutating func fetchStreamEnd() throws(YAMLError) {
        if column != 0 {
            line += 1
            earlierExtra += lineExtra
            lineExtra = 0
            lineStart = position
        }
        unrollIndent(-1)
        try removeSimpleKey()
        simpleKeyAllowed = false
        append(.streamEnd)
    }

    private mutating func fetchFlowStart(_ kind: YAMLToken.Kind) throws(YAMLError) {
        try saveSimpleKey()
        if indents.count + flowLevel >= depthLimit { throw tooDeep("while increasing flow level") }
        simpleKeys.push(SimpleKey())
        flowLevel += 1
        simpleKeyAllowed = true
        append(kind)
        position += 1
    }

    private mutating func fetchFlowEnd(_ kind: YAMLToken.Kind) throws(YAMLError) {
        try removeSimpleKey()
        if flowLevel > 0 {
            flowLevel -= 1
            _ = simpleKeys.pop()
        }
        simpleKeyAllowed = false
        append(kind)
        position += 1
    }

    private mutating func fetchFlowEntry() throws(YAMLError) {
        try removeSimpleKey()
        simpleKeyAllowed = true
        append(.flowEntry)
        position += 1
    }

    private mutating func fetchBlockEntry() throws(YAMLError) {
        if flowLevel == 0 {
            if !simpleKeyAllowed { throw failure(nil, mark, "block sequence entries are not allowed in this context") }
            try rollIndent(column, .blockSequenceStart, at: mark, before: nil)
        }
        try removeSimpleKey()
        simpleKeyAllowed = true
        append(.blockEntry)
        position += 1
    }

    private mutating func fetchKey() throws(YAMLError) {
        if flowLevel == 0 {
            if !simpleKeyAllowed { throw failure(nil, mark, "mapping keys are not allowed in this context") }
            try rollIndent(column, .blockMappingStart, at: mark, before: nil)
        }
        try removeSimpleKey()
        simpleKeyAllowed = flowLevel == 0
        append(.key)
        position += 1
    }

    private mutating func fetchValue() throws(YAMLError) {
        let level = simpleKeys.count - 1
        let key = simpleKeys[level]
        if key.isPossible {
            tokens.insert(YAMLToken(kind: .key, start: key.mark), at: key.number - taken)
            try rollIndent(Int(key.mark.column), .blockMappingStart, at: key.mark, before: key.number)
            simpleKeys[level].isPossible = false
            simpleKeyAllowed = false
        } else {
            if flowLevel == 0 {
                if !simpleKeyAllowed { throw failure(nil, mark, "mapping values are not allowed in this context") }
                try rollIndent(column, .blockMappingStart, at: mark, before: nil)
            }
            simpleKeyAllowed = flowLevel == 0
        }
        append(.value)
        position += 1
    }

    /// Steps over blanks, comments and line breaks. A tab indents nothing where a key may begin in block context.
    @inline(__always) private mutating func skipToNextToken() {
        while true {
            if position == lineStart, byte == 0xEF, byte(1) == 0xBB, byte(2) == 0xBF { skip() }
            while byte == 0x20 || (byte == 0x09 && (flowLevel > 0 || !simpleKeyAllowed)) { position += 1 }
            if byte == UInt8(ascii: "#") { skipLine() }
            guard isBreak(at: position) else { return }
            _ = skipBreak()
            if flowLevel == 0 { simpleKeyAllowed = true }
        }
    }

    /// To the line break or the end.
    @inline(__always) mutating func skipLine() {
        while true {
            // Eight bytes at a time: the first that is a control character or no ASCII sets the lowest high bit.
            let word = UnsafeRawPointer(bytes + position).loadUnaligned(as: UInt64.self).littleEndian
            let marks = (word | ((word &- 0x2020_2020_2020_2020) & ~word)) & 0x8080_8080_8080_8080
            if marks == 0 {
                position += 8
                continue
            }
            position += marks.trailingZeroBitCount >> 3
            if isBreakZ { return }
            skip()
        }
    }

    mutating func skipBlanks() { while isBlank(at: position) { position += 1 } }
}
