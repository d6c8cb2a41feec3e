/// Whether output is escaped, as far as the compiler knows.
enum EscapeMode {
    case off, on
    /// Decided by a value at run time.
    case volatile

    @inline(__always)
    func escapes(_ frame: Frame) -> Bool {
        switch self {
        case .off: false
        case .on: true
        case .volatile: frame.context.autoescape
        }
    }
}

final class OutputNode: StatementNode {
    enum Item {
        case text(String)
        case value(ExpressionNode, line: Int)
    }

    private let items: [Item]
    private let mode: EscapeMode
    /// Whether nothing is printed once `extends` has run.
    private let checksParent: Bool

    init(_ items: [Item], mode: EscapeMode, checksParent: Bool, line: Int) {
        self.items = items
        self.mode = mode
        self.checksParent = checksParent
        super.init(line: line)
    }

    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        if checksParent, frame.outermost.parentTemplate != nil { return .normal }
        for item in items {
            switch item {
            case .text(let text): try output.write(text)
            case .value(let node, let line):
                do {
                    if mode.escapes(frame) {
                        try output.writeEscaped(node.evaluate(frame))
                    } else {
                        try node.emit(frame, output)
                    }
                } catch {
                    throw frame.located(error, line: line)
                }
            }
        }
        return .normal
    }
}

final class ConditionStatement: StatementNode {
    private let branches: [(test: ExpressionNode, body: Body, line: Int)]
    private let otherwise: Body
    init(branches: [(test: ExpressionNode, body: Body, line: Int)], otherwise: Body, line: Int) {
        self.branches = branches
        self.otherwise = otherwise
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        for (test, body, line) in branches {
            let holds: Bool
            do { holds = try test.isTrue(frame) } catch { throw frame.located(error, line: line) }
            if holds { return try body.execute(frame, output) }
        }
        return try otherwise.execute(frame, output)
    }
}

final class AssignStatement: StatementNode {
    private let target: Target
    private let value: ExpressionNode
    init(_ target: Target, _ value: ExpressionNode, line: Int) {
        self.target = target
        self.value = value
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        try target.check(frame)
        try target.assign(value.evaluate(frame), frame)
        return .normal
    }
}

final class AssignBlockStatement: StatementNode {
    private let target: Target
    private let text: BodyTextNode
    private let filter: ExpressionNode?
    init(_ target: Target, _ text: BodyTextNode, filter: ExpressionNode?, line: Int) {
        self.target = target
        self.text = text
        self.filter = filter
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        var value = try (filter ?? text).evaluate(frame)
        if frame.context.autoescape, case .markup = value {} else if frame.context.autoescape { value = .markup(try value.str()) }
        try target.assign(value, frame)
        return .normal
    }
}

final class ExpressionStatement: StatementNode {
    private let value: ExpressionNode
    init(_ value: ExpressionNode, line: Int) {
        self.value = value
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        _ = try value.evaluate(frame)
        return .normal
    }
}

/// Prints the value of a filter tag or call block.
final class PrintStatement: StatementNode {
    private let value: (Frame, Output) throws -> Void
    init(line: Int, _ value: @escaping (Frame, Output) throws -> Void) {
        self.value = value
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        try value(frame, output)
        return .normal
    }
}

final class JumpStatement: StatementNode {
    private let flow: Flow
    init(_ flow: Flow, line: Int) {
        self.flow = flow
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow { flow }
}

/// A scope of its own inside of a function: `with` and friends.
final class ScopeStatement: StatementNode {
    private let entry: ScopeEntry
    private let assignments: [(target: Target, value: ExpressionNode)]
    private let body: Body
    init(entry: ScopeEntry, assignments: [(target: Target, value: ExpressionNode)] = [], body: Body, line: Int) {
        self.entry = entry
        self.assignments = assignments
        self.body = body
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        try entry.enter(frame)
        for (target, value) in assignments { try target.assign(value.evaluate(frame), frame) }
        return try body.execute(frame, output)
    }
}

final class AutoescapeStatement: StatementNode {
    private let entry: ScopeEntry
    private let value: ExpressionNode
    private let body: Body
    init(entry: ScopeEntry, value: ExpressionNode, body: Body, line: Int) {
        self.entry = entry
        self.value = value
        self.body = body
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        try entry.enter(frame)
        let before = frame.context.autoescape
        defer { frame.context.autoescape = before }
        frame.context.autoescape = try value.isTrue(frame)
        return try body.execute(frame, output)
    }
}

final class MacroStatement: StatementNode {
    private let code: MacroCode
    private let target: Target
    init(_ code: MacroCode, target: Target, line: Int) {
        self.code = code
        self.target = target
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        try target.assign(.object(Macro(code, frame)), frame)
        return .normal
    }
}

final class CallBlockStatement: StatementNode {
    private let code: MacroCode
    private let call: ExpressionNode
    init(_ code: MacroCode, call: ExpressionNode, line: Int) {
        self.code = code
        self.call = call
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        let caller = JinjaValue.object(Macro(code, frame))
        let value: JinjaValue
        switch call {
        case let node as CallNode: value = try node.call(frame, caller: caller)
        case let node as MethodCallNode: value = try node.call(frame, caller: caller)
        default: value = try call.evaluate(frame)
        }
        // The value is joined with the rest of the output, which takes nothing but text.
        try output.write(value.joinable())
        return .normal
    }
}
