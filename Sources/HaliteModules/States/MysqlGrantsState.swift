import HaliteModuleKit
import HaliteValue

/// Rights of users of MySQL and MariaDB.
package struct MysqlGrantsState: StateModule {
    package static let name = "mysql_grants"
    package static let summary = "Rights of users of MySQL and MariaDB."
    package static let requires = MysqlModule.requires

    package static let functions: [StateFunction] = [
        StateFunction("present", "A user has rights on a database.", Settings.self, body: present),
        StateFunction("absent", "A user has not these rights on a database.", RemovalSettings.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var request = MySQLGrantRequest()
        var revokeFirst = false
        var sslOption: Value = false
        var login = MySQLLogin()
        static let fields: [ArgumentField<Settings>] =
            MySQLGrantRequest.fields.map { $0.within(\.request) } + [
                .field("revoke_first", \.revokeFirst, "Revoke what the user has on the database before."),
                .field("ssl_option", \.sslOption, "What the connection must have, as a list."),
            ] + MySQLLogin.fields.map { $0.within(\.login) }
    }

    struct RemovalSettings: ArgumentGroup {
        var request = MySQLGrantRequest()
        var login = MySQLLogin()
        static let fields: [ArgumentField<RemovalSettings>] =
            MySQLGrantRequest.fields.map { $0.within(\.request) } + MySQLLogin.fields.map { $0.within(\.login) }
    }

    /// `SELECT on app.*`, `app@localhost`.
    private static func words(_ request: MySQLGrantRequest) -> (grant: String, database: String, account: String) {
        (request.grant ?? "None", request.database ?? "None", "\(request.user ?? "None")@\(request.host)")
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let client = settings.login.client(state)
        let (grant, database, account) = words(settings.request)
        if try await client.hasGrant(settings.request) {
            return state.unchanged("Grant \(grant) on \(database) to \(account) is already present")
        }
        if let error = client.takeError() { return state.failed(error) }
        return try await state.either(
            would: {
                state.planned("MySQL grant \(state.name) is set to be created")
            },
            do: {
                if settings.revokeFirst { try await revoke(client, settings.request) }
                if try await client.addGrant(settings.request, ssl: settings.sslOption) {
                    return state.changed("Grant \(grant) on \(database) to \(account) has been added", "Present")
                }
                return state.failed(
                    "Failed to execute: \"GRANT \(grant) ON \(database) TO \(account)\"" + (client.takeError().map { " (\($0))" } ?? ""))
            })
    }

    /// What the user has on the same database.
    private static func revoke(_ client: MySQLClient, _ request: MySQLGrantRequest) async throws {
        let target = try MySQLGrant.target(request.database ?? "")
        for text in try await client.grants(request.user ?? "", request.host) ?? [] {
            let found = MySQLGrant(text)
            guard found.database == target else { continue }
            var old = request
            old.grant = found.rights.joined(separator: ",")
            _ = try await client.revokeGrant(old)
        }
    }

    private static func absent(_ state: StateContext, _ settings: RemovalSettings) async throws -> StateResult {
        let client = settings.login.client(state)
        let (grant, database, account) = words(settings.request)
        guard try await client.hasGrant(settings.request) else {
            if let error = client.takeError() {
                return state.failed("Unable to determine if grant \(grant) on \(database) for \(account) exists (\(error))")
            }
            return state.unchanged("Grant \(grant) on \(database) to \(account) is not present, so it cannot be revoked")
        }
        return try await state.either(
            would: {
                state.planned("MySQL grant \(state.name) is set to be revoked")
            },
            do: {
                if try await client.revokeGrant(settings.request) {
                    return state.changed("Grant \(grant) on \(database) for \(account) has been revoked", "Absent")
                }
                return state.failed(
                    "Unable to revoke grant \(grant) on \(database) for \(account)" + (client.takeError().map { " (\($0))" } ?? ""))
            })
    }
}
