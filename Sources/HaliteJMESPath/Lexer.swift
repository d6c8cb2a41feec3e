import HaliteValue

/// Cuts an expression into tokens.
struct Lexer {
    private let expression: String
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var tokens: [Token] = []

    private init(_ expression: String) {
        self.expression = expression
        scalars = Array(expression.unicodeScalars)
    }

    static func tokenize(_ expression: String) throws(JMESPathError) -> [Token] {
        guard !expression.isEmpty else {
            throw JMESPathError("EmptyExpressionError", "Invalid JMESPath expression: cannot be empty.")
        }
        var lexer = Lexer(expression)
        while lexer.position < lexer.scalars.count { try lexer.next() }
        lexer.tokens.append(Token(kind: .eof, value: "", start: lexer.scalars.count))
        return lexer.tokens
    }

    private static let simple: [Unicode.Scalar: Token.Kind] = [
        ".": .dot, "*": .star, "]": .rbracket, ",": .comma, ":": .colon, "@": .current, "(": .lparen, ")": .rparen,
        "{": .lbrace, "}": .rbrace,
    ]

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func add(_ kind: Token.Kind, _ value: Value, from start: Int) {
        tokens.append(Token(kind: kind, value: value, start: start))
    }

    private mutating func next() throws(JMESPathError) {
        let start = position
        let scalar = scalars[start]
        if let kind = Self.simple[scalar] {
            position += 1
            return add(kind, .string(String(scalar)), from: start)
        }
        switch scalar {
        case " ", "\t", "\n", "\r": position += 1
        case "[": bracket()
        case "'": add(.literal, .string(try delimited("'").replacing("\\'", with: "'")), from: start)
        case "`": try literal()
        case "\"": try quotedIdentifier()
        case "|": pair("|", .or, .pipe)
        case "&": pair("&", .and, .expref)
        case "<": pair("=", .lte, .lt)
        case ">": pair("=", .gte, .gt)
        case "!": pair("=", .ne, .not)
        case "=": try equals()
        case "-", "0"..."9": try number()
        default:
            guard Self.isWord(scalar) else {
                throw JMESPathError.lexer("Unknown token \(scalar)", at: start, in: expression)
            }
            while let scalar = current, Self.isWord(scalar) || ("0"..."9").contains(scalar) { position += 1 }
            add(.unquotedIdentifier, .string(text(start..<position)), from: start)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }

    private func text(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[range])
        return String(text)
    }

    private mutating func bracket() {
        let start = position
        position += 1
        switch current {
        case "]":
            position += 1
            add(.flatten, "[]", from: start)
        case "?":
            position += 1
            add(.filter, "[?", from: start)
        default: add(.lbracket, "[", from: start)
        }
    }

    private mutating func pair(_ second: Unicode.Scalar, _ double: Token.Kind, _ single: Token.Kind) {
        let start = position
        position += 1
        let isDouble = current == second
        if isDouble { position += 1 }
        add(isDouble ? double : single, .string(text(start..<position)), from: start)
    }

    private mutating func equals() throws(JMESPathError) {
        let start = position
        guard start + 1 < scalars.count, scalars[start + 1] == "=" else {
            throw JMESPathError.lexer("Unknown token '='", at: start, in: expression)
        }
        position += 2
        add(.eq, "==", from: start)
    }

    private mutating func number() throws(JMESPathError) {
        let start = position
        position += 1
        while let scalar = current, ("0"..."9").contains(scalar) { position += 1 }
        let digits = text(start..<position)
        guard let value = PythonText.integer(digits) else {
            throw JMESPathError.lexer("Unknown token '\(digits)'", at: start, in: expression)
        }
        add(.number, value, from: start)
    }

    /// The text up to a delimiter, which a backslash may escape; backslashes stay in it.
    private mutating func delimited(_ delimiter: Unicode.Scalar) throws(JMESPathError) -> String {
        let start = position
        var buffer = String.UnicodeScalarView()
        position += 1
        while current != delimiter {
            if current == "\\" {
                buffer.append("\\")
                position += 1
            }
            guard let scalar = current else {
                throw JMESPathError.lexer("Unclosed \(delimiter) delimiter", at: start, in: expression)
            }
            buffer.append(scalar)
            position += 1
        }
        position += 1
        return String(buffer)
    }

    /// JSON between backquotes; what is none is taken for a text without its quotes.
    private mutating func literal() throws(JMESPathError) {
        let start = position
        let lexeme = try delimited("`").replacing("\\`", with: "`")
        if let value = try? Value(jsonText: lexeme) { return add(.literal, value, from: start) }
        let quoted = "\"" + lexeme.drop { $0.isWhitespace } + "\""
        guard let value = try? Value(jsonText: quoted) else {
            throw JMESPathError.lexer("Bad token \(lexeme)", at: start, in: expression)
        }
        add(.literal, value, from: start)
    }

    private mutating func quotedIdentifier() throws(JMESPathError) {
        let start = position
        let lexeme = "\"" + (try delimited("\"")) + "\""
        guard let value = try? Value(jsonText: lexeme) else {
            throw JMESPathError.lexer(Self.fault(of: lexeme), at: start, in: expression)
        }
        add(.quotedIdentifier, value, from: start)
    }

    /// What Python says about a text that is no JSON string.
    private static func fault(of lexeme: String) -> String {
        var scalars = lexeme.unicodeScalars.dropFirst()
        while let scalar = scalars.popFirst() {
            if scalar.value < 0x20 { return "Invalid control character at" }
            guard scalar == "\\" else { continue }
            switch scalars.popFirst() {
            case "\"", "\\", "/", "b", "f", "n", "r", "t": continue
            case "u":
                let digits = scalars.prefix(4)
                guard digits.count == 4, digits.allSatisfy(\.properties.isASCIIHexDigit) else { return "Invalid \\uXXXX escape" }
                scalars = scalars.dropFirst(4)
            default: return "Invalid \\escape"
            }
        }
        return "Unterminated string starting at"
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        var result: [UInt8] = []
        var rest = Array(utf8)[...]
        let wanted = Array(part.utf8)
        while !rest.isEmpty {
            if rest.starts(with: wanted) {
                result += Array(other.utf8)
                rest = rest.dropFirst(wanted.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
