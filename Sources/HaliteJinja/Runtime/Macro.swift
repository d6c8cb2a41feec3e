import HaliteValue

/// A macro or the body of a call block, compiled.
final class MacroCode {
    let name: String?
    let parameters: [String]
    let slots: [Int]
    let defaults: [ExpressionNode?]
    let callerSlot: Int?
    let keywordsSlot: Int?
    let extrasSlot: Int?
    /// Whether `caller` is one of the parameters.
    let declaresCaller: Bool
    let usesCaller: Bool
    /// Whether it has named parameters only.
    let isPlain: Bool
    let layout: FunctionLayout
    let entry: ScopeEntry
    let body: Body
    let line: Int

    init(
        name: String?, parameters: [String], slots: [Int], defaults: [ExpressionNode?], callerSlot: Int?, keywordsSlot: Int?,
        extrasSlot: Int?, usesCaller: Bool, layout: FunctionLayout, entry: ScopeEntry, body: Body, line: Int
    ) {
        self.name = name
        self.parameters = parameters
        self.slots = slots
        self.defaults = defaults
        self.callerSlot = callerSlot
        self.keywordsSlot = keywordsSlot
        self.extrasSlot = extrasSlot
        self.usesCaller = usesCaller
        self.layout = layout
        self.entry = entry
        self.body = body
        self.line = line
        declaresCaller = parameters.contains("caller")
        isPlain =
            !usesCaller && keywordsSlot == nil && extrasSlot == nil && !parameters.contains("caller")
            && Set(parameters).count == parameters.count
    }
}

final class Macro: JinjaObject {
    private let code: MacroCode
    /// The frame in which it was defined; its variables are seen as they are when the macro is called.
    private let outer: Frame

    init(_ code: MacroCode, _ outer: Frame) {
        self.code = code
        self.outer = outer
        super.init()
        role = .macro
    }

    override var typeName: String { "Macro" }
    override var qualifiedTypeName: String { "jinja2.runtime.Macro" }
    override var isCallable: Bool { true }

    override func call(_ call: JinjaCall) throws -> JinjaValue {
        let output = outer.state.output()
        try invoke(call, into: output)
        return call.context.markSafe(output.text)
    }

    func invoke(_ call: JinjaCall, into output: Output) throws {
        try outer.state.nested {
            let frame = Frame(function: code.layout, parent: outer, context: outer.context, template: outer.template)
            try bind(call, frame)
            try run(frame, output)
        }
    }

    /// Whether the arguments of a call go straight into its variables: no more than there are, and nothing special.
    func takes(_ arguments: ArgumentNodes) -> Bool {
        guard code.isPlain, arguments.isFixed, arguments.positional.count <= code.parameters.count else { return false }
        var position = 0
        while position < arguments.keywordNames.count {
            guard let place = code.parameters.firstIndex(of: arguments.keywordNames[position]),
                place >= arguments.positional.count
            else { return false }
            position += 1
        }
        return true
    }

    /// As `invoke(_:into:)`, for arguments that it takes, without collecting them first.
    func invoke(_ arguments: ArgumentNodes, _ caller: Frame, into output: Output) throws {
        try outer.state.nested {
            let frame = Frame(function: code.layout, parent: outer, context: outer.context, template: outer.template)
            for position in 0..<arguments.positional.count {
                frame.slots[code.slots[position]] = try arguments.positional.at(position) { try $0.evaluate(caller) }
            }
            for position in 0..<arguments.keywords.count {
                guard let place = code.parameters.firstIndex(of: arguments.keywordNames[position]) else { continue }
                frame.slots[code.slots[place]] = try arguments.keywords.at(position) { try $0.evaluate(caller) }
            }
            try run(frame, output)
        }
    }

    private func run(_ frame: Frame, _ output: Output) throws {
        do {
            try code.entry.enter(frame)
            for position in 0..<code.slots.count where frame.slots[code.slots[position]] == nil {
                frame.slots[code.slots[position]] = try missingArgument(position, frame)
            }
            _ = try code.body.execute(frame, output)
        } catch {
            throw frame.settled(error, line: code.line)
        }
    }

    private func missingArgument(_ position: Int, _ frame: Frame) throws -> JinjaValue {
        if let node = code.defaults[position] { return try node.evaluate(frame) }
        let name = code.parameters[position]
        return frame.context.undefined(hint: "parameter '\(name)' was not provided", name: name)
    }

    private func bind(_ call: JinjaCall, _ frame: Frame) throws {
        let count = code.parameters.count
        let given = min(call.positional.count, count)
        for position in 0..<given { frame.slots[code.slots[position]] = call.positional[position] }
        guard
            given < count || !call.keywords.isEmpty || call.positional.count > count || code.keywordsSlot != nil
                || code.extrasSlot != nil || code.usesCaller
        else { return }
        var keywords = call.keywords
        func take(_ name: String) -> JinjaValue? {
            guard let position = keywords.firstIndex(where: { $0.name == name }) else { return nil }
            return keywords.remove(at: position).value
        }
        var foundCaller = given == count && code.declaresCaller
        for position in given..<max(count, given) {
            frame.slots[code.slots[position]] = take(code.parameters[position])
            if code.parameters[position] == "caller" { foundCaller = true }
        }
        if code.usesCaller, !foundCaller, let slot = code.callerSlot {
            let caller = take("caller")
            if let caller, case .null = caller {
                frame.slots[slot] = frame.context.undefined(hint: "No caller defined", name: "caller")
            } else {
                frame.slots[slot] = caller ?? frame.context.undefined(hint: "No caller defined", name: "caller")
            }
        }
        let name = code.name.map(\.quoted) ?? "None"
        if let slot = code.keywordsSlot {
            frame.slots[slot] = .dict(JinjaDict(keywords.map { ($0.name, $0.value) }))
        } else if let first = keywords.first {
            if keywords.contains(where: { $0.name == "caller" }) {
                throw JinjaError(
                    .type,
                    "macro \(name) was invoked with two values for the special caller argument. This is most likely a bug.")
            }
            throw JinjaError(.type, "macro \(name) takes no keyword argument \(first.name.quoted)")
        }
        if let slot = code.extrasSlot {
            frame.slots[slot] = .tuple(of: Array(call.positional.dropFirst(count)))
        } else if call.positional.count > count {
            throw JinjaError(.type, "macro \(name) takes not more than \(count) argument(s)")
        }
    }

    override func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "name": code.name.map { .string($0) } ?? .null
        case "arguments": .tuple(of: code.parameters.map { .string($0) })
        case "catch_kwargs": .bool(code.keywordsSlot != nil)
        case "catch_varargs": .bool(code.extrasSlot != nil)
        case "caller": .bool(code.usesCaller)
        case "explicit_caller": .bool(code.declaresCaller)
        default: nil
        }
    }

    override func repr() -> String { "<Macro \(code.name.map(\.quoted) ?? "anonymous")>" }
}
