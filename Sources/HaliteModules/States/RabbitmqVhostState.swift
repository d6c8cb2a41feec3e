import HaliteModuleKit
import HaliteValue

/// Virtual hosts of RabbitMQ.
package struct RabbitmqVhostState: StateModule {
    package static let name = "rabbitmq_vhost"
    package static let summary = "Virtual hosts of RabbitMQ."
    package static let requires: Requirement = .command("rabbitmqctl")

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "A virtual host is there.", .required("name", "The host."),
            body: { (state: StateContext, name: String) async throws -> StateResult in
                let rabbit = RabbitMQ(call: state.call)
                if try await rabbit.hosts().contains(name) { return state.unchanged("Virtual Host '\(name)' already exists.") }
                return try await set(state, rabbit, "add_vhost", "created", ["old": "", "new": .string(name)])
            }),
        StateFunction(
            "absent", "A virtual host is not there.", .required("name", "The host."),
            body: { (state: StateContext, name: String) async throws -> StateResult in
                let rabbit = RabbitMQ(call: state.call)
                guard try await rabbit.hosts().contains(name) else { return state.unchanged("Virtual Host '\(name)' is not present.") }
                return try await set(state, rabbit, "delete_vhost", "removed", ["new": "", "old": .string(name)])
            }),
    ]

    private static func set(_ state: StateContext, _ rabbit: RabbitMQ, _ command: String, _ word: String, _ changes: ValueMap) async throws
        -> StateResult
    {
        try await state.either(
            would: { state.planned("Virtual Host '\(state.name)' will be \(word).", changes: changes) },
            do: {
                StateResult(name: state.name, result: true, comment: try await rabbit.output([command, state.name]), changes: changes)
            })
    }
}
