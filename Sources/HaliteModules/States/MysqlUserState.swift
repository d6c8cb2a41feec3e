import HaliteModuleKit
import HaliteValue

/// Users of MySQL and MariaDB.
package struct MysqlUserState: StateModule {
    package static let name = "mysql_user"
    package static let summary = "Users of MySQL and MariaDB."
    package static let requires = MysqlModule.requires

    package static let functions: [StateFunction] = [
        StateFunction("present", "A user is there, with this password.", Settings.self, body: present),
        StateFunction("absent", "A user is not there.", RemovalSettings.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var host = "localhost"
        var credentials = MySQLCredentials()
        var login = MySQLLogin()

        static let fields: [ArgumentField<Settings>] =
            [
                .field("host", \.host, "The host that the user comes from."), .field("password", \.credentials.password, "The password."),
                .field("password_hash", \.credentials.passwordHash, "The password as the server keeps it."),
                .field("allow_passwordless", \.credentials.allowPasswordless, "The user may have none."),
                .field("unix_socket", \.credentials.unixSocket, "The user is known by the account of the system."),
                .field("password_column", \.credentials.passwordColumn, "The column that keeps passwords."),
                .field("auth_plugin", \.credentials.authPlugin, "The plugin that checks the password."),
            ] + MySQLLogin.fields.map { $0.within(\.login) }
    }

    struct RemovalSettings: ArgumentGroup {
        var host = "localhost"
        var login = MySQLLogin()
        static let fields: [ArgumentField<RemovalSettings>] =
            [.field("host", \.host, "The host that the user comes from.")] + MySQLLogin.fields.map { $0.within(\.login) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let (wanted, host) = (settings.credentials, settings.host)
        let client = settings.login.client(state)
        let account = "\(state.name)@\(host)"
        if wanted.isPasswordless, !wanted.allowPasswordless, !wanted.unixSocket {
            return state.failed("Either password or password_hash must be specified, unless allow_passwordless is True")
        }
        if try await client.hasUser(state.name, host, wanted, passwordless: wanted.isPasswordless) {
            return state.unchanged("User \(account) is already present" + detail(wanted))
        }
        if let error = client.takeError() { return state.failed(error) }
        if try await client.hasUser(state.name, host, MySQLCredentials(unixSocket: wanted.unixSocket)) {
            return try await change(state, client, wanted, host)
        }
        if let error = client.takeError() { return state.failed(error) }
        return try await create(state, client, wanted, host)
    }

    private static func detail(_ wanted: MySQLCredentials) -> String {
        if wanted.isPasswordless { return wanted.allowPasswordless ? " with passwordless login" : "" }
        guard wanted.authPlugin == "mysql_native_password" else { return ". Unable to verify password." }
        return " with the desired password" + ((wanted.password ?? "").isEmpty ? " hash" : "")
    }

    private static func change(_ state: StateContext, _ client: MySQLClient, _ wanted: MySQLCredentials, _ host: String) async throws
        -> StateResult
    {
        let account = "\(state.name)@\(host)"
        let isForbidden = wanted.isPasswordless && !wanted.allowPasswordless
        return try await state.either(
            would: {
                let text = "Password for user \(account) is set to be \(wanted.isPasswordless ? "cleared" : "changed")"
                return isForbidden ? state.failed(text + ", but allow_passwordless != True") : state.planned(text)
            },
            do: {
                if try await client.changePassword(state.name, host, wanted) {
                    return state.changed(
                        "Password for user \(account) has been \(wanted.isPasswordless ? "cleared" : "changed")", "Updated")
                }
                var text = "Failed to \(wanted.isPasswordless ? "clear" : "change") password for user \(account)"
                if let error = client.takeError() { text += " (\(error))" }
                if isForbidden { text += ". Note: allow_passwordless must be True to permit passwordless login." }
                return state.failed(text)
            })
    }

    private static func create(_ state: StateContext, _ client: MySQLClient, _ wanted: MySQLCredentials, _ host: String) async throws
        -> StateResult
    {
        let account = "\(state.name)@\(host)"
        let detail = (wanted.allowPasswordless ? " with passwordless login" : "") + (wanted.unixSocket ? " using unix_socket" : "")
        return try await state.either(
            would: {
                state.planned("User \(account) is set to be added" + detail)
            },
            do: {
                if try await client.createUser(state.name, host, wanted) {
                    return state.changed("The user \(account) has been added" + detail, "Present")
                }
                return state.failed("Failed to create user \(account)" + (client.takeError().map { " (\($0))" } ?? ""))
            })
    }

    private static func absent(_ state: StateContext, _ settings: RemovalSettings) async throws -> StateResult {
        let client = settings.login.client(state)
        let account = "\(state.name)@\(settings.host)"
        guard try await client.hasUser(state.name, settings.host) else {
            return client.takeError().map { state.failed($0) } ?? state.unchanged("User \(account) is not present, so it cannot be removed")
        }
        return try await state.either(
            would: {
                state.planned("User \(account) is set to be removed")
            },
            do: {
                if try await client.removeUser(state.name, settings.host) {
                    return state.changed("User \(account) has been removed", "Absent")
                }
                return state.failed(client.takeError() ?? "User \(account) could not be removed")
            })
    }
}
