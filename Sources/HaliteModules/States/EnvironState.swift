import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Variables for the commands of this run.
package struct EnvironState: StateModule {
    package static let name = "environ"
    package static let summary = "Variables for the commands of this run."

    package static let functions: [StateFunction] = [
        StateFunction("setenv", "Later commands see a variable.", .required("name", "The variable."), .required("value", "Its value, several values, or False to unset it."), .optional("false_unsets", false, "False removes it rather than emptying it."), .keywords("kwargs", "Ignored."), body: set)
    ]

    private static func set(_ state: StateContext, name: String, value: Value, unsets: Bool, options: ValueMap) async throws -> StateResult {
        let wanted: ValueMap
        switch value {
        case .string, .bool(false): wanted = [.string(name): value]
        case .map(let map): wanted = map
        default: return state.failed("Environ value must be string, dict or False")
        }
        let inherited = try await state.call.host.identity().environment
        let set = state.call.memory["environ"]?.mapValue ?? [:]
        var changes = ValueMap()
        for (key, value) in wanted {
            let current = set[key] ?? inherited[key.pythonString].value
            if value == false {
                if unsets ? !current.isNull : current != "" { changes[key] = unsets ? .null : "" }
            } else if (current.isNull ? "" : current) != value {
                changes[key] = value
            }
        }
        if changes.isEmpty {
            return state.unchanged(
                state.text(would: "Environ values are already set with the correct values", did: "Environ values were already set with the correct values"))
        }
        return try await state.either(would: {
            // Salt calls it a success already.
            StateResult(name: state.name, result: true, comment: "Environ values will be changed", changes: changes)
        }, do: {
            var all = set
            for (key, value) in changes { all[key] = value }
            state.call.memory["environ"] = .map(all)
            return StateResult(name: state.name, result: true, comment: "Environ values were set", changes: changes)
        })
    }
}
