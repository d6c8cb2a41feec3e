final class AttributeNode: ExpressionNode {
    let value: ExpressionNode
    let name: String
    init(_ value: ExpressionNode, _ name: String) {
        self.value = value
        self.name = name
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        try Access.attribute(value.evaluate(frame), name, frame.context)
    }
}

final class ItemNode: ExpressionNode {
    private let value: ExpressionNode
    private let key: ExpressionNode
    init(_ value: ExpressionNode, _ key: ExpressionNode) {
        self.value = value
        self.key = key
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let owner = try value.evaluate(frame)
        return try Access.item(owner, key.evaluate(frame), frame.context)
    }
}

final class SliceNode: ExpressionNode {
    private let value: ExpressionNode
    private let bounds: [ExpressionNode?]
    /// Jinja2 computes constant slices when it compiles, and there a mistake makes an undefined value.
    private let isLenient: Bool
    init(_ value: ExpressionNode, _ bounds: [ExpressionNode?], isLenient: Bool) {
        self.value = value
        self.bounds = bounds
        self.isLenient = isLenient
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let owner = try value.evaluate(frame)
        let values = try bounds.map { try $0?.evaluate(frame) }
        do {
            return try Slicing.slice(owner, start: values[0], stop: values[1], step: values[2])
        } catch let error as JinjaError where isLenient && error.kind == .type {
            let shown = try values.map { try $0?.repr() ?? "None" }.joined(separator: ", ")
            return frame.context.undefined(hint: "\(owner.objectTypeRepr) has no element slice(\(shown))")
        }
    }
}

/// Compiled arguments of a call.
struct ArgumentNodes {
    let positional: [ExpressionNode]
    let keywords: [(name: String, value: ExpressionNode)]
    let spread: ExpressionNode?
    let keywordSpread: ExpressionNode?

    var isConstant: Bool { spread == nil && keywordSpread == nil }

    func call(_ frame: Frame, first: JinjaValue? = nil, caller: JinjaValue? = nil) throws -> JinjaCall {
        var values: [JinjaValue] = []
        values.reserveCapacity(positional.count + 1)
        if let first { values.append(first) }
        for node in positional { values.append(try node.evaluate(frame)) }
        guard !keywords.isEmpty || caller != nil || !isConstant else {
            return JinjaCall(positional: values, context: frame.context)
        }
        var named: [(name: String, value: JinjaValue)] = []
        for (name, node) in keywords { named.append((name, try node.evaluate(frame))) }
        if let caller { named.append(("caller", caller)) }
        if let spread {
            let value = try spread.evaluate(frame)
            guard let iterator = try value.iterator() else {
                throw JinjaError(.type, "Value after * must be an iterable, not \(value.typeName)")
            }
            while let element = try iterator.next() {
                try frame.state.step()
                values.append(element)
            }
        }
        if let keywordSpread {
            let value = try keywordSpread.evaluate(frame)
            guard case .dict(let dict) = value else {
                throw JinjaError(.type, "argument after ** must be a mapping, not \(value.typeName)")
            }
            for entry in dict.entries {
                guard let name = entry.key.text else { throw JinjaError(.type, "keywords must be strings") }
                if named.contains(where: { $0.name == name }) {
                    throw JinjaError(.type, "got multiple values for keyword argument '\(name)'")
                }
                named.append((name, entry.value))
            }
        }
        return JinjaCall(positional: values, keywords: named, context: frame.context)
    }
}

final class CallNode: ExpressionNode {
    private let target: ExpressionNode
    private let arguments: ArgumentNodes
    init(_ target: ExpressionNode, _ arguments: ArgumentNodes) {
        self.target = target
        self.arguments = arguments
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { try call(frame, caller: nil) }

    func call(_ frame: Frame, caller: JinjaValue?) throws -> JinjaValue {
        let callee = try target.evaluate(frame)
        return try callee.call(arguments.call(frame, caller: caller))
    }

    override func emit(_ frame: Frame, _ output: Output) throws {
        let callee = try target.evaluate(frame)
        if case .object(let object) = callee, let macro = object.macro, !frame.context.autoescape {
            try macro.invoke(arguments.call(frame), into: output)
        } else {
            try output.write(callee.call(arguments.call(frame)))
        }
    }
}

/// `value.name(...)`: calls methods of Python's types without making a bound method first.
final class MethodCallNode: ExpressionNode {
    private let value: ExpressionNode
    private let name: String
    private let arguments: ArgumentNodes
    private let methods: MethodLookup
    init(_ value: ExpressionNode, _ name: String, _ arguments: ArgumentNodes) {
        self.value = value
        self.name = name
        self.arguments = arguments
        methods = MethodLookup(name)
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { try call(frame, caller: nil) }

    func call(_ frame: Frame, caller: JinjaValue?) throws -> JinjaValue {
        let owner = try value.evaluate(frame)
        if let method = methods.method(for: owner) {
            return try method.invoke(owner, arguments.call(frame, caller: caller))
        }
        let callee = try Access.attribute(owner, name, frame.context)
        return try callee.call(arguments.call(frame, caller: caller))
    }

    override func emit(_ frame: Frame, _ output: Output) throws {
        let owner = try value.evaluate(frame)
        if let method = methods.method(for: owner) {
            return try output.write(method.invoke(owner, arguments.call(frame)))
        }
        let callee = try Access.attribute(owner, name, frame.context)
        if case .object(let object) = callee, let macro = object.macro, !frame.context.autoescape {
            try macro.invoke(arguments.call(frame), into: output)
        } else {
            try output.write(callee.call(arguments.call(frame)))
        }
    }
}

final class FilterNode: ExpressionNode {
    private let value: ExpressionNode
    private let function: JinjaFunction
    private let arguments: ArgumentNodes
    init(_ value: ExpressionNode, _ function: @escaping JinjaFunction, _ arguments: ArgumentNodes) {
        self.value = value
        self.function = function
        self.arguments = arguments
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let first = try value.evaluate(frame)
        return try function(arguments.call(frame, first: first))
    }
}

final class TestNode: ExpressionNode {
    private let value: ExpressionNode
    private let function: JinjaFunction
    private let arguments: ArgumentNodes
    init(_ value: ExpressionNode, _ function: @escaping JinjaFunction, _ arguments: ArgumentNodes) {
        self.value = value
        self.function = function
        self.arguments = arguments
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let first = try value.evaluate(frame)
        return try function(arguments.call(frame, first: first))
    }
}

/// A built-in test without arguments.
final class SimpleTestNode: ExpressionNode {
    private let value: ExpressionNode
    private let function: SimpleTest
    init(_ value: ExpressionNode, _ function: @escaping SimpleTest) {
        self.value = value
        self.function = function
    }
    override func isTrue(_ frame: Frame) throws -> Bool { try function(value.evaluate(frame), frame.context) }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .bool(try isTrue(frame)) }
}

/// `x is defined`, without making an undefined value to ask it.
final class DefinedNode: ExpressionNode {
    private let value: ExpressionNode
    private let local: LocalNode?
    private let wantsDefined: Bool
    init(_ value: ExpressionNode, wantsDefined: Bool) {
        self.value = value
        local = value as? LocalNode
        self.wantsDefined = wantsDefined
    }
    override func isTrue(_ frame: Frame) throws -> Bool {
        if let local {
            guard let found = frame.slots[local.slot] else { return !wantsDefined }
            return found.isUndefined != wantsDefined
        }
        return try value.evaluate(frame).isUndefined != wantsDefined
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .bool(try isTrue(frame)) }
}

/// The text of the block that a filter tag or a block assignment is applied to.
final class BodyTextNode: ExpressionNode {
    private let entry: ScopeEntry
    private let body: Body
    private let mode: EscapeMode
    init(entry: ScopeEntry, body: Body, mode: EscapeMode) {
        self.entry = entry
        self.body = body
        self.mode = mode
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        try entry.enter(frame)
        let text = try body.text(frame)
        return mode.escapes(frame) ? .markup(text) : .string(text)
    }
}
