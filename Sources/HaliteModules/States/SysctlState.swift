import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Parameters of the kernel with their values.
package struct SysctlState: StateModule {
    package static let name = "sysctl"
    package static let summary = "Parameters of the kernel with their values."
    package static let requires: Requirement = .kernel("Linux")

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "A parameter has a value, now and after a boot.", .required("name", "The parameter."),
            .required("value", "Its value."), .optional("config", nil as String?, "The file that keeps it."), body: present)
    ]

    private static func present(_ state: StateContext, name: String, value: String, config: String?) async throws -> StateResult {
        let call = state.call
        var file = config ?? ""
        if config == nil { file = await SysctlModule.defaultFile(call) }
        let path = file
        let already = "Sysctl value \(name) = \(value) is already set"
        return try await state.either(
            would: { try await foresee(state, name, value, path, already) },
            do: {
                do {
                    let answer = try await SysctlModule.persist(call, name: name, value: value, config: path)
                    if answer == "Already set" { return state.unchanged(already) }
                } catch let error as ExecutionError {
                    return state.failed("Failed to set \(name) to \(value): \(error)")
                }
                return StateResult(
                    name: name, result: true, comment: "Updated sysctl value \(name) = \(value)",
                    changes: [.string(name): state.low["value"] ?? .string(value)])
            })
    }

    private static func foresee(
        _ state: StateContext, _ name: String, _ value: String, _ file: String, _ already: String
    ) async throws -> StateResult {
        let stored = await SysctlModule.configured(state.call, file)[name]
        let current = try await SysctlModule.get(state.call, name: name)
        func spaced(_ text: String) -> String { (try? PythonRegex.compile(" +|\t+").substitute(" ", in: text)) ?? text }
        let comment: String
        if !current.isEmpty, stored != nil, value.words() == current.words() {
            // Salt says so also where the file has another value, and writes it then.
            if await SysctlModule.stores(state.call, file, name, value) { return state.unchanged(already) }
            comment = "Sysctl option \(name) would be changed to \(value)"
        } else if !current.isEmpty, stored == nil {
            comment =
                spaced(current) != spaced(value)
                ? "Sysctl option \(name) set to be changed to \(value)"
                : "Sysctl value is currently set on the running system but not in a config file. Sysctl option \(name) set to be changed to \(value) in config file."
        } else if current.isEmpty, stored != nil {
            comment =
                "Sysctl value \(name) is present in configuration file but is not present in the running config. The value \(name) is set to be changed to \(value)"
        } else {
            comment = "Sysctl option \(name) would be changed to \(value)"
        }
        return StateResult(name: name, result: nil, comment: comment)
    }
}
