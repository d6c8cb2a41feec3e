/// One piece of data as SLS files, pillars, grains, job arguments and returns carry it.
///
/// The cases are the types that YAML, JSON and MessagePack share with Python. A value is immutable and cheap to
/// copy; equality, hashing and order follow Python (`1 == 1.0 == True`, strings compare by code points).
public enum Value: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    /// An integer outside 64 bits.
    case big(BigInteger)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case list([Value])
    case map(ValueMap)
}

extension Value {
    /// The name of the type as Python says it, for error messages.
    public var typeName: String {
        switch self {
        case .null: "NoneType"
        case .bool: "bool"
        case .int, .big: "int"
        case .float: "float"
        case .string: "str"
        case .bytes: "bytes"
        case .list: "list"
        case .map: "dict"
        }
    }

    /// Python's truth: empty containers, zero, `None` and empty text are false.
    public var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .big(let value): !value.isZero
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .bytes(let value): !value.isEmpty
        case .list(let value): !value.isEmpty
        case .map(let value): !value.isEmpty
        }
    }

    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    public var intValue: Int? {
        if case .int(let value) = self { value } else { nil }
    }

    /// The number as a double, whether it was written as an integer or as a float.
    public var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .big(let value): value.doubleValue
        case .float(let value): value
        default: nil
        }
    }

    public var listValue: [Value]? {
        if case .list(let value) = self { value } else { nil }
    }

    public var mapValue: ValueMap? {
        if case .map(let value) = self { value } else { nil }
    }

    /// The value below a string key; nil when this is no map or has no such key.
    public subscript(key: String) -> Value? {
        if case .map(let map) = self { map[key] } else { nil }
    }

    /// The value at a path such as `["master", "user"]`.
    public subscript(path path: [String]) -> Value? {
        var current = self
        for key in path {
            guard let next = current[key] else { return nil }
            current = next
        }
        return current
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .float(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Value...) { self = .list(elements) }
    public init(nilLiteral: ()) { self = .null }
    public init(dictionaryLiteral elements: (Value, Value)...) {
        var map = ValueMap()
        for (key, value) in elements { map[key] = value }
        self = .map(map)
    }
}

// MARK: Changes in place

extension Value {
    /// Changes a map where it stands, without a copy of what nobody else has; nil for other kinds of values.
    public mutating func modifyMap<Result>(_ body: (inout ValueMap) throws -> Result) rethrows -> Result? {
        guard case .map(var map) = self else { return nil }
        self = .null
        defer { self = .map(map) }
        return try body(&map)
    }

    /// Changes a list where it stands, without a copy of what nobody else has; nil for other kinds of values.
    public mutating func modifyList<Result>(_ body: (inout [Value]) throws -> Result) rethrows -> Result? {
        guard case .list(var list) = self else { return nil }
        self = .null
        defer { self = .list(list) }
        return try body(&list)
    }
}
