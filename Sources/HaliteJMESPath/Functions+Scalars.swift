import HaliteValue

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Functions {
    static let numbers: [String: FunctionSpec] = [
        "abs": FunctionSpec(["number"]) { _, arguments in
            switch arguments[0].plain {
            case .float(let number): return .float(abs(number))
            case let other:
                guard let number = other.bigInteger else { return other }
                return Value(normalizing: number.isNegative ? -number : number)
            }
        },
        "avg": FunctionSpec(["array-number"]) { _, arguments in
            let list = arguments[0].plain.listValue ?? []
            if list.isEmpty { return .null }
            switch sum(list) {
            case .float(let total): return .float(total / Double(list.count))
            case let total: return .float((total.bigInteger ?? BigInteger(0)).trueDivided(by: BigInteger(list.count)) ?? 0)
            }
        },
        "ceil": FunctionSpec(["number"]) { _, arguments in try whole(arguments[0].plain, ceil) },
        "floor": FunctionSpec(["number"]) { _, arguments in try whole(arguments[0].plain, floor) },
        "sum": FunctionSpec(["array-number"]) { _, arguments in sum(arguments[0].plain.listValue ?? []) },
        "to_number": FunctionSpec([]) { _, arguments in
            switch arguments[0].plain {
            case .int, .big, .float: return arguments[0].plain
            case .string(let text): return PythonText.integer(text) ?? PythonText.float(text).map { .float($0) } ?? .null
            default: return .null
            }
        },
    ]

    private static func sum(_ list: [Value]) -> Value {
        var total = Value.int(0)
        for element in list {
            if let a = total.intValue, let b = element.intValue, case let (sum, overflow) = a.addingReportingOverflow(b), !overflow {
                total = .int(sum)
            } else if let a = total.bigInteger, let b = element.bigInteger {
                total = Value(normalizing: a + b)
            } else {
                total = .float((total.doubleValue ?? 0) + (element.doubleValue ?? 0))
            }
        }
        return total
    }

    private static func whole(_ value: Value, _ round: (Double) -> Double) throws -> Value {
        guard case .float(let number) = value else { return value }
        guard number.isFinite else {
            throw number.isNaN
                ? JMESPathError("ValueError", "cannot convert float NaN to integer")
                : JMESPathError("OverflowError", "cannot convert float infinity to integer")
        }
        let rounded = round(number)
        if let small = Int(exactly: rounded) { return .int(small) }
        let shift = Int(rounded.exponent) - 52
        return Value(normalizing: BigInteger(Int((rounded / scalbn(1, shift)))).shiftedLeft(shift))
    }

    static let texts: [String: FunctionSpec] = [
        "contains": FunctionSpec(["array", "string"], []) { _, arguments in
            let wanted = arguments[1].plain
            guard case .string(let text) = arguments[0].plain else {
                return .bool((arguments[0].plain.listValue ?? []).contains(wanted))
            }
            guard case .string(let part) = wanted else {
                throw JMESPathError(
                    "TypeError", "'in <string>' requires string as left operand, not \(arguments[1].pythonType)")
            }
            return .bool(contains(Array(text.utf8), Array(part.utf8)))
        },
        "starts_with": FunctionSpec(["string"], ["string"]) { _, arguments in
            .bool(Array(arguments[0].text.utf8).starts(with: arguments[1].text.utf8))
        },
        "ends_with": FunctionSpec(["string"], ["string"]) { _, arguments in
            .bool(arguments[0].text.utf8.reversed().starts(with: arguments[1].text.utf8.reversed()))
        },
        "join": FunctionSpec(["string"], ["array-string"]) { _, arguments in
            .string((arguments[1].plain.listValue ?? []).map(\.pythonString).joined(separator: arguments[0].text))
        },
        "to_string": FunctionSpec([]) { _, arguments in
            if case .value(.string) = arguments[0] { return arguments[0].plain }
            try refuseHuge(arguments[0].plain)
            return .string(stringified(arguments[0].plain).json(compact: true))
        },
        "type": FunctionSpec([]) { _, arguments in
            guard case .value(let value) = arguments[0] else { return .null }
            if case .bytes = value { return .null }
            return .string(arguments[0].type)
        },
    ]

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        if part.isEmpty { return true }
        guard text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { text[$0...].starts(with: part) }
    }

    /// Data that shares its parts can be small and yet endless as text.
    private static func refuseHuge(_ value: Value) throws {
        var budget = 5_000_000
        func visit(_ value: Value) throws {
            budget -= 1
            if budget < 0 { throw JMESPathError("MemoryError", "the value would be larger than the limit") }
            switch value {
            case .list(let list): for element in list { try visit(element) }
            case .map(let map): for (_, element) in map { try visit(element) }
            case .string(let text): budget -= text.utf8.count / 8
            default: return
            }
        }
        try visit(value)
    }

    /// What JSON has no form for becomes its text.
    private static func stringified(_ value: Value) -> Value {
        switch value {
        case .bytes: .string(value.pythonRepr)
        case .list(let list): .list(list.map(stringified))
        case .map(let map): .map(ValueMap(map.map { ($0.key, stringified($0.value)) }))
        default: value
        }
    }
}
