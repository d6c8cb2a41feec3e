import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Load and processes, watched and not changed.
package struct StatusState: StateModule {
    package static let name = "status"
    package static let summary = "Load and processes, watched and not changed."

    package static let functions: [StateFunction] = [
        StateFunction(
            "loadavg", "The load is within limits.", .required("name", "1-min, 5-min or 15-min."), .optional("maximum", .null as Value, "The most."),
            .optional("minimum", .null as Value, "The least."), body: load),
        StateFunction("process", "A process runs.", .required("name", "A word of its command line."), body: process),
    ]

    private static func load(_ state: StateContext, name: String, maximum: Value, minimum: Value) async throws -> StateResult {
        let loads = try await state.call.call("status.loadavg").mapValue ?? [:]
        guard let load = loads[name] else { return state.failed("Requested load average \(name) not available ") }
        func number(_ value: Value) -> Double? { value.isTruthy ? Double(value.pythonString) : nil }
        let (most, least) = (number(maximum), number(minimum))
        if let most, let least, least >= most { return state.failed("Min must be less than max") }
        let cap = Double(load.pythonString) ?? 0
        var result = state.unchanged("Load avg in acceptable range")
        if let least, cap < least {
            result = state.failed("Load avg is below minimum of \(minimum.pythonString) at \(Value.float(cap).pythonString)")
        } else if let most, cap > most {
            result = state.failed("Load avg above maximum of \(maximum.pythonString) at \(Value.float(cap).pythonString)")
        }
        result.extra["data"] = load
        return result
    }

    private static func process(_ state: StateContext, name: String) async throws -> StateResult {
        let found = try await state.call.call("status.pid", .string(name))
        guard found.isTruthy else { return state.failed("Process signature \"\(name)\" not found ") }
        var result = state.unchanged("Process signature \"\(name)\" was found ")
        result.extra["data"] = found
        return result
    }
}
