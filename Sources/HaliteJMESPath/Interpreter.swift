import HaliteValue

/// Applies the tree of an expression to data.
struct Interpreter {
    /// Parts visited in one search; a short expression can multiply its work without end.
    private static let stepLimit = 20_000_000
    private var steps = 0

    mutating func value(_ node: Node, _ input: Value) throws(JMESPathError) -> Value {
        try visit(node, input).plain
    }

    mutating func visit(_ node: Node, _ input: Value) throws(JMESPathError) -> Operand {
        steps += 1
        if steps > Self.stepLimit {
            throw JMESPathError("RuntimeError", "the expression was stopped after \(Self.stepLimit) steps")
        }
        switch node {
        case .current: return .value(input)
        case .field(let name): return .value(input[name] ?? .null)
        case .literal(let value): return .value(value)
        case .subexpression(let parts), .indexExpression(let parts): return try chain(parts, input)
        case .pipe(let left, let right): return try chain([left, right], input)
        case .index(let index): return .value(Self.element(input, index))
        case .slice(let start, let stop, let step): return .value(try Self.slice(input, start, stop, step))
        case .projection(let base, let right):
            guard case .list(let list) = try value(base, input) else { return .value(.null) }
            return .value(try project(list, right))
        case .valueProjection(let base, let right):
            guard case .map(let map) = try value(base, input) else { return .value(.null) }
            return .value(try project(map.values, right))
        case .filterProjection(let base, let right, let condition):
            guard case .list(let list) = try value(base, input) else { return .value(.null) }
            return .value(try project(list, right, where: condition))
        case .flatten(let base): return .value(Self.flattened(try value(base, input)))
        case .comparison(let operation, let left, let right):
            return .value(try Self.compare(operation, value(left, input), value(right, input)))
        case .or(let left, let right):
            let first = try visit(left, input)
            return first.plain.isFalse ? try visit(right, input) : first
        case .and(let left, let right):
            let first = try visit(left, input)
            return first.plain.isFalse ? first : try visit(right, input)
        case .not(let inner):
            let value = try value(inner, input)
            // Zero is no special number here.
            return .value(.bool(value.isNumber ? false : !value.isTruthy))
        case .list(let nodes):
            if input.isNull { return .value(.null) }
            var list: [Value] = []
            for node in nodes { list.append(try value(node, input)) }
            return .value(.list(list))
        case .map(let pairs):
            if input.isNull { return .value(.null) }
            var map = ValueMap()
            for (key, node) in pairs { map[key] = try value(node, input) }
            return .value(.map(map))
        case .function(let name, let nodes):
            var arguments: [Operand] = []
            for node in nodes { arguments.append(try visit(node, input)) }
            return try call(name, arguments)
        case .reference(let node): return .reference(node)
        }
    }

    private mutating func chain(_ parts: [Node], _ input: Value) throws(JMESPathError) -> Operand {
        var result = Operand.value(input)
        for part in parts { result = try visit(part, result.plain) }
        return result
    }

    private mutating func project(
        _ elements: [Value], _ right: Node, where condition: Node? = nil
    ) throws(JMESPathError) -> Value {
        var collected: [Value] = []
        for element in elements {
            if let condition, try value(condition, element).isFalse { continue }
            let result = try value(right, element)
            if !result.isNull { collected.append(result) }
        }
        return .list(collected)
    }

    private static func element(_ value: Value, _ index: Int) -> Value {
        guard case .list(let list) = value, index > -Int.max else { return .null }
        let position = index < 0 ? list.count + index : index
        return list.indices.contains(position) ? list[position] : .null
    }

    private static func flattened(_ value: Value) -> Value {
        guard case .list(let list) = value else { return .null }
        var merged: [Value] = []
        for element in list {
            if case .list(let inner) = element { merged += inner } else { merged.append(element) }
        }
        return .list(merged)
    }

    /// Python's slices.
    private static func slice(_ value: Value, _ start: Int?, _ stop: Int?, _ step: Int?) throws(JMESPathError) -> Value {
        guard case .list(let list) = value else { return .null }
        let step = step ?? 1
        guard step != 0 else { throw JMESPathError("ValueError", "slice step cannot be zero") }
        let count = list.count
        func bound(_ index: Int?, _ missing: Int) -> Int {
            guard let index else { return missing }
            let place = index < 0 ? (index < -count ? -1 : index + count) : index
            return step > 0 ? min(max(place, 0), count) : min(max(place, -1), count - 1)
        }
        let from = bound(start, step > 0 ? 0 : count - 1)
        let to = bound(stop, step > 0 ? count : -1)
        var result: [Value] = []
        var position = from
        while step > 0 ? position < to : position > to {
            result.append(list[position])
            let (next, overflow) = position.addingReportingOverflow(step)
            if overflow { break }
            position = next
        }
        return .list(result)
    }

    private static func compare(_ operation: Token.Kind, _ left: Value, _ right: Value) throws(JMESPathError) -> Value {
        switch operation {
        case .eq: return .bool(left.isSame(as: right))
        case .ne: return .bool(!left.isSame(as: right))
        default: break
        }
        guard left.isNumber || left.stringValue != nil, right.isNumber || right.stringValue != nil else { return .null }
        switch operation {
        case .lt: return .bool(try left.order(right, "<").map { $0 < 0 } ?? false)
        case .lte: return .bool(try left.order(right, "<=").map { $0 <= 0 } ?? false)
        case .gt: return .bool(try left.order(right, ">").map { $0 > 0 } ?? false)
        default: return .bool(try left.order(right, ">=").map { $0 >= 0 } ?? false)
        }
    }
}
