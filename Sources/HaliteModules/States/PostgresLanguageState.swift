import HaliteModuleKit
import HaliteValue

/// Languages of databases of PostgreSQL.
package struct PostgresLanguageState: StateModule {
    package static let name = "postgres_language"
    package static let summary = "Languages of databases of PostgreSQL."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A database has a language.", Settings.self, body: present),
        StateFunction("absent", "A database has not a language.", Settings.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var login = PostgresLogin()
        static let fields: [ArgumentField<Settings>] =
            [.field("maintenance_db", \.login.connection.maintenanceDB, "The database.", required: true)]
            + PostgresLogin.withoutDatabase.map { $0.within(\.login) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let client = settings.login.client(state)
        let name = state.name
        if try await PostgresModule.languages(client)[name] != nil { return state.unchanged("Language \(name) is already installed") }
        return try await state.either(
            would: {
                state.planned("Language \(name) is set to be installed")
            },
            do: {
                guard try await PostgresModule.installLanguage(client, name) else {
                    return state.failed("Failed to install language \(name)")
                }
                return state.changed("Language \(name) has been installed", "Present")
            })
    }

    private static func absent(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let client = settings.login.client(state)
        let name = state.name
        guard try await PostgresModule.languages(client)[name] != nil else {
            return state.unchanged("Language \(name) is not present so it cannot be removed")
        }
        return try await state.either(
            would: {
                state.planned("Language \(name) is set to be removed")
            },
            do: {
                guard try await PostgresModule.removeLanguage(client, name) else {
                    return state.failed("Failed to remove language \(name)")
                }
                return state.changed("Language \(name) has been removed", "Absent")
            })
    }
}
