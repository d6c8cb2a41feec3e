import HaliteValue

/// Makes a tree of the tokens of an expression: a Pratt parser, which refuses exactly what Python's `jmespath` refuses.
struct Parser {
    /// Projections end before tokens that bind less.
    private static let projectionStop = 10
    /// Operators of one expression; every one may be a level of the tree.
    private static let nodeLimit = 500

    private let expression: String
    private let tokens: [Token]
    private var position = 0
    private var nodeCount = 0

    private init(_ expression: String, _ tokens: [Token]) {
        self.expression = expression
        self.tokens = tokens
    }

    static func parse(_ expression: String) throws(JMESPathError) -> Node {
        var parser = Parser(expression, try Lexer.tokenize(expression))
        let node = try parser.parse(0)
        guard parser.kind == .eof else {
            throw parser.failure("Unexpected token: \(parser.token.value.pythonString)")
        }
        return node
    }

    private var token: Token { tokens[min(position, tokens.count - 1)] }
    private var kind: Token.Kind { token.kind }

    private func failure(_ message: String, _ token: Token? = nil) -> JMESPathError {
        .parse(message, token: token ?? self.token, in: expression)
    }

    private mutating func match(_ wanted: Token.Kind) throws(JMESPathError) {
        guard kind == wanted else {
            if kind == .eof { throw JMESPathError.incomplete(expression) }
            throw failure("Expecting: \(wanted.rawValue), got: \(kind.rawValue)")
        }
        position += 1
    }

    private mutating func countNode() throws(JMESPathError) {
        nodeCount += 1
        if nodeCount > Self.nodeLimit { throw JMESPathError.recursion }
    }

    private mutating func parse(_ power: Int) throws(JMESPathError) -> Node {
        try countNode()
        let first = token
        position += 1
        var left = try prefix(first)
        while power < kind.bindingPower { left = try infix(left) }
        return left
    }

    // MARK: At the start of an expression

    private mutating func prefix(_ token: Token) throws(JMESPathError) -> Node {
        switch token.kind {
        case .literal: return .literal(token.value)
        case .unquotedIdentifier: return .field(token.value.pythonString)
        case .quotedIdentifier:
            if kind == .lparen {
                throw JMESPathError.parse(
                    "Quoted identifier not allowed for function names.", token: self.token, column: 0, in: expression)
            }
            return .field(token.value.pythonString)
        case .star:
            let right: Node = kind == .rbracket ? .current : try projected(Token.Kind.star.bindingPower)
            return .valueProjection(.current, right)
        case .filter: return try filter(.current)
        case .lbrace: return try selectedMap()
        case .lparen:
            let inner = try parse(0)
            try match(.rparen)
            return inner
        case .flatten: return .projection(.flatten(.current), try projected(Token.Kind.flatten.bindingPower))
        case .not: return .not(try parse(Token.Kind.not.bindingPower))
        case .lbracket: return try bracketed()
        case .current: return .current
        case .expref: return .reference(try parse(Token.Kind.expref.bindingPower))
        case .eof: throw JMESPathError.incomplete(expression)
        default: throw failure("invalid token", token)
        }
    }

    private mutating func bracketed() throws(JMESPathError) -> Node {
        if kind == .number || kind == .colon { return try sliced(.current, try index()) }
        if kind == .star, tokens[min(position + 1, tokens.count - 1)].kind == .rbracket {
            position += 2
            return .projection(.current, try projected(Token.Kind.star.bindingPower))
        }
        return try selectedList()
    }

    // MARK: Behind an expression

    private mutating func infix(_ left: Node) throws(JMESPathError) -> Node {
        try countNode()
        let operation = kind
        switch operation {
        case .dot, .pipe, .or, .and, .lparen, .filter, .eq, .ne, .gt, .gte, .lt, .lte, .flatten, .lbracket: position += 1
        default: throw failure("invalid token")
        }
        switch operation {
        case .dot: return try dotted(left)
        case .pipe: return .pipe(left, try parse(operation.bindingPower))
        case .or: return .or(left, try parse(operation.bindingPower))
        case .and: return .and(left, try parse(operation.bindingPower))
        case .lparen: return try call(left)
        case .filter: return try filter(left)
        case .flatten: return .projection(.flatten(left), try projected(operation.bindingPower))
        case .lbracket: return try indexed(left)
        default: return .comparison(operation, left, try parse(operation.bindingPower))
        }
    }

    private mutating func dotted(_ left: Node) throws(JMESPathError) -> Node {
        if kind == .star {
            position += 1
            return .valueProjection(left, try projected(Token.Kind.dot.bindingPower))
        }
        let right = try member(Token.Kind.dot.bindingPower)
        if case .subexpression(let parts) = left { return .subexpression(parts + [right]) }
        return .subexpression([left, right])
    }

    private mutating func call(_ left: Node) throws(JMESPathError) -> Node {
        guard case .field(let name) = left else {
            let previous = tokens[position - 2]
            throw failure("Invalid function name '\(previous.value.pythonString)'", previous)
        }
        var arguments: [Node] = []
        while kind != .rparen {
            arguments.append(try parse(0))
            if kind == .comma { position += 1 }
        }
        try match(.rparen)
        return .function(name, arguments)
    }

    private mutating func filter(_ left: Node) throws(JMESPathError) -> Node {
        let condition = try parse(0)
        try match(.rbracket)
        let right: Node = kind == .flatten ? .current : try projected(Token.Kind.filter.bindingPower)
        return .filterProjection(left, right, condition: condition)
    }

    private mutating func indexed(_ left: Node) throws(JMESPathError) -> Node {
        if kind == .number || kind == .colon {
            let right = try index()
            // The original joins them without projecting a slice.
            if case .indexExpression(let parts) = left { return .indexExpression(parts + [right]) }
            return try sliced(left, right)
        }
        try match(.star)
        try match(.rbracket)
        return .projection(left, try projected(Token.Kind.star.bindingPower))
    }

    // MARK: Parts

    private mutating func index() throws(JMESPathError) -> Node {
        if kind == .colon || tokens[min(position + 1, tokens.count - 1)].kind == .colon { return try slice() }
        let number = Self.integer(token.value)
        position += 1
        try match(.rbracket)
        return .index(number)
    }

    /// An index that no list has stands for those that no list can have.
    private static func integer(_ value: Value) -> Int { value.intValue ?? (value.doubleValue ?? 0 < 0 ? .min : .max) }

    private mutating func slice() throws(JMESPathError) -> Node {
        var parts: [Int?] = [nil, nil, nil]
        var part = 0
        while kind != .rbracket, part < 3 {
            if kind == .colon {
                part += 1
                if part == 3 { throw failure("syntax error") }
            } else if kind == .number {
                parts[part] = Self.integer(token.value)
            } else {
                throw failure("syntax error")
            }
            position += 1
        }
        try match(.rbracket)
        return .slice(start: parts[0], stop: parts[1], step: parts[2])
    }

    private mutating func sliced(_ left: Node, _ right: Node) throws(JMESPathError) -> Node {
        let node = Node.indexExpression([left, right])
        guard case .slice = right else { return node }
        return .projection(node, try projected(Token.Kind.star.bindingPower))
    }

    private mutating func selectedList() throws(JMESPathError) -> Node {
        var nodes: [Node] = []
        while true {
            nodes.append(try parse(0))
            if kind == .rbracket { break }
            try match(.comma)
        }
        try match(.rbracket)
        return .list(nodes)
    }

    private mutating func selectedMap() throws(JMESPathError) -> Node {
        var pairs: [(key: Value, value: Node)] = []
        while true {
            let key = token
            guard kind == .quotedIdentifier || kind == .unquotedIdentifier else {
                if kind == .eof { throw JMESPathError.incomplete(expression) }
                throw failure("Expecting: ['quoted_identifier', 'unquoted_identifier'], got: \(kind.rawValue)")
            }
            position += 1
            try match(.colon)
            pairs.append((key.value, try parse(0)))
            if kind == .comma {
                position += 1
            } else if kind == .rbrace {
                position += 1
                return .map(pairs)
            }
        }
    }

    /// What a projection applies to each of its elements.
    private mutating func projected(_ power: Int) throws(JMESPathError) -> Node {
        if kind.bindingPower < Self.projectionStop { return .current }
        switch kind {
        case .lbracket, .filter: return try parse(power)
        case .dot:
            position += 1
            return try member(power)
        default: throw failure("syntax error")
        }
    }

    /// What may stand behind a dot.
    private mutating func member(_ power: Int) throws(JMESPathError) -> Node {
        switch kind {
        case .quotedIdentifier, .unquotedIdentifier, .star: return try parse(power)
        case .lbracket:
            position += 1
            return try selectedList()
        case .lbrace:
            position += 1
            return try selectedMap()
        default:
            throw failure(
                "Expecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: \(kind.rawValue)")
        }
    }
}
