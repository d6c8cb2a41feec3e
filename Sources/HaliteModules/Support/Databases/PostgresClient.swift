import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Where a PostgreSQL server is, who asks it, and in which database: the arguments that most functions share.
struct PostgresConnection: ArgumentGroup {
    var user: String?
    var host: String?
    var port: String?
    var maintenanceDB: String?
    var password: String?
    var runas: String?

    static let userField: ArgumentField<Self> = .field("user", \.user, "The role that connects.")
    static let hostField: ArgumentField<Self> = .field("host", \.host, "The server, or the folder of its socket.")
    static let portField: ArgumentField<Self> = .field("port", \.port, "Its port.")
    static let databaseField: ArgumentField<Self> = .field("maintenance_db", \.maintenanceDB, "The database to connect to.")
    static let passwordField: ArgumentField<Self> = .field("password", \.password, "The password of the role that connects.")
    static let runasField: ArgumentField<Self> = .field("runas", \.runas, "The account that runs psql.")
    static let serverFields = [userField, hostField, portField, databaseField, passwordField]
    static let fields = serverFields + [runasField]

    func inDatabase(_ name: String?) -> PostgresConnection {
        var other = self
        other.maintenanceDB = name
        return other
    }
}

/// Speaks to a PostgreSQL server through `psql`, as Salt does.
///
/// The password goes by the environment, and statements that hold one by standard input: arguments could be read by every
/// user of the host.
struct PostgresClient: Sendable {
    let call: CallContext
    let connection: PostgresConnection

    init(_ call: CallContext, _ connection: PostgresConnection) {
        self.call = call
        self.connection = connection
    }

    /// A setting of the minion such as `postgres.host`, wherever `config.option` finds it.
    static func setting(_ call: CallContext, _ name: String) -> Value? {
        let key = "postgres." + name
        let places = [call.services.options, call.grains, call.pillar, call.pillar["master"]?.mapValue ?? [:]]
        return places.lazy.compactMap { $0[key] }.first { $0.isTruthy }
    }

    /// A program of PostgreSQL, which some systems keep in a folder of their own.
    static func program(_ call: CallContext, _ name: String) async -> String? {
        if let folder = setting(call, "bins_dir")?.stringValue, let found = await call.host.which(Path.join(folder, name)) { return found }
        return await call.host.which(name)
    }

    /// The account of the server on this kind of system.
    static func account(_ call: CallContext) -> String {
        call.grains["os_family"]?.stringValue?.contains("OpenBSD") == true ? "_postgresql" : "postgres"
    }

    private func configured(_ given: String?, _ name: String) -> String? {
        if let given, !given.isEmpty { return given }
        return Self.setting(call, name)?.pythonString
    }

    /// Runs one or more statements in one transaction. - Parameter secret: there is a password in them.
    func run(_ statement: String, secret: Bool = false) async throws -> CommandOutcome {
        if secret { return try await psql(["-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", "-"], input: statement + ";\n") }
        return try await psql(["-c", statement])
    }

    /// Runs many statements, of which none stays without the others.
    func runScript(_ statements: String) async throws -> CommandOutcome {
        try await psql(["-v", "ON_ERROR_STOP=1", "-f", "-"], input: statements)
    }

    /// The rows of a query; none when it fails.
    func rows(_ query: String, write: Bool = false) async throws -> [ValueMap] {
        var plain = query.stripped()
        while plain.hasSuffix(";") { plain.removeLast() }
        var statement = "COPY (\(plain)) TO STDOUT WITH CSV HEADER"
        if write { statement = "START TRANSACTION READ WRITE; \(statement); COMMIT TRANSACTION;" }
        let outcome = try await psql(["-v", "datestyle=ISO,MDY", "-c", statement])
        guard outcome.code <= 0 else { return [] }
        let table = CommaSeparated.rows(outcome.output).filter { !$0.isEmpty }
        guard let header = table.first else { return [] }
        let rows = table.dropFirst().map { row in ValueMap(zip(header, row).map { (.string($0), .string($1)) }) }
        // The word COMMIT of the server is no row.
        return write ? Array(rows.dropLast()) : rows
    }

    /// What `server_version` says, such as `15.14 (Debian 15.14-0+deb12u1)`.
    func version() async throws -> String {
        let query = "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'server_version'"
        return try await psql(["-c", query, "-t"]).output.parts("\n")[0]
    }

    /// The leading numbers of the version, or nil when the server does not answer.
    func versionNumbers() async throws -> [Int]? {
        let numbers = try await version().words().first?.parts(".").compactMap { part in Int(part.prefix { $0.isNumber }) } ?? []
        return numbers.isEmpty ? nil : numbers
    }

    func isAtLeast(_ major: Int, _ minor: Int = 0) async throws -> Bool {
        guard let numbers = try await versionNumbers() else { return false }
        return (numbers[0], numbers.count > 1 ? numbers[1] : 0) >= (major, minor)
    }

    private func psql(_ more: [String], input: String? = nil) async throws -> CommandOutcome {
        let host = configured(connection.host, "host")
        guard let program = await Self.program(call, "psql") else { throw ExecutionError("psql was not found") }
        var words = [program, "--no-align", "--no-readline", "--no-psqlrc", "--no-password"]
        if let user = configured(connection.user, "user") { words += ["--username", user] }
        if let host { words += ["--host", host] }
        if let port = configured(connection.port, "port") { words += ["--port", port] }
        words += ["--dbname", configured(connection.maintenanceDB, "maintenance_db") ?? "postgres"] + more
        var settings = CommandSettings()
        settings.cmd = .list(words.map { .string($0) })
        // A server of this host is asked as its own account, whom it trusts by its socket.
        settings.runas = connection.runas ?? (host?.hasPrefix("/") ?? true ? Self.account(call) : nil)
        settings.cleanEnv = true
        settings.resetSystemLocale = false
        settings.stdin = input
        settings.env = try await environment()
        if let seconds = Self.setting(call, "timeout")?.doubleValue, seconds > 0 { settings.timeout = seconds }
        return try await settings.run(call, mergesErrors: false)
    }

    private func environment() async throws -> ValueMap {
        var variables: ValueMap = ["PATH": .string(try await call.host.identity().environment["PATH"] ?? "/usr/bin:/bin")]
        if let password = connection.password ?? Self.setting(call, "pass")?.pythonString { variables["PGPASSWORD"] = .string(password) }
        return variables
    }
}
