import HaliteValue

/// What an assignment writes to.
class Target {
    func assign(_ value: consuming JinjaValue, _ frame: Frame) throws { fatalError("abstract") }

    /// Jinja2 looks at the namespaces before it evaluates the value.
    func check(_ frame: Frame) throws {}

    var isTuple: Bool { false }
    /// What has been assigned.
    func value(_ frame: Frame) -> JinjaValue { .null }

    /// The slot when it is nothing but a variable of the running function.
    var plainSlot: Int? { nil }
    /// The slots of two such variables.
    var plainPair: (Int, Int)? { nil }
}

/// A variable of the running function.
final class LocalTarget: Target {
    private let slot: Int
    init(slot: Int) { self.slot = slot }
    override func assign(_ value: consuming JinjaValue, _ frame: Frame) throws { frame.slots[slot] = value }
    override var plainSlot: Int? { slot }
    override func value(_ frame: Frame) -> JinjaValue { frame.slots[slot] ?? .null }
}

/// A variable further out, or one at the top level of a template, which others can import.
final class NameTarget: Target {
    private let slot: Int
    private let hops: Int
    private let name: String
    private let exports: Bool
    init(slot: Int, hops: Int, name: String, exports: Bool) {
        self.slot = slot
        self.hops = hops
        self.name = name
        self.exports = exports
    }
    override func assign(_ value: consuming JinjaValue, _ frame: Frame) throws {
        let value = value
        (hops == 0 ? frame : frame.ancestor(hops)).slots[slot] = value
        if exports { frame.context.export(name, value) }
    }
    override func value(_ frame: Frame) -> JinjaValue { (hops == 0 ? frame : frame.ancestor(hops)).slots[slot] ?? .null }
}

final class TupleTarget: Target {
    private let targets: NodeList<Target>
    override var plainPair: (Int, Int)? { pair }
    override var isTuple: Bool { true }
    override func value(_ frame: Frame) -> JinjaValue {
        .tuple(of: (0..<targets.count).map { position in targets.at(position) { $0.value(frame) } })
    }
    private let pair: (Int, Int)?

    init(_ targets: [Target]) {
        self.targets = NodeList(targets)
        if targets.count == 2, let first = targets[0].plainSlot, let second = targets[1].plainSlot {
            pair = (first, second)
        } else {
            pair = nil
        }
    }

    override func assign(_ value: consuming JinjaValue, _ frame: Frame) throws {
        let value = value
        if let pair, case .tuple(let tuple) = value, tuple.items.count == 2 {
            frame.slots[pair.0] = tuple.items[0]
            frame.slots[pair.1] = tuple.items[1]
            return
        }
        let items = try value.unpacked(count: targets.count)
        for position in 0..<targets.count { try targets.at(position) { try $0.assign(items[position], frame) } }
    }

    override func check(_ frame: Frame) throws {
        for position in 0..<targets.count { try targets.at(position) { try $0.check(frame) } }
    }
}

/// `namespace.attribute`.
final class NamespaceTarget: Target {
    private let slot: Int
    private let hops: Int
    private let attribute: String
    private let hash: Int
    /// The line that Jinja2 names when it is no namespace; nil where it does not look, as in block assignments.
    private let checkLine: Int?
    init(slot: Int, hops: Int, attribute: String, checkLine: Int?) {
        self.slot = slot
        self.hops = hops
        self.attribute = attribute
        self.checkLine = checkLine
        hash = attribute.bytesHash
    }

    override func assign(_ value: consuming JinjaValue, _ frame: Frame) throws {
        let owner = hops == 0 ? frame.lendObject(slot) : frame.ancestor(hops).lendObject(slot)
        let value = value
        let isDone = owner?._withUnsafeGuaranteedRef { object in
            guard object.role == .namespace else { return false }
            unsafeDowncast(object, to: NamespaceObject.self).values.set(attribute, hash: hash, value)
            return true
        }
        if isDone != true { try assign(value, to: (hops == 0 ? frame : frame.ancestor(hops)).slots[slot]) }
    }

    /// What Python makes of `owner['attribute'] = value`.
    private func assign(_ value: JinjaValue, to owner: JinjaValue?) throws {
        switch owner {
        case nil: throw JinjaError(.type, "'_MissingType' object does not support item assignment")
        case .dict(let dict)?: dict.set(attribute, value)
        case .object(let object)?: try object.setItem(.string(attribute), value)
        case .list?: throw JinjaError(.type, "list indices must be integers or slices, not str")
        case let other?: throw JinjaError(.type, "'\(other.typeName)' object does not support item assignment")
        }
    }

    override func check(_ frame: Frame) throws {
        guard let checkLine else { return }
        let owner = hops == 0 ? frame.lendObject(slot) : frame.ancestor(hops).lendObject(slot)
        guard let owner, owner._withUnsafeGuaranteedRef({ $0.role == .namespace }) else {
            throw JinjaError(.templateRuntime, "cannot assign attribute on non-namespace object", line: checkLine)
        }
    }
}
