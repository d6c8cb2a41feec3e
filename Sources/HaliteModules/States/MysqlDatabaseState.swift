import HaliteModuleKit
import HaliteValue

/// Databases of MySQL and MariaDB.
package struct MysqlDatabaseState: StateModule {
    package static let name = "mysql_database"
    package static let summary = "Databases of MySQL and MariaDB."
    package static let requires = MysqlModule.requires

    package static let functions: [StateFunction] = [
        StateFunction("present", "A database is there, with this character set and collation.", Settings.self, body: present),
        StateFunction("absent", "A database is not there.", MySQLLogin.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var characterSet: String?
        var collate: String?
        var login = MySQLLogin()
        static let fields: [ArgumentField<Settings>] =
            [.field("character_set", \.characterSet, "The character set."), .field("collate", \.collate, "The collation.")]
            + MySQLLogin.fields.map { $0.within(\.login) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let client = settings.login.client(state)
        let name = state.name
        if let found = try await client.database(name) { return try await alter(state, client, settings, found) }
        if let error = client.takeError() { return state.failed(error) }
        return try await state.either(
            would: {
                state.planned("Database \(name) is not present and needs to be created")
            },
            do: {
                if try await client.createDatabase(name, settings.characterSet, settings.collate) {
                    return state.changed("The database \(name) has been created", "Present")
                }
                return state.failed("Failed to create database \(name)" + (client.takeError().map { " (\($0))" } ?? ""))
            })
    }

    private static func alter(_ state: StateContext, _ client: MySQLClient, _ settings: Settings, _ found: ValueMap) async throws
        -> StateResult
    {
        let name = state.name
        let (set, order) = (found["character_set"]?.pythonString ?? "", found["collate"]?.pythonString ?? "")
        let newSet = settings.characterSet.flatMap { $0.isEmpty || $0 == set ? nil : $0 }
        let newOrder = settings.collate.flatMap { $0.isEmpty || $0 == order ? nil : $0 }
        var text = "Database \(name) is already present"
        if let newSet { text = "Database character set \(newSet) != \(set) needs to be updated" }
        if let newOrder { text += "\nDatabase collate \(newOrder) != \(order) needs to be updated" }
        if newSet == nil, newOrder == nil { return state.unchanged(text) }
        let comment = text
        return try await state.either(
            would: {
                state.planned(newOrder == nil ? comment + "\nDatabase \(name) is going to be updated" : comment)
            },
            do: {
                guard try await client.alterDatabase(name, settings.characterSet, settings.collate) else {
                    return state.failed(comment + (client.takeError().map { " (\($0))" } ?? ""))
                }
                let now = try await client.database(name) ?? [:]
                var result = state.unchanged(comment)
                for key in ["collate", "character_set"] where found[key] != now[key] {
                    result.changes[.string(key)] = ["before": found[key] ?? .null, "now": now[key] ?? .null]
                }
                return result
            })
    }

    private static func absent(_ state: StateContext, _ login: MySQLLogin) async throws -> StateResult {
        let client = login.client(state)
        let name = state.name
        guard try await client.hasDatabase(name) else {
            return client.takeError().map { state.failed($0) }
                ?? state.unchanged("Database \(name) is not present, so it cannot be removed")
        }
        return try await state.either(
            would: {
                state.planned("Database \(name) is present and needs to be removed")
            },
            do: {
                if try await client.removeDatabase(name) { return state.changed("Database \(name) has been removed", "Absent") }
                return state.failed("Unable to remove database \(name)" + (client.takeError().map { " (\($0))" } ?? ""))
            })
    }
}
