/// The order of Python's `sorted` for the keys of a map.
public enum PythonOrder {
    /// Keys that Python cannot compare stay in their order.
    public static func sorted(_ map: ValueMap) -> [(key: Value, value: Value)] {
        let pairs = Array(map)
        let kinds = pairs.map { kind($0.key) }
        guard pairs.count > 1, let first = kinds.first, first != .other, kinds.allSatisfy({ $0 == first }) else { return pairs }
        return pairs.sorted { precedes($0.key, $1.key) }
    }

    private enum Kind { case number, text, bytes, other }

    private static func kind(_ value: Value) -> Kind {
        switch value {
        case .bool, .int, .big, .float: .number
        case .string: .text
        case .bytes: .bytes
        default: .other
        }
    }

    private static func precedes(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.string(let a), .string(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.bytes(let a), .bytes(let b)): a.lexicographicallyPrecedes(b)
        case (.int(let a), .int(let b)): a < b
        case (.big(let a), .big(let b)): a < b
        default: number(left) < number(right)
        }
    }

    private static func number(_ value: Value) -> Double {
        if case .bool(let flag) = value { return flag ? 1 : 0 }
        return value.doubleValue ?? 0
    }
}
