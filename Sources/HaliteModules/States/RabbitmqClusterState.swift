import HaliteModuleKit
import HaliteValue

/// Clusters of RabbitMQ.
package struct RabbitmqClusterState: StateModule {
    package static let name = "rabbitmq_cluster"
    package static let summary = "Clusters of RabbitMQ."
    package static let requires: Requirement = .command("rabbitmqctl")

    package static let functions: [StateFunction] = ["joined", "join"].map { name in
        StateFunction(
            name, "The server is part of a cluster.", .required("name", "Any name."), .required("host", "A host of the cluster."),
            .optional("user", "rabbit", "The name of its node."), .optional("ram_node", false, "Keep data in memory alone."),
            .optional("runas", "root", "The account to run as."), body: joined)
    }

    private static func joined(_ state: StateContext, name: String, host: String, user: String, ram: Bool, runas: String) async throws
        -> StateResult
    {
        let rabbit = RabbitMQ(call: state.call, runas: runas)
        let node = "\(user)@\(host)"
        if try await RabbitMQ(call: state.call).output(["cluster_status"]).contains(node) { return state.unchanged("Already in cluster") }
        let changes: ValueMap = ["old": "", "new": .string(node)]
        return try await state.either(
            would: { state.planned("Node is set to join cluster \(node)", changes: changes) },
            do: {
                StateResult(name: name, result: true, comment: try await rabbit.join(node, ram: ram), changes: changes)
            })
    }
}
