import HaliteValue

/// A test that looks at nothing but the value.
typealias SimpleTest = @Sendable (JinjaValue, TemplateContext) throws -> Bool

/// The tests of Jinja2, by name.
enum BuiltinTests {
    /// The tests without arguments, which need no call to be set up.
    static let simple: [String: SimpleTest] = {
        var table: [String: SimpleTest] = [:]
        for (name, test) in singles { table[name] = test.body }
        return table
    }()

    private static let singles: [String: (name: String, body: SimpleTest)] = [
        "defined": one("test_defined") { value, _ in !value.isUndefined },
        "undefined": one("test_undefined") { value, _ in value.isUndefined },
        "none": one("test_none") { value, _ in if case .null = value { true } else { false } },
        "boolean": one("test_boolean") { value, _ in if case .bool = value { true } else { false } },
        "true": one("test_true") { value, _ in if case .bool(true) = value { true } else { false } },
        "false": one("test_false") { value, _ in if case .bool(false) = value { true } else { false } },
        "integer": one("test_integer") { value, _ in
            switch value {
            case .int, .big: true
            default: false
            }
        },
        "float": one("test_float") { value, _ in if case .float = value { true } else { false } },
        "number": one("test_number") { value, _ in value.isNumber },
        "string": one("test_string") { value, _ in value.text != nil },
        "mapping": one("test_mapping") { value, _ in
            switch value {
            case .dict: true
            case .object(let object): object.isMapping
            default: false
            }
        },
        "sequence": one("test_sequence") { value, _ in try isSequence(value) },
        "iterable": one("test_iterable") { value, _ in
            // A generator says that it can be iterated without being run.
            try value.iterator() != nil
        },
        "callable": one("callable") { value, _ in
            switch value {
            case .object(let object): object.isCallable
            case .undefined: true
            default: false
            }
        },
        "escaped": one("test_escaped") { value, _ in
            switch value {
            case .markup: true
            case .undefined(let undefined): undefined.policy == .chainable
            default: false
            }
        },
        "lower": one("test_lower") { value, _ in PythonCase.isCase(try value.str(), upper: false) },
        "upper": one("test_upper") { value, _ in PythonCase.isCase(try value.str(), upper: true) },
        "odd": one("test_odd") { value, context in
            if case .int(let number) = value { return number & 1 == 1 }
            return try Operators.apply(.mod, value, .int(2), context).isEqual(to: .int(1))
        },
        "even": one("test_even") { value, context in
            if case .int(let number) = value { return number & 1 == 0 }
            return try Operators.apply(.mod, value, .int(2), context).isEqual(to: .int(0))
        },
    ]

    static let table: [String: BuiltinFunction] = {
        var table: [String: BuiltinFunction] = [
            "divisibleby": two("test_divisibleby", "value, num") { value, other, context in
                try Operators.apply(.mod, value, other, context).isEqual(to: .int(0))
            },
            "sameas": two("test_sameas", "value, other") { value, other, _ in value.isSame(as: other) },
            "in": two("test_in", "value, seq") { value, other, _ in try other.contains(value) },
            "filter": two("test_filter", "@value") { value, _, context in
                try value.requireHashable()
                return value.text.map { context.environment.filter($0) != nil } ?? false
            },
            "test": two("test_test", "@value") { value, _, context in
                try value.requireHashable()
                return value.text.map { context.environment.test($0) != nil } ?? false
            },
        ]
        for (name, test) in singles {
            let signature = Signature(test.name, test.name == "callable" ? "/obj" : "value")
            table[name] = BuiltinFunction(
                bound: BoundFunction(signature: signature) { arguments, context in .bool(try test.body(arguments.value(0), context)) })
        }
        let comparisons: [(Comparison, [String], String)] = [
            (.eq, ["==", "eq", "equalto"], "eq"), (.ne, ["!=", "ne"], "ne"), (.gt, [">", "gt", "greaterthan"], "gt"),
            (.gteq, [">=", "ge"], "ge"), (.lt, ["<", "lt", "lessthan"], "lt"), (.lteq, ["<=", "le"], "le"),
        ]
        for (operation, names, pythonName) in comparisons {
            let function: JinjaFunction = { call in
                guard call.keywords.isEmpty else {
                    throw JinjaError(.type, "_operator.\(pythonName)() takes no keyword arguments")
                }
                guard call.positional.count == 2 else {
                    throw JinjaError(.type, "\(pythonName) expected 2 arguments, got \(call.positional.count)")
                }
                return .bool(try Operators.compare(operation, call.positional[0], call.positional[1]))
            }
            // The bound form serves calls that fit, and its parameters have no names that a template can say; the other
            // one words the mistakes of the rest.
            let bound = BoundFunction(signature: Signature(pythonName, "a!, b!")) { arguments, _ in
                .bool(try Operators.compare(operation, arguments.value(0), arguments.value(1)))
            }
            for name in names { table[name] = BuiltinFunction(bound: bound, call: function) }
        }
        return table
    }()

    private static func one(_ name: String, _ body: @escaping SimpleTest) -> (name: String, body: SimpleTest) { (name, body) }

    private static func two(
        _ name: String, _ parameters: String, _ body: @escaping @Sendable (JinjaValue, JinjaValue, TemplateContext) throws -> Bool
    ) -> BuiltinFunction {
        BuiltinFunction(
            bound: BoundFunction(signature: Signature(name, parameters)) { arguments, context in
                .bool(try body(arguments.value(0), arguments.value(1), context))
            })
    }

    /// Whether it has a length and elements by index.
    private static func isSequence(_ value: JinjaValue) throws -> Bool {
        switch value {
        case .string, .markup, .list, .tuple, .dict, .bytes: return true
        case .undefined(let undefined): return undefined.policy != .strict
        case .object(let object): return object is RangeObject || object.isMapping
        default: return false
        }
    }
}
