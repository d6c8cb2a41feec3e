final class ConstantNode: ExpressionNode {
    private let value: JinjaValue
    init(_ value: JinjaValue) { self.value = value }
    override var constant: JinjaValue? { value }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { value }
}

/// A variable of the running function.
final class LocalNode: ExpressionNode {
    let slot: Int
    private let name: String
    init(slot: Int, name: String) {
        self.slot = slot
        self.name = name
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        frame.slots[slot] ?? frame.context.undefined(name: name)
    }
    override func emit(_ frame: Frame, _ output: Output) throws {
        guard let value = frame.slots[slot] else { return try output.write(frame.context.undefined(name: name)) }
        try output.write(value)
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
        frame.ancestor(hops).slots[slot] ?? frame.context.undefined(name: name)
    }
}

/// What an assignment writes to.
indirect enum Target {
    /// `exports` is true at the top level of a template, whose variables others can import.
    case slot(Int, hops: Int, name: String, exports: Bool)
    case tuple([Target])
    case namespace(slot: Int, hops: Int, attribute: String)

    func assign(_ value: JinjaValue, _ frame: Frame) throws {
        switch self {
        case .slot(let slot, let hops, let name, let exports):
            (hops == 0 ? frame : frame.ancestor(hops)).slots[slot] = value
            if exports { frame.context.export(name, value) }
        case .tuple(let targets):
            let items = try value.unpacked(count: targets.count)
            for (position, target) in targets.enumerated() { try target.assign(items[position], frame) }
        case .namespace(let slot, let hops, let attribute):
            guard let namespace = try? namespace(slot, hops, frame) else { throw Self.notANamespace }
            namespace.values.set(attribute, value)
        }
    }

    /// Jinja2 looks at the namespaces before it evaluates the value.
    func check(_ frame: Frame) throws {
        switch self {
        case .slot: break
        case .tuple(let targets): for target in targets { try target.check(frame) }
        case .namespace(let slot, let hops, _): _ = try namespace(slot, hops, frame)
        }
    }

    private func namespace(_ slot: Int, _ hops: Int, _ frame: Frame) throws -> NamespaceObject {
        guard case .object(let object)? = frame.ancestor(hops).slots[slot], let namespace = object as? NamespaceObject
        else { throw Self.notANamespace }
        return namespace
    }

    private static var notANamespace: JinjaError {
        JinjaError(.templateRuntime, "cannot assign attribute on non-namespace object")
    }
}
