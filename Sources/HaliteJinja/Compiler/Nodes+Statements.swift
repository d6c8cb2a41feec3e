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

/// Text and printed values that follow each other.
final class OutputNode: StatementNode {
    enum Item {
        case text(String)
        case value(ExpressionNode, line: Int)
    }

    private let pieces: NodeList<OutputPiece>
    /// Whether nothing is printed once `extends` has run.
    private let checksParent: Bool

    init(_ items: [Item], mode: EscapeMode, checksParent: Bool, line: Int) {
        pieces = NodeList(
            items.map { item in
                switch item {
                case .text(let text): TextPiece(text)
                case .value(let node, let line):
                    mode == .off ? ValuePiece(node, line: line) : EscapedPiece(node, mode: mode, line: line)
                }
            })
        self.checksParent = checksParent
        super.init(line: line)
    }

    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        if checksParent, frame.outermost.parentTemplate != nil { return .normal }
        for position in 0..<pieces.count { try pieces.at(position) { try $0.write(frame, output) } }
        return .normal
    }
}

/// A piece of output.
private class OutputPiece {
    func write(_ frame: Frame, _ output: Output) throws { fatalError("abstract") }
}

/// Text of the template.
private final class TextPiece: OutputPiece {
    private let text: LiteralBytes
    private let bytes: UnsafeBufferPointer<UInt8>
    init(_ text: String) {
        self.text = LiteralBytes(text)
        bytes = self.text.bytes
    }
    override func write(_ frame: Frame, _ output: Output) throws { try output.write(bytes) }
}

private final class ValuePiece: OutputPiece {
    private let value: ExpressionNode
    private let line: Int
    init(_ value: ExpressionNode, line: Int) {
        self.value = value
        self.line = line
    }
    override func write(_ frame: Frame, _ output: Output) throws {
        do { try value.emit(frame, output) } catch { throw frame.located(error, line: line) }
    }
}

/// A value where output is or may be escaped.
private final class EscapedPiece: OutputPiece {
    private let value: ExpressionNode
    private let mode: EscapeMode
    private let line: Int
    init(_ value: ExpressionNode, mode: EscapeMode, line: Int) {
        self.value = value
        self.mode = mode
        self.line = line
    }
    override func write(_ frame: Frame, _ output: Output) throws {
        do {
            if mode.escapes(frame) {
                try output.writeEscaped(value.evaluate(frame))
            } else {
                try value.emit(frame, output)
            }
        } catch {
            throw frame.located(error, line: line)
        }
    }
}

final class ConditionStatement: StatementNode {
    private final class Branch {
        let test: ExpressionNode
        let body: Body
        let line: Int
        init(test: ExpressionNode, body: Body, line: Int) {
            self.test = test
            self.body = body
            self.line = line
        }
    }

    private let branches: NodeList<Branch>
    private let otherwise: Body
    init(branches: [(test: ExpressionNode, body: Body, line: Int)], otherwise: Body, line: Int) {
        self.branches = NodeList(branches.map { Branch(test: $0.test, body: $0.body, line: $0.line) })
        self.otherwise = otherwise
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        for position in 0..<branches.count {
            let flow: Flow? = try branches.at(position) { branch in
                let holds: Bool
                do { holds = try branch.test.isTrue(frame) } catch { throw frame.located(error, line: branch.line) }
                return holds ? try branch.body.execute(frame, output) : nil
            }
            if let flow { return flow }
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
    private let targets: NodeList<Target>
    private let values: NodeList<ExpressionNode>
    private let body: Body
    init(entry: ScopeEntry, assignments: [(target: Target, value: ExpressionNode)] = [], body: Body, line: Int) {
        self.entry = entry
        targets = NodeList(assignments.map(\.target))
        values = NodeList(assignments.map(\.value))
        self.body = body
        super.init(line: line)
    }
    override func execute(_ frame: Frame, _ output: Output) throws -> Flow {
        try entry.enter(frame)
        for position in 0..<targets.count {
            let value = try values.at(position) { try $0.evaluate(frame) }
            try targets.at(position) { try $0.assign(value, frame) }
        }
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
        if let node = call as? CallingNode {
            value = try node.call(frame, caller: caller)
        } else {
            value = try call.evaluate(frame)
        }
        // The value is joined with the rest of the output, which takes nothing but text.
        try output.write(value.joinable())
        return .normal
    }
}
