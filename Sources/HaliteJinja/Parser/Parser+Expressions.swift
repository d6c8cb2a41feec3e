extension Parser {
    mutating func expression(withCondition: Bool = true) throws(JinjaError) -> Expression {
        try enter()
        defer { leave() }
        return withCondition ? try condition() : try or()
    }

    private mutating func condition() throws(JinjaError) -> Expression {
        var start = current
        var result = try or()
        while try skip(name: "if") {
            let test = try or()
            var otherwise: Expression?
            if try skip(name: "else") {
                try enter()
                defer { leave() }
                otherwise = try condition()
            }
            result = try make(.condition(test: test, then: result, otherwise: otherwise), start)
            start = current
        }
        return result
    }

    private mutating func or() throws(JinjaError) -> Expression {
        var start = current
        var left = try and()
        while try skip(name: "or") {
            left = try make(.or(left, try and()), start)
            start = current
        }
        return left
    }

    private mutating func and() throws(JinjaError) -> Expression {
        var start = current
        var left = try not()
        while try skip(name: "and") {
            left = try make(.and(left, try not()), start)
            start = current
        }
        return left
    }

    private mutating func not() throws(JinjaError) -> Expression {
        guard current.isName("not") else { return try comparison() }
        try enter()
        defer { leave() }
        let token = try next()
        return try make(.not(try not()), token)
    }

    private mutating func comparison() throws(JinjaError) -> Expression {
        var start = current
        let first = try sum()
        var rest: [(Comparison, Expression)] = []
        while true {
            let operation: Comparison
            switch current.kind {
            case .eq: operation = .eq
            case .ne: operation = .ne
            case .lt: operation = .lt
            case .lteq: operation = .lteq
            case .gt: operation = .gt
            case .gteq: operation = .gteq
            case .name where current.text == "in": operation = .contained
            case .name where current.text == "not":
                guard try following().isName("in") else { return rest.isEmpty ? first : try make(.compare(first, rest), start) }
                try next()
                operation = .notContained
            default:
                return rest.isEmpty ? first : try make(.compare(first, rest), start)
            }
            try next()
            rest.append((operation, try sum()))
            start = current
        }
    }

    private mutating func sum() throws(JinjaError) -> Expression {
        var start = current
        var left = try concat()
        while true {
            let operation: BinaryOperator
            switch current.kind {
            case .add: operation = .add
            case .sub: operation = .sub
            default: return left
            }
            try next()
            left = try make(.binary(operation, left, try concat()), start)
            start = current
        }
    }

    private mutating func concat() throws(JinjaError) -> Expression {
        let start = current
        var parts = [try product()]
        while try skip(.tilde) { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : try make(.concat(parts), start)
    }

    private mutating func product() throws(JinjaError) -> Expression {
        var start = current
        var left = try power()
        while true {
            let operation: BinaryOperator
            switch current.kind {
            case .mul: operation = .mul
            case .div: operation = .div
            case .floordiv: operation = .floordiv
            case .mod: operation = .mod
            default: return left
            }
            try next()
            left = try make(.binary(operation, left, try power()), start)
            start = current
        }
    }

    private mutating func power() throws(JinjaError) -> Expression {
        var start = current
        var left = try unary()
        while try skip(.pow) {
            left = try make(.binary(.pow, left, try unary()), start)
            start = current
        }
        return left
    }

    private mutating func unary(withFilter: Bool = true) throws(JinjaError) -> Expression {
        try enter()
        defer { leave() }
        let token = current
        var value: Expression
        switch token.kind {
        case .sub:
            try next()
            value = try make(.negate(try unary(withFilter: false)), token)
        case .add:
            try next()
            value = try make(.positive(try unary(withFilter: false)), token)
        default: value = try primary()
        }
        value = try postfix(value)
        return withFilter ? try filtersAndTests(value) : value
    }

    mutating func primary(withNamespace: Bool = false) throws(JinjaError) -> Expression {
        let token = current
        switch token.kind {
        case .name:
            try next()
            switch token.text {
            case "true", "True": return try make(.constant(.bool(true)), token)
            case "false", "False": return try make(.constant(.bool(false)), token)
            case "none", "None": return try make(.constant(.null), token)
            default:
                if withNamespace, current.kind == .dot {
                    try next()
                    return try make(.namespaceReference(token.text, try expect(.name).text), token)
                }
                return try make(.name(token.text, .load), token)
            }
        case .string:
            var text = try next().text
            while current.kind == .string { text += try next().text }
            return try make(.constant(.string(text)), token)
        case .integer, .float:
            try next()
            return try make(.constant(token.number), token)
        case .lparen:
            try next()
            let inner = try tuple(inParentheses: true)
            try expect(.rparen)
            return inner
        case .lbracket: return try list()
        case .lbrace: return try dict()
        default: throw error("unexpected \(token.description.quoted)", at: token)
        }
    }

    /// Reads one expression, or a tuple where a comma follows.
    mutating func tuple(
        simplified: Bool = false, withCondition: Bool = true, inParentheses: Bool = false, withNamespace: Bool = false
    ) throws(JinjaError) -> Expression {
        var start = current
        var items: [Expression] = []
        var isTuple = false
        while true {
            if !items.isEmpty { try expect(.comma) }
            if isTupleEnd { break }
            items.append(
                simplified ? try primary(withNamespace: withNamespace) : try expression(withCondition: withCondition))
            guard current.kind == .comma else { break }
            isTuple = true
            start = current
        }
        if !isTuple {
            if let only = items.first { return only }
            if !inParentheses { throw error("Expected an expression, got \(current.description.quoted)") }
        }
        return try make(.tuple(items), start)
    }

    private var isTupleEnd: Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .rparen: true
        default: false
        }
    }

    private mutating func list() throws(JinjaError) -> Expression {
        let token = try expect(.lbracket)
        var items: [Expression] = []
        while current.kind != .rbracket {
            if !items.isEmpty { try expect(.comma) }
            if current.kind == .rbracket { break }
            items.append(try expression())
        }
        try expect(.rbracket)
        return try make(.list(items), token)
    }

    private mutating func dict() throws(JinjaError) -> Expression {
        let token = try expect(.lbrace)
        var pairs: [(key: Expression, value: Expression)] = []
        while current.kind != .rbrace {
            if !pairs.isEmpty { try expect(.comma) }
            if current.kind == .rbrace { break }
            let key = try expression()
            try expect(.colon)
            pairs.append((key, try expression()))
        }
        try expect(.rbrace)
        return try make(.dict(pairs), token)
    }

    mutating func postfix(_ value: Expression) throws(JinjaError) -> Expression {
        var result = value
        while true {
            switch current.kind {
            case .dot, .lbracket: result = try subscripted(result)
            case .lparen: result = try call(result)
            default: return result
            }
        }
    }

    private mutating func filtersAndTests(_ value: Expression) throws(JinjaError) -> Expression {
        var result = value
        while true {
            switch current.kind {
            case .pipe: result = try filters(on: result) ?? result
            case .name where current.text == "is": result = try test(on: result)
            case .lparen: result = try call(result)
            default: return result
            }
        }
    }

    private mutating func subscripted(_ value: Expression) throws(JinjaError) -> Expression {
        let token = try next()
        if token.kind == .dot {
            let attribute = current
            try next()
            switch attribute.kind {
            case .name: return try make(.attribute(value, attribute.text), token)
            case .integer:
                return try make(.item(value, try make(.constant(attribute.number), attribute)), token)
            default: throw error("expected name or number", at: attribute)
            }
        }
        var items: [Expression] = []
        while current.kind != .rbracket {
            if !items.isEmpty { try expect(.comma) }
            items.append(try subscriptItem())
        }
        try expect(.rbracket)
        let key = items.count == 1 ? items[0] : try make(.tuple(items), token)
        return try make(.item(value, key), token)
    }

    private mutating func subscriptItem() throws(JinjaError) -> Expression {
        let start = current
        var parts: [Expression?]
        if try skip(.colon) {
            parts = [nil]
        } else {
            let value = try expression()
            guard try skip(.colon) else { return value }
            parts = [value]
        }
        if current.kind == .colon || current.kind == .rbracket || current.kind == .comma {
            parts.append(nil)
        } else {
            parts.append(try expression())
        }
        if try skip(.colon), current.kind != .rbracket, current.kind != .comma {
            parts.append(try expression())
        } else {
            parts.append(nil)
        }
        return try make(.slice(parts[0], parts[1], parts[2]), start)
    }

    private mutating func call(_ target: Expression) throws(JinjaError) -> Expression {
        let token = current
        return try make(.call(target, try arguments()), token)
    }

    mutating func arguments() throws(JinjaError) -> CallArguments {
        let start = try expect(.lparen)
        var result = CallArguments()
        var needsComma = false
        func invalid() -> JinjaError { error("invalid syntax for function call expression", at: start) }
        while current.kind != .rparen {
            if needsComma {
                try expect(.comma)
                if current.kind == .rparen { break }
            }
            let isKeyword = current.kind == .name ? try following().kind == .assign : false
            switch current.kind {
            case .mul:
                guard result.spread == nil, result.keywordSpread == nil else { throw invalid() }
                try next()
                result.spread = try expression()
            case .pow:
                guard result.keywordSpread == nil else { throw invalid() }
                try next()
                result.keywordSpread = try expression()
            case .name where isKeyword:
                guard result.keywordSpread == nil else { throw invalid() }
                let key = try next().text
                try next()
                let value = try expression()
                guard !result.keywords.contains(where: { $0.name == key }) else {
                    throw error("keyword argument repeated: \(key)", at: start, kind: .syntax)
                }
                result.keywords.append((key, value))
            default:
                guard result.spread == nil, result.keywordSpread == nil, result.keywords.isEmpty else { throw invalid() }
                result.positional.append(try expression())
            }
            needsComma = true
        }
        try expect(.rparen)
        return result
    }

    /// Reads `|name(...)|...`; with `inline` the first filter comes without its bar.
    mutating func filters(on value: Expression?, inline: Bool = false) throws(JinjaError) -> Expression? {
        var result = value
        var inline = inline
        while current.kind == .pipe || inline {
            if !inline { try next() }
            inline = false
            let token = try expect(.name)
            let name = try dottedName(token.text)
            let arguments = current.kind == .lparen ? try arguments() : CallArguments()
            result = try make(.filter(result, name, arguments), token)
        }
        return result
    }

    private mutating func dottedName(_ first: String) throws(JinjaError) -> String {
        var name = first
        while try skip(.dot) { name += "." + (try expect(.name).text) }
        return name
    }

    private mutating func test(on value: Expression) throws(JinjaError) -> Expression {
        let token = try next()
        let negated = try skip(name: "not")
        let name = try dottedName(try expect(.name).text)
        var arguments = CallArguments()
        switch current.kind {
        case .lparen: arguments = try self.arguments()
        case .name where ["else", "or", "and"].contains(current.text): break
        case .name where current.text == "is": throw error("You cannot chain multiple tests with is")
        case .name, .string, .integer, .float, .lbracket, .lbrace:
            arguments.positional = [try postfix(try primary())]
        default: break
        }
        let result = try make(.test(value, name, arguments), token)
        return negated ? try make(.not(result), token) : result
    }
}
