import HaliteJinja
import HaliteValue

/// Python's `itertools`, each as an iterator that is run through once.
enum IterationFilters {
    static let table: [String: JinjaFunction] = [
        "combinations": strict { call in
            try choices(call, "combinations", isRequired: true) { try Choices.combinations($0, $1, repeated: false) }
        },
        "combinations_with_replacement": strict { call in
            try choices(call, "combinations_with_replacement", isRequired: true) { try Choices.combinations($0, $1, repeated: true) }
        },
        "permutations": strict { call in
            try choices(call, "permutations", isRequired: false) { try Choices.permutations($0, $1) }
        },
        "product": strict { call in
            let (names, extra) = try repetition(call)
            let pools = try call.positional.map { try $0.elements(call.context) }
            let all = (0..<names).flatMap { _ in pools }
            if let extra { throw extra }
            return iterator("product", call.context, try Choices.product(all))
        },
        "compress": strict { call in
            let values = try bind(call, "compress", ["data", "selectors"], required: 2)
            let data = try values.value(0).requiredIterator()
            let selectors = try values.value(1).requiredIterator()
            return .object(
                JinjaIterator(kind: "itertools.compress") {
                    while let item = try data.next(), let selector = try selectors.next() {
                        if try selector.isTrue() { return item }
                    }
                    return nil
                })
        },
        "zip": strict { call in
            var strict = false
            for (name, value) in call.keywords {
                guard name == "strict" else { throw JinjaError(.type, "zip() got an unexpected keyword argument \(name.quoted)") }
                strict = try value.isTrue()
            }
            let iterators = try call.positional.map { try $0.requiredIterator() }
            return .object(JinjaIterator(kind: "zip") { try zipped(iterators, strict: strict) })
        },
        "zip_longest": strict { call in
            var filler = JinjaValue.null
            for (name, value) in call.keywords {
                guard name == "fillvalue" else {
                    throw JinjaError(.type, "zip_longest() got an unexpected keyword argument")
                }
                filler = value
            }
            let iterators = try call.positional.map { try $0.requiredIterator() }
            return .object(
                JinjaIterator(kind: "itertools.zip_longest") {
                    let items = try iterators.map { try $0.next() }
                    guard items.contains(where: { if case .some = $0 { true } else { false } }) else { return nil }
                    return .tuple(of: items.map { $0 ?? filler })
                })
        },
    ]

    private static func strict(_ body: @escaping JinjaFunction) -> JinjaFunction {
        { call in
            if let undefined = StrictUndefined.joined(in: call.positional.first ?? .null) { return undefined }
            return try body(call)
        }
    }

    private static func zipped(_ iterators: [JinjaIterator], strict: Bool) throws -> JinjaValue? {
        var items: [JinjaValue] = []
        for (position, iterator) in iterators.enumerated() {
            guard let item = try iterator.next() else {
                guard strict else { return nil }
                if position > 0 {
                    throw JinjaError(
                        .value, "zip() argument \(position + 1) is shorter than argument\(position == 1 ? " 1" : "s 1-\(position)")")
                }
                for (other, rest) in iterators.enumerated().dropFirst() where try rest.next() != nil {
                    throw JinjaError(.value, "zip() argument \(other + 1) is longer than argument\(other == 1 ? " 1" : "s 1-\(other)")")
                }
                return nil
            }
            items.append(item)
        }
        return items.isEmpty ? nil : .tuple(of: items)
    }

    private static func iterator(
        _ name: String, _ context: TemplateContext, _ produce: @escaping () -> [JinjaValue]?
    ) -> JinjaValue {
        let state = context.state
        return .object(
            JinjaIterator(kind: "itertools.\(name)") {
                guard let items = produce() else { return nil }
                // There can be more of them than any machine can hold.
                try state.step(4 * (items.count + 1))
                return .tuple(of: items)
            })
    }

    private static func choices(
        _ call: JinjaCall, _ name: String, isRequired: Bool,
        _ make: ([JinjaValue], Int) throws -> () -> [JinjaValue]?
    ) throws -> JinjaValue {
        let values = try bind(call, name, ["iterable", "r"], required: isRequired ? 2 : 1)
        let given = values.value(1)
        let isWhole = !isRequired && given.isNull
        if isRequired, given.integer == nil {
            throw JinjaError(.type, "\(given.typeName.quoted) object cannot be interpreted as an integer")
        }
        let pool = try values.value(0).elements(call.context)
        guard let size = isWhole ? pool.count : given.integer else { throw JinjaError(.type, "Expected int as r") }
        guard size >= 0 else { throw JinjaError(.value, "r must be non-negative") }
        return iterator(name, call.context, try make(pool, size))
    }

    /// Arguments with the messages of functions written in C.
    private static func bind(_ call: JinjaCall, _ name: String, _ parameters: [String], required: Int) throws -> [JinjaValue?] {
        let given = call.positional.count + call.keywords.count
        guard given <= parameters.count else {
            throw JinjaError(.type, "\(name)() takes at most \(parameters.count) arguments (\(given) given)")
        }
        var values: [JinjaValue?] = call.positional
        while values.count < parameters.count { values.append(call.keyword(parameters[values.count])) }
        for (position, parameter) in parameters.enumerated().prefix(required) {
            if case .some = values[position] { continue }
            throw JinjaError(.type, "\(name)() missing required argument \(parameter.quoted) (pos \(position + 1))")
        }
        for (keyword, _) in call.keywords where !parameters.contains(keyword) {
            throw JinjaError(.type, "\(keyword.quoted) is an invalid keyword argument for \(name)()")
        }
        return values
    }

    private static func repetition(_ call: JinjaCall) throws -> (Int, JinjaError?) {
        guard let keyword = call.keywords.first else { return (1, nil) }
        guard keyword.name == "repeat", call.keywords.count == 1 else {
            return (1, JinjaError(.type, "\(keyword.name.quoted) is an invalid keyword argument for product()"))
        }
        guard let count = keyword.value.integer else {
            throw JinjaError(.type, "\(keyword.value.typeName.quoted) object cannot be interpreted as an integer")
        }
        guard count >= 0 else { throw JinjaError(.value, "repeat argument cannot be negative") }
        guard count * call.positional.count <= 10_000 else { throw JinjaError(.memory, "the value would be larger than the limit") }
        return (count, nil)
    }
}

/// Selections of elements in the order in which `itertools` makes them.
private enum Choices {
    static func combinations(_ pool: [JinjaValue], _ size: Int, repeated: Bool) throws -> () -> [JinjaValue]? {
        guard size <= pool.count || (repeated && (!pool.isEmpty || size == 0)) else { return { nil } }
        guard size <= 100_000 else { throw JinjaError(.memory, "the value would be larger than the limit") }
        var indices: [Int]? = repeated ? [Int](repeating: 0, count: size) : Array(0..<size)
        return {
            guard var current = indices else { return nil }
            let result = current.map { pool[$0] }
            if let place = current.indices.last(where: { current[$0] != (repeated ? pool.count - 1 : $0 + pool.count - size) }) {
                let next = current[place] + 1
                for other in place..<size { current[other] = repeated ? next : next + other - place }
                indices = current
            } else {
                indices = nil
            }
            return result
        }
    }

    static func permutations(_ pool: [JinjaValue], _ size: Int) throws -> () -> [JinjaValue]? {
        guard size <= pool.count else { return { nil } }
        var indices = Array(pool.indices)
        var cycles = (0..<size).map { pool.count - $0 }
        var isDone = false
        return {
            if isDone { return nil }
            let result = indices.prefix(size).map { pool[$0] }
            isDone = true
            for place in (0..<size).reversed() {
                cycles[place] -= 1
                if cycles[place] == 0 {
                    indices.append(indices.remove(at: place))
                    cycles[place] = pool.count - place
                } else {
                    indices.swapAt(place, pool.count - cycles[place])
                    isDone = false
                    break
                }
            }
            return Array(result)
        }
    }

    static func product(_ pools: [[JinjaValue]]) throws -> () -> [JinjaValue]? {
        var indices: [Int]? = pools.contains(where: \.isEmpty) ? nil : pools.map { _ in 0 }
        return {
            guard var current = indices else { return nil }
            let result = current.enumerated().map { pools[$0.offset][$0.element] }
            indices = nil
            for place in pools.indices.reversed() {
                current[place] += 1
                if current[place] < pools[place].count {
                    indices = current
                    break
                }
                current[place] = 0
            }
            return result
        }
    }
}
