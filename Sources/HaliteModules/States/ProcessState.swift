import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Processes that do not run.
package struct ProcessState: StateModule {
    package static let name = "process"
    package static let summary = "Processes that do not run."

    package static let functions: [StateFunction] = [
        StateFunction(
            "absent", "No process matches.", .required("name", "A pattern for its command line."), .optional("user", nil as String?, "Whose."),
            .optional("signal", .null as Value, "The signal instead of TERM."), body: absent)
    ]

    private static func absent(_ state: StateContext, name: String, user: String?, signal: Value) async throws -> StateResult {
        try await state.either(would: {
            let found = try await state.call.call("ps.pgrep", .string(name), keywords: ["user": user.value])
            let count = found.listValue?.count ?? 0
            return StateResult(name: name, result: nil, comment: count > 0 ? "\(count) processes will be killed" : "No matching processes running")
        }, do: {
            var keywords: ValueMap = ["user": user.value, "full": true]
            if signal.isTruthy { keywords["signal"] = signal }
            let answer = try await state.call.call("ps.pkill", Arguments([.string(name)], keywords: keywords))
            guard let killed = answer.mapValue, !killed.isEmpty else { return state.unchanged("No matching processes running") }
            return StateResult(
                name: name, result: true, comment: "Killed \(killed["killed"]?.listValue?.count ?? 0) processes", changes: killed)
        })
    }
}
