import HaliteHost
import HaliteModuleKit
import HaliteValue

/// How a user of MySQL proves who it is.
struct MySQLCredentials: Sendable {
    var password: String?
    var passwordHash: String?
    var allowPasswordless = false
    var unixSocket = false
    var passwordColumn: String?
    var authPlugin = "mysql_native_password"

    var isPasswordless: Bool { (password ?? "").isEmpty && (passwordHash ?? "").isEmpty }
}

/// Users.
extension MySQLClient {
    /// The client and the server's version; the user's own password is tried when nothing else opens the door.
    private func open(_ password: String?) async throws -> (client: MySQLClient, version: MySQLVersion)? {
        let version = try await version()
        if !version.isEmpty { return (self, MySQLVersion(text: version)) }
        guard let password, !password.isEmpty else { return nil }
        error = nil
        let other = with("connection_pass", .string(password))
        let second = try await other.version()
        return second.isEmpty ? nil : (other, MySQLVersion(text: second))
    }

    private func passwordColumn(_ given: String?) async throws -> String {
        if let given, !given.isEmpty { return Self.name(given) }
        if let known = call.memory["mysql.password_column"]?.stringValue { return known }
        let answer = try await run(
            "SELECT column_name FROM information_schema.COLUMNS WHERE table_schema = 'mysql' AND table_name = 'user' AND column_name = 'Password'"
        )
        guard let answer else { return "Password" }
        let column = answer.rows.isEmpty ? "authentication_string" : "Password"
        call.memory["mysql.password_column"] = .string(column)
        return column
    }

    private func plugin(_ user: String, _ host: String) async throws -> String {
        let answer = try await run("SELECT plugin FROM mysql.user WHERE User = \(Self.literal(user)) AND Host = \(Self.literal(host))")
        return answer?.first("plugin") ?? "mysql_native_password"
    }

    static func hash(_ password: String) -> String {
        "*" + Digest.text(KeyedDigest.sha1(KeyedDigest.sha1(Array(password.utf8)))).uppercased()
    }

    /// Whether there is a user, with these credentials when there are any.
    func hasUser(_ user: String, _ host: String, _ wanted: MySQLCredentials = MySQLCredentials(), passwordless: Bool = false) async throws
        -> Bool
    {
        guard let (client, version) = try await open(wanted.password) else { return false }
        let column = try await client.passwordColumn(wanted.passwordColumn)
        var query = "SELECT User, Host FROM mysql.user WHERE User = \(Self.literal(user)) AND Host = \(Self.literal(host))"
        if passwordless {
            query += wanted.unixSocket ? " AND plugin = '\(version.socketPlugin)'" : " AND \(column) = ''"
        } else if let password = wanted.password, !password.isEmpty {
            if version.isMariaDB || !version.isAtLeast("8.0.11") {
                query += " AND \(column) = PASSWORD(\(Self.literal(password)))"
            } else if try await client.plugin(user, host) == "mysql_native_password" {
                query += " AND \(column) = \(Self.literal(Self.hash(password)))"
            } else {
                error = "Unable to verify password."
            }
        } else if let hash = wanted.passwordHash, !hash.isEmpty {
            query += " AND \(column) = \(Self.literal(hash))"
        }
        return try await client.run(query)?.rows.count == 1
    }

    /// The words after `CREATE USER account`; nil where a user cannot be made so.
    private func identification(_ wanted: MySQLCredentials, _ host: String, _ version: MySQLVersion) async throws -> String? {
        if wanted.unixSocket {
            guard try await pluginStatus(version.socketPlugin).isTruthy else {
                error = .string("The \(version.socketPlugin) plugin is not enabled.")
                return nil
            }
            guard host == "localhost" else {
                error = "Auth via unix_socket can be set only for host=localhost"
                return nil
            }
            return version.isMariaDB ? " IDENTIFIED VIA unix_socket" : " IDENTIFIED WITH auth_socket"
        }
        if wanted.allowPasswordless { return "" }
        let with = version.isMariaDB || !version.isAtLeast("8.0.11") ? nil : " IDENTIFIED WITH \(Self.literal(wanted.authPlugin))"
        if let password = wanted.password { return (with ?? " IDENTIFIED") + " BY \(Self.literal(password))" }
        guard let hash = wanted.passwordHash else { return nil }
        return with.map { "\($0) AS \(Self.literal(hash))" } ?? " IDENTIFIED BY PASSWORD \(Self.literal(hash))"
    }

    func createUser(_ user: String, _ host: String, _ wanted: MySQLCredentials) async throws -> Bool {
        guard let (client, version) = try await open(wanted.password) else { return false }
        if try await client.hasUser(user, host) { return false }
        guard let words = try await client.identification(wanted, host, version) else { return false }
        guard try await client.run("CREATE USER \(Self.account(user, host))" + words) != nil else { return false }
        return try await client.hasUser(
            user, host,
            MySQLCredentials(password: wanted.password, passwordHash: wanted.passwordHash, passwordColumn: wanted.passwordColumn))
    }

    func changePassword(_ user: String, _ host: String, _ wanted: MySQLCredentials) async throws -> Bool {
        guard let (client, version) = try await open(wanted.password) else { return false }
        guard try await client.hasUser(user, host) else { return false }
        guard wanted.password != nil || wanted.passwordHash != nil || wanted.allowPasswordless else { return false }
        guard let statement = try await client.change(user, host, wanted, version), let answer = try await client.run(statement) else {
            return false
        }
        let isNew = version.isAtLeast(version.isMariaDB ? "10.4.0" : "8.0.11")
        guard isNew || answer.affected > 0 else { return false }
        _ = try await client.run("FLUSH PRIVILEGES")
        return true
    }

    private func change(_ user: String, _ host: String, _ wanted: MySQLCredentials, _ version: MySQLVersion) async throws -> String? {
        let account = Self.account(user, host)
        let column = try await passwordColumn(wanted.passwordColumn)
        let usesSocket = wanted.allowPasswordless && wanted.unixSocket
        if usesSocket, host == "localhost" {
            guard try await pluginStatus(version.socketPlugin).isTruthy else {
                error = .string("The \(version.socketPlugin) plugin is not enabled.")
                return nil
            }
            if version.isMariaDB, version.isAtLeast("10.4") { return "ALTER USER \(account) IDENTIFIED VIA unix_socket" }
            if !version.isMariaDB, version.isAtLeast("8.0.11") { return "ALTER USER \(account) IDENTIFIED WITH auth_socket" }
        }
        var plugin = try await plugin(user, host)
        if plugin.isEmpty || plugin == version.socketPlugin { plugin = "mysql_native_password" }
        let secret = wanted.password.map(Self.literal) ?? wanted.passwordHash.map(Self.literal) ?? "''"
        if version.isMariaDB, version.isAtLeast("10.4") {
            return "ALTER USER \(account) IDENTIFIED VIA \(Self.literal(plugin)) USING "
                + (wanted.password == nil ? secret : "PASSWORD(\(secret))")
        }
        if !version.isMariaDB, version.isAtLeast("8.0.11") {
            return "ALTER USER \(account) IDENTIFIED WITH \(Self.literal(plugin)) "
                + (wanted.password != nil ? "BY \(secret)" : wanted.passwordHash != nil ? "AS \(secret)" : "")
        }
        let kept = wanted.password == nil ? secret : "PASSWORD(\(secret))"
        let socket = usesSocket && host == "localhost" ? ", plugin = '\(version.socketPlugin)'" : ""
        return "UPDATE mysql.user SET \(column) = \(kept)\(socket) WHERE User = \(Self.literal(user)) AND Host = \(Self.literal(host))"
    }

    func removeUser(_ user: String, _ host: String) async throws -> Bool {
        guard try await hasUser(user, host) else {
            error = .string("User '\(user)'@'\(host)' does not exists")
            return false
        }
        guard try await run("DROP USER \(Self.account(user, host))") != nil else { return false }
        return try await !hasUser(user, host)
    }
}

extension MySQLVersion {
    /// The plugin that trusts the account of the system.
    var socketPlugin: String { isMariaDB ? "unix_socket" : "auth_socket" }
}
