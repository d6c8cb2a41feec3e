import HaliteValue

/// An operand that may be seen to be an integer without being evaluated.
private struct IntegerOperand {
    private let constant: Int?
    private let slot: Int

    init(_ node: ExpressionNode) {
        constant = if case .int(let number)? = node.constant { number } else { nil }
        slot = (node as? LocalNode)?.slot ?? -1
    }

    @inline(__always)
    func value(_ frame: Frame) -> Int? {
        if let constant { return constant }
        if slot >= 0, case .int(let number)? = frame.slots[slot] { return number }
        return nil
    }
}

final class BinaryNode: ExpressionNode {
    private let operation: BinaryOperator
    private let left: ExpressionNode
    private let right: ExpressionNode
    private let quickLeft: IntegerOperand
    private let quickRight: IntegerOperand
    init(_ operation: BinaryOperator, _ left: ExpressionNode, _ right: ExpressionNode) {
        self.operation = operation
        self.left = left
        self.right = right
        quickLeft = IntegerOperand(left)
        quickRight = IntegerOperand(right)
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        if let y = quickRight.value(frame) {
            if let x = quickLeft.value(frame) {
                return try Self.integers(operation, x, y) ?? Operators.apply(operation, .int(x), .int(y), frame.context)
            }
            let a = try left.evaluate(frame)
            if case .int(let x) = a, let result = Self.integers(operation, x, y) { return result }
            // Evaluating the left side may have changed what the right one names.
            return try combine(a, right.evaluate(frame), frame)
        }
        let a = try left.evaluate(frame)
        return try combine(a, right.evaluate(frame), frame)
    }

    @inline(__always)
    private func combine(_ a: JinjaValue, _ b: JinjaValue, _ frame: Frame) throws -> JinjaValue {
        switch (a, b) {
        case (.int(let x), .int(let y)): if let result = Self.integers(operation, x, y) { return result }
        case (.float(let x), .float(let y)): if let result = Self.floats(operation, x, y) { return result }
        case (.float(let x), .int(let y)) where y.magnitude < 1 << 53:
            if let result = Self.floats(operation, x, Double(y)) { return result }
        case (.int(let x), .float(let y)) where x.magnitude < 1 << 53:
            if let result = Self.floats(operation, Double(x), y) { return result }
        default: break
        }
        return try Operators.apply(operation, a, b, frame.context)
    }

    /// The common cases; nil for what overflows and what is an error.
    @inline(__always)
    private static func integers(_ operation: BinaryOperator, _ x: Int, _ y: Int) -> JinjaValue? {
        switch operation {
        case .add:
            let (sum, overflow) = x.addingReportingOverflow(y)
            return overflow ? nil : .int(sum)
        case .sub:
            let (difference, overflow) = x.subtractingReportingOverflow(y)
            return overflow ? nil : .int(difference)
        case .mul:
            let (product, overflow) = x.multipliedReportingOverflow(by: y)
            return overflow ? nil : .int(product)
        case .mod where y > 0:
            let rest = x % y
            return .int(rest < 0 ? rest + y : rest)
        case .floordiv where y > 0:
            let (quotient, rest) = x.quotientAndRemainder(dividingBy: y)
            return .int(rest < 0 ? quotient - 1 : quotient)
        case .pow where y == 2:
            let (product, overflow) = x.multipliedReportingOverflow(by: x)
            return overflow ? nil : .int(product)
        default: return nil
        }
    }

    @inline(__always)
    private static func floats(_ operation: BinaryOperator, _ x: Double, _ y: Double) -> JinjaValue? {
        switch operation {
        case .add: .float(x + y)
        case .sub: .float(x - y)
        case .mul: .float(x * y)
        case .div where y != 0: .float(x / y)
        default: nil
        }
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

/// A comparison of two values.
final class CompareNode: ExpressionNode {
    private let operation: Comparison
    private let left: ExpressionNode
    private let right: ExpressionNode
    private let quickLeft: IntegerOperand
    private let quickRight: IntegerOperand
    init(_ left: ExpressionNode, _ operation: Comparison, _ right: ExpressionNode) {
        self.operation = operation
        self.left = left
        self.right = right
        quickLeft = IntegerOperand(left)
        quickRight = IntegerOperand(right)
    }
    override func isTrue(_ frame: Frame) throws -> Bool {
        if let y = quickRight.value(frame), let x = quickLeft.value(frame), let answer = Self.integers(operation, x, y) {
            return answer
        }
        let a = try left.evaluate(frame)
        let b = try right.evaluate(frame)
        switch (a, b) {
        case (.int(let x), .int(let y)): if let answer = Self.integers(operation, x, y) { return answer }
        case (.string(let x), .string(let y)):
            switch operation {
            case .eq: return x.hasSameBytes(as: y)
            case .ne: return !x.hasSameBytes(as: y)
            default: break
            }
        default: break
        }
        return try Operators.compare(operation, a, b)
    }

    @inline(__always)
    private static func integers(_ operation: Comparison, _ x: Int, _ y: Int) -> Bool? {
        switch operation {
        case .eq: x == y
        case .ne: x != y
        case .lt: x < y
        case .lteq: x <= y
        case .gt: x > y
        case .gteq: x >= y
        default: nil
        }
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .bool(try isTrue(frame)) }
}

/// Comparisons in a chain: `a < b <= c`.
final class CompareChainNode: ExpressionNode {
    private let first: ExpressionNode
    private let operations: [Comparison]
    private let operands: NodeList<ExpressionNode>
    init(_ first: ExpressionNode, _ rest: [(Comparison, ExpressionNode)]) {
        self.first = first
        operations = rest.map(\.0)
        operands = NodeList(rest.map(\.1))
    }
    override func isTrue(_ frame: Frame) throws -> Bool {
        var left = try first.evaluate(frame)
        for position in 0..<operands.count {
            let right = try operands.at(position) { try $0.evaluate(frame) }
            if try !Operators.compare(operations[position], left, right) { return false }
            left = right
        }
        return true
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .bool(try isTrue(frame)) }
}

final class ConcatNode: ExpressionNode {
    private let parts: NodeList<ExpressionNode>
    private let mode: EscapeMode
    init(_ parts: [ExpressionNode], mode: EscapeMode) {
        self.parts = NodeList(parts)
        self.mode = mode
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        guard mode == .off else { return try escaped(frame) }
        // The values are evaluated before any becomes a text, as their order of errors is seen.
        if parts.count == 2 {
            let first = try parts.at(0) { try $0.evaluate(frame) }
            let second = try parts.at(1) { try $0.evaluate(frame) }
            var text = try first.str()
            text += try second.str()
            try frame.state.reserve(text.utf8.count)
            return .string(text)
        }
        let values = try all(frame)
        var text = try values[0].str()
        for value in values.dropFirst() { text += try value.str() }
        try frame.state.reserve(text.utf8.count)
        return .string(text)
    }

    private func all(_ frame: Frame) throws -> [JinjaValue] {
        var values: [JinjaValue] = []
        values.reserveCapacity(parts.count)
        for position in 0..<parts.count { values.append(try parts.at(position) { try $0.evaluate(frame) }) }
        return values
    }

    /// Where escaping is not known before run time, Jinja2 joins as if it were on.
    private func escaped(_ frame: Frame) throws -> JinjaValue {
        let values = try all(frame)
        let isMarkup = values.contains(where: { if case .markup = $0 { true } else { false } })
        let text = try values.map { try isMarkup ? Markup.escape($0) : $0.str() }.joined()
        try frame.state.reserve(text.utf8.count)
        return isMarkup ? .markup(text) : .string(text)
    }

    override func emit(_ frame: Frame, _ output: Output) throws {
        // Parts are no values of their own, which would be finalized.
        guard mode == .off, output.finalize == nil else { return try output.write(evaluate(frame)) }
        for position in 0..<parts.count { try parts.at(position) { try $0.emit(frame, output) } }
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
        return try otherwise?.evaluate(frame) ?? nothing
    }
    override func emit(_ frame: Frame, _ output: Output) throws {
        if try test.isTrue(frame) { return try then.emit(frame, output) }
        // Without an else section nothing is printed.
        try otherwise?.emit(frame, output)
    }

    /// An ordinary undefined value whatever the environment says.
    private var nothing: JinjaValue {
        .undefined(
            JinjaUndefined(
                hint: "the inline if-expression on \(position) evaluated to false and no else section was defined.",
                policy: .default))
    }
}

final class TupleNode: ExpressionNode {
    private let items: NodeList<ExpressionNode>
    init(_ items: [ExpressionNode]) { self.items = NodeList(items) }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .tuple(of: try items.values(frame)) }
}

final class ListNode: ExpressionNode {
    private let items: NodeList<ExpressionNode>
    init(_ items: [ExpressionNode]) { self.items = NodeList(items) }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { .list(of: try items.values(frame)) }
}

extension NodeList where Node == ExpressionNode {
    func values(_ frame: Frame) throws -> [JinjaValue] {
        var values: [JinjaValue] = []
        values.reserveCapacity(count)
        for position in 0..<count { values.append(try at(position) { try $0.evaluate(frame) }) }
        return values
    }
}

final class DictNode: ExpressionNode {
    private let keys: NodeList<ExpressionNode>
    private let values: NodeList<ExpressionNode>
    init(_ pairs: [(key: ExpressionNode, value: ExpressionNode)]) {
        keys = NodeList(pairs.map(\.key))
        values = NodeList(pairs.map(\.value))
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        let dict = JinjaDict()
        dict.reserve(keys.count)
        // Python looks at the keys when it has evaluated everything.
        var failure: (any Error)?
        for position in 0..<keys.count {
            let key = try keys.at(position) { try $0.evaluate(frame) }
            let value = try values.at(position) { try $0.evaluate(frame) }
            guard failure == nil else { continue }
            do { try dict.set(key, value) } catch { failure = error }
        }
        if let failure { throw failure }
        return .dict(dict)
    }
}
