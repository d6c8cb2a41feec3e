import HaliteJinja
import HaliteValue

/// What the filters of Salt share: how arguments are read, and the errors that Python raises for wrong ones.
enum SaltFilter {
    typealias Body = @Sendable (_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue

    /// A filter whose arguments are matched with a list of parameters, as those of Jinja2 are.
    static func define(_ name: String, _ parameters: String, _ body: @escaping Body) -> JinjaFunction {
        let signature = Signature(name, parameters)
        return { call in try body(signature.bind(call), call.context) }
    }

    /// One that gives the undefined names inside of its value back instead of running, so that they are told when printed.
    static func strict(_ name: String, _ parameters: String, _ body: @escaping Body) -> JinjaFunction {
        define(name, parameters) { arguments, context in
            if let undefined = StrictUndefined.joined(in: arguments.value(0)) { return undefined }
            return try body(arguments, context)
        }
    }

    /// The bytes of a text or of bytes, as `salt.utils.stringutils.to_bytes` gives them.
    static func bytes(_ value: JinjaValue) throws -> [UInt8] {
        switch value {
        case .string(let text), .markup(let text): return Array(text.utf8)
        case .bytes(let bytes): return bytes
        default: throw JinjaError(.type, "expected str, bytes, or bytearray not \(value.pythonClass)")
        }
    }

    /// The text of a text or of bytes, as `salt.utils.stringutils.to_str` gives it.
    static func text(_ value: JinjaValue) throws -> String {
        switch value {
        case .string(let text), .markup(let text): return text
        case .bytes(let bytes): return try decoded(bytes)
        default: throw JinjaError(.type, "expected str, bytes, or bytearray not \(value.pythonClass)")
        }
    }

    /// UTF-8 as text; throws where a byte is none.
    static func decoded(_ bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw JinjaError(.unicodeDecode, "'utf-8' codec can't decode bytes: invalid data")
        }
        return text
    }

    /// Where Python calls a method that the value does not have.
    static func noAttribute(_ value: JinjaValue, _ name: String) -> JinjaError {
        if case .undefined(let undefined) = value { return undefined.error() }
        return JinjaError(.attribute, "\(value.typeName.quoted) object has no attribute \(name.quoted)")
    }
}

extension [JinjaValue?] {
    /// An argument that is given, or its default.
    func value(_ position: Int, default fallback: JinjaValue = .null) -> JinjaValue {
        position < count ? self[position] ?? fallback : fallback
    }

    /// An argument that is neither left out nor `none`.
    func given(_ position: Int) -> JinjaValue? {
        let value = value(position)
        return value.isNull ? nil : value
    }

    func flag(_ position: Int, default fallback: Bool = false) throws -> Bool {
        try position < count ? self[position]?.isTrue() ?? fallback : fallback
    }

    func integer(_ position: Int, default fallback: Int) throws -> Int {
        guard position < count, let value = self[position] else { return fallback }
        if case .undefined(let undefined) = value { throw undefined.error() }
        guard let number = value.integer else {
            throw JinjaError(.type, "\(value.typeName.quoted) object cannot be interpreted as an integer")
        }
        return number
    }

    /// The text of an argument, as `str()` gives it.
    func text(_ position: Int) throws -> String {
        let value = value(position)
        return try value.text ?? value.str()
    }
}

/// Undefined names inside of data.
enum StrictUndefined {
    /// One undefined value that tells all of them; nil when there is none.
    static func joined(in value: JinjaValue) -> JinjaValue? {
        var found: [JinjaUndefined] = []
        var seen: Set<ObjectIdentifier> = []
        collect(value, &found, &seen, depth: 0)
        guard let first = found.first else { return nil }
        return .undefined(
            JinjaUndefined(hint: found.map(\.message).joined(separator: "\n"), policy: first.policy))
    }

    private static func collect(
        _ value: JinjaValue, _ found: inout [JinjaUndefined], _ seen: inout Set<ObjectIdentifier>, depth: Int
    ) {
        guard depth < 200 else { return }
        switch value {
        case .undefined(let undefined) where undefined.policy == .strict:
            if seen.insert(ObjectIdentifier(undefined)).inserted { found.append(undefined) }
        case .list(let list):
            guard list.untouched == nil, seen.insert(ObjectIdentifier(list)).inserted else { return }
            for item in list.items { collect(item, &found, &seen, depth: depth + 1) }
        case .tuple(let tuple):
            guard seen.insert(ObjectIdentifier(tuple)).inserted else { return }
            for item in tuple.items { collect(item, &found, &seen, depth: depth + 1) }
        case .dict(let dict):
            guard dict.untouched == nil, seen.insert(ObjectIdentifier(dict)).inserted else { return }
            for entry in dict.entries { collect(entry.value, &found, &seen, depth: depth + 1) }
        default: return
        }
    }
}

extension JinjaValue {
    /// `type(value)` as Python prints it.
    var pythonClass: String {
        switch self {
        case .undefined: "<class 'jinja2.runtime.\(typeName)'>"
        case .markup: "<class 'markupsafe.Markup'>"
        case .dict(let dict) where dict.isOrdered: "<class 'collections.OrderedDict'>"
        case .object(let object): "<class '\(object.qualifiedTypeName)'>"
        default: "<class '\(typeName)'>"
        }
    }

    /// Whether the type of the value has a hash, which is how Salt tells lists from scalars.
    var isHashable: Bool {
        switch self {
        case .list, .dict: false
        case .object(let object): !["set", "dict_items", "dict_keys"].contains(object.typeName)
        default: true
        }
    }

    /// Whether it is a list, not a tuple.
    var asList: JinjaList? {
        if case .list(let list) = self { list } else { nil }
    }

    var asDict: JinjaDict? {
        if case .dict(let dict) = self { dict } else { nil }
    }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// A text that is a text, not markup that only looks like one.
    var isText: Bool { text != nil }
}
