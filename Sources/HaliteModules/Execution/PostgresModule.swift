import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Roles, databases and rights of PostgreSQL, through psql.
package struct PostgresModule: ExecutionModule {
    package static let name = "postgres"
    package static let summary = "Roles, databases and rights of PostgreSQL, through psql."
    package static let requires: Requirement = .command("psql")

    package static let functions: [Function] =
        [
            Function(
                "version", "Return the version of the server.", PostgresConnection.self,
                body: { call, connection in
                    let version = try await PostgresClient(call, connection).version()
                    return version.isEmpty ? Value.null : .string(version)
                }),
            Function(
                "psql_query", "Return the rows of a query.", QuerySettings.self,
                example: "halite '*' postgres.psql_query 'SELECT datname FROM pg_database' maintenance_db=postgres", body: query),
        ] + databaseFunctions + tablespaceFunctions + roleFunctions + extensionFunctions + schemaFunctions + languageFunctions
        + privilegeFunctions + clusterFunctions

    struct QuerySettings: ArgumentGroup {
        var query = ""
        var connection = PostgresConnection()
        var write = false
        static let fields: [ArgumentField<Self>] =
            [.field("query", \.query, "The query, without COPY.", required: true)]
            + PostgresConnection.fields.map { $0.within(\.connection) }
            + [.field("write", \.write, "The query changes something, such as INSERT ... RETURNING.")]
    }

    private static func query(_ call: CallContext, _ settings: QuerySettings) async throws -> [ValueMap] {
        try await PostgresClient(call, settings.connection).rows(settings.query, write: settings.write)
    }

    /// One name before the arguments that all functions share.
    struct NamedSettings: ArgumentGroup {
        var name = ""
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [.field("name", \.name, "The name.", required: true)] + PostgresConnection.fields.map { $0.within(\.connection) }
    }

    static func named<Result: ValueConvertible>(
        _ name: String, _ summary: String, body: @escaping @Sendable (PostgresClient, String) async throws -> Result
    ) -> Function {
        Function(
            name, summary, NamedSettings.self,
            body: { call, settings in try await body(PostgresClient(call, settings.connection), settings.name) })
    }

    static func plain<Result: ValueConvertible>(
        _ name: String, _ summary: String, body: @escaping @Sendable (PostgresClient) async throws -> Result
    ) -> Function {
        Function(name, summary, PostgresConnection.self, body: { call, connection in try await body(PostgresClient(call, connection)) })
    }

    /// Rows by one of their columns, which is left out of them.
    static func keyed(_ rows: [ValueMap], by column: String) -> ValueMap {
        ValueMap(
            rows.map { row in
                var row = row
                return (row.removeValue(forKey: column) ?? "", .map(row))
            })
    }
}
