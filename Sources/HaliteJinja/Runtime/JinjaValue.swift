import HaliteValue

/// A value while a template runs.
///
/// Lists and dictionaries are references, as in Python: `{% do l.append(x) %}` is seen through every name. `freeze()`
/// makes a `Value` of it.
public enum JinjaValue {
    case undefined(JinjaUndefined)
    case null
    case bool(Bool)
    case int(Int)
    /// An integer outside 64 bits.
    case big(BigInteger)
    case float(Double)
    case string(String)
    /// Text that is safe in HTML.
    case markup(String)
    case bytes([UInt8])
    case list(JinjaList)
    case tuple(JinjaTuple)
    case dict(JinjaDict)
    case object(JinjaObject)
}

extension JinjaValue {
    /// A value of the context; its elements are converted when they are asked for.
    public init(_ value: Value) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = .int(number)
        case .big(let number): self = .big(number)
        case .float(let number): self = .float(number)
        case .string(let text): self = .string(text)
        case .bytes(let bytes): self = .bytes(bytes)
        case .list(let elements): self = .list(JinjaList(pending: elements))
        case .map(let map): self = .dict(JinjaDict(pending: map))
        }
    }

    /// An integer in the smallest shape.
    package init(normalizing number: BigInteger) {
        if let small = number.intValue { self = .int(small) } else { self = .big(number) }
    }

    package static func pair(_ first: JinjaValue, _ second: JinjaValue) -> JinjaValue { .tuple(JinjaTuple([first, second])) }
    package static func tuple(of items: [JinjaValue]) -> JinjaValue { .tuple(JinjaTuple(items)) }
    package static func list(of items: [JinjaValue]) -> JinjaValue { .list(JinjaList(items)) }

    /// The name of the type as Python says it.
    public var typeName: String {
        switch self {
        case .undefined(let value): value.policy.className
        case .null: "NoneType"
        case .bool: "bool"
        case .int, .big: "int"
        case .float: "float"
        case .string: "str"
        case .markup: "Markup"
        case .bytes: "bytes"
        case .list: "list"
        case .tuple(let tuple): tuple.isGroup ? "_GroupTuple" : "tuple"
        case .dict(let dict): dict.isOrdered ? "OrderedDict" : "dict"
        case .object(let object): object.typeName
        }
    }

    public var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    /// The text of a string or of markup.
    public var text: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// The integer when it fits into 64 bits; booleans count, as in Python.
    public var integer: Int? {
        switch self {
        case .int(let number): number
        case .bool(let flag): flag ? 1 : 0
        default: nil
        }
    }

    package var bigInteger: BigInteger? {
        switch self {
        case .big(let number): number
        case .int(let number): BigInteger(number)
        case .bool(let flag): BigInteger(flag ? 1 : 0)
        default: nil
        }
    }

    /// Python's truth.
    public func isTrue() throws -> Bool {
        switch self {
        case .undefined(let value):
            if value.policy == .strict { throw value.error() }
            return false
        case .null: return false
        case .bool(let flag): return flag
        case .int(let number): return number != 0
        case .big: return true
        case .float(let number): return number != 0
        case .string(let text), .markup(let text): return !text.isEmpty
        case .bytes(let bytes): return !bytes.isEmpty
        case .list(let list): return !list.isEmpty
        case .tuple(let tuple): return !tuple.items.isEmpty
        case .dict(let dict): return dict.count != 0
        case .object(let object): return try object.isTrue()
        }
    }

    /// Whether both are the same object, for `is sameas`.
    package func isSame(as other: JinjaValue) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.float(let a), .float(let b)): a == b
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.list(let a), .list(let b)): a === b
        case (.tuple(let a), .tuple(let b)): a === b
        case (.dict(let a), .dict(let b)): a === b
        case (.object(let a), .object(let b)): a === b
        case (.undefined(let a), .undefined(let b)): a === b
        default: false
        }
    }
}

extension JinjaValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .int(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
