import HaliteValue

extension JinjaValue {
    /// Python's `==`.
    public func isEqual(to other: JinjaValue) throws -> Bool {
        var budget = Self.comparisonLimit
        return try isEqual(to: other, depth: 0, &budget)
    }

    /// So many elements are compared at the most: a list that holds itself over and over has few objects and many elements.
    private static let comparisonLimit = 10_000_000

    static func areEqual(_ left: [JinjaValue], _ right: [JinjaValue]) throws -> Bool {
        var budget = comparisonLimit
        return try areEqual(left, right, depth: 0, &budget)
    }

    private static func areEqual(_ left: [JinjaValue], _ right: [JinjaValue], depth: Int, _ budget: inout Int) throws -> Bool {
        guard left.count == right.count else { return false }
        // As in Python, the same object is equal to itself without being asked: it may be an undefined value.
        for (position, item) in left.enumerated() where !item.isSame(as: right[position]) {
            if try !item.isEqual(to: right[position], depth: depth, &budget) { return false }
        }
        return true
    }

    private func isEqual(to other: JinjaValue, depth: Int, _ budget: inout Int) throws -> Bool {
        budget -= 1
        if budget < 0 { throw JinjaError(.memory, "the values have more elements than the limit") }
        if depth > 300 { throw JinjaError(.recursion, "maximum recursion depth exceeded in comparison") }
        switch (self, other) {
        case (.int(let a), .int(let b)): return a == b
        case (.string(let a), .string(let b)), (.string(let a), .markup(let b)), (.markup(let a), .string(let b)),
            (.markup(let a), .markup(let b)):
            return a.hasSameBytes(as: b)
        case (.undefined(let a), .undefined(let b)):
            if a.policy == .strict { throw a.error() }
            return a.policy == b.policy
        case (.undefined(let a), _) where a.policy == .strict: throw a.error()
        case (_, .undefined(let b)) where b.policy == .strict: throw b.error()
        case (.null, .null): return true
        case (.list(let a), .list(let b)):
            return try a === b || Self.areEqual(a.items, b.items, depth: depth + 1, &budget)
        case (.tuple(let a), .tuple(let b)):
            return try a === b || Self.areEqual(a.items, b.items, depth: depth + 1, &budget)
        case (.dict(let a), .dict(let b)):
            if a === b { return true }
            guard a.count == b.count else { return false }
            for entry in a.entries {
                guard let value = try b.value(entry.key), try entry.value.isEqual(to: value, depth: depth + 1, &budget) else {
                    return false
                }
            }
            return true
        case (.bytes(let a), .bytes(let b)): return a == b
        case (.object(let a), .object(let b)): return try a.isEqual(to: b)
        default: return numericOrder(other) == 0
        }
    }

    /// -1, 0 or 1 for two numbers; nil otherwise and for NaN.
    func numericOrder(_ other: JinjaValue) -> Int? {
        if let a = integer, let b = other.integer { return a < b ? -1 : a == b ? 0 : 1 }
        if let a = bigInteger, let b = other.bigInteger { return a < b ? -1 : a == b ? 0 : 1 }
        switch (self, other) {
        case (.float(let a), .float(let b)): return a < b ? -1 : a == b ? 0 : a > b ? 1 : nil
        case (.float(let a), _):
            guard let b = other.bigInteger else { return nil }
            return Self.order(a, b)
        case (_, .float(let b)):
            guard let a = bigInteger else { return nil }
            return Self.order(b, a).map { -$0 }
        default: return nil
        }
    }

    /// Compares exactly, however large the integer is.
    private static func order(_ a: Double, _ b: BigInteger) -> Int? {
        if a.isNaN { return nil }
        if a.isInfinite { return a < 0 ? -1 : 1 }
        guard let whole = BigInteger(exactlyTruncating: a) else { return nil }
        if whole < b { return -1 }
        if b < whole { return 1 }
        let rest = a - a.rounded(.towardZero)
        return rest < 0 ? -1 : rest > 0 ? 1 : 0
    }

    /// Python's `<`; the symbol is the one in the template, for the message.
    package func isLess(than other: JinjaValue, symbol: String = "<") throws -> Bool {
        if let order = try order(other, symbol) { return order < 0 }
        return false
    }

    func isAtMost(_ other: JinjaValue, symbol: String) throws -> Bool {
        if let order = try order(other, symbol) { return order <= 0 }
        return false
    }

    /// Nil when neither is smaller, as with NaN.
    private func order(_ other: JinjaValue, _ symbol: String) throws -> Int? {
        switch (self, other) {
        case (.int(let a), .int(let b)): return a < b ? -1 : a == b ? 0 : 1
        case (.undefined(let value), _), (_, .undefined(let value)): throw value.error()
        case (.list(let a), .list(let b)): return try Self.order(a.items, b.items, symbol)
        case (.tuple(let a), .tuple(let b)): return try Self.order(a.items, b.items, symbol)
        case (.bytes(let a), .bytes(let b)): return a.lexicographicallyPrecedes(b) ? -1 : a == b ? 0 : 1
        default: break
        }
        if let a = text, let b = other.text {
            return a.codePointOrder(b)
        }
        if isNumber, other.isNumber { return numericOrder(other) }
        let swapped = symbol.hasPrefix(">")
        let (left, right) = swapped ? (other, self) : (self, other)
        throw JinjaError(
            .type, "'\(symbol)' not supported between instances of '\(left.typeName)' and '\(right.typeName)'")
    }

    private static func order(_ left: [JinjaValue], _ right: [JinjaValue], _ symbol: String) throws -> Int? {
        for (a, b) in zip(left, right) where !a.isSame(as: b) {
            if try !a.isEqual(to: b) { return try a.order(b, symbol) }
        }
        return left.count < right.count ? -1 : left.count == right.count ? 0 : 1
    }

    /// Python's `value in self`.
    package func contains(_ value: JinjaValue) throws -> Bool {
        switch self {
        case .string(let text), .markup(let text):
            guard let part = value.text else {
                if case .undefined(let undefined) = value, undefined.policy == .strict { throw undefined.error() }
                throw JinjaError(.type, "'in <string>' requires string as left operand, not \(value.typeName)")
            }
            return TextSearch.contains(text, part)
        case .list(let list): return try Self.contains(list.items, value)
        case .tuple(let tuple): return try Self.contains(tuple.items, value)
        case .dict(let dict): return try dict.value(value) != nil
        case .bytes(let bytes):
            if let number = value.bigInteger.map({ $0.intValue ?? -1 }) {
                guard (0..<256).contains(number) else { throw JinjaError(.value, "byte must be in range(0, 256)") }
                return bytes.contains(UInt8(number))
            }
            guard case .bytes(let part) = value else {
                throw JinjaError(.type, "a bytes-like object is required, not '\(value.typeName)'")
            }
            return TextSearch.find(bytes, part, from: 0) != nil
        case .undefined(let undefined):
            if undefined.policy == .strict { throw undefined.error() }
            return false
        case .object(let object):
            if let answer = try object.contains(value) { return answer }
            return try containsByIteration(value)
        default: return try containsByIteration(value)
        }
    }

    private func containsByIteration(_ value: JinjaValue) throws -> Bool {
        guard let iterator = try iterator() else {
            throw JinjaError(.type, "argument of type '\(typeName)' is not iterable")
        }
        while let element = try iterator.next() {
            if try element.isEqual(to: value) { return true }
        }
        return false
    }

    private static func contains(_ items: [JinjaValue], _ value: JinjaValue) throws -> Bool {
        for item in items where try item.isSame(as: value) || item.isEqual(to: value) { return true }
        return false
    }
}
