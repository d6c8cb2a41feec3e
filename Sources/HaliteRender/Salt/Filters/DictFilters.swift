import HaliteJinja
import HaliteValue

/// Paths into nested data, and changes of dictionaries in place.
enum DictFilters {
    static let table: [String: JinjaFunction] = [
        "traverse": SaltFilter.define("traverse_dict_and_list", "data, key, default=, delimiter=", traverse),
        "set_dict_key_value": change("set_dict_key_value") { dict, key, value, _, _ in try dict.set(key, value) },
        "append_dict_key_value": change("append_dict_key_value") { dict, key, value, _, _ in
            let current = try slot(dict, key) { .list(of: []) }
            guard let list = current.asList else {
                throw JinjaError("SaltInvocationError", "The last key contains a \(current.pythonClass), which cannot append.")
            }
            list.items.append(value)
        },
        "extend_dict_key_value": change("extend_dict_key_value") { dict, key, value, _, context in
            let current = try slot(dict, key) { .list(of: []) }
            guard let list = current.asList else {
                throw JinjaError("SaltInvocationError", "The last key contains a \(current.pythonClass), which cannot extend.")
            }
            if case .undefined(let undefined) = value { throw undefined.error() }
            guard try value.iterator() != nil else {
                throw JinjaError("SaltInvocationError", "Cannot extend \(current.pythonClass) with a \(value.pythonClass).")
            }
            list.items += try value.elements(context)
        },
        "update_dict_key_value": change("update_dict_key_value", update),
        "compare_dicts": SaltFilter.define("compare_dicts", "old=, new=", compare),
        "to_entries": SaltFilter.define("to_entries", "data") { arguments, _ in
            switch arguments.value(0) {
            case .dict(let dict): return .list(of: dict.entries.map { entry($0.key, $0.value) })
            case .list(let list): return .list(of: list.items.enumerated().map { entry(.int($0.offset), $0.element) })
            default: throw JinjaError("SaltException", "Input data must be a dict or list")
            }
        },
        "from_entries": SaltFilter.define("from_entries", "entries", fromEntries),
        "method_call": { call in
            guard call.positional.count >= 2, let name = call.positional[1].text else {
                guard call.positional.count < 2 else {
                    throw JinjaError(.type, "attribute name must be string, not \(call.positional[1].typeName.quoted)")
                }
                throw JinjaError(.type, "method_call() missing 1 required positional argument: 'f_name'")
            }
            guard let method = try Access.pythonAttribute(call.positional[0], name) else { return .null }
            return try method.call(
                JinjaCall(positional: Array(call.positional.dropFirst(2)), keywords: call.keywords, context: call.context))
        },
    ]

    private static func entry(_ key: JinjaValue, _ value: JinjaValue) -> JinjaValue {
        .dict(JinjaDict([("key", key), ("value", value)]))
    }

    // MARK: Reading

    /// The value at a path such as `a:b:0`; nil where there is none.
    static func find(_ data: Value, _ path: String, delimiter: String) -> Value? {
        let keys = PythonSplit.parts(path, delimiter, limit: -1).map { JinjaValue.string($0) }
        return try? follow(keys, from: JinjaValue(data))?.freeze()
    }

    private static func follow(_ keys: [JinjaValue], from data: JinjaValue) throws -> JinjaValue? {
        var place = data
        for key in keys {
            let next: JinjaValue?
            if case .list(let list) = place { next = try element(list, key) } else { next = try member(place, key) }
            guard let next else { return nil }
            place = next
        }
        return place
    }

    private static func traverse(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        let keys: [JinjaValue]
        switch arguments.value(1) {
        case .string(let text), .markup(let text):
            let delimiter = arguments[3] ?? ":"
            guard let separator = delimiter.text else {
                throw JinjaError(.type, "must be str or None, not \(delimiter.typeName)")
            }
            if separator.isEmpty { throw JinjaError(.value, "empty separator") }
            keys = PythonSplit.parts(text, separator, limit: -1).map { .string($0) }
        case let key where key.integer != nil: keys = [key]
        case let list: keys = try list.elements(context)
        }
        return try follow(keys, from: arguments.value(0)) ?? arguments.value(2)
    }

    /// The value below a key of a dictionary in the list, or the element at an index.
    private static func element(_ list: JinjaList, _ key: JinjaValue) throws -> JinjaValue? {
        let index: JinjaValue?
        switch key {
        case .string(let text), .markup(let text): index = PythonText.integer(text).map { JinjaValue($0) }
        case .float(let number): index = .int(Int(number))
        case let number where number.integer != nil: index = number
        default:
            throw JinjaError(.type, "int() argument must be a string, a bytes-like object or a real number, not \(key.typeName.quoted)")
        }
        for case .dict(let dict) in list.items {
            if let found = try dict.value(index ?? key) { return found }
        }
        guard let index else { return nil }
        return try Access.pythonItem(.list(list), index)
    }

    private static func member(_ value: JinjaValue, _ key: JinjaValue) throws -> JinjaValue? {
        switch value {
        case .string, .markup, .tuple:
            guard key.integer != nil else { return nil }
            guard let found = try Access.pythonItem(value, key) else {
                throw JinjaError(.index, "\(value.isText ? "string" : "tuple") index out of range")
            }
            return found
        case .dict(let dict):
            if let found = try dict.value(key) { return found }
            // A key that YAML would read as something else, such as a number, is tried as that.
            guard let text = key.text, let loaded = Yamlified.read(text), !(try loaded.isEqual(to: key)) else { return nil }
            return try dict.value(loaded)
        case .object: return try Access.pythonItem(value, key)
        case .undefined(let undefined): throw undefined.error()
        default: return nil
        }
    }

    private static func fromEntries(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        let result = JinjaDict()
        for item in try arguments.value(0).elements(context) {
            let entry = JinjaDict()
            switch item {
            case .dict(let dict):
                for pair in dict.entries { try entry.set(pair.key.text.map { .string(PythonCase.lower($0)) } ?? pair.key, pair.value) }
            default:
                for element in try item.elements(context) {
                    let pair = try element.elements(context)
                    guard pair.count == 2 else {
                        throw JinjaError(
                            .value,
                            pair.count < 2
                                ? "not enough values to unpack (expected 2, got \(pair.count))" : "too many values to unpack (expected 2)")
                    }
                    try entry.set(pair[0].text.map { .string(PythonCase.lower($0)) } ?? pair[0], pair[1])
                }
            }
            for name in ["key", "name"] {
                guard let key = entry.value(name), try key.isTrue() else { continue }
                try result.set(key, entry.value("value") ?? .null)
                break
            }
        }
        return .dict(result)
    }

    private static func compare(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        let (old, new) = (arguments.value(0), arguments.value(1))
        var keys = try new.isTrue() ? try new.elements(context) : []
        keys += try old.isTrue() ? try old.elements(context) : []
        let result = JinjaDict()
        for key in try SetObject(keys).items {
            let change: [(String, JinjaValue)]
            if try !old.contains(key) {
                change = [("old", ""), ("new", try value(new, key))]
            } else if try !new.contains(key) {
                change = [("new", ""), ("old", try value(old, key))]
            } else {
                let (before, after) = (try value(old, key), try value(new, key))
                if try before.isEqual(to: after) { continue }
                change = [("old", before), ("new", after)]
            }
            try result.set(key, .dict(JinjaDict(change)))
        }
        return .dict(result)
    }

    private static func value(_ container: JinjaValue, _ key: JinjaValue) throws -> JinjaValue {
        if let found = try Access.pythonItem(container, key) { return found }
        throw JinjaError(.type, "\(container.typeName) indices must be integers or slices, not \(key.typeName)")
    }

    // MARK: Changing

    private typealias Change =
        @Sendable (JinjaDict, _ key: JinjaValue, _ value: JinjaValue, _ ordered: Bool, TemplateContext) throws -> Void

    /// A filter that changes the dictionary below a path and gives the whole one back.
    private static func change(_ name: String, _ body: @escaping Change) -> JinjaFunction {
        SaltFilter.define(name, "in_dict, keys, value, delimiter=, ordered_dict=") { arguments, context in
            let ordered = try arguments.flag(4)
            let delimiter = try arguments[3] == nil ? ":" : arguments.text(3)
            let (parts, last) = try path(arguments.value(1), delimiter)
            guard case .dict(var dict) = arguments.value(0) else {
                throw try refusal(arguments.value(0), last, isSetting: name.hasPrefix("set"))
            }
            for part in parts {
                if case .dict(let next)? = dict.value(part) {
                    dict = next
                } else {
                    let next = JinjaDict()
                    next.isOrdered = ordered
                    dict.set(part, .dict(next))
                    dict = next
                }
            }
            try body(dict, last, arguments.value(2), ordered, context)
            return arguments.value(0)
        }
    }

    /// The keys on the way, and the last one.
    private static func path(_ keys: JinjaValue, _ delimiter: String) throws -> ([String], JinjaValue) {
        if let text = keys.text {
            var parts = PythonSplit.parts(text, delimiter, limit: -1)
            let last = parts.removeLast()
            return (parts, .string(last))
        }
        if case .undefined(let undefined) = keys { throw undefined.error() }
        guard try keys.iterator() != nil else { throw JinjaError(.type, "argument of type \(keys.typeName.quoted) is not iterable") }
        return ([], keys)
    }

    /// The error of Python for what is no dictionary.
    private static func refusal(_ value: JinjaValue, _ key: JinjaValue, isSetting: Bool) throws -> JinjaError {
        let assignment = JinjaError(.type, "\(value.typeName.quoted) object does not support item assignment")
        if value.asList != nil { return JinjaError(.type, "list indices must be integers or slices, not \(key.typeName)") }
        if isSetting { return assignment }
        if case .undefined(let undefined) = value { return undefined.error() }
        if value.isText {
            guard key.isText else {
                return JinjaError(.type, "'in <string>' requires string as left operand, not \(key.typeName)")
            }
            return try value.contains(key) ? JinjaError(.type, "string indices must be integers, not 'str'") : assignment
        }
        return try value.iterator() == nil ? JinjaError(.type, "argument of type \(value.typeName.quoted) is not iterable") : assignment
    }

    /// What stands below a key, made where nothing does.
    private static func slot(_ dict: JinjaDict, _ key: JinjaValue, _ make: () -> JinjaValue) throws -> JinjaValue {
        if let current = try dict.value(key), !current.isNull { return current }
        let made = make()
        try dict.set(key, made)
        return made
    }

    private static let update: Change = { dict, key, value, ordered, context in
        let current = try slot(dict, key) {
            let made = JinjaDict()
            made.isOrdered = ordered
            return .dict(made)
        }
        guard case .dict(let target) = current else {
            if case .object(let object) = current, object is SetObject { return }
            throw JinjaError("SaltInvocationError", "The last key contains a \(current.pythonClass), which cannot update.")
        }
        func refuse() -> JinjaError {
            JinjaError("SaltInvocationError", "Cannot update \(current.pythonClass) with a \(value.pythonClass).")
        }
        switch value {
        case .dict(let other):
            for entry in other.entries { try target.set(entry.key, entry.value) }
        case .undefined(let undefined): throw undefined.error()
        default:
            guard try value.iterator() != nil else { throw refuse() }
            for element in try value.elements(context) {
                guard try element.iterator() != nil else { throw refuse() }
                let pair = try element.elements(context)
                guard pair.count == 2 else { throw refuse() }
                try target.set(pair[0], pair[1])
            }
        }
    }
}

/// A word of a command line or a path as YAML reads it, where that is meant.
enum Yamlified {
    /// Nil where the word stays what it is.
    static func read(_ word: String) -> JinjaValue? {
        let stripped = PythonSplit.strip(word, left: true, right: true, characters: nil)
        if ["", "---", "..."].contains(stripped) { return nil }
        if word.utf8.contains(0x5F), stripped.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x5F }) { return nil }
        if word.utf8.contains(where: { $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) { return nil }
        if word == "None" { return .null }
        guard let value = try? YAML.load(word, file: "") else { return nil }
        switch value {
        case .map: return word.hasPrefix("{") && !word.utf8.contains(0x23) ? JinjaValue(value) : nil
        case .list: return word.hasPrefix("[") || word.utf8.contains(0x23) ? JinjaValue(value) : nil
        case .string, .bytes: return value.stringValue.map { .string($0) }
        case .null: return word.utf8.contains(0x23) || word == "!" ? nil : .null
        default: return JinjaValue(value)
        }
    }
}
