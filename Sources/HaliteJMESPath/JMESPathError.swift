import HaliteValue

/// Why an expression cannot be read or applied, in the words of Python's `jmespath`.
public struct JMESPathError: Error, Sendable, CustomStringConvertible {
    /// The exception class: `ParseError`, `LexerError`, `JMESPathTypeError`, `TypeError` and so on.
    public let kind: String
    public let message: String

    public init(_ kind: String, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { "\(kind): \(message)" }

    static let recursion = JMESPathError("RecursionError", "maximum recursion depth exceeded")

    /// An unexpected token, with the expression and a mark below it.
    static func parse(_ message: String, token: Token, column: Int? = nil, in expression: String) -> JMESPathError {
        let column = column ?? token.start
        return JMESPathError(
            "ParseError",
            "\(message): Parse error at column \(column), token \"\(token.value.pythonString)\" (\(token.kind.rawValue.uppercased())), "
                + "for expression:\n\"\(expression)\"\n\(String(repeating: " ", count: column + 1))^")
    }

    static func incomplete(_ expression: String) -> JMESPathError {
        let column = expression.unicodeScalars.count
        return JMESPathError(
            "IncompleteExpressionError",
            "Invalid jmespath expression: Incomplete expression:\n\"\(expression)\"\n\(String(repeating: " ", count: column + 1))^")
    }

    static func lexer(_ message: String, at position: Int, in expression: String) -> JMESPathError {
        JMESPathError(
            "LexerError", "Bad jmespath expression: \(message):\n\(expression)\n\(String(repeating: " ", count: position))^")
    }
}
