extension Parser {
    /// Every tag that can stand first in a block tag, for suggestions.
    var knownTags: [String] {
        var tags = [
            "for", "if", "block", "extends", "print", "macro", "include", "from", "import", "set", "with", "autoescape",
            "call", "filter", "do", "break", "continue", "raw",
        ]
        if extensions.dataTags != nil {
            tags += ["load_yaml", "load_json", "load_text", "import_yaml", "import_json", "import_text"]
        }
        if extensions.profile != nil { tags.append("profile") }
        return tags
    }

    /// Reads until one of the tags, which becomes the current token, or to the end of the template.
    mutating func statements(until ends: [String]?) throws(JinjaError) -> [Statement] {
        try enter()
        defer { leave() }
        if let ends { endTags.append(ends) }
        defer { if ends != nil { endTags.removeLast() } }
        var body: [Statement] = []
        var output: [Statement.OutputItem] = []
        var outputLine = 1
        func flush() {
            if !output.isEmpty { body.append(Statement(.output(output), line: outputLine)) }
            output = []
        }
        while true {
            let token = current
            switch token.kind {
            case .data:
                if output.isEmpty { outputLine = token.line }
                output.append(.text(token.text))
                try next()
            case .variableBegin:
                try next()
                let value = try tuple()
                if output.isEmpty { outputLine = value.line }
                output.append(.value(value))
                try expect(.variableEnd)
            case .blockBegin:
                flush()
                try next()
                if let ends, current.kind == .name, ends.contains(current.text) { return body }
                body.append(try statement())
                try expect(.blockEnd)
            default:
                flush()
                return body
            }
        }
    }

    /// Reads the body of a tag up to and, unless the caller wants to see it, over its end tag.
    mutating func body(until ends: [String], dropEnd: Bool = true) throws(JinjaError) -> [Statement] {
        _ = try skip(.colon)
        try expect(.blockEnd)
        let result = try statements(until: ends)
        if current.kind == .eof { throw unknownTag(nil, line: current.line, offset: nil, pending: ends) }
        if dropEnd { try next() }
        return result
    }

    private mutating func statement() throws(JinjaError) -> Statement {
        let token = current
        guard token.kind == .name else { throw error("tag name expected", at: token) }
        openTags.append(token.text)
        let result: Statement.Kind
        switch token.text {
        case "for": result = try loop()
        case "if": result = try conditionTag()
        case "set": result = try assignment()
        case "block": result = try block()
        case "extends":
            try next()
            result = .extends(try expression())
        case "print": result = try printTag()
        case "macro": result = try macro()
        case "include": result = try include()
        case "from": result = try fromImport()
        case "import": result = try importTag()
        case "with": result = try with()
        case "autoescape":
            try next()
            let value = try expression()
            result = .autoescape(value, body: try body(until: ["endautoescape"]))
        case "call": result = try callBlock()
        case "filter":
            try next()
            guard let filter = try filters(on: nil, inline: true) else { throw error("expected a filter") }
            result = .filterBlock(filter, body: try body(until: ["endfilter"]))
        case "do":
            try next()
            result = .expression(try tuple())
        case "break":
            try next()
            result = .breakLoop
        case "continue":
            try next()
            result = .continueLoop
        default:
            guard let kind = try extensionTag(token.text) else {
                openTags.removeLast()
                throw unknownTag(token.text, line: token.line, offset: token.offset)
            }
            result = kind
        }
        openTags.removeLast()
        return Statement(result, line: token.line)
    }

    // MARK: Assignment

    mutating func assignTarget(
        withTuple: Bool = true, withNamespace: Bool = false
    ) throws(JinjaError) -> Expression {
        let target =
            withTuple
            ? try tuple(simplified: true, withNamespace: withNamespace)
            : try primary(withNamespace: withNamespace)
        return try checked(target.used(as: .store))
    }

    mutating func nameTarget() throws(JinjaError) -> (name: String, token: Token, expression: Expression) {
        let token = try expect(.name)
        let target = try checked(try make(.name(token.text, .store), token))
        return (token.text, token, target)
    }

    private func checked(_ target: Expression) throws(JinjaError) -> Expression {
        guard target.canBeAssigned else {
            throw error("can't assign to \(target.nodeName.quoted)", line: target.line, offset: target.offset)
        }
        return target
    }

    private mutating func assignment() throws(JinjaError) -> Statement.Kind {
        try next()
        let target = try assignTarget(withNamespace: true)
        if try skip(.assign) { return .assign(target: target, value: try tuple()) }
        let filter = try filters(on: nil)
        return .assignBlock(target: target, filter: filter, body: try body(until: ["endset"]))
    }

    // MARK: Flow

    private mutating func loop() throws(JinjaError) -> Statement.Kind {
        try next()
        let target = try assignTarget()
        try expect(name: "in")
        let iterable = try tuple(withCondition: false)
        let test = try skip(name: "if") ? try expression() : nil
        let isRecursive = try skip(name: "recursive")
        let body = try body(until: ["endfor", "else"], dropEnd: false)
        let hasElse = try next().text == "else"
        let otherwise = hasElse ? try self.body(until: ["endfor"]) : []
        return .loop(
            LoopTag(
                target: target, iterable: iterable, body: body, otherwise: otherwise, test: test, isRecursive: isRecursive))
    }

    private mutating func conditionTag() throws(JinjaError) -> Statement.Kind {
        var line = try next().line
        var branches: [ConditionTag.Branch] = []
        while true {
            let test = try tuple(withCondition: false)
            let body = try body(until: ["elif", "else", "endif"], dropEnd: false)
            branches.append(.init(test: test, body: body, line: line))
            let end = try next()
            if end.text == "elif" {
                line = current.line
                continue
            }
            let otherwise = end.text == "else" ? try self.body(until: ["endif"]) : []
            return .condition(ConditionTag(branches: branches, otherwise: otherwise))
        }
    }

    private mutating func with() throws(JinjaError) -> Statement.Kind {
        try next()
        var targets: [Expression] = []
        var values: [Expression] = []
        while current.kind != .blockEnd {
            if !targets.isEmpty { try expect(.comma) }
            targets.append(try assignTarget().used(as: .parameter))
            try expect(.assign)
            values.append(try expression())
        }
        return .with(targets: targets, values: values, body: try body(until: ["endwith"]))
    }

    private mutating func printTag() throws(JinjaError) -> Statement.Kind {
        try next()
        var items: [Statement.OutputItem] = []
        while current.kind != .blockEnd {
            if !items.isEmpty { try expect(.comma) }
            items.append(.value(try expression()))
        }
        return .output(items)
    }

    // MARK: Macros and blocks

    private mutating func signature() throws(JinjaError) -> (parameters: [Expression], defaults: [Expression]) {
        var parameters: [Expression] = []
        var defaults: [Expression] = []
        try expect(.lparen)
        while current.kind != .rparen {
            if !parameters.isEmpty { try expect(.comma) }
            let parameter = try nameTarget().expression.used(as: .parameter)
            if try skip(.assign) {
                defaults.append(try expression())
            } else if !defaults.isEmpty {
                throw error("non-default argument follows default argument")
            }
            parameters.append(parameter)
        }
        try expect(.rparen)
        return (parameters, defaults)
    }

    private mutating func macro() throws(JinjaError) -> Statement.Kind {
        try next()
        let name = try nameTarget().name
        let (parameters, defaults) = try signature()
        let body = try body(until: ["endmacro"])
        return .macro(MacroTag(name: name, parameters: parameters, defaults: defaults, body: body))
    }

    private mutating func callBlock() throws(JinjaError) -> Statement.Kind {
        let start = try next()
        let (parameters, defaults) = current.kind == .lparen ? try signature() : ([], [])
        let call = try expression()
        guard case .call = call.kind else { throw error("expected call", at: start) }
        let body = try body(until: ["endcall"])
        return .callBlock(MacroTag(name: nil, parameters: parameters, defaults: defaults, body: body), call: call)
    }

    private mutating func block() throws(JinjaError) -> Statement.Kind {
        try next()
        let name = try expect(.name).text
        let isScoped = try skip(name: "scoped")
        let isRequired = try skip(name: "required")
        if current.kind == .sub {
            throw error(
                "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead."
            )
        }
        let body = try body(until: ["endblock"])
        if isRequired, !body.allSatisfy(\.isBlank) {
            throw error("Required blocks can only contain comments or whitespace")
        }
        _ = try skip(name: name)
        return .block(BlockTag(name: name, body: body, isScoped: isScoped, isRequired: isRequired))
    }

    // MARK: Other templates

    private func atContext() throws(JinjaError) -> Bool {
        guard current.isName("with") || current.isName("without") else { return false }
        return try following().isName("context")
    }

    private mutating func importContext(default withContext: Bool) throws(JinjaError) -> Bool {
        guard try atContext() else { return withContext }
        let result = try next().text == "with"
        try next()
        return result
    }

    private mutating func include() throws(JinjaError) -> Statement.Kind {
        try next()
        let source = try expression()
        var ignoreMissing = false
        if current.isName("ignore"), try following().isName("missing") {
            ignoreMissing = true
            try next()
            try next()
        }
        return .include(source, ignoreMissing: ignoreMissing, withContext: try importContext(default: true))
    }

    private mutating func importTag() throws(JinjaError) -> Statement.Kind {
        try next()
        let source = try expression()
        try expect(name: "as")
        let target = try nameTarget().name
        return .importModule(source, target: target, withContext: try importContext(default: false))
    }

    private mutating func fromImport() throws(JinjaError) -> Statement.Kind {
        try next()
        let source = try expression()
        try expect(name: "import")
        var names: [(name: String, alias: String)] = []
        var withContext = false
        while true {
            if !names.isEmpty { try expect(.comma) }
            guard current.kind == .name else {
                try expect(.name)
                break
            }
            if try atContext() {
                withContext = try importContext(default: false)
                break
            }
            let (name, token, _) = try nameTarget()
            if name.hasPrefix("_") {
                throw error(
                    "names starting with an underline can not be imported", at: token, kind: .templateAssertion)
            }
            names.append((name, try skip(name: "as") ? try nameTarget().name : name))
            if try atContext() {
                withContext = try importContext(default: false)
                break
            }
            if current.kind != .comma { break }
        }
        return .importNames(source, names: names, withContext: withContext)
    }

    // MARK: Tags that the host switches on

    private mutating func extensionTag(_ name: String) throws(JinjaError) -> Statement.Kind? {
        switch name {
        case "load_yaml", "load_json", "load_text":
            guard extensions.dataTags != nil else { return nil }
            try next()
            try expect(name: "as")
            let target = try assignTarget()
            return .loadData(format: String(name.dropFirst(5)), target: target, body: try body(until: ["endload"]))
        case "import_yaml", "import_json", "import_text":
            guard extensions.dataTags != nil else { return nil }
            try next()
            let source = try expression()
            try expect(name: "as")
            let target = try nameTarget().name
            return .importData(
                format: String(name.dropFirst(7)), source: source, target: target,
                withContext: try importContext(default: false))
        case "profile":
            guard extensions.profile != nil else { return nil }
            try next()
            try expect(name: "as")
            let label = try expression()
            return .profile(name: label, body: try body(until: ["endprofile"]))
        default: return nil
        }
    }
}

extension Statement {
    /// Whether it prints nothing but white space, as required blocks must.
    var isBlank: Bool {
        guard case .output(let items) = kind else { return false }
        return items.allSatisfy { item in
            guard case .text(let text) = item else { return false }
            return text.unicodeScalars.allSatisfy(PythonSpace.isSpace)
        }
    }
}
