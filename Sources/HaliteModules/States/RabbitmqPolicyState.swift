import HaliteModuleKit
import HaliteValue

/// Policies of RabbitMQ.
package struct RabbitmqPolicyState: StateModule {
    package static let name = "rabbitmq_policy"
    package static let summary = "Policies of RabbitMQ."
    package static let requires: Requirement = .command("rabbitmqctl")

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "A policy is there.", .required("name", "The policy."), .required("pattern", "Whom it is for."),
            .required("definition", "What it sets, as JSON.") as Parameter<Value>, .optional("priority", 0, "Which one counts."),
            .optional("vhost", "/", "The virtual host."), .optional("runas", nil as String?, "The account to run as."),
            .optional("apply_to", nil as String?, "queues, exchanges or all."), body: present),
        StateFunction(
            "absent", "A policy is not there.", .required("name", "The policy."), .optional("vhost", "/", "The virtual host."),
            .optional("runas", nil as String?, "The account to run as."), body: absent),
    ]

    private static func present(
        _ state: StateContext, name: String, pattern: String, definition: Value, priority: Int, vhost: String, runas: String?,
        applyTo: String?
    ) async throws -> StateResult {
        let rabbit = RabbitMQ(call: state.call, runas: runas)
        let wanted = RabbitMQPolicy(
            vhost: vhost, name: name, pattern: pattern, definition: definition, priority: priority, applyTo: applyTo)
        let found = try await rabbit.policies(vhost)[vhost]?[name]?.mapValue
        var updates: [String] = []
        if let found {
            if found["pattern"] != .string(pattern) { updates.append("Pattern") }
            let now = try await rabbit.json(found["definition"]?.stringValue ?? "null")
            if try await rabbit.json(wanted.definitionText) != now { updates.append("Definition") }
            if let applyTo, found["apply_to"] != .string(applyTo) { updates.append("Applyto") }
            if found["priority"]?.pythonString != String(priority) { updates.append("Priority") }
            if updates.isEmpty { return state.unchanged("Policy \(vhost) \(name) is already present") }
        }
        let changes: ValueMap = found.map { ["old": .map($0), "new": updates.value] } ?? ["old": [:], "new": .string(name)]
        return try await state.either(
            would: {
                state.planned("Policy \(vhost) \(name) is set to be \(found == nil ? "created" : "updated")", changes: changes)
            },
            do: {
                StateResult(name: name, result: true, comment: try await rabbit.setPolicy(wanted), changes: changes)
            })
    }

    private static func absent(_ state: StateContext, name: String, vhost: String, runas: String?) async throws -> StateResult {
        let rabbit = RabbitMQ(call: state.call, runas: runas)
        guard try await rabbit.policies(vhost)[vhost]?[name] != nil else {
            return state.unchanged("Policy '\(vhost) \(name)' is not present.")
        }
        return try await state.change(
            ["new": "", "old": .string(name)], would: "Policy '\(vhost) \(name)' will be removed.", did: "Deleted"
        ) {
            _ = try await rabbit.output(["clear_policy", "-p", vhost, name])
            return nil
        }
    }
}
