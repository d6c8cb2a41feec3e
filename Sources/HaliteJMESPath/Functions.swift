import HaliteValue

/// The built-in functions: their parameters, and the checks before one is called.
struct FunctionSpec: Sendable {
    typealias Body = @Sendable (inout Interpreter, [Operand]) throws -> Value

    /// The allowed types of each parameter; none allows all.
    let parameters: [[String]]
    let isVariadic: Bool
    let body: Body

    init(_ parameters: [String]..., variadic: Bool = false, body: @escaping Body) {
        self.parameters = parameters
        isVariadic = variadic
        self.body = body
    }

    func check(_ arguments: [Operand], name: String) throws(JMESPathError) {
        let expected = parameters.count
        if isVariadic ? arguments.count < expected : arguments.count != expected {
            throw JMESPathError(
                isVariadic ? "VariadictArityError" : "ArityError",
                "Expected \(isVariadic ? "at least " : "")\(expected) argument\(expected == 1 ? "" : "s") for function \(name)(), "
                    + "received \(arguments.count)")
        }
        for (argument, types) in zip(arguments, parameters) where !types.isEmpty {
            try Self.check(argument, types, name)
        }
    }

    static func mismatch(_ name: String, _ value: Operand, _ types: [String], _ actual: String) -> JMESPathError {
        JMESPathError(
            "JMESPathTypeError",
            "In function \(name)(), invalid type for value: \(value.text), expected one of: "
                + "\(Value.list(types.map { .string($0) }).pythonRepr), received: \"\(actual)\"")
    }

    private static func check(_ argument: Operand, _ types: [String], _ name: String) throws(JMESPathError) {
        // `array-number` is a list of numbers.
        let parts = types.map { $0.split(separator: "-", maxSplits: 1).map(String.init) }
        guard parts.contains(where: { $0[0] == argument.type }) else { throw mismatch(name, argument, types, argument.type) }
        let elementTypes = parts.compactMap { $0.count == 2 ? $0[1] : nil }
        guard !elementTypes.isEmpty, case .value(.list(let list)) = argument, let first = list.first else { return }
        // The first element decides which of several types the others must have.
        let wanted = elementTypes.count == 1 ? elementTypes[0] : elementTypes.first { $0 == Operand.value(first).type }
        for element in list where Operand.value(element).type != wanted {
            throw mismatch(name, .value(element), types, element.typeName)
        }
    }
}

extension Interpreter {
    mutating func call(_ name: String, _ arguments: [Operand]) throws(JMESPathError) -> Operand {
        guard let function = Functions.table[name] else {
            throw JMESPathError("UnknownFunctionError", "Unknown function: \(name)()")
        }
        try function.check(arguments, name: name)
        do {
            return .value(try function.body(&self, arguments))
        } catch let error as JMESPathError {
            throw error
        } catch {
            throw JMESPathError("RuntimeError", String(describing: error))
        }
    }

    /// Applies an expression that was given as an argument.
    mutating func apply(_ reference: Operand, _ value: Value) throws(JMESPathError) -> Value {
        guard case .reference(let node) = reference else { return .null }
        return try self.value(node, value)
    }
}

enum Functions {
    static let table = numbers.merging(texts) { a, _ in a }.merging(containers) { a, _ in a }.merging(orders) { a, _ in a }
}
