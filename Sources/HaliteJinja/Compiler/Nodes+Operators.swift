final class BinaryNode: ExpressionNode {
    private let operation: BinaryOperator
    private let left: ExpressionNode
    private let right: ExpressionNode
    init(_ operation: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode) {
        self.operation = operation
        self.left = left
        self.right = right
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let a = try left.evaluate(frame)
        let b = try right.evaluate(frame)
        if case .int(let x) = a, case .int(let y) = b {
            switch operation {
            case .add:
                let (sum, overflow) = x.addingReportingOverflow(y)
                if !overflow { return .int(sum) }
            case .sub:
                let (difference, overflow) = x.subtractingReportingOverflow(y)
                if !overflow { return .int(difference) }
            case .mul:
                let (product, overflow) = x.multipliedReportingOverflow(by: y)
                if !overflow { return .int(product) }
            default: break
            }
        }
        return try Operators.apply(operation, a, b, frame.context)
    }
}

final class UnaryNode: ExpressionNode {
    private let negates: Bool
    private let operand: ExpressionNode
    init(negates: Bool, _ operand: ExpressionNode) {
        self.negates = negates
        self.operand = operand
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        try Operators.unary(negates: negates, operand.evaluate(frame))
    }
}

final class NotNode: ExpressionNode {
    private let operand: ExpressionNode
    init(_ operand: ExpressionNode) { self.operand = operand }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .bool(try !operand.isTrue(frame)) }
    override func isTrue(_ frame: Frame) throws -> Bool { try !operand.isTrue(frame) }
}

final class LogicNode: ExpressionNode {
    private let isAnd: Bool
    private let left: ExpressionNode
    private let right: ExpressionNode
    init(isAnd: Bool, _ left: ExpressionNode, _ right: ExpressionNode) {
        self.isAnd = isAnd
        self.left = left
        self.right = right
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let value = try left.evaluate(frame)
        return try value.isTrue() == isAnd ? right.evaluate(frame) : value
    }
    override func isTrue(_ frame: Frame) throws -> Bool {
        try left.isTrue(frame) == isAnd ? right.isTrue(frame) : !isAnd
    }
}

final class CompareNode: ExpressionNode {
    private let first: ExpressionNode
    private let rest: [(operation: Comparison, operand: ExpressionNode)]
    init(_ first: ExpressionNode, _ rest: [(Comparison, ExpressionNode)]) {
        self.first = first
        self.rest = rest.map { (operation: $0.0, operand: $0.1) }
    }
    override func isTrue(_ frame: Frame) throws -> Bool {
        var left = try first.evaluate(frame)
        for (operation, operand) in rest {
            let right = try operand.evaluate(frame)
            if try !Operators.compare(operation, left, right) { return false }
            left = right
        }
        return true
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .bool(try isTrue(frame)) }
}

final class ConcatNode: ExpressionNode {
    private let parts: [ExpressionNode]
    private let mode: EscapeMode
    init(_ parts: [ExpressionNode], mode: EscapeMode) {
        self.parts = parts
        self.mode = mode
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let values = try parts.map { try $0.evaluate(frame) }
        // Where escaping is not known before run time, Jinja2 joins as if it were on.
        if mode != .off, values.contains(where: { if case .markup = $0 { true } else { false } }) {
            return .markup(try values.map { try Markup.escape($0) }.joined())
        }
        if values.count == 2 { return .string(try values[0].str() + values[1].str()) }
        var text = ""
        for value in values { text += try value.str() }
        return .string(text)
    }
    override func emit(_ frame: Frame, _ output: Output) throws {
        guard mode == .off else { return try output.write(evaluate(frame)) }
        for part in parts { try part.emit(frame, output) }
    }
}

final class ConditionNode: ExpressionNode {
    private let test: ExpressionNode
    private let then: ExpressionNode
    private let otherwise: ExpressionNode?
    private let position: String
    init(test: ExpressionNode, then: ExpressionNode, otherwise: ExpressionNode?, position: String) {
        self.test = test
        self.then = then
        self.otherwise = otherwise
        self.position = position
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        if try test.isTrue(frame) { return try then.evaluate(frame) }
        if let otherwise { return try otherwise.evaluate(frame) }
        // This one is an ordinary undefined value whatever the environment says.
        return .undefined(
            JinjaUndefined(
                hint: "the inline if-expression on \(position) evaluated to false and no else section was defined.",
                policy: .default))
    }
}

final class TupleNode: ExpressionNode {
    private let items: [ExpressionNode]
    init(_ items: [ExpressionNode]) { self.items = items }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .tuple(of: try items.map { try $0.evaluate(frame) }) }
}

final class ListNode: ExpressionNode {
    private let items: [ExpressionNode]
    init(_ items: [ExpressionNode]) { self.items = items }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .list(of: try items.map { try $0.evaluate(frame) }) }
}

final class DictNode: ExpressionNode {
    private let pairs: [(key: ExpressionNode, value: ExpressionNode)]
    init(_ pairs: [(key: ExpressionNode, value: ExpressionNode)]) { self.pairs = pairs }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let dict = JinjaDict()
        for (key, value) in pairs { try dict.set(key.evaluate(frame), value.evaluate(frame)) }
        return .dict(dict)
    }
}
