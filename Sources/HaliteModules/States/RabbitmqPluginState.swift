import HaliteModuleKit
import HaliteValue

/// Plugins of RabbitMQ.
package struct RabbitmqPluginState: StateModule {
    package static let name = "rabbitmq_plugin"
    package static let summary = "Plugins of RabbitMQ."
    package static let requires: Requirement = .command("rabbitmqctl")

    package static let functions: [StateFunction] = [
        StateFunction(
            "enabled", "A plugin is on.", .required("name", "The plugin."), .optional("runas", nil as String?, "The account to run as."),
            body: { (state: StateContext, _: String, runas: String?) async throws -> StateResult in try await set(state, runas, on: true) }),
        StateFunction(
            "disabled", "A plugin is off.", .required("name", "The plugin."), .optional("runas", nil as String?, "The account to run as."),
            body: { (state: StateContext, _: String, runas: String?) async throws -> StateResult in try await set(state, runas, on: false) }
        ),
    ]

    private static func set(_ state: StateContext, _ runas: String?, on: Bool) async throws -> StateResult {
        let rabbit = RabbitMQ(call: state.call, runas: runas)
        let (name, word) = (state.name, on ? "enabled" : "disabled")
        do {
            if try await rabbit.plugins(enabled: true).contains(name) == on {
                return state.unchanged("Plugin '\(name)' is already \(word).")
            }
            return try await state.change(
                ["old": on ? "" : .string(name), "new": on ? .string(name) : ""], would: "Plugin '\(name)' is set to be \(word).",
                did: "Plugin '\(name)' was \(word)."
            ) {
                _ = try await rabbit.set(plugin: name, enabled: on)
                return nil
            }
        } catch let error as ExecutionError {
            return state.failed("Error: \(error)")
        }
    }
}
