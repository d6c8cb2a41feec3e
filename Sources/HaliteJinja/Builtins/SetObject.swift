import HaliteValue

/// What takes part in Python's arithmetic of sets.
protocol SetLike: JinjaObject {
    var setElements: [JinjaValue] { get }
    func hasElement(_ value: JinjaValue) throws -> Bool
}

/// A set: templates get one from the difference of two views of dictionaries.
final class SetObject: JinjaObject, SetLike {
    private let members: JinjaDict

    init(_ elements: [JinjaValue]) throws {
        members = JinjaDict()
        for element in elements { try members.set(element, .null) }
    }

    var setElements: [JinjaValue] { members.entries.map(\.key) }
    func hasElement(_ value: JinjaValue) throws -> Bool { try members.value(value) != nil }

    override var typeName: String { "set" }
    override var isHashable: Bool { false }
    override func length() -> Int? { members.count }
    override func contains(_ value: JinjaValue) throws -> Bool? { try hasElement(value) }
    override func iterate() -> JinjaIterator? { JinjaIterator(kind: "set_iterator", array: setElements) }
    override func isEqual(to other: JinjaObject) throws -> Bool {
        guard let other = other as? any SetLike, setElements.count == other.setElements.count else { return false }
        return try setElements.allSatisfy(other.hasElement)
    }
    override func repr() throws -> String { try JinjaValue.object(self).repr() }
    override func appendRepr(to bytes: inout [UInt8], open: [ObjectIdentifier]) throws {
        if members.count == 0 { return bytes.append(contentsOf: "set()".utf8) }
        bytes.append(UInt8(ascii: "{"))
        for (position, element) in setElements.enumerated() {
            if position > 0 { bytes.append(contentsOf: ", ".utf8) }
            try element.appendRepr(to: &bytes, open: open)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    override func attribute(_ name: String) throws -> JinjaValue? {
        guard let method = SetMethods.table[name] else { return nil }
        return .object(BoundMethod(receiver: .object(self), name: name, method: method))
    }

    func insert(_ value: JinjaValue) throws { try members.set(value, .null) }
    func remove(_ value: JinjaValue) throws -> Bool { try members.remove(value) != nil }
    func removeAll() { members.removeAll() }

    // MARK: Operators

    /// `left - right` where one of them is a view and the other can be iterated, or both are sets.
    static func difference(_ left: JinjaValue, _ right: JinjaValue, _ context: TemplateContext) throws -> JinjaValue? {
        func isView(_ value: JinjaValue) -> Bool { if case .object(let view as DictView) = value { view.isSetLike } else { false } }
        func isSet(_ value: JinjaValue) -> Bool { if case .object(is SetObject) = value { true } else { false } }
        guard isView(left) || isView(right) || (isSet(left) && isSet(right)) else { return nil }
        let result = try SetObject(left.elements(context))
        for element in try right.elements(context) { _ = try result.remove(element) }
        return .object(result)
    }

    /// Whether one is a part of the other; nil when one of them is no set.
    static func compare(_ operation: Comparison, _ left: JinjaObject, _ right: JinjaObject) throws -> Bool? {
        let (small, large): (JinjaObject, JinjaObject)
        switch operation {
        case .lt, .lteq: (small, large) = (left, right)
        case .gt, .gteq: (small, large) = (right, left)
        default: return nil
        }
        guard let small = small as? any SetLike, let large = large as? any SetLike else { return nil }
        if let view = small as? DictView, !view.isSetLike { return nil }
        if let view = large as? DictView, !view.isSetLike { return nil }
        let isStrict = operation == .lt || operation == .gt
        let (count, limit) = (small.setElements.count, large.setElements.count)
        guard isStrict ? count < limit : count <= limit else { return false }
        return try small.setElements.allSatisfy(large.hasElement)
    }
}

extension DictView: SetLike {
    var setElements: [JinjaValue] { elements }
    func hasElement(_ value: JinjaValue) throws -> Bool { try contains(value) ?? false }
}

/// Methods of `set`.
enum SetMethods {
    private static func set(_ value: JinjaValue) throws -> SetObject {
        if case .object(let object as SetObject) = value { return object }
        return try SetObject([])
    }

    private static func others(_ call: JinjaCall) throws -> [SetObject] {
        if !call.keywords.isEmpty { throw JinjaError(.type, "set methods take no keyword arguments") }
        return try call.positional.map { try SetObject($0.elements(call.context)) }
    }

    /// A method that makes a set of this one and any number of others.
    private static func combining(_ body: @escaping @Sendable ([JinjaValue], SetObject) throws -> [JinjaValue]) -> NativeMethod {
        NativeMethod { value, call in
            var elements = try set(value).setElements
            for other in try others(call) { elements = try body(elements, other) }
            return .object(try SetObject(elements))
        }
    }

    private static func changing(_ name: String, _ body: @escaping @Sendable (SetObject, JinjaValue) throws -> Void) -> NativeMethod {
        NativeMethod("set.\(name)", "element") { value, arguments, _ in
            try body(set(value), arguments[0] ?? .null)
            return .null
        }
    }

    static let table: [String: NativeMethod] = [
        "union": combining { $0 + $1.setElements },
        "intersection": combining { elements, other in try elements.filter(other.hasElement) },
        "difference": combining { elements, other in try elements.filter { try !other.hasElement($0) } },
        "symmetric_difference": combining { elements, other in
            let mine = try SetObject(elements)
            return try elements.filter { try !other.hasElement($0) } + other.setElements.filter { try !mine.hasElement($0) }
        },
        "issubset": NativeMethod("set.issubset", "other") { value, arguments, context in
            let other = try SetObject((arguments[0] ?? .null).elements(context))
            return .bool(try set(value).setElements.allSatisfy(other.hasElement))
        },
        "issuperset": NativeMethod("set.issuperset", "other") { value, arguments, context in
            .bool(try (arguments[0] ?? .null).elements(context).allSatisfy(set(value).hasElement))
        },
        "isdisjoint": isDisjoint,
        "copy": NativeMethod("set.copy", "") { value, _, _ in .object(try SetObject(set(value).setElements)) },
        "add": changing("add") { try $0.insert($1) },
        "discard": changing("discard") { _ = try $0.remove($1) },
        "remove": changing("remove") { set, element in
            guard try set.remove(element) else { throw JinjaError(.key, try element.repr()) }
        },
        "update": NativeMethod { value, call in
            for other in try others(call) { for element in other.setElements { try set(value).insert(element) } }
            return .null
        },
        "clear": NativeMethod("set.clear", "") { value, _, _ in
            try set(value).removeAll()
            return .null
        },
        "pop": NativeMethod("set.pop", "") { value, _, _ in
            guard let first = try set(value).setElements.first else { throw JinjaError(.key, "'pop from an empty set'") }
            _ = try set(value).remove(first)
            return first
        },
    ]

    static let isDisjoint = NativeMethod("isdisjoint", "other") { value, arguments, context in
        guard case .object(let object) = value, let mine = object as? any SetLike else { return .bool(true) }
        return .bool(try !(arguments[0] ?? .null).elements(context).contains(where: mine.hasElement))
    }
}
