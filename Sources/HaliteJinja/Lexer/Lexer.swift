import HaliteValue

/// Cuts the source into tokens, with the white space control of Jinja2.
///
/// A mistake becomes a `failure` token, because Jinja2 reads lazily: an error of the parser in an earlier place wins.
struct Lexer {
    /// The source with `\n` as the only line break and, by default, without the last one.
    let source: [UInt8]
    let options: EnvironmentOptions
    var position = 0
    var line = 1
    private var lineStarting = true
    var tokens: [Token] = []
    let store = TokenStore()
    /// The closing brackets that are awaited.
    var brackets: [UInt8] = []

    struct Failure: Error { let message: String }

    init(text: String, options: EnvironmentOptions) {
        self.options = options
        var bytes = Array(text.utf8)
        if bytes.contains(0x0D) {
            var previous: UInt8 = 0
            var kept: [UInt8] = []
            kept.reserveCapacity(bytes.count)
            for byte in bytes {
                if byte == 0x0D { kept.append(0x0A) } else if byte != 0x0A || previous != 0x0D { kept.append(byte) }
                previous = byte
            }
            bytes = kept
        }
        if !options.keepTrailingNewline, bytes.last == 0x0A { bytes.removeLast() }
        source = bytes
    }

    static func tokens(of text: String, options: EnvironmentOptions) -> (tokens: [Token], store: TokenStore, source: [UInt8]) {
        var lexer = Lexer(text: text, options: options)
        return (lexer.run(), lexer.store, lexer.source)
    }

    private mutating func run() -> [Token] {
        do {
            if options.syntax.isStandard {
                while position < source.count { try root() }
            } else {
                try runWithSyntax()
            }
            tokens.append(store.token(.eof, line: tokens.last?.line ?? 1, offset: position))
        } catch {
            let message = (error as? Failure)?.message ?? ""
            tokens.append(store.token(.failure, line: line, offset: position, text: message))
        }
        return tokens
    }

    // MARK: Text between tags

    private enum Delimiter { case block, variable, comment }

    private mutating func root() throws {
        guard let (start, delimiter) = nextDelimiter(from: position) else {
            data(to: source.count)
            position = source.count
            return
        }
        if delimiter == .block, let raw = matchRaw("raw", at: start, closesWithPlus: false) {
            text(until: start, sign: raw.sign, stripsLine: true)
            advance(to: raw.end)
            try rawBody()
            return
        }
        let sign = byte(start + 2)
        let hasSign = sign == 0x2D || sign == 0x2B
        text(until: start, sign: hasSign ? sign : 0, stripsLine: delimiter != .variable)
        let tag = store.token(delimiter == .variable ? .variableBegin : .blockBegin, line: line, offset: start)
        advance(to: start + (hasSign ? 3 : 2))
        switch delimiter {
        case .comment: try comment()
        case .block:
            tokens.append(tag)
            try inside(isBlock: true)
        case .variable:
            tokens.append(tag)
            try inside(isBlock: false)
        }
    }

    private func nextDelimiter(from start: Int) -> (Int, Delimiter)? {
        source.withUnsafeBufferPointer { bytes in
            var index = start
            while index + 1 < bytes.count {
                if bytes[index] == 0x7B {
                    switch bytes[index + 1] {
                    case 0x25: return (index, .block)
                    case 0x7B: return (index, .variable)
                    case 0x23: return (index, .comment)
                    default: break
                    }
                }
                index += 1
            }
            return nil
        }
    }

    /// Emits the text before a tag, stripped as the sign of the tag and the options demand.
    mutating func text(until end: Int, sign: UInt8, stripsLine: Bool) {
        var last = end
        if sign == 0x2D {
            last = PythonSpace.strippedEnd(source, from: position, to: end)
        } else if sign != 0x2B, options.lstripBlocks, stripsLine {
            var start = end
            while start > position, source[start - 1] != 0x0A { start -= 1 }
            if start > position || lineStarting,
                PythonSpace.strippedEnd(source, from: start, to: end) == start
            {
                last = start
            }
        }
        data(to: last)
        advance(to: end)
    }

    mutating func data(to end: Int) {
        guard end > position else { return }
        tokens.append(
            store.token(.data, line: line, offset: position, text: options.syntax.withLineBreaks(source[position..<end])))
    }

    mutating func advance(to end: Int) {
        guard end > position else { return }
        for index in position..<end where source[index] == 0x0A { line += 1 }
        lineStarting = source[end - 1] == 0x0A
        position = end
    }

    func byte(_ index: Int) -> UInt8 { index < source.count ? source[index] : 0 }

    // MARK: Comments and raw text

    private mutating func comment() throws {
        var index = position
        while index + 1 < source.count, !(source[index] == 0x23 && source[index + 1] == 0x7D) { index += 1 }
        guard index + 1 < source.count else {
            // At the very end of the source there is nothing left to complain about.
            if position == source.count { return }
            throw Failure(message: "Missing end of comment tag")
        }
        let sign = index > position ? source[index - 1] : 0
        advance(to: afterTag(index + 2, sign: sign))
    }

    /// Where text goes on after a closing tag.
    func afterTag(_ end: Int, sign: UInt8, trims: Bool = true) -> Int {
        if sign == 0x2D { return PythonSpace.skip(source, from: end) }
        if sign != 0x2B, trims, options.trimBlocks, byte(end) == 0x0A { return end + 1 }
        return end
    }

    private mutating func rawBody() throws {
        var index = position
        while index + 1 < source.count {
            if source[index] == 0x7B, source[index + 1] == 0x25,
                let match = matchRaw("endraw", at: index, closesWithPlus: true)
            {
                text(until: index, sign: match.sign, stripsLine: true)
                advance(to: match.end)
                return
            }
            index += 1
        }
        if position < source.count { throw Failure(message: "Missing end of raw directive") }
    }

    /// Matches `{% raw %}` or `{% endraw %}` with their signs.
    private func matchRaw(_ word: String, at start: Int, closesWithPlus: Bool) -> (sign: UInt8, end: Int)? {
        var index = start + 2
        var sign: UInt8 = 0
        if byte(index) == 0x2D || byte(index) == 0x2B {
            sign = byte(index)
            index += 1
        }
        index = PythonSpace.skip(source, from: index)
        for expected in word.utf8 {
            guard byte(index) == expected else { return nil }
            index += 1
        }
        index = PythonSpace.skip(source, from: index)
        var closing: UInt8 = 0
        if byte(index) == 0x2D || (closesWithPlus && byte(index) == 0x2B) {
            closing = byte(index)
            index += 1
        }
        guard byte(index) == 0x25, byte(index + 1) == 0x7D else { return nil }
        return (sign, afterTag(index + 2, sign: closing, trims: closesWithPlus))
    }

    // MARK: Inside of tags

    private mutating func inside(isBlock: Bool) throws {
        let close: UInt8 = isBlock ? 0x25 : 0x7D
        brackets.removeAll()
        while position < source.count {
            let current = source[position]
            if brackets.isEmpty {
                var end: Int?
                if current == close, byte(position + 1) == 0x7D {
                    end = isBlock ? afterTag(position + 2, sign: 0) : position + 2
                } else if current == 0x2D, byte(position + 1) == close, byte(position + 2) == 0x7D {
                    end = afterTag(position + 3, sign: 0x2D)
                } else if isBlock, current == 0x2B, byte(position + 1) == close, byte(position + 2) == 0x7D {
                    end = position + 3
                }
                if let end {
                    add(isBlock ? .blockEnd : .variableEnd, to: end)
                    return
                }
            }
            try element()
        }
        // The end of the source inside of a tag: the parser says what it misses.
    }

    /// One token of an expression, or the white space before it.
    mutating func element() throws {
        let spaceEnd = PythonSpace.skip(source, from: position)
        if spaceEnd > position {
            advance(to: spaceEnd)
        } else if try !number(), try !name(), try !string(), try !operatorToken() {
            throw unexpectedCharacter()
        }
    }

    mutating func add(_ kind: TokenKind, to end: Int, text: String = "", number: JinjaValue = .null) {
        tokens.append(store.token(kind, line: line, offset: position, text: text, number: number))
        advance(to: end)
    }

    func unexpectedCharacter() -> Failure {
        let rest = String(decoding: source[position..<min(source.count, position + 4)], as: UTF8.self)
        let before = source[..<position].reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
        let shown = rest.unicodeScalars.first.map { String($0).quoted } ?? "''"
        return Failure(message: "unexpected char \(shown) at \(before)")
    }

    private mutating func number() throws -> Bool {
        guard isDigit(byte(position)) else { return false }
        if !(position > 0 && source[position - 1] == 0x2E), let end = floatEnd() {
            let digits = source[position..<end].filter { $0 != 0x5F }
            let value = Double(String(decoding: digits, as: UTF8.self)) ?? .infinity
            add(.float, to: end, number: .float(value))
            return true
        }
        let (end, radix, skip) = integerEnd()
        let digits = source[(position + skip)..<end].filter { $0 != 0x5F }
        guard digits.count < 4_300 || radix != 10 else {
            throw Failure(
                message:
                    "Exceeds the limit (4300 digits) for integer string conversion: value has \(digits.count) digits; use sys.set_int_max_str_digits() to increase the limit"
            )
        }
        let value = BigInteger(digits: digits, radix: radix).map { JinjaValue(normalizing: $0) } ?? .int(0)
        add(.integer, to: end, number: value)
        return true
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// The end of digits that single underscores may part.
    private func digitsEnd(_ start: Int, where accepts: (UInt8) -> Bool) -> Int? {
        guard accepts(byte(start)) else { return nil }
        var index = start + 1
        while true {
            if accepts(byte(index)) {
                index += 1
            } else if byte(index) == 0x5F, accepts(byte(index + 1)) {
                index += 2
            } else {
                return index
            }
        }
    }

    private func floatEnd() -> Int? {
        guard let whole = digitsEnd(position, where: isDigit) else { return nil }
        var end = whole
        var isFloat = false
        if byte(whole) == 0x2E, let fraction = digitsEnd(whole + 1, where: isDigit) {
            end = fraction
            isFloat = true
        }
        if byte(end) | 0x20 == 0x65 {
            let signed = byte(end + 1) == 0x2B || byte(end + 1) == 0x2D
            if let exponent = digitsEnd(end + (signed ? 2 : 1), where: isDigit) {
                return exponent
            }
        }
        return isFloat ? end : nil
    }

    private func integerEnd() -> (end: Int, radix: UInt32, skip: Int) {
        if byte(position) == 0x30 {
            let shapes: [(UInt8, UInt32, (UInt8) -> Bool)] = [
                (0x62, 2, { $0 == 0x30 || $0 == 0x31 }), (0x6F, 8, { $0 >= 0x30 && $0 <= 0x37 }),
                (0x78, 16, { ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x66) }),
            ]
            for (letter, radix, accepts) in shapes where byte(position + 1) | 0x20 == letter {
                let start = byte(position + 2) == 0x5F ? position + 3 : position + 2
                if let end = digitsEnd(start, where: accepts) { return (end, radix, 2) }
            }
            return (digitsEnd(position) { $0 == 0x30 } ?? position + 1, 10, 0)
        }
        return (digitsEnd(position, where: isDigit) ?? position + 1, 10, 0)
    }

    private mutating func name() throws -> Bool {
        var end = position
        while end < source.count {
            let current = source[end]
            if current < 0x80 {
                guard current == 0x5F || isDigit(current) || (current | 0x20 >= 0x61 && current | 0x20 <= 0x7A) else { break }
                end += 1
            } else {
                let (scalar, length) = PythonSpace.scalar(source, at: end)
                let properties = scalar.properties
                guard properties.isXIDContinue || properties.numericType != nil else { break }
                end += length
            }
        }
        guard end > position else { return false }
        let text = String(decoding: source[position..<end], as: UTF8.self)
        guard isIdentifier(text, position, end) else { throw Failure(message: "Invalid character in identifier") }
        store.note(name: text)
        add(.name, to: end, text: text)
        return true
    }

    private func isIdentifier(_ text: String, _ start: Int, _ end: Int) -> Bool {
        // The bytes were letters, digits and underscores already, if they are ASCII.
        if source[start..<end].allSatisfy({ $0 < 0x80 }) { return !isDigit(source[start]) }
        let scalars = text.unicodeScalars
        return scalars.first.map { $0 == "_" || $0.properties.isXIDStart } ?? false
            && scalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
    }

    private mutating func string() throws -> Bool {
        let quote = byte(position)
        guard quote == 0x27 || quote == 0x22 else { return false }
        var end = position + 1
        while end < source.count, source[end] != quote { end += source[end] == 0x5C ? 2 : 1 }
        guard end < source.count else { return false }
        let content = source[(position + 1)..<end]
        if content.contains(0x5C) {
            do {
                add(.string, to: end + 1, text: try StringLiteral.unescape(Array(content)))
            } catch {
                throw Failure(message: error.message)
            }
        } else {
            add(.string, to: end + 1, text: options.syntax.withLineBreaks(content))
        }
        return true
    }

    private mutating func operatorToken() throws -> Bool {
        let first = byte(position)
        let second = byte(position + 1)
        let kind: TokenKind
        var length = 1
        switch (first, second) {
        case (0x2F, 0x2F): (kind, length) = (.floordiv, 2)
        case (0x2A, 0x2A): (kind, length) = (.pow, 2)
        case (0x3D, 0x3D): (kind, length) = (.eq, 2)
        case (0x21, 0x3D): (kind, length) = (.ne, 2)
        case (0x3E, 0x3D): (kind, length) = (.gteq, 2)
        case (0x3C, 0x3D): (kind, length) = (.lteq, 2)
        case (0x2B, _): kind = .add
        case (0x2D, _): kind = .sub
        case (0x2F, _): kind = .div
        case (0x2A, _): kind = .mul
        case (0x25, _): kind = .mod
        case (0x7E, _): kind = .tilde
        case (0x5B, _): kind = .lbracket
        case (0x5D, _): kind = .rbracket
        case (0x28, _): kind = .lparen
        case (0x29, _): kind = .rparen
        case (0x7B, _): kind = .lbrace
        case (0x7D, _): kind = .rbrace
        case (0x3E, _): kind = .gt
        case (0x3C, _): kind = .lt
        case (0x3D, _): kind = .assign
        case (0x2E, _): kind = .dot
        case (0x3A, _): kind = .colon
        case (0x7C, _): kind = .pipe
        case (0x2C, _): kind = .comma
        case (0x3B, _): kind = .semicolon
        default: return false
        }
        switch kind {
        case .lbrace: brackets.append(0x7D)
        case .lparen: brackets.append(0x29)
        case .lbracket: brackets.append(0x5D)
        case .rbrace, .rparen, .rbracket:
            let found = Unicode.Scalar(first)
            guard let expected = brackets.popLast() else { throw Failure(message: "unexpected '\(found)'") }
            guard expected == first else {
                throw Failure(message: "unexpected '\(found)', expected '\(Unicode.Scalar(expected))'")
            }
        default: break
        }
        add(kind, to: position + length)
        return true
    }
}
