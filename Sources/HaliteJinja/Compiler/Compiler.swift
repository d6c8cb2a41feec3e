import HaliteValue

/// Turns a syntax tree into nodes, with every name bound to a slot.
final class Compiler {
    let environment: JinjaEnvironment
    let template: CompiledTemplate
    /// How many `extends` tags came so far, and whether one of them runs in any case.
    var extendsCount = 0
    var hasKnownExtends = false
    /// Whether the body of a block is being compiled.
    var isInBlock = false
    /// The line that Jinja2 would name for code that it writes without a line of its own.
    var lastLine = 1
    /// Whether the expression is a part of one whose constants Jinja2 computes when it compiles.
    var isComputedEarly = false
    /// Whether the printed expression is one that Jinja2 computes when it compiles.
    var isConstantOutput = false
    private var blocks: [String: CompiledBlock] = [:]
    private var specialNames: Set<String> = []
    var hasBlocks = false

    /// What the compiler knows at one place of a template.
    struct Scope {
        var symbols: Symbols
        var function: FunctionState
        var escape: EscapeMode
        /// At the top level of the template, also inside of `if`.
        var isTopLevel = false
        /// At the top level and in no `if`.
        var isRootLevel = false
        /// Where unknown filters are an error only when they are reached.
        var isSoft = false
        /// Whether `break` and `continue` have a loop to leave.
        var isInLoop = false
        /// Whether output waits for the question whether a parent template took over.
        var checksParent = false

        func inner() -> Scope {
            Scope(
                symbols: Symbols(parent: symbols, function: function.scope), function: function, escape: escape,
                isInLoop: isInLoop, checksParent: checksParent)
        }

        func soft() -> Scope {
            var copy = self
            copy.isRootLevel = false
            copy.isSoft = true
            return copy
        }
    }

    /// A function under construction.
    final class FunctionState {
        let scope: FunctionScope
        var isCaptured = false
        init(depth: Int) { scope = FunctionScope(depth: depth) }
        var layout: FunctionLayout { FunctionLayout(slotCount: scope.count, isCaptured: isCaptured) }
    }

    private init(environment: JinjaEnvironment, template: CompiledTemplate) {
        self.environment = environment
        self.template = template
    }

    static func compile(
        _ tree: SyntaxTree, name: String, path: String, source: String, environment: JinjaEnvironment
    ) throws(JinjaError) -> CompiledTemplate {
        let template = CompiledTemplate(
            name: name, path: path, source: source, autoescape: environment.options.autoescape)
        let compiler = Compiler(environment: environment, template: template)
        try compiler.run(tree)
        return template
    }

    private func run(_ tree: SyntaxTree) throws(JinjaError) {
        specialNames = tree.specialNames
        var found: [(BlockTag, Int)] = []
        var names: Set<String> = []
        var duplicate: (BlockTag, Int)?
        var hasExtends = false
        for statement in tree.body {
            statement.walk { inner in
                if case .block(let block) = inner.kind {
                    if !names.insert(block.name).inserted, duplicate == nil { duplicate = (block, inner.line) }
                    found.append((block, inner.line))
                }
                if case .extends = inner.kind { hasExtends = true }
            }
        }
        hasBlocks = !found.isEmpty
        if let (block, line) = duplicate { throw error("block \(block.name.quoted) defined twice", line: line) }

        let function = FunctionState(depth: 0)
        var scope = Scope(
            symbols: Symbols(parent: nil, function: function.scope), function: function,
            escape: template.autoescape ? .on : .off)
        let selfSlot = undeclared(["self"], in: tree.body).isEmpty ? nil : scope.symbols.declareParameter("self").slot
        scope.symbols.analyze(tree.body)
        scope.isTopLevel = true
        scope.isRootLevel = true
        scope.checksParent = hasExtends
        let body = Body(try statements(tree.body, scope))
        let entry = entry(scope)
        let root = RootNode(layout: function.layout, entry: entry, body: body, selfSlot: selfSlot)
        for (block, line) in found { blocks[block.name] = try compile(block, line: line) }
        template.complete(root: root, blocks: blocks)
    }

    /// Which of some special names a body reads without setting them first.
    func undeclared(_ names: Set<String>, in body: [Statement]) -> Set<String> {
        let present = names.intersection(specialNames)
        return present.isEmpty ? present : UndeclaredNames(present, in: body).found
    }

    /// Whether the template has the name `loop` at all.
    var mentionsLoop: Bool { specialNames.contains("loop") }

    private func compile(_ block: BlockTag, line: Int) throws(JinjaError) -> CompiledBlock {
        lastLine = line
        let function = FunctionState(depth: 0)
        let scope = Scope(
            symbols: Symbols(parent: nil, function: function.scope), function: function,
            escape: template.autoescape ? .on : .off)
        let special = undeclared(["self", "super"], in: block.body)
        let selfSlot = special.contains("self") ? scope.symbols.declareParameter("self").slot : nil
        let superSlot = special.contains("super") ? scope.symbols.declareParameter("super").slot : nil
        scope.symbols.analyze(block.body)
        isInBlock = true
        defer { isInBlock = false }
        let body = Body(try statements(block.body, scope))
        return CompiledBlock(
            name: block.name, layout: function.layout, entry: entry(scope), body: body, selfSlot: selfSlot,
            superSlot: superSlot, template: template)
    }

    func error(_ message: String, line: Int, kind: JinjaError.Kind = .templateAssertion) -> JinjaError {
        var error = JinjaError(kind, message, template: template.name, line: line)
        error.excerpt = template.source.excerpt(line: line, column: nil)
        return error
    }

    // MARK: Slots

    func entry(_ scope: Scope) -> ScopeEntry { ScopeEntry(actions: actions(scope, where: { _ in true })) }

    /// What a loop does once, and what before each iteration: names that its body never sets are looked up once.
    func loopEntries(_ scope: Scope) -> (once: ScopeEntry, each: ScopeEntry) {
        let stored = Set(scope.symbols.stores.compactMap { scope.symbols.references[$0]?.slot })
        return (
            ScopeEntry(actions: actions(scope, where: { !stored.contains($0) })),
            ScopeEntry(actions: actions(scope, where: { stored.contains($0) }))
        )
    }

    private func actions(_ scope: Scope, where includes: (Int) -> Bool) -> [ScopeEntry.Action] {
        scope.symbols.loads.compactMap { slot, load in
            guard includes(slot.slot) else { return nil }
            switch load {
            case .parameter: return nil
            case .resolve(let name): return .resolve(slot: slot.slot, name: name)
            case .alias(let outer):
                return .alias(
                    slot: slot.slot, hops: scope.function.scope.depth - outer.function.depth, from: outer.slot)
            case .undefined: return .clear(slot: slot.slot)
            }
        }
    }

    func place(_ name: String, _ scope: Scope) -> (slot: Int, hops: Int) {
        guard let reference = scope.symbols.find(name) else {
            preconditionFailure("the analysis of names has missed \(name)")
        }
        return (reference.slot, scope.function.scope.depth - reference.function.depth)
    }

    func name(_ name: String, _ scope: Scope) -> ExpressionNode {
        let (slot, hops) = place(name, scope)
        return hops == 0 ? LocalNode(slot: slot, name: name) : OuterNode(hops: hops, slot: slot, name: name)
    }

    /// `checkLine`: where a namespace that is none is found out before the value is evaluated.
    func target(_ expression: Expression, _ scope: Scope, checkLine: Int? = nil) -> Target {
        switch expression.kind {
        case .tuple(let items): return TupleTarget(items.map { target($0, scope, checkLine: checkLine) })
        case .namespaceReference(let name, let attribute):
            let (slot, hops) = place(name, scope)
            return NamespaceTarget(slot: slot, hops: hops, attribute: attribute, checkLine: checkLine)
        case .name(let name, _): return nameTarget(name, scope, exports: scope.isTopLevel)
        default: return TupleTarget([])
        }
    }

    func nameTarget(_ name: String, _ scope: Scope, exports: Bool = false) -> Target {
        let (slot, hops) = place(name, scope)
        return exports || hops > 0 ? NameTarget(slot: slot, hops: hops, name: name, exports: exports) : LocalTarget(slot: slot)
    }

    /// The variables around, as an included template sees them.
    func locals(_ scope: Scope) -> [(name: String, node: ExpressionNode)] {
        scope.symbols.visibleStores().map { name, slot in
            let hops = scope.function.scope.depth - slot.function.depth
            return (name, hops == 0 ? LocalNode(slot: slot.slot, name: name) : OuterNode(hops: hops, slot: slot.slot, name: name))
        }
    }

    /// A scope in a function of its own, whose frame keeps the one around alive.
    func functionScope(in scope: Scope) -> Scope {
        scope.function.isCaptured = true
        let function = FunctionState(depth: scope.function.scope.depth + 1)
        return Scope(
            symbols: Symbols(parent: scope.symbols, function: function.scope), function: function, escape: scope.escape,
            checksParent: scope.checksParent)
    }
}
