import HaliteValue

/// Compiled arguments of a call.
final class ArgumentNodes {
    /// Positional and keyword arguments as written.
    let all: [ExpressionNode]
    let positional: NodeList<ExpressionNode>
    let keywordNames: [String]
    let keywords: NodeList<ExpressionNode>
    private let spread: ExpressionNode?
    private let keywordSpread: ExpressionNode?
    /// The function of Python that messages name.
    private let callee: String

    init(
        callee: String, positional: [ExpressionNode], keywords: [(name: String, value: ExpressionNode)], spread: ExpressionNode?,
        keywordSpread: ExpressionNode?
    ) {
        self.callee = callee
        all = positional + keywords.map(\.value)
        self.positional = NodeList(positional)
        keywordNames = keywords.map(\.name)
        self.keywords = NodeList(keywords.map(\.value))
        self.spread = spread
        self.keywordSpread = keywordSpread
    }

    /// Whether the number and the names of the arguments are known.
    var isFixed: Bool { spread == nil && keywordSpread == nil }
    var isEmpty: Bool { isFixed && positional.isEmpty && keywords.isEmpty }

    func call(_ frame: Frame, first: JinjaValue? = nil, caller: JinjaValue? = nil) throws -> JinjaCall {
        var values: [JinjaValue] = []
        values.reserveCapacity(positional.count + 1)
        if let first { values.append(first) }
        for position in 0..<positional.count { values.append(try positional.at(position) { try $0.evaluate(frame) }) }
        guard !keywords.isEmpty || caller != nil || !isFixed else {
            return JinjaCall(positional: values, context: frame.context)
        }
        if let spread { try spreadPositional(spread.evaluate(frame), into: &values, frame) }
        var named: [(name: String, value: JinjaValue)] = []
        for position in 0..<keywords.count {
            named.append((keywordNames[position], try keywords.at(position) { try $0.evaluate(frame) }))
        }
        if let caller { named.append(("caller", caller)) }
        if let keywordSpread { try spreadKeywords(keywordSpread.evaluate(frame), into: &named) }
        return JinjaCall(positional: values, keywords: named, context: frame.context)
    }

    private func spreadPositional(_ value: JinjaValue, into values: inout [JinjaValue], _ frame: Frame) throws {
        guard let iterator = try value.iterator() else {
            throw JinjaError(.type, "Value after * must be an iterable, not \(value.typeName)")
        }
        while let element = try iterator.next() {
            try frame.state.step()
            values.append(element)
        }
    }

    private func spreadKeywords(_ value: JinjaValue, into named: inout [(name: String, value: JinjaValue)]) throws {
        if case .undefined(let undefined) = value { throw undefined.error() }
        guard case .dict(let dict) = value else {
            throw JinjaError(.type, "\(callee)() argument after ** must be a mapping, not \(value.typeName)")
        }
        for entry in dict.entries {
            guard let name = entry.key.text else { throw JinjaError(.type, "keywords must be strings") }
            if named.contains(where: { $0.name == name }) {
                throw JinjaError(.type, "\(callee)() got multiple values for keyword argument '\(name)'")
            }
            named.append((name, entry.value))
        }
    }
}

/// A call that a call block can hand its body to.
class CallingNode: ExpressionNode {
    func call(_ frame: Frame, caller: JinjaValue?) throws -> JinjaValue { fatalError("abstract") }
    final override func evaluate(_ frame: Frame) throws -> JinjaValue { try call(frame, caller: nil) }
}

final class CallNode: CallingNode {
    private let target: ExpressionNode
    private let arguments: ArgumentNodes
    init(_ target: ExpressionNode, _ arguments: ArgumentNodes) {
        self.target = target
        self.arguments = arguments
    }

    override func call(_ frame: Frame, caller: JinjaValue?) throws -> JinjaValue {
        try target.evaluate(frame).call(arguments, frame, caller: caller)
    }

    override func emit(_ frame: Frame, _ output: Output) throws {
        try target.evaluate(frame).emitCall(arguments, frame, output)
    }
}

/// `value.name(...)`: calls methods of Python's types without making a bound method first.
final class MethodCallNode: CallingNode {
    private let owner: ExpressionNode
    private let name: String
    private let arguments: ArgumentNodes
    private let methods: MethodLookup
    private let loopAttribute: LoopAttribute?
    private let isGet: Bool
    /// A key that is known, with its hash, where evaluating the other argument changes nothing.
    private let key: (text: String, hash: Int)?
    private let fallback: ExpressionNode?
    /// Whether there are positional arguments only.
    private let isSimple: Bool

    init(_ owner: ExpressionNode, _ name: String, _ arguments: ArgumentNodes) {
        self.owner = owner
        self.name = name
        self.arguments = arguments
        let traits = NameTraits.of(name)
        methods = traits?.methods ?? .none
        isSimple = arguments.isFixed && arguments.keywords.isEmpty
        loopAttribute = traits?.loopAttribute
        isGet = name == "get" && isSimple && (1...2).contains(arguments.positional.count)
        fallback = isGet && arguments.positional.count == 2 ? arguments.all[1] : nil
        let isHarmless = fallback.map { $0.constant != nil || $0 is LocalNode } ?? true
        if isGet, isHarmless, case .string(let text)? = arguments.all[0].constant {
            key = (text, text.bytesHash)
        } else {
            key = nil
        }
    }

    /// The result when the owner is a value of Python's own types that has the method.
    @inline(__always)
    private func native(_ value: JinjaValue, _ frame: Frame, caller: JinjaValue?) throws -> JinjaValue? {
        if let method = methods.method(for: value) {
            return try method._withUnsafeGuaranteedRef { method in
                if caller == nil, isSimple, let signature = method.signature, signature.accepts(arguments.positional.count) {
                    return try method.invoke(value, arguments.positional, signature, frame)
                }
                return try method.invoke(value, arguments.call(frame, caller: caller))
            }
        }
        if case .object(let object) = value, let loop = object.loop, loopAttribute == .cycle, arguments.isFixed, caller == nil,
            arguments.positional.count > 0, arguments.keywords.isEmpty
        {
            return try loop.cycle(arguments.positional.values(frame))
        }
        return nil
    }

    /// `dict.get(key)` and `dict.get(key, default)`, the commonest calls of all.
    @inline(__always)
    private func get(_ frame: Frame) throws -> JinjaValue? {
        guard isGet, let dict = owner.lendDict(frame) else { return nil }
        if let key {
            let found = dict._withUnsafeGuaranteedRef { $0.value(key.text, hash: key.hash) }
            return try found ?? fallback?.evaluate(frame) ?? .null
        }
        // The arguments may change what holds the dictionary.
        let kept = dict.takeUnretainedValue()
        let key = try arguments.positional.at(0) { try $0.evaluate(frame) }
        let other = try fallback?.evaluate(frame)
        return try kept.value(key) ?? other ?? .null
    }

    override func call(_ frame: Frame, caller: JinjaValue?) throws -> JinjaValue {
        if caller == nil, let result = try get(frame) { return result }
        let value = try owner.evaluate(frame)
        if let result = try native(value, frame, caller: caller) { return result }
        return try Access.attribute(value, name, frame.context).call(arguments, frame, caller: caller)
    }

    override func emit(_ frame: Frame, _ output: Output) throws {
        if let result = try get(frame) { return try output.write(result) }
        let value = try owner.evaluate(frame)
        if let result = try native(value, frame, caller: nil) { return try output.write(result) }
        try Access.attribute(value, name, frame.context).emitCall(arguments, frame, output)
    }
}

extension JinjaValue {
    fileprivate func call(_ arguments: ArgumentNodes, _ frame: Frame, caller: JinjaValue?) throws -> JinjaValue {
        if caller == nil, case .object(let object) = self, let macro = object.macro, macro.takes(arguments) {
            let output = frame.state.output()
            try macro.invoke(arguments, frame, into: output)
            return frame.context.markSafe(output.text)
        }
        return try call(arguments.call(frame, caller: caller))
    }

    /// Calls and prints; a macro prints itself where nothing has to be escaped.
    fileprivate func emitCall(_ arguments: ArgumentNodes, _ frame: Frame, _ output: Output) throws {
        guard case .object(let object) = self, let macro = object.macro, !frame.context.autoescape else {
            return try output.write(call(arguments.call(frame)))
        }
        if macro.takes(arguments) {
            try macro.invoke(arguments, frame, into: output)
        } else {
            try macro.invoke(arguments.call(frame), into: output)
        }
    }
}
