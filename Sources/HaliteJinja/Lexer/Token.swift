import HaliteValue

/// The kinds of tokens, named in messages as Jinja2 names them.
enum TokenKind: UInt8, Sendable {
    case data, variableBegin, variableEnd, blockBegin, blockEnd
    case name, string, integer, float
    case add, sub, div, floordiv, mul, mod, pow, tilde
    case lbracket, rbracket, lparen, rparen, lbrace, rbrace
    case eq, ne, gt, gteq, lt, lteq, assign, dot, colon, pipe, comma, semicolon
    case eof, failure

    var description: String {
        switch self {
        case .data: "template data / text"
        case .variableBegin: "begin of print statement"
        case .variableEnd: "end of print statement"
        case .blockBegin: "begin of statement block"
        case .blockEnd: "end of statement block"
        case .name: "name"
        case .string: "string"
        case .integer: "integer"
        case .float: "float"
        case .add: "+"
        case .sub: "-"
        case .div: "/"
        case .floordiv: "//"
        case .mul: "*"
        case .mod: "%"
        case .pow: "**"
        case .tilde: "~"
        case .lbracket: "["
        case .rbracket: "]"
        case .lparen: "("
        case .rparen: ")"
        case .lbrace: "{"
        case .rbrace: "}"
        case .eq: "=="
        case .ne: "!="
        case .gt: ">"
        case .gteq: ">="
        case .lt: "<"
        case .lteq: "<="
        case .assign: "="
        case .dot: "."
        case .colon: ":"
        case .pipe: "|"
        case .comma: ","
        case .semicolon: ";"
        case .eof: "end of template"
        case .failure: "failure"
        }
    }
}

/// The texts and numbers of tokens, kept apart so that tokens are copied without counting references.
final class TokenStore {
    @exclusivity(unchecked) fileprivate var texts: [String] = [""]
    @exclusivity(unchecked) fileprivate var numbers: [JinjaValue] = [.null]

    /// The names with a meaning of their own that occur in the source.
    private(set) var specialNames: Set<String> = []
    private static let special: Set<String> = ["loop", "self", "super", "caller", "kwargs", "varargs"]

    func note(name: String) {
        guard (4...7).contains(name.utf8.count), let first = name.utf8.first, "lsckv".utf8.contains(first) else { return }
        if Self.special.contains(name) { specialNames.insert(name) }
    }

    func token(_ kind: TokenKind, line: Int, offset: Int, text: String = "", number: JinjaValue = .null) -> Token {
        var textIndex = 0
        var numberIndex = 0
        if !text.isEmpty {
            textIndex = texts.count
            texts.append(text)
        }
        if case .null = number {
        } else {
            numberIndex = numbers.count
            numbers.append(number)
        }
        return Token(
            kind: kind, line: line, offset: offset, store: self, textIndex: Int32(truncatingIfNeeded: textIndex),
            numberIndex: Int32(truncatingIfNeeded: numberIndex))
    }
}

struct Token {
    let kind: TokenKind
    let line: Int
    /// Where it begins, in bytes from the start of the normalised source.
    let offset: Int
    // The parser keeps the store as long as it has tokens.
    fileprivate unowned(unsafe) let store: TokenStore
    fileprivate let textIndex: Int32
    fileprivate let numberIndex: Int32

    /// The name, the unescaped string, the text between tags, or the message of a failure.
    var text: String { store.texts[Int(textIndex)] }
    /// The value of a number.
    var number: JinjaValue { store.numbers[Int(numberIndex)] }

    /// What messages call it: a name is itself, everything else its kind.
    var description: String { kind == .name ? text : kind.description }

    func isName(_ name: String) -> Bool { kind == .name && text.hasSameBytes(as: name) }
}
