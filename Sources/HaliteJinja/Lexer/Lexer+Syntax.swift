/// Tags that begin and end with something else than usual, and lines that are tags or comments.
extension Lexer {
    private enum Opening { case block, variable, comment, lineStatement, lineComment }

    private struct Rule {
        let opening: Opening
        let bytes: [UInt8]
        /// Decides between two of the same length, as the names in Jinja2 do.
        let rank: Int
    }

    mutating func runWithSyntax() throws {
        let rules = rules()
        while position < source.count { try rootWithSyntax(rules) }
    }

    /// The longest ones first, as one may begin another.
    private func rules() -> [Rule] {
        let syntax = options.syntax
        var rules = [
            Rule(opening: .variable, bytes: Array(syntax.variableStart.utf8), rank: 4),
            Rule(opening: .comment, bytes: Array(syntax.commentStart.utf8), rank: 1),
            Rule(opening: .block, bytes: Array(syntax.blockStart.utf8), rank: 0),
        ]
        if let prefix = syntax.lineStatementPrefix, !prefix.isEmpty {
            rules.append(Rule(opening: .lineStatement, bytes: Array(prefix.utf8), rank: 3))
        }
        if let prefix = syntax.lineCommentPrefix, !prefix.isEmpty {
            rules.append(Rule(opening: .lineComment, bytes: Array(prefix.utf8), rank: 2))
        }
        return rules.sorted { ($0.bytes.count, $0.rank) > ($1.bytes.count, $1.rank) }
    }

    private mutating func rootWithSyntax(_ rules: [Rule]) throws {
        for start in position..<source.count {
            if let raw = raw("raw", at: start, closesWithPlus: false) {
                text(until: start, sign: raw.sign, stripsLine: true)
                advance(to: raw.end)
                return try rawBodyWithSyntax()
            }
            for rule in rules {
                guard let end = match(rule, at: start) else { continue }
                return try open(rule.opening, from: start, to: end)
            }
        }
        data(to: source.count)
        position = source.count
    }

    private func has(_ bytes: [UInt8], at place: Int) -> Bool {
        !bytes.isEmpty && place + bytes.count <= source.count && source[place..<place + bytes.count].elementsEqual(bytes)
    }

    /// The end of what opens a tag.
    private func match(_ rule: Rule, at start: Int) -> Int? {
        var place = start
        switch rule.opening {
        case .block, .variable, .comment: break
        case .lineStatement:
            guard isLineStart(start) else { return nil }
            while byte(place) == 0x20 || byte(place) == 0x09 || byte(place) == 0x0B { place += 1 }
        case .lineComment:
            // White space before belongs to the comment.
            guard isLineStart(start) || !isSpace(source[start - 1]) else { return nil }
            while place < source.count, isSpace(source[place]), source[place] != 0x0A { place += 1 }
        }
        return has(rule.bytes, at: place) ? place + rule.bytes.count : nil
    }

    private func isLineStart(_ place: Int) -> Bool { place == 0 || source[place - 1] == 0x0A }

    private func isSpace(_ byte: UInt8) -> Bool { (0x09...0x0D).contains(byte) || byte == 0x20 || (0x1C...0x1F).contains(byte) }

    private mutating func open(_ opening: Opening, from start: Int, to end: Int) throws {
        let sign = byte(end)
        let hasSign = sign == 0x2D || sign == 0x2B
        text(until: start, sign: hasSign ? sign : 0, stripsLine: opening != .variable)
        let begin = store.token(opening == .variable ? .variableBegin : .blockBegin, line: line, offset: start)
        advance(to: hasSign ? end + 1 : end)
        switch opening {
        case .comment: try commentWithSyntax()
        case .lineComment:
            var stop = position
            while stop < source.count, source[stop] != 0x0A { stop += 1 }
            advance(to: stop)
        default:
            tokens.append(begin)
            try insideWithSyntax(opening)
        }
    }

    private mutating func commentWithSyntax() throws {
        let close = Array(options.syntax.commentEnd.utf8)
        var place = position
        while place < source.count, !has(close, at: place) { place += 1 }
        guard place < source.count else {
            if position == source.count { return }
            throw Failure(message: "Missing end of comment tag")
        }
        let sign = place > position ? source[place - 1] : 0
        advance(to: afterTag(place + close.count, sign: sign))
    }

    private mutating func rawBodyWithSyntax() throws {
        for place in position..<max(position, source.count) {
            guard let end = raw("endraw", at: place, closesWithPlus: true) else { continue }
            text(until: place, sign: end.sign, stripsLine: true)
            advance(to: end.end)
            return
        }
        if position < source.count { throw Failure(message: "Missing end of raw directive") }
    }

    /// The tag of a raw text, with its signs.
    private func raw(_ word: String, at start: Int, closesWithPlus: Bool) -> (sign: UInt8, end: Int)? {
        let open = Array(options.syntax.blockStart.utf8)
        let close = Array(options.syntax.blockEnd.utf8)
        guard has(open, at: start) else { return nil }
        var place = start + open.count
        var sign: UInt8 = 0
        if byte(place) == 0x2D || byte(place) == 0x2B {
            sign = byte(place)
            place += 1
        }
        place = PythonSpace.skip(source, from: place)
        guard has(Array(word.utf8), at: place) else { return nil }
        place = PythonSpace.skip(source, from: place + word.utf8.count)
        var closing: UInt8 = 0
        if byte(place) == 0x2D || (closesWithPlus && byte(place) == 0x2B) {
            closing = byte(place)
            place += 1
        }
        guard has(close, at: place) else { return nil }
        return (sign, afterTag(place + close.count, sign: closing, trims: closesWithPlus))
    }

    private mutating func insideWithSyntax(_ opening: Opening) throws {
        let close = Array((opening == .variable ? options.syntax.variableEnd : options.syntax.blockEnd).utf8)
        brackets.removeAll()
        while position < source.count {
            if brackets.isEmpty, let end = opening == .lineStatement ? lineEnd() : tagEnd(close, isBlock: opening == .block) {
                return add(opening == .variable ? .variableEnd : .blockEnd, to: end)
            }
            try element()
        }
        // A line may end with the source.
        if opening == .lineStatement, brackets.isEmpty { add(.blockEnd, to: position) }
    }

    private func tagEnd(_ close: [UInt8], isBlock: Bool) -> Int? {
        if has(close, at: position) { return isBlock ? afterTag(position + close.count, sign: 0) : position + close.count }
        guard has(close, at: position + 1) else { return nil }
        if byte(position) == 0x2D { return afterTag(position + 1 + close.count, sign: 0x2D) }
        return isBlock && byte(position) == 0x2B ? position + 1 + close.count : nil
    }

    /// Behind the line, and behind lines of nothing but white space after it.
    private func lineEnd() -> Int? {
        let end = PythonSpace.skip(source, from: position)
        if end == source.count { return end }
        return source[position..<end].lastIndex(of: 0x0A).map { $0 + 1 }
    }
}
