/// Which part of a loop is analysed.
enum LoopPart { case body, otherwise, test }

extension Symbols {
    func analyze(_ statements: [Statement]) { statements.forEach(visit) }

    func analyze(loop: LoopTag, part: LoopPart) {
        switch part {
        case .body:
            visitAsParameter(loop.target)
            analyze(loop.body)
        case .otherwise: analyze(loop.otherwise)
        case .test:
            visitAsParameter(loop.target)
            if let test = loop.test { visit(test) }
        }
    }

    func analyze(macro: MacroTag) {
        macro.parameters.forEach(visit)
        macro.defaults.forEach(visit)
        analyze(macro.body)
    }

    private func visitAsParameter(_ target: Expression) {
        if case .name(let name, _) = target.kind { declareParameter(name) } else { target.forEachChild(visitAsParameter) }
    }

    func visit(_ expression: Expression) {
        switch expression.kind {
        case .name(let name, .load): load(name)
        case .name(let name, .store): store(name)
        case .name(let name, .parameter): declareParameter(name)
        case .namespaceReference(let name, _): load(name)
        default: expression.forEachChild(visit)
        }
    }

    private func visit(_ statement: Statement) {
        switch statement.kind {
        case .output(let items):
            for case .value(let expression) in items { visit(expression) }
        case .loop(let loop): visit(loop.iterable)
        case .condition(let tag): visit(tag)
        case .macro(let macro): if let name = macro.name { store(name) }
        case .callBlock(_, let call): visit(call)
        case .filterBlock(let filter, _): visit(filter)
        case .with(_, let values, _): values.forEach(visit)
        case .assign(let target, let value):
            visit(value)
            visit(target)
        case .assignBlock(let target, _, _), .loadData(_, let target, _): visit(target)
        case .block, .autoescape, .breakLoop, .continueLoop: break
        case .extends(let source), .include(let source, _, _): visit(source)
        case .importModule(let source, let target, _), .importData(_, let source, let target, _):
            visit(source)
            store(target)
        case .importNames(let source, let names, _):
            visit(source)
            for (_, alias) in names { store(alias) }
        case .expression(let value): visit(value)
        case .profile(let name, let body):
            visit(name)
            analyze(body)
        }
    }

    private func visit(_ tag: ConditionTag) {
        guard let first = tag.branches.first else { return }
        visit(first.test)
        let body = copy()
        body.analyze(first.body)
        // Every `elif` is an `if` of its own, one after the other in one branch.
        let middle = copy()
        for branch in tag.branches.dropFirst() {
            middle.visit(ConditionTag(branches: [branch], otherwise: []))
        }
        let last = copy()
        last.analyze(tag.otherwise)
        update(branches: [body, middle, last])
    }
}

/// Finds which of some names a body reads without setting them first.
struct UndeclaredNames {
    private var wanted: Set<String>
    private(set) var found: Set<String> = []

    init(_ names: Set<String>, in body: [Statement]) {
        wanted = names
        body.forEach { visit($0) }
    }

    private mutating func visit(_ expression: Expression) {
        if case .name(let name, let use) = expression.kind {
            if use == .load, wanted.contains(name) { found.insert(name) } else { wanted.remove(name) }
            return
        }
        expression.forEachChild { visit($0) }
    }

    private mutating func visit(_ statement: Statement) {
        switch statement.kind {
        case .block: break
        default:
            statement.forEachPart { part in
                switch part {
                case .expression(let expression): visit(expression)
                case .statement(let statement): visit(statement)
                }
            }
        }
    }
}

extension Statement {
    enum Part {
        case expression(Expression)
        case statement(Statement)
    }

    /// Visits the expressions and statements directly inside, in the order of Jinja2's fields.
    func forEachPart(_ visit: (Part) -> Void) {
        func expressions(_ list: [Expression]) { for item in list { visit(.expression(item)) } }
        func statements(_ list: [Statement]) { for item in list { visit(.statement(item)) } }
        switch kind {
        case .output(let items): for case .value(let expression) in items { visit(.expression(expression)) }
        case .loop(let loop):
            expressions([loop.target, loop.iterable])
            statements(loop.body)
            statements(loop.otherwise)
            if let test = loop.test { visit(.expression(test)) }
        case .condition(let tag):
            for branch in tag.branches {
                visit(.expression(branch.test))
                statements(branch.body)
            }
            statements(tag.otherwise)
        case .macro(let macro):
            expressions(macro.parameters + macro.defaults)
            statements(macro.body)
        case .callBlock(let macro, let call):
            visit(.expression(call))
            expressions(macro.parameters + macro.defaults)
            statements(macro.body)
        case .filterBlock(let filter, let body):
            statements(body)
            visit(.expression(filter))
        case .with(let targets, let values, let body):
            expressions(targets + values)
            statements(body)
        case .assign(let target, let value): expressions([target, value])
        case .assignBlock(let target, let filter, let body):
            visit(.expression(target))
            if let filter { visit(.expression(filter)) }
            statements(body)
        case .block(let block): statements(block.body)
        case .extends(let source), .include(let source, _, _), .importModule(let source, _, _),
            .importNames(let source, _, _), .importData(_, let source, _, _):
            visit(.expression(source))
        case .autoescape(let value, let body):
            visit(.expression(value))
            statements(body)
        case .expression(let value): visit(.expression(value))
        case .breakLoop, .continueLoop: break
        case .loadData(_, let target, let body):
            visit(.expression(target))
            statements(body)
        case .profile(let name, let body):
            visit(.expression(name))
            statements(body)
        }
    }

    /// Visits this statement and all statements inside of it.
    func walk(_ visit: (Statement) -> Void) {
        visit(self)
        forEachPart { if case .statement(let inner) = $0 { inner.walk(visit) } }
    }

    /// Visits all expressions inside, those of inner statements too.
    func walkExpressions(_ visit: (Expression) -> Void) {
        func deep(_ expression: Expression) {
            visit(expression)
            expression.forEachChild(deep)
        }
        forEachPart { part in
            switch part {
            case .expression(let expression): deep(expression)
            case .statement(let inner): inner.walkExpressions(visit)
            }
        }
    }
}
