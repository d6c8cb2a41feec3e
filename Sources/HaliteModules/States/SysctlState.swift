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
        StateFunction("present", "A parameter has a value, now and after a boot.", .required("name", "The parameter."), .required("value", "Its value."), .optional("config", nil as String?, "The file that keeps it."), body: present)
    ]

    private static func present(_ state: StateContext, name: String, value: String, config: String?) async throws -> StateResult {
        let call = state.call
        var file = config ?? ""
        if config == nil { file = await SysctlModule.defaultFile(call) }
        let configured = await SysctlModule.configured(call, file)
        let current = try await SysctlModule.get(call, name: name)
        func plain(_ text: String) -> [String] { text.words() }
        let isStored = configured?[name].map { plain($0.pythonString) == plain(value) } ?? false
        if isStored, plain(current) == plain(value) { return state.unchanged("Sysctl value \(name) = \(value) is already set") }
        let would: String
        if configured == nil {
            would = "Sysctl option \(name) might be changed, we failed to check config file at \(file). The file is either unreadable, or missing."
        } else if !current.isEmpty, configured?[name] == nil {
            would = plain(current) != plain(value)
                ? "Sysctl option \(name) set to be changed to \(value)"
                : "Sysctl value is currently set on the running system but not in a config file. Sysctl option \(name) set to be changed to \(value) in config file."
        } else if current.isEmpty, configured?[name] != nil {
            would = "Sysctl value \(name) is present in configuration file but is not present in the running config. The value \(name) is set to be changed to \(value)"
        } else {
            would = "Sysctl option \(name) would be changed to \(value)"
        }
        return try await state.either(would: { StateResult(name: name, result: nil, comment: would) }, do: {
            do {
                _ = try await SysctlModule.persist(call, name: name, value: value, config: file)
            } catch let error as ExecutionError {
                return state.failed("Failed to set \(name) to \(value): \(error)")
            }
            return StateResult(
                name: name, result: true, comment: "Updated sysctl value \(name) = \(value)", changes: [.string(name): state.low["value"] ?? .string(value)])
        })
    }
}
