import HaliteModuleKit
import HaliteValue

/// Clusters of PostgreSQL, made with Debian's tools.
package struct PostgresClusterState: StateModule {
    package static let name = "postgres_cluster"
    package static let summary = "Clusters of PostgreSQL, made with Debian's tools."
    package static let requires: Requirement = .command("pg_createcluster")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A cluster is there.", Settings.self, body: present),
        StateFunction(
            "absent", "A cluster is not there.", .required("name", "The cluster."), .required("version", "The version."), body: absent),
    ]

    struct Settings: ArgumentGroup {
        var version = ""
        var options = PostgresModule.ClusterOptions()
        static let fields: [ArgumentField<Settings>] =
            [.field("version", \.version, "The version.", required: true)]
            + PostgresModule.ClusterOptions.fields.map { $0.within(\.options) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let (version, options) = (settings.version, settings.options)
        let full = "\(version)/\(state.name)"
        if let found = try await PostgresModule.clusters(state.call)[full] {
            let differs = options.port.map { $0 != 0 && found["port"] != .int($0) } ?? false
            let isElsewhere = options.datadir.map { found["datadir"] != .string($0) } ?? false
            if differs || isElsewhere { return state.failed("Cluster \(full) has wrong parameters which couldn't be changed on fly.") }
            return state.unchanged("Cluster \(full) is already present")
        }
        return try await state.either(
            would: {
                state.planned("Cluster \(full) is set to be created")
            },
            do: {
                guard try await PostgresModule.createCluster(state.call, version: version, name: state.name, options) else {
                    return state.failed("Failed to create cluster \(full)")
                }
                return state.changed("The cluster \(full) has been created", "Present", key: full)
            })
    }

    private static func absent(_ state: StateContext, name: String, version: String) async throws -> StateResult {
        let full = "\(version)/\(name)"
        guard try await PostgresModule.clusters(state.call)[full] != nil else {
            return state.unchanged("Cluster \(full) is not present, so it cannot be removed")
        }
        return try await state.either(
            would: {
                state.planned("Cluster \(full) is set to be removed")
            },
            do: {
                guard try await PostgresModule.dropCluster(state.call, version: version, name: name) else {
                    return state.failed("Failed to remove cluster \(full)")
                }
                return state.changed("Cluster \(full) has been removed", "Absent")
            })
    }
}
