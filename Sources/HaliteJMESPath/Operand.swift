import HaliteValue

/// What a part of an expression yields: data, or an expression that a function will apply.
enum Operand {
    case value(Value)
    case reference(Node)

    /// The name of the type in Python, which type checks compare.
    var pythonType: String {
        switch self {
        case .value(let value): value.typeName
        case .reference: "_Expression"
        }
    }

    /// The name of the type in JMESPath.
    var type: String { Self.type(of: pythonType) }

    static func type(of pythonType: String) -> String {
        switch pythonType {
        case "bool": "boolean"
        case "list": "array"
        case "dict": "object"
        case "NoneType": "null"
        case "str": "string"
        case "float", "int": "number"
        case "_Expression": "expref"
        default: "unknown"
        }
    }

    var text: String { plain.pythonString }

    /// As data; an expression becomes the text that Python prints for it.
    var plain: Value {
        switch self {
        case .value(let value): value
        case .reference: "<jmespath.visitor._Expression object at 0x7f0000000000>"
        }
    }
}

extension Value {
    var isNumber: Bool {
        switch self {
        case .int, .big, .float: true
        default: false
        }
    }

    /// False in JMESPath: empty text and containers, null and false, but no number.
    var isFalse: Bool {
        switch self {
        case .null, .bool(false): true
        case .string(let text): text.isEmpty
        case .list(let list): list.isEmpty
        case .map(let map): map.isEmpty
        default: false
        }
    }

    /// Equality in JMESPath: as in Python, but at the top zero and one never equal booleans.
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.bool, _) where other.isNumber, (_, .bool) where isNumber: false
        default: self == other
        }
    }

    /// -1, 0 or 1 for two numbers or two texts; nil with NaN. Throws as Python does for a mixture.
    func order(_ other: Value, _ symbol: String) throws(JMESPathError) -> Int? {
        switch (self, other) {
        case (.string(let a), .string(let b)):
            return a.hasSameBytes(as: b) ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        case (.float(let a), .float(let b)): return a < b ? -1 : a == b ? 0 : a > b ? 1 : nil
        case (.int(let a), .int(let b)): return a < b ? -1 : a == b ? 0 : 1
        default: break
        }
        guard isNumber, other.isNumber else {
            throw JMESPathError(
                "TypeError", "'\(symbol)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
        }
        if self == other { return 0 }
        if let a = bigInteger, let b = other.bigInteger { return a < b ? -1 : 1 }
        guard let a = doubleValue, let b = other.doubleValue, !a.isNaN, !b.isNaN else { return nil }
        return a < b ? -1 : 1
    }

    var bigInteger: BigInteger? {
        switch self {
        case .int(let number): BigInteger(number)
        case .big(let number): number
        default: nil
        }
    }
}
