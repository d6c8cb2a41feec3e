import HaliteModuleKit
import HaliteValue

/// Users and their grants.
extension MysqlModule {
    private static let host: Parameter<String> = .optional("host", "localhost", "The host that the user comes from.")
    private static let user: Parameter<String> = .required("user", "The user.")

    static let userFunctions: [Function] = [
        asking("user_list", "Return the users with their hosts.") { client in
            try await client.run("SELECT User, Host FROM mysql.user")?.rows ?? []
        },
        Function(
            "user_exists", "Tell whether there is a user, with these credentials when they are given.", user, host,
            .optional("password", nil as String?, "The password."),
            .optional("password_hash", nil as String?, "The password as the server keeps it."),
            .optional("passwordless", false, "Without a password."), .optional("unix_socket", false, "By the account of the system."),
            .optional("password_column", nil as String?, "The column that keeps passwords."), connection,
            body: {
                (
                    call: CallContext, user: String, host: String, password: String?, hash: String?, passwordless: Bool, socket: Bool,
                    column: String?, arguments: ValueMap
                ) async throws -> Bool in
                let wanted = MySQLCredentials(password: password, passwordHash: hash, unixSocket: socket, passwordColumn: column)
                return try await MySQLClient(call, arguments).hasUser(user, host, wanted, passwordless: passwordless)
            }),
        Function("user_info", "Return all that the server keeps of a user.", user, host, connection, body: information),
        Function(
            "user_create", "Create a user.", user, host, .optional("password", nil as String?, "The password."),
            .optional("password_hash", nil as String?, "The password as the server keeps it."),
            .optional("allow_passwordless", false, "A user may have none."),
            .optional("unix_socket", false, "By the account of the system."),
            .optional("password_column", nil as String?, "The column that keeps passwords."),
            .optional("auth_plugin", "mysql_native_password", "The plugin that checks the password."), connection,
            body: {
                (
                    call: CallContext, user: String, host: String, password: String?, hash: String?, passwordless: Bool, socket: Bool,
                    column: String?, plugin: String, arguments: ValueMap
                ) async throws -> Bool in
                let wanted = MySQLCredentials(
                    password: password, passwordHash: hash, allowPasswordless: passwordless, unixSocket: socket, passwordColumn: column,
                    authPlugin: plugin)
                return try await MySQLClient(call, arguments).createUser(user, host, wanted)
            }),
        Function(
            "user_chpass", "Change the password of a user.", user, host, .optional("password", nil as String?, "The password."),
            .optional("password_hash", nil as String?, "The password as the server keeps it."),
            .optional("allow_passwordless", false, "A user may have none."),
            .optional("unix_socket", false, "By the account of the system."),
            .optional("password_column", nil as String?, "The column that keeps passwords."), connection,
            body: {
                (
                    call: CallContext, user: String, host: String, password: String?, hash: String?, passwordless: Bool, socket: Bool,
                    column: String?, arguments: ValueMap
                ) async throws -> Bool in
                let wanted = MySQLCredentials(
                    password: password, passwordHash: hash, allowPasswordless: passwordless, unixSocket: socket, passwordColumn: column)
                return try await MySQLClient(call, arguments).changePassword(user, host, wanted)
            }),
        Function(
            "user_remove", "Remove a user.", user, host, connection,
            body: { (call: CallContext, user: String, host: String, arguments: ValueMap) async throws -> Bool in
                try await MySQLClient(call, arguments).removeUser(user, host)
            }),
        Function(
            "user_grants", "Return the grants of a user.", user, host, connection,
            body: { (call: CallContext, user: String, host: String, arguments: ValueMap) async throws -> Value in
                try await MySQLClient(call, arguments).grants(user, host)?.value ?? false
            }),
    ]

    private static func information(_ call: CallContext, user: String, host: String, arguments: ValueMap) async throws -> Value {
        let statement = "SELECT * FROM mysql.user WHERE User = \(MySQLClient.literal(user)) AND Host = \(MySQLClient.literal(host))"
        guard let answer = try await MySQLClient(call, arguments).run(statement) else { return false }
        guard let row = answer.rows.first else { return .null }
        return .map(
            ValueMap(
                row.map { key, value in
                    let isLimit = key.pythonString.hasPrefix("max_")
                    if isLimit, let number = value.stringValue.flatMap({ Int($0) }) { return (key, .int(number)) }
                    return (key, value)
                }))
    }

    private static let grant: Parameter<String> = .required("grant", "The rights, with commas between them.")
    private static let database: Parameter<String> = .required("database", "Such as app.* or app.table.")
    private static let grantOption: Parameter<Bool> = .optional("grant_option", false, "The user may pass them on.")
    private static let escape: Parameter<Bool> = .optional("escape", true, "Put the database in quotes.")

    static let grantFunctions: [Function] = [
        Function(
            "grant_exists", "Tell whether a user has rights on a database.", grant, database, user, host, grantOption, escape, connection,
            body: {
                (
                    call: CallContext, grant: String, database: String, user: String, host: String, option: Bool, escape: Bool,
                    arguments: ValueMap
                ) async throws -> Bool in
                try await MySQLClient(call, arguments).hasGrant(
                    MySQLGrantRequest(grant: grant, database: database, user: user, host: host, grantOption: option, escape: escape))
            }),
        Function(
            "grant_add", "Grant rights on a database to a user.", grant, database, user, host, grantOption, escape,
            .optional("ssl_option", false as Value, "What the connection must have, as a list."), connection,
            body: {
                (
                    call: CallContext, grant: String, database: String, user: String, host: String, option: Bool, escape: Bool, ssl: Value,
                    arguments: ValueMap
                ) async throws -> Bool in
                let request = MySQLGrantRequest(
                    grant: grant, database: database, user: user, host: host, grantOption: option, escape: escape)
                return try await MySQLClient(call, arguments).addGrant(request, ssl: ssl)
            }),
        Function(
            "grant_revoke", "Revoke rights on a database from a user.", grant, database, user, host, grantOption, escape, connection,
            body: {
                (
                    call: CallContext, grant: String, database: String, user: String, host: String, option: Bool, escape: Bool,
                    arguments: ValueMap
                ) async throws -> Bool in
                let request = MySQLGrantRequest(
                    grant: grant, database: database, user: user, host: host, grantOption: option, escape: escape)
                return try await MySQLClient(call, arguments).revokeGrant(request)
            }),
    ]
}
