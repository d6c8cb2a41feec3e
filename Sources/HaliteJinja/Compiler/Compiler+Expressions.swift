extension Compiler {
    func expression(_ expression: Expression, _ scope: Scope) throws(JinjaError) -> ExpressionNode {
        guard !isComputedEarly, expression.isOperation, scope.escape != .volatile else { return try node(expression, scope) }
        isComputedEarly = true
        defer { isComputedEarly = false }
        return try node(expression, scope)
    }

    private func node(_ expression: Expression, _ scope: Scope) throws(JinjaError) -> ExpressionNode {
        switch expression.kind {
        case .constant(let value): return ConstantNode(value)
        case .name(let name, _): return self.name(name, scope)
        case .namespaceReference(let name, _): return self.name(name, scope)
        case .tuple(let items):
            let nodes = try self.nodes(items, scope)
            let constants = nodes.compactMap(\.constant)
            return constants.count == nodes.count ? ConstantNode(.tuple(of: constants)) : TupleNode(nodes)
        case .list(let items): return ListNode(try nodes(items, scope))
        case .dict(let pairs):
            var compiled: [(key: ExpressionNode, value: ExpressionNode)] = []
            if isComputedEarly, expression.isConstant, let type = pairs.lazy.compactMap(\.key.unhashableType).first {
                // Jinja2 makes the dictionary here, and does not know where it stands.
                throw JinjaError(.type, "unhashable type: '\(type)'")
            }
            for (key, value) in pairs { compiled.append((try self.expression(key, scope), try self.expression(value, scope))) }
            return DictNode(compiled)
        case .condition(let test, let then, let otherwise):
            let soft = scope.soft()
            return ConditionNode(
                test: try self.expression(test, soft), then: try self.expression(then, soft),
                otherwise: try optional(otherwise, soft),
                position: template.position(line: expression.line))
        case .or(let left, let right):
            return try logic(isAnd: false, left, right, scope)
        case .and(let left, let right):
            return try logic(isAnd: true, left, right, scope)
        case .not(let value): return NotNode(try self.expression(value, scope))
        case .compare(let first, let rest):
            var operands: [(Comparison, ExpressionNode)] = []
            for (operation, operand) in rest { operands.append((operation, try self.expression(operand, scope))) }
            let left = try self.expression(first, scope)
            if operands.count == 1 { return CompareNode(left, operands[0].0, operands[0].1) }
            return CompareChainNode(left, operands)
        case .binary(let operation, let left, let right):
            return BinaryNode(operation, try self.expression(left, scope), try self.expression(right, scope))
        case .concat(let parts): return ConcatNode(try nodes(parts, scope), mode: scope.escape)
        case .negate(let value):
            let node = try self.expression(value, scope)
            if let constant = node.constant, let result = try? Operators.unary(negates: true, constant) {
                return ConstantNode(result)
            }
            return UnaryNode(negates: true, node)
        case .positive(let value): return UnaryNode(negates: false, try self.expression(value, scope))
        case .attribute(let value, let name):
            let owner = try self.expression(value, scope)
            return environment.options.sandboxed && name.hasPrefix("_") ? GuardedAttributeNode(owner, name) : AttributeNode(owner, name)
        case .item(let value, let key): return try item(value, key, scope)
        case .slice:
            throw error("a slice can only stand alone in brackets", line: expression.line, kind: .templateSyntax)
        case .call(let target, let arguments): return try call(target, arguments, scope)
        case .filter(let value, let name, let arguments):
            guard let value else { throw error("a filter without a value", line: expression.line) }
            let function = try filter(name, scope, line: expression.line)
            return try filter(function, on: self.expression(value, scope), name, arguments, scope)
        case .test(let value, let name, let arguments):
            return try test(value, name, arguments, scope, line: expression.line)
        }
    }

    /// A constant on the left that decides makes the right side disappear, with the mistakes in it.
    private func logic(
        isAnd: Bool, _ left: Expression, _ right: Expression, _ scope: Scope
    ) throws(JinjaError) -> ExpressionNode {
        let first = try expression(left, scope)
        if let constant = first.constant, let isTrue = try? constant.isTrue(), isTrue != isAnd { return first }
        return LogicNode(isAnd: isAnd, first, try expression(right, scope))
    }

    func nodes(_ expressions: [Expression], _ scope: Scope) throws(JinjaError) -> [ExpressionNode] {
        var result: [ExpressionNode] = []
        result.reserveCapacity(expressions.count)
        for item in expressions { result.append(try expression(item, scope)) }
        return result
    }

    private func optional(_ value: Expression?, _ scope: Scope) throws(JinjaError) -> ExpressionNode? {
        guard let value else { return nil }
        return try expression(value, scope)
    }

    private func item(_ value: Expression, _ key: Expression, _ scope: Scope) throws(JinjaError) -> ExpressionNode {
        let owner = try expression(value, scope)
        if case .slice(let start, let stop, let step) = key.kind {
            let bounds = [try optional(start, scope), try optional(stop, scope), try optional(step, scope)]
            return SliceNode(owner, bounds, isLenient: isConstantOutput)
        }
        let node = try expression(key, scope)
        return ItemNode(owner, node)
    }

    private func arguments(
        _ arguments: CallArguments, _ scope: Scope, of callee: String = "jinja2.runtime.Context.call"
    ) throws(JinjaError) -> ArgumentNodes {
        var keywords: [(name: String, value: ExpressionNode)] = []
        for (name, value) in arguments.keywords { keywords.append((name, try expression(value, scope))) }
        return ArgumentNodes(
            callee: callee, positional: try nodes(arguments.positional, scope), keywords: keywords,
            spread: try optional(arguments.spread, scope), keywordSpread: try optional(arguments.keywordSpread, scope))
    }

    func call(_ target: Expression, _ arguments: CallArguments, _ scope: Scope) throws(JinjaError) -> ExpressionNode {
        if case .attribute(let owner, let name) = target.kind, !environment.options.sandboxed || !name.hasPrefix("_") {
            return MethodCallNode(try expression(owner, scope), name, try self.arguments(arguments, scope))
        }
        return CallNode(try expression(target, scope), try self.arguments(arguments, scope))
    }

    /// The function of a filter; an unknown one is an error here, or in branches when it is reached.
    func filter(_ name: String, _ scope: Scope, line: Int) throws(JinjaError) -> BuiltinFunction {
        if let found = environment.filter(name) { return found }
        return try unknown("filter", name, among: environment.filterNames, scope, line: line)
    }

    func filter(
        _ function: BuiltinFunction, on value: ExpressionNode, _ name: String, _ arguments: CallArguments, _ scope: Scope
    ) throws(JinjaError) -> ExpressionNode {
        try call(function, on: value, arguments, scope, name: PythonNames.filter(name), isDefault: name == "default" || name == "d")
    }

    /// A call of a filter or test: matched with its parameters here when that is possible.
    private func call(
        _ function: BuiltinFunction, on value: ExpressionNode, _ arguments: CallArguments, _ scope: Scope, name: String,
        isDefault: Bool = false
    ) throws(JinjaError) -> ExpressionNode {
        let nodes = try self.arguments(arguments, scope, of: name)
        guard let bound = function.bound, nodes.isFixed else { return FilterNode(value, function.call, nodes) }
        let all = nodes.all
        if isDefault, arguments.keywords.isEmpty, all.count < 2 {
            return DefaultNode(value, all.first ?? ConstantNode(.string("")))
        }
        return BoundFilterNode(bound, value, nodes) ?? FilterNode(value, function.call, nodes)
    }

    private func test(
        _ value: Expression, _ name: String, _ arguments: CallArguments, _ scope: Scope, line: Int
    ) throws(JinjaError) -> ExpressionNode {
        let function = try testFunction(name, scope, line: line)
        let node = try expression(value, scope)
        if arguments.positional.isEmpty, arguments.keywords.isEmpty, arguments.spread == nil, arguments.keywordSpread == nil,
            name == "defined" || name == "undefined", environment.extensions.tests[name] == nil
        {
            return DefinedNode(node, wantsDefined: name == "defined")
        }
        if arguments.positional.isEmpty, arguments.keywords.isEmpty, arguments.spread == nil, arguments.keywordSpread == nil,
            environment.extensions.tests[name] == nil, let simple = BuiltinTests.simple[name]
        {
            return SimpleTestNode(node, simple)
        }
        return try call(function, on: node, arguments, scope, name: PythonNames.test(name))
    }

    private func testFunction(_ name: String, _ scope: Scope, line: Int) throws(JinjaError) -> BuiltinFunction {
        if let found = environment.test(name) { return found }
        return try unknown("test", name, among: environment.testNames, scope, line: line)
    }

    private func unknown(
        _ kind: String, _ name: String, among known: [String], _ scope: Scope, line: Int
    ) throws(JinjaError) -> BuiltinFunction {
        let suggestion = nearestName(to: name, among: known)
        guard scope.isSoft else {
            var error = error("No \(kind) named \(name.quoted).", line: line)
            error.suggestion = suggestion
            throw error
        }
        return .free { _ in
            var error = JinjaError(.templateRuntime, "No \(kind) named \(name.quoted) found.")
            error.suggestion = suggestion
            throw error
        }
    }
}
