import HaliteModuleKit
import HaliteValue

/// Databases of PostgreSQL.
package struct PostgresDatabaseState: StateModule {
    package static let name = "postgres_database"
    package static let summary = "Databases of PostgreSQL."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A database is there, with these attributes.", Settings.self, body: present),
        StateFunction("absent", "A database is not there.", PostgresLogin.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var database = PostgresModule.DatabaseSettings()
        var ownerRecurse = false
        var login = PostgresLogin()

        static let fields: [ArgumentField<Settings>] =
            [
                .field("tablespace", \.database.tablespace, "Its tablespace."),
                .field("encoding", \.database.encoding, "Its encoding, such as UTF8."),
                .field("lc_collate", \.database.collate, "The locale that orders texts."),
                .field("lc_ctype", \.database.ctype, "The locale that tells letters from others."),
                .field("owner", \.database.owner, "The role that owns it."),
                .field("owner_recurse", \.ownerRecurse, "Give all that is in it to the owner too."),
                .field("template", \.database.template, "The database that it is a copy of."),
            ] + PostgresLogin.fields.map { $0.within(\.login) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        let found = try await PostgresModule.databases(settings.login.client(state))[name]?.mapValue
        var wanted = settings.database
        (wanted.name, wanted.connection) = (name, settings.login.connection)
        if let found {
            func differs(_ key: String, _ value: String?) -> Bool {
                guard let value, !value.isEmpty else { return false }
                let current = found[key]?.stringValue ?? ""
                return key == "Encoding" ? current.lowercased() != value.lowercased() : current != value
            }
            if differs("Encoding", wanted.encoding) || differs("Collate", wanted.collate) || differs("Ctype", wanted.ctype) {
                return state.failed("Database \(name) has wrong parameters which couldn't be changed on fly.")
            }
            guard differs("Tablespace", wanted.tablespace) || differs("Owner", wanted.owner) else {
                return state.unchanged("Database \(name) is already present")
            }
        }
        return try await state.either(
            would: {
                state.planned(
                    found == nil ? "Database \(name) is set to be created" : "Database \(name) exists, but parameters need to be changed")
            },
            do: {
                if found == nil {
                    guard try await PostgresModule.createDatabase(state.call, wanted) else {
                        return state.failed("Failed to create database \(name)")
                    }
                    return state.changed("The database \(name) has been created", "Present")
                }
                let change = PostgresModule.DatabaseChange(
                    name: name, connection: wanted.connection, tablespace: wanted.tablespace, owner: wanted.owner,
                    ownerRecurse: settings.ownerRecurse)
                guard try await PostgresModule.alterDatabase(state.call, change) else {
                    return state.failed("Failed to change parameters for database \(name)")
                }
                return state.changed("Parameters for database \(name) have been changed", "Parameters changed")
            })
    }

    private static func absent(_ state: StateContext, _ login: PostgresLogin) async throws -> StateResult {
        let client = login.client(state)
        let name = state.name
        guard try await PostgresModule.databases(client)[name] != nil else {
            return state.unchanged("Database \(name) is not present, so it cannot be removed")
        }
        return try await state.either(
            would: {
                state.planned("Database \(name) is set to be removed")
            },
            do: {
                guard try await PostgresModule.removeDatabase(client, name) else {
                    return state.failed("Database \(name) failed to be removed")
                }
                return state.changed("Database \(name) has been removed", "Absent")
            })
    }
}
