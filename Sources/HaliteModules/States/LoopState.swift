import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Waits until a function answers what is wanted.
package struct LoopState: StateModule {
    package static let name = "loop"
    package static let summary = "Waits until a function answers what is wanted."

    package static let functions: [StateFunction] = [
        StateFunction(
            "until", "A function is called until a condition on its answer, `m_ret`, is met.", .required("name", "The function."),
            .optional("m_args", .null as Value, "Its arguments."), .optional("m_kwargs", .null as Value, "Its keywords."),
            .optional("condition", nil as String?, "An expression, such as m_ret['state'] == 'running'."), .optional("period", 1 as Value, "Seconds between calls."),
            .optional("timeout", 60 as Value, "Seconds in all."), body: until),
        StateFunction(
            "until_no_eval", "A function is called until it answers what is expected.", .required("name", "The function."),
            .required("expected", "The answer."), .optional("compare_operator", "eq", "eq, ne, lt, le, gt, ge, contains, or a function of two values."),
            .optional("timeout", 60 as Value, "Seconds in all."), .optional("period", 1 as Value, "Seconds between calls."), .optional("init_wait", 0.0, "Seconds before the first call."),
            .optional("args", .null as Value, "Its arguments."), .optional("kwargs", .null as Value, "Its keywords."), body: untilEqual),
    ]

    private static func number(_ value: Value) -> Double? {
        switch value {
        case .int(let number): Double(number)
        case .float(let number): number
        default: nil
        }
    }

    private static func pause(_ seconds: Double) async throws { try await Task.sleep(for: .seconds(max(0, seconds))) }

    private static func until(
        _ state: StateContext, name: String, arguments: Value, keywords: Value, condition: String?, period: Value, timeout: Value
    ) async throws -> StateResult {
        let call = state.call
        guard call.services.registry.functions[name] != nil else { return state.failed("Cannot find module \(name)") }
        guard let condition else { return state.failed("An exit condition must be specified") }
        guard let pauses = number(period) else { return state.failed("Period must be specified as a float in seconds") }
        guard let limit = number(timeout) else { return state.failed("Timeout must be specified as a float in seconds") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "The execution module \(name) will be run")
        }, do: {
            let start = ContinuousClock.now
            while start.duration(to: .now) < .seconds(limit) {
                let answer = try await call.call(name, Arguments(arguments.listValue ?? [], keywords: keywords.mapValue ?? [:]))
                if try await holds(condition, answer, call) { return state.unchanged("Condition \(condition) was met") }
                try await pause(pauses)
            }
            return state.failed("Timed out while waiting for condition \(condition)")
        })
    }

    /// Conditions are Python in Salt; Jinja's expressions are close enough to it for what people compare.
    private static func holds(_ condition: String, _ answer: Value, _ call: CallContext) async throws -> Bool {
        let text = try await call.services.templates.render(
            source: "{% if \(condition) %}1{% endif %}", name: "condition", engine: "jinja", values: ["m_ret": answer, "ret": [:]], in: call)
        return text == "1"
    }

    private static func untilEqual(
        _ state: StateContext, name: String, expected: Value, comparison: String, timeout: Value, period: Value, wait: Double, arguments: Value,
        keywords: Value
    ) async throws -> StateResult {
        let call = state.call
        guard call.services.registry.functions[name] != nil else { return state.failed("Module.function \"\(name)\" is unavailable.") }
        guard let pauses = number(period) else { return state.failed("Period must be specified as a float in seconds") }
        guard let limit = number(timeout) else { return state.failed("Timeout must be specified as a float in seconds") }
        let isFunction = call.services.registry.functions[comparison] != nil
        guard isFunction || operators[comparison] != nil else { return state.failed("Invalid operator \"\(comparison)\" supplied.") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "Would have waited for \"\(name)\" to produce \"\(expected.pythonString)\".")
        }, do: {
            try await pause(wait)
            let start = ContinuousClock.now
            var attempts = 0
            while start.duration(to: .now) < .seconds(limit) {
                attempts += 1
                let answer: Value
                do {
                    answer = try await call.call(name, Arguments(arguments.listValue ?? [], keywords: keywords.mapValue ?? [:]))
                } catch {
                    return state.failed("Exception occurred while executing \(name): \(error)")
                }
                let isMet = isFunction
                    ? try await call.call(comparison, answer, expected).isTruthy : try operators[comparison]?(answer, expected) ?? false
                if isMet { return state.unchanged("Call provided the expected results in \(attempts) attempts") }
                try await pause(pauses)
            }
            return state.failed("Call did not produce the expected result after \(attempts) attempts")
        })
    }

    private typealias Comparison = @Sendable (Value, Value) throws -> Bool

    private static func isLess(_ left: Value, _ right: Value) throws -> Bool {
        if let a = number(left), let b = number(right) { return a < b }
        if let a = left.stringValue, let b = right.stringValue { return a.unicodeScalars.lexicographicallyPrecedes(b.unicodeScalars) }
        throw ExecutionError("\(left.pythonRepr) and \(right.pythonRepr) cannot be ordered")
    }

    /// The comparisons of Python's `operator` that make sense here.
    private static let operators: [String: Comparison] = [
        "eq": { $0 == $1 }, "ne": { $0 != $1 }, "is_": { $0 == $1 }, "is_not": { $0 != $1 },
        "lt": { try isLess($0, $1) }, "gt": { try isLess($1, $0) },
        "le": { try !isLess($1, $0) }, "ge": { try !isLess($0, $1) },
        "contains": { container, element in
            switch container {
            case .list(let list): list.contains(element)
            case .map(let map): map[element] != nil
            case .string(let text): element.stringValue.map { text.contains($0) } ?? false
            default: false
            }
        },
    ]
}
