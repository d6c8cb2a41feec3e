import HaliteValue

/// `value.name` and `value[key]`, each of which falls back to the other as in Jinja2.
package enum Access {
    package static func attribute(_ owner: JinjaValue, _ name: String, _ context: TemplateContext) throws -> JinjaValue {
        try findAttribute(owner, name) ?? context.undefined(owner: owner, name: .string(name))
    }

    static func findAttribute(_ owner: JinjaValue, _ name: String) throws -> JinjaValue? {
        if let found = try pythonAttribute(owner, name) { return found }
        switch owner {
        case .dict(let dict): return dict.value(name)
        case .object(let object): return try object.item(.string(name))
        case .undefined: return try pythonItem(owner, .string(name))
        default: return nil
        }
    }

    package static func item(_ owner: JinjaValue, _ key: JinjaValue, _ context: TemplateContext) throws -> JinjaValue {
        if let name = key.text, name.utf8.first == 0x5F, context.environment.options.sandboxed,
            try pythonItem(owner, key) == nil
        {
            return try guarded(owner, name, context)
        }
        return try findItem(owner, key) ?? context.undefined(owner: owner, name: key)
    }

    static func findItem(_ owner: JinjaValue, _ key: JinjaValue) throws -> JinjaValue? {
        if let found = try pythonItem(owner, key) { return found }
        if let name = key.text { return try pythonAttribute(owner, name) }
        return nil
    }

    /// What Python's objects have and a sandbox does not show.
    private static let hiddenNames: Set<String> = [
        "__class__", "__doc__", "__init__", "__new__", "__repr__", "__str__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__",
        "__ge__", "__hash__", "__dir__", "__format__", "__getattribute__", "__setattr__", "__delattr__", "__reduce__",
        "__reduce_ex__", "__sizeof__", "__subclasshook__", "__init_subclass__", "__getstate__", "__len__", "__contains__",
        "__getitem__", "__iter__", "__add__", "__mul__", "__rmul__", "__globals__", "__code__", "__dict__", "__module__",
        "__call__", "__closure__", "__defaults__",
    ]

    /// An attribute with a leading underscore in a sandbox: it is there, but it may not be used.
    static func guarded(_ owner: JinjaValue, _ name: String, _ context: TemplateContext) throws -> JinjaValue {
        guard try hiddenNames.contains(name) || (!owner.isUndefined && pythonAttribute(owner, name) != nil) else {
            return try attribute(owner, name, context)
        }
        return .undefined(
            JinjaUndefined(
                hint: "access to attribute \(name.quoted) of \(owner.typeName.quoted) object is unsafe.", name: .string(name),
                policy: context.state.policy, kind: .security))
    }

    /// What Python's `getattr` finds: methods and the attributes of objects. An undefined value raises or chains.
    package static func pythonAttribute(_ owner: JinjaValue, _ name: String) throws -> JinjaValue? {
        switch owner {
        case .object(let object):
            if let found = try object.attribute(name) { return found }
            return name == "__class__" ? .object(TypeObject(name: object.qualifiedTypeName)) : nil
        case .undefined(let value):
            if name == "__class__" { return .object(TypeObject(name: "jinja2.runtime.\(value.policy.className)")) }
            if name.hasPrefix("__"), name.hasSuffix("__") { return nil }
            if name.hasPrefix("_undefined_"), let found = value.attribute(name) { return found }
            if value.policy == .chainable { return owner }
            throw value.error()
        case .tuple(let tuple) where tuple.isGroup && (name == "grouper" || name == "list"):
            return tuple.items[name == "grouper" ? 0 : 1]
        default: break
        }
        if let method = MethodLookup.find(name, for: owner) {
            return .object(BoundMethod(receiver: owner, name: name, method: method))
        }
        return DataAttributes.find(owner, name)
    }

    /// What Python's `owner[key]` gives; nil where it raises a lookup or type error, which Jinja2 swallows.
    package static func pythonItem(_ owner: JinjaValue, _ key: JinjaValue) throws -> JinjaValue? {
        switch owner {
        case .dict(let dict):
            switch key {
            case .list, .dict: return nil
            case .object(let object) where !object.isHashable: return nil
            default: return try dict.value(key)
            }
        case .list(let list):
            guard let position = position(key, list.count) else { return nil }
            return list.items[position]
        case .tuple(let tuple):
            guard let position = position(key, tuple.items.count) else { return nil }
            return tuple.items[position]
        case .string(let text):
            guard let position = position(key, text.scalarCount) else { return nil }
            return .string(TextSlice.character(text, position))
        case .markup(let text):
            guard let position = position(key, text.scalarCount) else { return nil }
            return .markup(TextSlice.character(text, position))
        case .bytes(let bytes):
            guard let position = position(key, bytes.count) else { return nil }
            return .int(Int(bytes[position]))
        case .object(let object): return try object.item(key)
        case .undefined(let value):
            if value.policy == .chainable { return owner }
            throw value.error()
        default: return nil
        }
    }

    /// An index from the front or, when negative, from the end.
    static func position(_ key: JinjaValue, _ count: Int) -> Int? {
        guard let index = key.integer else { return nil }
        let position = index < 0 ? index + count : index
        return position >= 0 && position < count ? position : nil
    }
}

/// Attributes of Python's values that are no methods.
enum DataAttributes {
    static func find(_ owner: JinjaValue, _ name: String) -> JinjaValue? {
        switch (owner, name) {
        case (.int, "real"), (.int, "numerator"), (.big, "real"), (.big, "numerator"), (.float, "real"): owner
        case (.bool(let flag), "real"), (.bool(let flag), "numerator"): .int(flag ? 1 : 0)
        case (.int, "imag"), (.big, "imag"), (.bool, "imag"): .int(0)
        case (.int, "denominator"), (.big, "denominator"), (.bool, "denominator"): .int(1)
        case (.float, "imag"): .float(0)
        case (_, "__class__"): .object(TypeObject(name: owner.typeName))
        default: nil
        }
    }
}

/// What `value.__class__` gives: a name and nothing to reach the interpreter by.
final class TypeObject: JinjaObject {
    private let name: String
    init(name: String) { self.name = name }
    override var typeName: String { "type" }
    override func attribute(_ attribute: String) -> JinjaValue? { attribute == "__name__" ? .string(name) : nil }
    override func repr() -> String { "<class '\(name)'>" }
    override func isEqual(to other: JinjaObject) -> Bool { (other as? TypeObject)?.name == name }
}
