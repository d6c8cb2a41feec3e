import HaliteModuleKit
import HaliteValue

/// Schemas of databases of PostgreSQL.
package struct PostgresSchemaState: StateModule {
    package static let name = "postgres_schema"
    package static let summary = "Schemas of databases of PostgreSQL."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A database has a schema.", Settings.self, body: present),
        StateFunction("absent", "A database has not a schema.", PostgresModule.SchemaListSettings.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var place = PostgresModule.SchemaListSettings()
        var owner: String?
        static let fields: [ArgumentField<Settings>] =
            [PostgresModule.SchemaListSettings.databaseField.within(\.place), .field("owner", \.owner, "The role that owns it.")]
            + PostgresModule.SchemaListSettings.login.map { $0.within(\.place) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let client = settings.place.client(state.call)
        let (name, database) = (state.name, settings.place.database)
        if try await PostgresModule.schemas(client)[name] != nil {
            return of(database, state.unchanged("Schema \(name) already exists in database \(database)"))
        }
        return of(
            database,
            try await state.either(
                would: {
                    state.planned("Schema \(name) is set to be created in database \(database).")
                },
                do: {
                    guard try await PostgresModule.createSchema(client, name, owner: settings.owner) else {
                        return state.failed("Failed to create schema \(name) in database \(database)")
                    }
                    return state.changed("Schema \(name) has been created in database \(database)", "Present")
                }))
    }

    private static func absent(_ state: StateContext, _ place: PostgresModule.SchemaListSettings) async throws -> StateResult {
        let client = place.client(state.call)
        let (name, database) = (state.name, place.database)
        guard try await PostgresModule.schemas(client)[name] != nil else {
            return of(database, state.unchanged("Schema \(name) is not present in database \(database), so it cannot be removed"))
        }
        return of(
            database,
            try await state.either(
                would: {
                    state.planned("Schema \(name) is set to be removed from database \(database)")
                },
                do: {
                    guard try await PostgresModule.removeSchema(client, name) else {
                        return state.failed("Schema \(name) failed to be removed")
                    }
                    return state.changed("Schema \(name) has been removed from database \(database)", "Absent")
                }))
    }

    /// The result names the database too.
    private static func of(_ database: String, _ result: StateResult) -> StateResult {
        var result = result
        result.extra["dbname"] = .string(database)
        return result
    }
}
