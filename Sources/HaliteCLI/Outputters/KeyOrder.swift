import HaliteValue

/// The order in which Python sorts the keys of a map.
enum KeyOrder {
    /// Python's `<` for keys; nil where it raises an exception, as between a number and a text.
    static func precedes(_ left: Value, _ right: Value) -> Bool? {
        switch (left, right) {
        case (.string(let a), .string(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.bytes(let a), .bytes(let b)): return a.lexicographicallyPrecedes(b)
        case (.int(let a), .int(let b)): return a < b
        case (.big(let a), .big(let b)): return a < b
        default:
            guard let a = number(left), let b = number(right) else { return nil }
            return a < b
        }
    }

    private static func number(_ value: Value) -> Double? {
        if case .bool(let flag) = value { return flag ? 1 : 0 }
        return value.doubleValue
    }

    /// The values in Python's order.
    /// - Throws: when they are of kinds that have no common order.
    static func sorted(_ values: [Value]) throws(OutputMisfit) -> [Value] {
        let kinds = Set(values.map(kind))
        guard values.count < 2 || (kinds.count == 1 && !kinds.contains(.other)) else { throw OutputMisfit() }
        return values.sorted { precedes($0, $1) ?? false }
    }

    /// The values in the order of `pprint`: those without a common order by the names of their types.
    static func sortedByType(_ values: [Value]) -> [Value] {
        values.sorted { precedes($0, $1) ?? $0.typeName.utf8.lexicographicallyPrecedes($1.typeName.utf8) }
    }

    private enum Kind { case number, text, bytes, other }

    private static func kind(_ value: Value) -> Kind {
        switch value {
        case .bool, .int, .big, .float: .number
        case .string: .text
        case .bytes: .bytes
        case .null, .list, .map: .other
        }
    }
}
