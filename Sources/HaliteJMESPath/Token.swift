import HaliteValue

/// One word of an expression.
struct Token: Sendable {
    /// The names are those of Python's `jmespath`, which messages show.
    enum Kind: String, Sendable {
        case eof, literal, number, dot, star, rbracket, comma, colon, current, lparen, rparen, lbrace, rbrace
        case unquotedIdentifier = "unquoted_identifier"
        case quotedIdentifier = "quoted_identifier"
        case flatten, filter, lbracket, or, pipe, and, expref, lte, lt, gte, gt, ne, not, eq

        /// How tightly it binds what stands before it.
        var bindingPower: Int {
            switch self {
            case .pipe: 1
            case .or: 2
            case .and: 3
            case .eq, .gt, .lt, .gte, .lte, .ne: 5
            case .flatten: 9
            case .star: 20
            case .filter: 21
            case .dot: 40
            case .not: 45
            case .lbrace: 50
            case .lbracket: 55
            case .lparen: 60
            default: 0
            }
        }
    }

    let kind: Kind
    let value: Value
    /// The code point where it starts.
    let start: Int
}
