/// Reads tokens into statements and expressions; the messages are those of Jinja2.
struct Parser {
    /// Levels of tags and brackets, and of operators on each other.
    static let maximumDepth = 120
    static let maximumHeight = 300

    let extensions: JinjaExtensions
    private let tokens: [Token]
    private let store: TokenStore
    private let source: [UInt8]
    private let name: String
    private var index = 0
    private var depth = 0
    /// The tags that would end the statements being read, innermost last.
    var endTags: [[String]] = []
    /// The tags that are open, innermost last.
    var openTags: [String] = []

    init(text: String, name: String, options: EnvironmentOptions, extensions: JinjaExtensions) throws(JinjaError) {
        (tokens, store, source) = Lexer.tokens(of: text, options: options)
        self.name = name
        self.extensions = extensions
        try check()
    }

    mutating func parse() throws(JinjaError) -> SyntaxTree {
        let body = try statements(until: nil)
        return SyntaxTree(body: body, specialNames: store.specialNames)
    }

    // MARK: Tokens

    var current: Token { tokens[index] }

    /// The token behind the current one; looking at it brings up a mistake of the lexer.
    func following() throws(JinjaError) -> Token {
        let token = tokens[min(index + 1, tokens.count - 1)]
        if token.kind == .failure { throw error(token.text, at: token) }
        return token
    }

    /// A mistake of the lexer comes up when the parser gets to it.
    private func check() throws(JinjaError) {
        if tokens[index].kind == .failure { throw error(tokens[index].text, at: tokens[index]) }
    }

    @discardableResult
    mutating func next() throws(JinjaError) -> Token {
        let token = tokens[index]
        if index + 1 < tokens.count {
            index += 1
            try check()
        }
        return token
    }

    mutating func skip(_ kind: TokenKind) throws(JinjaError) -> Bool {
        guard current.kind == kind else { return false }
        try next()
        return true
    }

    mutating func skip(name: String) throws(JinjaError) -> Bool {
        guard current.isName(name) else { return false }
        try next()
        return true
    }

    @discardableResult
    mutating func expect(_ kind: TokenKind) throws(JinjaError) -> Token {
        guard current.kind == kind else { throw unexpected(kind.description) }
        return try next()
    }

    @discardableResult
    mutating func expect(name: String) throws(JinjaError) -> Token {
        guard current.isName(name) else { throw unexpected(name) }
        return try next()
    }

    private func unexpected(_ expected: String) -> JinjaError {
        if current.kind == .eof { return error("unexpected end of template, expected \(expected.quoted).") }
        return error("expected token \(expected.quoted), got \(current.description.quoted)")
    }

    // MARK: Errors

    func error(_ message: String, at token: Token? = nil, kind: JinjaError.Kind = .templateSyntax) -> JinjaError {
        let place = token ?? current
        return error(message, line: place.line, offset: place.offset, kind: kind)
    }

    func error(_ message: String, line: Int, offset: Int? = nil, kind: JinjaError.Kind = .templateSyntax) -> JinjaError {
        var error = JinjaError(kind, message, template: name, line: line)
        if let offset { error.column = column(of: offset, line: line) }
        error.excerpt = SourceText(text: String(decoding: source, as: UTF8.self)).excerpt(line: line, column: error.column)
        return error
    }

    private func column(of offset: Int, line: Int) -> Int {
        var start = min(offset, source.count)
        while start > 0, source[start - 1] != 0x0A { start -= 1 }
        return String(decoding: source[start..<min(offset, source.count)], as: UTF8.self).count + 1
    }

    /// The error for a tag that nobody knows, or for the end of the template inside of a tag.
    func unknownTag(_ name: String?, line: Int, offset: Int?, pending: [String]? = nil) -> JinjaError {
        var stack = endTags
        if let pending { stack.append(pending) }
        let expected = Set(stack.joined())
        let looking = stack.last.map { $0.map(\.quoted).joined(separator: " or ") }
        var message = [name.map { "Encountered unknown tag \($0.quoted)." } ?? "Unexpected end of template."]
        if let looking {
            if let name, expected.contains(name) {
                message.append(
                    "You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for \(looking).")
            } else {
                message.append("Jinja was looking for the following tags: \(looking).")
            }
        }
        if let open = openTags.last {
            message.append("The innermost block that needs to be closed is \(open.quoted).")
        }
        var result = error(message.joined(separator: " "), line: line, offset: offset)
        if let name, !expected.contains(name) { result.suggestion = nearestName(to: name, among: knownTags + expected) }
        return result
    }

    // MARK: Depth

    mutating func enter() throws(JinjaError) {
        depth += 1
        if depth > Self.maximumDepth || (depth & 7 == 7 && StackGuard.isExhausted) { throw error("too many nested tags or parentheses") }
    }

    mutating func leave() { depth -= 1 }

    func make(_ kind: Expression.Kind, _ token: Token) throws(JinjaError) -> Expression {
        try make(kind, line: token.line, offset: token.offset)
    }

    func make(_ kind: Expression.Kind, line: Int, offset: Int) throws(JinjaError) -> Expression {
        let expression = Expression(kind, line: line, offset: offset)
        if expression.height > Self.maximumHeight { throw error("expression is too complex", line: line, offset: offset) }
        return expression
    }
}
