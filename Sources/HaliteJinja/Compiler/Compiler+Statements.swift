extension Compiler {
    func statements(_ list: [Statement], _ scope: Scope) throws(JinjaError) -> [StatementNode] {
        var nodes: [StatementNode] = []
        for statement in list {
            // A second `extends` that surely runs fails; nothing behind it is reached.
            if case .extends = statement.kind, scope.isTopLevel, hasKnownExtends {
                nodes.append(
                    PrintStatement(line: lastLine) { _, _ in
                        throw JinjaError(.templateRuntime, "extended multiple times")
                    })
                return nodes
            }
            if let node = try compile(statement, scope) { nodes.append(node) }
        }
        return nodes
    }

    func body(_ list: [Statement], _ scope: Scope) throws(JinjaError) -> Body { Body(try statements(list, scope)) }

    private func compile(_ statement: Statement, _ scope: Scope) throws(JinjaError) -> StatementNode? {
        let before = lastLine
        let line = statement.line
        switch statement.kind {
        case .with, .autoescape, .filterBlock, .assignBlock, .output, .block: break
        default: lastLine = line
        }
        switch statement.kind {
        case .output(let items): return try output(items, scope, line: line)
        case .loop(let tag): return try loop(tag, statement, scope)
        case .condition(let tag): return try condition(tag, scope, line: line)
        case .macro(let tag):
            let code = try macro(tag, scope, line: line)
            guard let name = tag.name else { return nil }
            return MacroStatement(code, target: nameTarget(name, scope, exports: scope.isTopLevel), line: line)
        case .callBlock(let tag, let call):
            let code = try macro(tag, scope, line: line)
            if case .call(_, let arguments) = call.kind, arguments.keywords.contains(where: { $0.name == "caller" }) {
                throw error("keyword argument repeated: caller", line: line, kind: .syntax)
            }
            lastLine = line
            return CallBlockStatement(code, call: try expression(call, scope), line: line)
        case .filterBlock(let filter, let body):
            let (text, inner) = try bodyText(body, scope)
            let node = try filterChain(filter, on: text, inner)
            lastLine = line
            return PrintStatement(line: line) { frame, output in try output.write(node.evaluate(frame).joinable()) }
        case .with(let targets, let values, let body):
            let inner = scope.inner()
            targets.forEach(inner.symbols.visit)
            inner.symbols.analyze(body)
            var assignments: [(target: Target, value: ExpressionNode)] = []
            for (position, expression) in targets.enumerated() {
                assignments.append((target(expression, inner), try self.expression(values[position], scope)))
            }
            let body = try self.body(body, inner)
            return ScopeStatement(entry: entry(inner), assignments: assignments, body: body, line: before)
        case .assign(let target, let value):
            let node = try expression(value, scope)
            return AssignStatement(self.target(target, scope, checkLine: before), node, line: line)
        case .assignBlock(let target, let filter, let body):
            let (text, inner) = try bodyText(body, scope, checksParent: false)
            let node = try filter.map { filter throws(JinjaError) in try filterChain(filter, on: text, inner) }
            lastLine = line
            return AssignBlockStatement(self.target(target, scope), text, filter: node, line: line)
        case .block(let tag): return block(tag, scope, line: line)
        case .extends(let source): return try extends(source, scope, line: line, previousLine: before)
        case .include(let source, let ignoresMissing, let withContext):
            return IncludeStatement(
                try expression(source, scope), ignoresMissing: ignoresMissing, locals: withContext ? locals(scope) : nil,
                line: line)
        case .importModule(let source, let target, let withContext):
            return ImportStatement(
                try expression(source, scope), target: nameTarget(target, scope),
                topLevelName: scope.isTopLevel ? target : nil, locals: withContext ? locals(scope) : nil, line: line)
        case .importNames(let source, let names, let withContext):
            return ImportNamesStatement(
                try expression(source, scope),
                names: names.map { name, alias in
                    .init(name: name, alias: alias, target: nameTarget(alias, scope), isTopLevel: scope.isTopLevel)
                }, locals: withContext ? locals(scope) : nil, line: line)
        case .autoescape(let value, let body): return try autoescape(value, body, scope, line: before)
        case .expression(let value): return ExpressionStatement(try expression(value, scope), line: line)
        case .breakLoop:
            guard scope.isInLoop else { throw error("'break' outside loop", line: line, kind: .syntax) }
            return JumpStatement(.breakLoop, line: line)
        case .continueLoop:
            guard scope.isInLoop else { throw error("'continue' not properly in loop", line: line, kind: .syntax) }
            return JumpStatement(.continueLoop, line: line)
        case .loadData(let format, let target, let body):
            let (text, _) = try bodyText(body, scope, checksParent: false)
            return LoadDataStatement(format: format, origin: .body(text), target: self.target(target, scope), line: line)
        case .importData(let format, let source, let target, let withContext):
            return LoadDataStatement(
                format: format,
                origin: .template(try expression(source, scope), locals: withContext ? locals(scope) : nil),
                target: nameTarget(target, scope, exports: scope.isTopLevel), line: line)
        case .profile(let name, let body):
            return ProfileStatement(name: try expression(name, scope), body: try self.body(body, scope), line: line)
        }
    }

    private func output(_ items: [Statement.OutputItem], _ scope: Scope, line: Int) throws(JinjaError) -> StatementNode? {
        // Jinja2 compiles nothing that a known parent keeps from being printed, not even its mistakes.
        if scope.checksParent, hasKnownExtends { return nil }
        var nodes: [OutputNode.Item] = []
        for item in items {
            switch item {
            case .text(let text): nodes.append(.text(text))
            case .value(let value):
                isConstantOutput = value.isConstant
                nodes.append(.value(try expression(value, scope), line: value.line))
                isConstantOutput = false
                // What is computed while the template is compiled needs no line of its own.
                if !value.isConstant { lastLine = value.line }
            }
        }
        return OutputNode(nodes, mode: scope.escape, checksParent: scope.checksParent, line: line)
    }

    private func condition(_ tag: ConditionTag, _ scope: Scope, line: Int) throws(JinjaError) -> StatementNode {
        let soft = scope.soft()
        var branches: [(test: ExpressionNode, body: Body, line: Int)] = []
        for branch in tag.branches {
            lastLine = branch.line
            branches.append((try expression(branch.test, soft), try body(branch.body, soft), branch.line))
        }
        return ConditionStatement(branches: branches, otherwise: try body(tag.otherwise, soft), line: line)
    }

    // MARK: Loops

    private func loop(_ tag: LoopTag, _ statement: Statement, _ scope: Scope) throws(JinjaError) -> StatementNode {
        let outer = tag.isRecursive ? functionScope(in: scope) : scope
        // The scopes of a recursive loop live in its function, one level below the tag all the same.
        func inner() -> Scope {
            var inner = scope.inner()
            if tag.isRecursive {
                inner.function = outer.function
                inner.symbols = Symbols(parent: scope.symbols, function: outer.function.scope)
            }
            return inner
        }
        let loopScope = inner()
        // The test runs ahead of the body when `loop.last` asks for the next element, so its names are its own.
        var testScope = inner()
        testScope.symbols = Symbols(parent: scope.symbols, function: outer.function.scope, variant: "if ")
        var elseScope = inner()
        if tag.isRecursive { elseScope.isInLoop = false }
        var hasScopedBlock = false
        var assignsLoop: Int?
        if hasBlocks { statement.walk { if case .block(let block) = $0.kind, block.isScoped { hasScopedBlock = true } } }
        if mentionsLoop {
            statement.walkExpressions {
                if case .name("loop", .store) = $0.kind, assignsLoop == nil { assignsLoop = $0.line }
            }
        }
        let isExtended =
            tag.isRecursive || hasScopedBlock || !undeclared(["loop"], in: tag.body).isEmpty
        let loopSlot = isExtended ? loopScope.symbols.declareParameter("loop").slot : nil
        loopScope.symbols.analyze(loop: tag, part: .body)
        if !tag.otherwise.isEmpty { elseScope.symbols.analyze(loop: tag, part: .otherwise) }
        let test = try tag.test.map { test throws(JinjaError) in
            testScope.symbols.analyze(loop: tag, part: .test)
            return try expression(test, testScope)
        }
        if let assignsLoop {
            throw error("Can't assign to special loop variable in for-loop target", line: assignsLoop)
        }
        let iterable = try expression(tag.iterable, scope)
        var bodyScope = loopScope
        bodyScope.isInLoop = true
        let body = try body(tag.body, bodyScope)
        let otherwise = tag.otherwise.isEmpty ? nil : try self.body(tag.otherwise, elseScope)
        if tag.isRecursive { lastLine = statement.line }
        let entries = loopEntries(loopScope)
        let parts = LoopStatement.Parts(
            target: target(tag.target, loopScope), iterable: iterable, test: test,
            testTarget: test == nil ? nil : target(tag.target, testScope), testLine: tag.test?.line ?? 0, testEntry: entry(testScope),
            loopEntry: entries.once, iterationEntry: entries.each, body: body, otherwiseEntry: entry(elseScope),
            otherwise: otherwise, loopSlot: loopSlot, needsElements: needsElements(tag, isExtended: isExtended),
            recursive: tag.isRecursive ? outer.function.layout : nil)
        return LoopStatement(parts, line: statement.line)
    }

    /// Whether `loop` in the body may be asked for elements: not when all uses are attributes that are known not to.
    private func needsElements(_ tag: LoopTag, isExtended: Bool) -> Bool {
        guard isExtended else { return false }
        if tag.isRecursive { return true }
        var uses = 0
        var harmless = 0
        var hasInnerTemplate = false
        for statement in tag.body {
            statement.walk { inner in
                switch inner.kind {
                case .block, .include, .importModule, .importNames, .importData: hasInnerTemplate = true
                default: break
                }
            }
            statement.walkExpressions { expression in
                switch expression.kind {
                case .name("loop", _): uses += 1
                case .attribute(let owner, let name):
                    guard case .name("loop", _) = owner.kind, LoopAttribute(rawValue: name)?.needsElements == false else { return }
                    harmless += 1
                default: break
                }
            }
        }
        return hasInnerTemplate || uses != harmless
    }

    // MARK: Macros and text

    private func macro(_ tag: MacroTag, _ scope: Scope, line: Int) throws(JinjaError) -> MacroCode {
        var inner = functionScope(in: scope)
        inner.checksParent = false
        let symbols = inner.symbols
        symbols.analyze(macro: tag)
        let parameters = tag.parameters.compactMap { parameter -> String? in
            if case .name(let name, _) = parameter.kind { name } else { nil }
        }
        let used = undeclared(["caller", "kwargs", "varargs"], in: tag.body)
        let firstDefault = parameters.count - tag.defaults.count
        var callerSlot: Int?
        if used.contains("caller") {
            if let position = parameters.firstIndex(of: "caller") {
                if position < firstDefault {
                    throw error(
                        "When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.",
                        line: line)
                }
            } else {
                callerSlot = symbols.declareParameter("caller").slot
            }
        }
        func special(_ name: String) -> Int? {
            guard used.contains(name), !parameters.contains(name) else { return nil }
            return symbols.declareParameter(name).slot
        }
        let keywordsSlot = special("kwargs")
        let extrasSlot = special("varargs")
        symbols.analyze(macro: tag)
        var defaults: [ExpressionNode?] = []
        for position in parameters.indices {
            defaults.append(position < firstDefault ? nil : try expression(tag.defaults[position - firstDefault], inner))
        }
        let slots = parameters.map { place($0, inner).slot }
        let body = try body(tag.body, inner)
        return MacroCode(
            name: tag.name, parameters: parameters, slots: slots, defaults: defaults, callerSlot: callerSlot,
            keywordsSlot: keywordsSlot, extrasSlot: extrasSlot, usesCaller: used.contains("caller"),
            layout: inner.function.layout, entry: entry(inner), body: body, line: line)
    }

    private func bodyText(
        _ list: [Statement], _ scope: Scope, checksParent: Bool? = nil
    ) throws(JinjaError) -> (BodyTextNode, Scope) {
        var inner = scope.inner()
        if let checksParent { inner.checksParent = checksParent }
        inner.symbols.analyze(list)
        let body = try body(list, inner)
        return (BodyTextNode(entry: entry(inner), body: body, mode: scope.escape), inner)
    }

    /// Applies `a|b|c` without a value to the text of a block.
    private func filterChain(_ filter: Expression, on text: ExpressionNode, _ scope: Scope) throws(JinjaError) -> ExpressionNode {
        guard case .filter(let value, let name, let arguments) = filter.kind else { return text }
        let function = try self.filter(name, scope, line: filter.line)
        let inner = try value.map { value throws(JinjaError) in try filterChain(value, on: text, scope) } ?? text
        return try self.filter(function, on: inner, name, arguments, scope)
    }

    private func autoescape(
        _ value: Expression, _ list: [Statement], _ scope: Scope, line: Int
    ) throws(JinjaError) -> StatementNode {
        var inner = scope.inner()
        inner.symbols.visit(value)
        inner.symbols.analyze(list)
        let node = try expression(value, inner)
        if let constant = node.constant {
            inner.escape = (try? constant.isTrue()) == true ? .on : .off
        } else {
            inner.escape = .volatile
        }
        let body = try body(list, inner)
        return AutoescapeStatement(entry: entry(inner), value: node, body: body, line: line)
    }

    // MARK: Inheritance

    private func block(_ tag: BlockTag, _ scope: Scope, line: Int) -> StatementNode? {
        if scope.isTopLevel, hasKnownExtends { return nil }
        lastLine = line
        return BlockStatement(
            tag.name, isRequired: tag.isRequired, checksParent: scope.isTopLevel && extendsCount > 0,
            locals: tag.isScoped ? locals(scope) : nil, isInner: isInBlock, line: line)
    }

    private func extends(
        _ source: Expression, _ scope: Scope, line: Int, previousLine: Int
    ) throws(JinjaError) -> StatementNode {
        guard scope.isTopLevel else { throw error("cannot use extend from a non top-level scope", line: line) }
        let node = ExtendsStatement(try expression(source, scope), repeatLine: extendsCount > 0 ? previousLine : nil, line: line)
        if scope.isRootLevel { hasKnownExtends = true }
        extendsCount += 1
        return node
    }
}
