import HaliteValue

/// `value.name`.
final class AttributeNode: ExpressionNode {
    let value: ExpressionNode
    let name: String
    private let hash: Int
    /// Whether dictionaries have a method of this name, which wins over a key.
    private let isDictAttribute: Bool
    private let loopAttribute: LoopAttribute?
    /// The slot of a variable that the attribute is asked of.
    private let slot: Int?

    init(_ value: ExpressionNode, _ name: String) {
        self.value = value
        self.name = name
        hash = name.bytesHash
        let traits = NameTraits.of(name)
        isDictAttribute = traits?.isDictAttribute ?? false
        loopAttribute = traits?.loopAttribute
        slot = (value as? LocalNode)?.slot
    }

    override func lendDict(_ frame: Frame) -> Unmanaged<JinjaDict>? {
        if isDictAttribute { return nil }
        return value.lendDict(frame)?._withUnsafeGuaranteedRef { $0.lend(name, hash: hash) }
    }

    /// The attribute of a dictionary, namespace or loop that the owner names, without counting references to that.
    @inline(__always)
    private func quick(_ frame: Frame) throws -> JinjaValue? {
        if let dict = value.lendDict(frame) {
            return isDictAttribute ? nil : dict._withUnsafeGuaranteedRef { $0.value(name, hash: hash) }
        }
        guard let slot, let object = frame.lendObject(slot) else { return nil }
        return try object._withUnsafeGuaranteedRef { object in
            switch object.role {
            case .namespace: return unsafeDowncast(object, to: NamespaceObject.self).values.value(name, hash: hash)
            case .loop:
                guard let loopAttribute else { return nil }
                return try unsafeDowncast(object, to: LoopObject.self).value(of: loopAttribute)
            default: return nil
            }
        }
    }

    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        if let found = try quick(frame) { return found }
        let owner = try value.evaluate(frame)
        return try find(owner) ?? frame.context.undefined(owner: owner, name: .string(name))
    }

    override func evaluateIfDefined(_ frame: Frame) throws -> JinjaValue? {
        guard let found = try quick(frame) ?? find(value.evaluate(frame)), !found.isUndefined else { return nil }
        return found
    }

    @inline(__always)
    private func find(_ owner: JinjaValue) throws -> JinjaValue? {
        switch owner {
        case .dict(let dict) where !isDictAttribute: return dict.value(name, hash: hash)
        case .object(let object):
            if let loopAttribute, let loop = object.loop { return try loop.value(of: loopAttribute) }
            if let namespace = object.namespace { return namespace.values.value(name, hash: hash) }
        default: break
        }
        return try Access.findAttribute(owner, name)
    }
}

/// `value._name` in a sandbox.
final class GuardedAttributeNode: ExpressionNode {
    private let value: ExpressionNode
    private let name: String
    init(_ value: ExpressionNode, _ name: String) {
        self.value = value
        self.name = name
    }
    override func evaluate(_ frame: Frame) throws -> JinjaValue { try Access.guarded(value.evaluate(frame), name, frame.context) }
}

/// `value[key]`.
final class ItemNode: ExpressionNode {
    private let value: ExpressionNode
    private let key: ExpressionNode
    /// A key that is known, with its hash.
    private let text: (String, hash: Int)?
    /// The slot of a variable and an index that is known.
    private let place: (slot: Int, index: Int)?

    init(_ value: ExpressionNode, _ key: ExpressionNode) {
        self.value = value
        self.key = key
        text = if case .string(let text)? = key.constant { (text, text.bytesHash) } else { nil }
        place =
            if let local = value as? LocalNode, case .int(let index)? = key.constant { (local.slot, index) } else { nil }
    }

    override func lendDict(_ frame: Frame) -> Unmanaged<JinjaDict>? {
        guard let text else { return nil }
        return value.lendDict(frame)?._withUnsafeGuaranteedRef { $0.lend(text.0, hash: text.hash) }
    }

    @inline(__always)
    private func quick(_ frame: Frame) -> JinjaValue? {
        if let place {
            return frame.lendList(place.slot)?._withUnsafeGuaranteedRef { list in
                let position = place.index < 0 ? place.index + list.count : place.index
                return position >= 0 && position < list.count ? list.element(position) : nil
            }
        }
        guard let text, let dict = value.lendDict(frame) else { return nil }
        return dict._withUnsafeGuaranteedRef { $0.value(text.0, hash: text.hash) }
    }

    override func evaluate(_ frame: Frame) throws -> JinjaValue {
        if let found = quick(frame) { return found }
        let owner = try value.evaluate(frame)
        if let text, case .dict(let dict) = owner, let found = dict.value(text.0, hash: text.hash) { return found }
        return try Access.item(owner, key.evaluate(frame), frame.context)
    }

    override func evaluateIfDefined(_ frame: Frame) throws -> JinjaValue? {
        if let found = quick(frame) { return found.isUndefined ? nil : found }
        let owner = try value.evaluate(frame)
        if let text, case .dict(let dict) = owner, let found = dict.value(text.0, hash: text.hash) {
            return found.isUndefined ? nil : found
        }
        guard let found = try Access.findItem(owner, key.evaluate(frame)), !found.isUndefined else { return nil }
        return found
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
        let start = try bounds[0]?.evaluate(frame)
        let stop = try bounds[1]?.evaluate(frame)
        let step = try bounds[2]?.evaluate(frame)
        do {
            return try Slicing.slice(owner, start: start, stop: stop, step: step)
        } catch let error as JinjaError where isLenient && error.kind == .type {
            let shown = try [start, stop, step].map { try $0?.repr() ?? "None" }.joined(separator: ", ")
            return frame.context.undefined(hint: "\(owner.objectTypeRepr) has no element slice(\(shown))")
        }
    }
}
