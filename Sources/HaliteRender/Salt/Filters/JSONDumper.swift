import HaliteJinja
import HaliteValue

/// Python's `json.dumps` over values of templates, with its errors.
struct JSONDumper {
    var indent: String?
    var sortKeys = false
    var ensureASCII = false
    var itemSeparator = ", "
    var keySeparator = ": "
    var skipsKeys = false
    var allowsNaN = true
    private var output: [UInt8] = []
    private var open: Set<ObjectIdentifier> = []

    init() {}

    /// Reads the keyword arguments of `json.dumps`.
    init(_ options: [(name: String, value: JinjaValue)], _ context: TemplateContext) throws {
        var separators: JinjaValue?
        for (name, value) in options {
            switch name {
            case "indent": indent = try Self.indentation(value)
            case "sort_keys": sortKeys = try value.isTrue()
            case "ensure_ascii": ensureASCII = try value.isTrue()
            case "skipkeys": skipsKeys = try value.isTrue()
            case "allow_nan": allowsNaN = try value.isTrue()
            case "separators": separators = value
            case "check_circular", "default", "cls": continue
            default: throw JinjaError(.type, "JSONEncoder.__init__() got an unexpected keyword argument \(name.quoted)")
            }
        }
        if let separators, !separators.isNull {
            let pair = try separators.elements(context)
            guard pair.count == 2 else {
                throw JinjaError(
                    .value,
                    pair.count < 2
                        ? "not enough values to unpack (expected 2, got \(pair.count))" : "too many values to unpack (expected 2)")
            }
            itemSeparator = try pair[0].str()
            keySeparator = try pair[1].str()
        } else if indent != nil {
            itemSeparator = ","
        }
    }

    /// Spaces for a number, a text as it is, nil for None.
    static func indentation(_ value: JinjaValue?) throws -> String? {
        switch value {
        case nil, .null?: return nil
        case .string(let text)?, .markup(let text)?: return text
        case .undefined(let undefined)?: throw undefined.error()
        case let value?:
            guard let number = value.integer else {
                throw JinjaError(.type, "can't multiply sequence by non-int of type \(value.typeName.quoted)")
            }
            guard number < 10_000 else { throw JinjaError(.memory, "the value would be larger than the limit") }
            return String(repeating: " ", count: max(0, number))
        }
    }

    mutating func dump(_ value: JinjaValue) throws -> String {
        output = []
        try write(value, level: 0)
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }

    private mutating func newLine(_ level: Int) {
        guard let indent else { return }
        output.append(0x0A)
        for _ in 0..<level { put(indent) }
    }

    private mutating func write(_ value: JinjaValue, level: Int) throws {
        guard level < 250 else { throw JinjaError(.recursion, "maximum recursion depth exceeded while encoding a JSON object") }
        guard output.count < 256 << 20 else { throw JinjaError(.memory, "the value would be larger than the limit") }
        switch value {
        case .null: put("null")
        case .bool(let flag): put(flag ? "true" : "false")
        case .int(let number): put(String(number))
        case .big(let number): put(number.description)
        case .float(let number): put(try floatText(number))
        case .string(let text), .markup(let text): put(Value.string(text).json(ensureASCII: ensureASCII))
        case .list(let list): try write(list.items, ObjectIdentifier(list), level: level)
        case .tuple(let tuple): try write(tuple.items, ObjectIdentifier(tuple), level: level)
        case .dict(let dict): try write(dict, level: level)
        default: throw JinjaError(.type, "Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private func floatText(_ number: Double) throws -> String {
        if number.isFinite { return PythonText.repr(number) }
        guard allowsNaN else { throw JinjaError(.value, "Out of range float values are not JSON compliant") }
        return number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
    }

    private mutating func enter(_ identifier: ObjectIdentifier) throws {
        guard open.insert(identifier).inserted else { throw JinjaError(.value, "Circular reference detected") }
    }

    private mutating func write(_ items: [JinjaValue], _ identifier: ObjectIdentifier, level: Int) throws {
        if items.isEmpty { return put("[]") }
        try enter(identifier)
        put("[")
        for (position, item) in items.enumerated() {
            if position > 0 { put(itemSeparator) }
            newLine(level + 1)
            try write(item, level: level + 1)
        }
        newLine(level)
        put("]")
        open.remove(identifier)
    }

    private mutating func write(_ dict: JinjaDict, level: Int) throws {
        if dict.count == 0 { return put("{}") }
        try enter(ObjectIdentifier(dict))
        var entries = dict.entries
        if sortKeys {
            let order = try Sorting.sorted(entries.indices.map { .int($0) }) { entries[$0.integer ?? 0].key }
            entries = order.map { entries[$0.integer ?? 0] }
        }
        put("{")
        var isFirst = true
        for entry in entries {
            guard let key = try keyText(entry.key) else { continue }
            if !isFirst { put(itemSeparator) }
            isFirst = false
            newLine(level + 1)
            put(Value.string(key).json(ensureASCII: ensureASCII))
            put(keySeparator)
            try write(entry.value, level: level + 1)
        }
        newLine(level)
        put("}")
        open.remove(ObjectIdentifier(dict))
    }

    private func keyText(_ key: JinjaValue) throws -> String? {
        switch key {
        case .string(let text), .markup(let text): return text
        case .null: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .int(let number): return String(number)
        case .big(let number): return number.description
        case .float(let number): return try floatText(number)
        default:
            if skipsKeys { return nil }
            throw JinjaError(.type, "keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }
}
