import HaliteValue

final class ConstantNode: ExpressionNode {
    private let value: JinjaValue
    init(_ value: JinjaValue) { self.value = value }
    override var constant: JinjaValue? { value }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { value }
}

/// A variable of the running function.
final class LocalNode: ExpressionNode {
    let slot: Int
    let name: String
    init(slot: Int, name: String) {
        self.slot = slot
        self.name = name
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        frame.slots[slot] ?? frame.context.undefined(name: name)
    }
    override func evaluateIfDefined(_ frame: Frame) throws -> JinjaValue? {
        guard let value = frame.slots[slot], !value.isUndefined else { return nil }
        return value
    }
    override func emit(_ frame: Frame, _ output: Output) throws {
        guard let value = frame.slots[slot] else { return try output.write(frame.context.undefined(name: name)) }
        try output.write(value)
    }
    override func lendDict(_ frame: Frame) -> Unmanaged<JinjaDict>? { frame.lendDict(slot) }
    override func isTrue(_ frame: Frame) throws -> Bool {
        if case .bool(let flag)? = frame.slots[slot] { return flag }
        return try evaluate(frame).isTrue()
    }
}

/// A variable of a function around the running one.
final class OuterNode: ExpressionNode {
    private let hops: Int
    private let slot: Int
    private let name: String
    init(hops: Int, slot: Int, name: String) {
        self.hops = hops
        self.slot = slot
        self.name = name
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        frame.outer(hops, slot) ?? frame.context.undefined(name: name)
    }
    override func evaluateIfDefined(_ frame: Frame) throws -> JinjaValue? {
        guard let value = frame.outer(hops, slot), !value.isUndefined else { return nil }
        return value
    }
    override func lendDict(_ frame: Frame) -> Unmanaged<JinjaDict>? { frame.ancestor(hops).lendDict(slot) }
}
