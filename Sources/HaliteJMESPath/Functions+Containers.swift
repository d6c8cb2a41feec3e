import HaliteValue

extension Functions {
    static let containers: [String: FunctionSpec] = [
        "not_null": FunctionSpec([], variadic: true) { _, arguments in
            arguments.first { !$0.plain.isNull }?.plain ?? .null
        },
        "to_array": FunctionSpec([]) { _, arguments in
            if case .value(.list) = arguments[0] { return arguments[0].plain }
            return .list([arguments[0].plain])
        },
        "length": FunctionSpec(["string", "array", "object"]) { _, arguments in
            switch arguments[0].plain {
            case .string(let text): .int(text.unicodeScalars.count)
            case .list(let list): .int(list.count)
            case .map(let map): .int(map.count)
            default: .null
            }
        },
        "reverse": FunctionSpec(["array", "string"]) { _, arguments in
            guard case .string(let text) = arguments[0].plain else {
                return .list((arguments[0].plain.listValue ?? []).reversed())
            }
            var reversed = String.UnicodeScalarView()
            reversed.append(contentsOf: text.unicodeScalars.reversed())
            return .string(String(reversed))
        },
        "map": FunctionSpec(["expref"], ["array"]) { interpreter, arguments in
            var list: [Value] = []
            for element in arguments[1].plain.listValue ?? [] { list.append(try interpreter.apply(arguments[0], element)) }
            return .list(list)
        },
        "merge": FunctionSpec(["object"], variadic: true) { _, arguments in
            var merged = ValueMap()
            for argument in arguments { try update(&merged, argument.plain) }
            return .map(merged)
        },
        "keys": FunctionSpec(["object"]) { _, arguments in .list(arguments[0].plain.mapValue?.keys ?? []) },
        "values": FunctionSpec(["object"]) { _, arguments in .list(arguments[0].plain.mapValue?.values ?? []) },
    ]

    /// Python's `dict.update`; only the first argument of `merge` is checked before.
    private static func update(_ merged: inout ValueMap, _ value: Value) throws {
        let elements: [Value]
        switch value {
        case .map(let map):
            for (key, value) in map { merged[key] = value }
            return
        case .list(let list): elements = list
        case .string(let text): elements = text.unicodeScalars.map { .string(String($0)) }
        default: throw JMESPathError("TypeError", "'\(value.typeName)' object is not iterable")
        }
        for (position, element) in elements.enumerated() {
            let pair: [Value]
            switch element {
            case .list(let list): pair = list
            case .string(let text): pair = text.unicodeScalars.map { .string(String($0)) }
            case .map(let map): pair = map.keys
            default:
                throw JMESPathError("TypeError", "cannot convert dictionary update sequence element #\(position) to a sequence")
            }
            guard pair.count == 2 else {
                throw JMESPathError(
                    "ValueError", "dictionary update sequence element #\(position) has length \(pair.count); 2 is required")
            }
            merged[pair[0]] = pair[1]
        }
    }

    static let orders: [String: FunctionSpec] = [
        "sort": FunctionSpec(["array-string", "array-number"]) { _, arguments in
            .list(try sorted(arguments[0].plain.listValue ?? []) { $0 })
        },
        "max": FunctionSpec(["array-number", "array-string"]) { _, arguments in
            try extreme(arguments[0].plain.listValue ?? [], ">") { $0 }
        },
        "min": FunctionSpec(["array-number", "array-string"]) { _, arguments in
            try extreme(arguments[0].plain.listValue ?? [], "<") { $0 }
        },
        "sort_by": FunctionSpec(["array"], ["expref"]) { interpreter, arguments in
            let list = arguments[0].plain.listValue ?? []
            guard let first = list.first else { return .list([]) }
            let type = Operand.value(try interpreter.apply(arguments[1], first)).type
            guard type == "number" || type == "string" else {
                throw FunctionSpec.mismatch("sort_by", .value(first), ["string", "number"], type)
            }
            return .list(try sorted(list) { try key(&interpreter, arguments[1], $0, "sort_by", [type]) })
        },
        "max_by": FunctionSpec(["array"], ["expref"]) { interpreter, arguments in
            try extreme(arguments[0].plain.listValue ?? [], ">") {
                try key(&interpreter, arguments[1], $0, "max_by", ["number", "string"])
            }
        },
        "min_by": FunctionSpec(["array"], ["expref"]) { interpreter, arguments in
            try extreme(arguments[0].plain.listValue ?? [], "<") {
                try key(&interpreter, arguments[1], $0, "min_by", ["number", "string"])
            }
        },
    ]

    private static func key(
        _ interpreter: inout Interpreter, _ reference: Operand, _ element: Value, _ name: String, _ types: [String]
    ) throws -> Value {
        let key = try interpreter.apply(reference, element)
        let type = Operand.value(key).type
        guard types.contains(type) else { throw FunctionSpec.mismatch(name, .value(key), types, type) }
        return key
    }

    private static func sorted(_ list: [Value], by key: (Value) throws -> Value) throws -> [Value] {
        let keyed = try list.enumerated().map { (position: $0.offset, key: try key($0.element), value: $0.element) }
        return try keyed.sorted { left, right in
            let order = try left.key.order(right.key, "<") ?? 0
            return order == 0 ? left.position < right.position : order < 0
        }.map(\.value)
    }

    /// The first of the largest or smallest elements; null when there is none.
    private static func extreme(_ list: [Value], _ symbol: String, by key: (Value) throws -> Value) throws -> Value {
        guard let first = list.first else { return .null }
        var best = first
        var bestKey = try key(first)
        for element in list.dropFirst() {
            let candidate = try key(element)
            guard let order = try candidate.order(bestKey, symbol), symbol == ">" ? order > 0 : order < 0 else { continue }
            best = element
            bestKey = candidate
        }
        return best
    }
}
