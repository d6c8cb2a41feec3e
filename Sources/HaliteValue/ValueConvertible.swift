/// A Swift type that a `Value` can become and that can become one: the only bridge between typed and dynamic code.
public protocol ValueConvertible: Sendable {
    /// What a user may write for it, such as "a number"; for error messages and reference pages.
    static var valueDescription: String { get }
    /// Converts, or throws `ValueError` with what was expected and what was found.
    init(value: Value) throws(ValueError)
    var value: Value { get }
}

/// A value that has not the expected type. Whoever asked adds the name of the argument or key.
public struct ValueError: Error, CustomStringConvertible, Equatable {
    public let expected: String
    public let found: String

    public init(expected: String, found: Value) {
        self.expected = expected
        self.found = "\(found.pythonRepr.prefix(80)) (\(found.typeName))"
    }

    public var description: String { "expected \(expected), found \(found)" }
}

extension Value: ValueConvertible {
    public static var valueDescription: String { "any value" }
    public init(value: Value) { self = value }
    public var value: Value { self }
}

extension String: ValueConvertible {
    public static var valueDescription: String { "text" }
    /// Numbers and booleans become Python's text of them, as command lines and YAML give `name: 8080`.
    public init(value: Value) throws(ValueError) {
        switch value {
        case .string(let text): self = text
        case .int, .big, .float, .bool: self = value.pythonString
        case .bytes(let bytes): self = String(decoding: bytes, as: UTF8.self)
        default: throw ValueError(expected: Self.valueDescription, found: value)
        }
    }
    public var value: Value { .string(self) }
}

extension Bool: ValueConvertible {
    public static var valueDescription: String { "true or false" }
    /// Takes what Salt's functions take in practice: booleans, numbers and the words for them.
    public init(value: Value) throws(ValueError) {
        switch value {
        case .bool(let flag): self = flag
        case .int(let number): self = number != 0
        case .null: self = false
        case .string(let text):
            switch text.lowercased() {
            case "true", "yes", "on", "1": self = true
            case "false", "no", "off", "0", "none", "": self = false
            default: throw ValueError(expected: Self.valueDescription, found: value)
            }
        default: throw ValueError(expected: Self.valueDescription, found: value)
        }
    }
    public var value: Value { .bool(self) }
}

extension Int: ValueConvertible {
    public static var valueDescription: String { "an integer" }
    public init(value: Value) throws(ValueError) {
        switch value {
        case .int(let number): self = number
        case .bool(let flag): self = flag ? 1 : 0
        case .float(let number):
            guard let whole = Int(exactly: number) else {
                throw ValueError(expected: Self.valueDescription, found: value)
            }
            self = whole
        case .string(let text):
            guard let number = Int(text) else { throw ValueError(expected: Self.valueDescription, found: value) }
            self = number
        default: throw ValueError(expected: Self.valueDescription, found: value)
        }
    }
    public var value: Value { .int(self) }
}

extension Double: ValueConvertible {
    public static var valueDescription: String { "a number" }
    public init(value: Value) throws(ValueError) {
        if let number = value.doubleValue {
            self = number
        } else if case .string(let text) = value, let number = Double(text) {
            self = number
        } else {
            throw ValueError(expected: Self.valueDescription, found: value)
        }
    }
    public var value: Value { .float(self) }
}

extension Optional: ValueConvertible where Wrapped: ValueConvertible {
    public static var valueDescription: String { Wrapped.valueDescription }
    public init(value: Value) throws(ValueError) {
        if case .null = value { self = nil } else { self = try Wrapped(value: value) }
    }
    public var value: Value { self?.value ?? .null }
}

extension Array: ValueConvertible where Element: ValueConvertible {
    public static var valueDescription: String { "a list of \(Element.valueDescription)" }
    /// A single value stands for a list of one, as most of Salt's list arguments allow.
    public init(value: Value) throws(ValueError) {
        switch value {
        case .list(let elements):
            var converted: [Element] = []
            converted.reserveCapacity(elements.count)
            for element in elements { converted.append(try Element(value: element)) }
            self = converted
        case .null: self = []
        default: self = [try Element(value: value)]
        }
    }
    public var value: Value { .list(map(\.value)) }
}

extension ValueMap: ValueConvertible {
    public static var valueDescription: String { "a dictionary" }
    /// Takes a map, or a list of one-key maps as SLS files often write it.
    public init(value: Value) throws(ValueError) {
        switch value {
        case .map(let map): self = map
        case .null: self = [:]
        case .list(let elements):
            var merged = ValueMap()
            for element in elements {
                guard case .map(let map) = element else {
                    throw ValueError(expected: Self.valueDescription, found: value)
                }
                for (key, value) in map { merged[key] = value }
            }
            self = merged
        default: throw ValueError(expected: Self.valueDescription, found: value)
        }
    }
    public var value: Value { .map(self) }
}
