import HaliteModuleKit
import HaliteValue

/// Folders that hold the data of a PostgreSQL server.
package struct PostgresInitdbState: StateModule {
    package static let name = "postgres_initdb"
    package static let summary = "Folders that hold the data of a PostgreSQL server."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A folder holds the data of a server.", Settings.self, body: present)
    ]

    struct Settings: ArgumentGroup {
        var options = PostgresModule.DataOptions()
        static let fields = PostgresModule.DataOptions.fields.map { $0.within(\Settings.options) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        if try await PostgresModule.dataExists(state.call, name: name) {
            return state.unchanged("Postgres data directory \(name) is already present")
        }
        return try await state.either(
            would: {
                state.planned("Postgres data directory \(name) is set to be initialized")
            },
            do: {
                guard try await PostgresModule.prepareData(state.call, name, settings.options) else {
                    return state.failed("Postgres data directory \(name) initialization failed")
                }
                return state.changed("Postgres data directory \(name) has been initialized", "Present")
            })
    }
}
