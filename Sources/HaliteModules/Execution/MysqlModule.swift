import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Databases, users and grants of MySQL and MariaDB, through the command of their clients.
package struct MysqlModule: ExecutionModule {
    package static let name = "mysql"
    package static let summary = "Databases, users and grants of MySQL and MariaDB."
    package static let requires: Requirement = .command("mysql") || .command("mariadb")

    package static let functions: [Function] = serverFunctions + databaseFunctions + userFunctions + grantFunctions

    /// `connection_user` and the like.
    static let connection: Parameter<ValueMap> = .keywords(
        "connection_args",
        "connection_user, connection_pass, connection_host, connection_port, connection_unix_socket, connection_db, connection_default_file, connection_default_group, connection_charset."
    )

    static func asking<Result: ValueConvertible>(
        _ name: String, _ summary: String, body: @escaping @Sendable (MySQLClient) async throws -> Result
    ) -> Function {
        Function(
            name, summary, connection,
            body: { (call: CallContext, arguments: ValueMap) async throws -> Result in try await body(MySQLClient(call, arguments)) })
    }

    static func named<Result: ValueConvertible>(
        _ name: String, _ summary: String, body: @escaping @Sendable (MySQLClient, String) async throws -> Result
    ) -> Function {
        Function(
            name, summary, .required("name", "The name."), connection,
            body: { (call: CallContext, name: String, arguments: ValueMap) async throws -> Result in
                try await body(MySQLClient(call, arguments), name)
            })
    }

    // MARK: - The server

    private static let serverFunctions: [Function] = [
        Function(
            "query", "Run a statement and return its rows.", .required("database", "The database."), .required("query", "The statement."),
            connection,
            body: { (call: CallContext, database: String, statement: String, arguments: ValueMap) async throws -> Value in
                try await query(MySQLClient(call, arguments), database, statement)
            }),
        Function(
            "file_query", "Run the statements of a file.", .required("database", "The database."),
            .required("file_name", "A path or a URL."), connection,
            body: { (call: CallContext, database: String, file: String, arguments: ValueMap) async throws -> Value in
                try await fileQuery(MySQLClient(call, arguments), database, file)
            }),
        asking("status", "Return the counters of the server.") { client in pairs(try await client.run("SHOW STATUS")) },
        asking("version", "Return the version of the server.") { client in try await client.version() },
        asking(
            "slave_lag", "Return how many seconds a replica is behind: -1 for no replica, -2 for a stopped one, -3 for no answer.",
            body: lag),
        asking("free_slave", "Make a replica a server of its own.", body: promote),
        asking("processlist", "Return what the server does now.") { client in
            numbered(try await client.run("SHOW FULL PROCESSLIST"), except: [])
        },
        asking("get_master_status", "Return the state of the binary log.") { client in
            numbered(try await client.run("SHOW MASTER STATUS"), except: ["File"]).first.map { .map($0) } ?? Value.list([])
        },
        asking("get_slave_status", "Return the state of a replica.") { client in
            numbered(try await client.run("SHOW SLAVE STATUS"), except: ["Master_Host"]).first.map { .map($0) } ?? Value.list([])
        },
        asking("showvariables", "Return the variables of the session.") { client in try await client.run("SHOW VARIABLES")?.rows ?? [] },
        asking("showglobal", "Return the variables of the server.") { client in try await client.run("SHOW GLOBAL VARIABLES")?.rows ?? [] },
        Function(
            "verify_login", "Tell whether a user can log in.", .required("user", "The user."),
            .optional("password", nil as String?, "The password."), connection, body: verifyLogin),
        asking("plugins_list", "Return the plugins of the server.") { client in
            (try await client.run("SHOW PLUGINS")?.rows ?? []).map {
                ["name": $0["Name"] ?? .null, "status": $0["Status"] ?? .null] as ValueMap
            }
        },
        Function(
            "plugin_add", "Install a plugin.", .required("name", "The plugin."), .optional("soname", nil as String?, "Its file."),
            connection, body: addPlugin),
        named("plugin_remove", "Remove a plugin.") { client, name in
            guard try await client.pluginStatus(name).isTruthy else { return true }
            return try await client.run("UNINSTALL PLUGIN \(MySQLClient.name(name))") != nil
        },
        named("plugin_status", "Return the state of a plugin.") { client, name in try await client.pluginStatus(name) },
        Function(
            "quote_identifier", "Return a name in backquotes.", .required("identifier", "The name."),
            .optional("for_grants", false, "In a grant on a whole database, where _ is a pattern."),
            body: { (_: CallContext, name: String, forGrants: Bool) async throws -> String in
                // Salt doubles the percent sign for its driver.
                MySQLClient.name(name, forGrants: forGrants).replacing("%", with: "%%")
            }),
        Function(
            "tokenize_grant", "Return the parts of a statement GRANT.", .required("grant", "The statement."),
            body: { (_: CallContext, text: String) async throws -> ValueMap in MySQLGrant(text).map }),
    ]

    private static func pairs(_ answer: MySQLAnswer?) -> ValueMap {
        ValueMap((answer?.rows ?? []).map { row in (row.values.first ?? .null, row.count > 1 ? row.values[1] : .null) })
    }

    /// Rows with the numbers in them as numbers.
    private static func numbered(_ answer: MySQLAnswer?, except texts: Set<String>) -> [ValueMap] {
        (answer?.rows ?? []).map { row in
            ValueMap(
                row.map { key, value in
                    guard let text = value.stringValue, !texts.contains(key.pythonString), let number = Int(text) else {
                        return (key, value)
                    }
                    return (key, .int(number))
                })
        }
    }

    static func query(_ client: MySQLClient, _ database: String, _ statement: String) async throws -> Value {
        let clock = ContinuousClock()
        let start = clock.now
        // The name of the database does not count when there is nobody to ask.
        guard let answer = try await client.run(statement, database: database) else { return client.isRefused ? false : .map([:]) }
        let (whole, rest) = (clock.now - start).components
        let seconds = Double(whole) + Double(rest) / 1e18
        let human = seconds < 0.2 ? rounded(seconds * 1000, 10).pythonString + "ms" : rounded(seconds, 100).pythonString + "s"
        var result: ValueMap = ["query time": ["human": .string(human), "raw": .string(rounded(seconds, 100_000).pythonString)]]
        let start5 = statement.stripped().uppercased()
        if ["SELECT", "SHOW", "DESC"].contains(where: { start5.hasPrefix($0) }) {
            result["rows returned"] = .int(answer.rows.count)
            result["columns"] = .list(answer.columns)
            result["results"] = .list(answer.rows.map { .list($0.values) })
        } else {
            result["rows affected"] = .int(answer.affected)
        }
        return .map(result)
    }

    static func rounded(_ number: Double, _ scale: Double) -> Value { .float((number * scale).rounded() / scale) }

    static func fileQuery(_ client: MySQLClient, _ database: String, _ file: String) async throws -> Value {
        var path = file
        if ["salt://", "http://", "https://", "s3://", "swift://"].contains(where: { file.hasPrefix($0) }) {
            guard let cached = try await client.call.call("cp.cache_file", .string(file)).stringValue else { return false }
            path = cached
        }
        guard try await client.call.host.exists(path) else { return false }
        var (rows, affected, seconds) = (0, 0, 0.0)
        var (columns, results): ([Value], [Value]) = ([], [])
        for statement in MySQLScript.statements(try await client.call.host.readText(path)) {
            guard let one = try await query(client, database, statement).mapValue else { return false }
            seconds += Double(one["query time"]?["raw"]?.stringValue ?? "") ?? 0
            rows += one["rows returned"]?.intValue ?? 0
            affected += one["rows affected"]?.intValue ?? 0
            if let names = one["columns"] { columns.append(names) }
            if let found = one["results"] { results.append(found) }
        }
        var result = ValueMap()
        if rows != 0 { result["rows returned"] = .int(rows) }
        if !columns.isEmpty { result["columns"] = .list(columns) }
        if !results.isEmpty { result["results"] = .list(results) }
        if affected != 0 { result["rows affected"] = .int(affected) }
        result["query time"] = ["raw": rounded(seconds, 100_000), "human": .string(rounded(seconds, 100).pythonString + "s")]
        return .map(result)
    }

    private static func lag(_ client: MySQLClient) async throws -> Value {
        guard let answer = try await client.run("SHOW SLAVE STATUS") else { return -3 }
        guard let row = answer.rows.first else { return -1 }
        guard row["Slave_IO_Running"] == "Yes" else { return -2 }
        return row["Seconds_Behind_Master"].flatMap { Int($0.pythonString) }.map { .int($0) } ?? .null
    }

    private static func promote(_ client: MySQLClient) async throws -> String {
        guard let status = try await client.run("SHOW SLAVE STATUS") else { return "" }
        guard let master = status.first("Master_Host") else { throw ExecutionError("this server is no replica") }
        // The former master need not answer any more.
        _ = try? await client.with("connection_host", .string(master)).run("FLUSH LOGS")
        for statement in ["STOP SLAVE", "RESET MASTER", "RESET SLAVE ALL"] where try await client.run(statement) == nil { return "failed" }
        return try await client.run("SHOW SLAVE STATUS")?.rows.isEmpty == true ? "promoted" : "failed"
    }

    private static func verifyLogin(_ call: CallContext, user: String, password: String?, arguments: ValueMap) async throws -> Bool {
        let client = MySQLClient(call, arguments).with("connection_user", .string(user)).with("connection_pass", password.value)
        defer { client.error = nil }
        return try await client.run("SELECT 1") != nil
    }

    private static func addPlugin(_ call: CallContext, name: String, file: String?, arguments: ValueMap) async throws -> Bool {
        let client = MySQLClient(call, arguments)
        if try await client.pluginStatus(name).isTruthy { return true }
        return try await client.run("INSTALL PLUGIN \(MySQLClient.name(name)) SONAME \(MySQLClient.literal(file ?? "\(name).so"))") != nil
    }

    // MARK: - Databases

    private static let databaseFunctions: [Function] = [
        asking("db_list", "Return the databases.") { client in try await client.run("SHOW DATABASES")?.list ?? [] },
        Function(
            "alter_db", "Change the character set and the collation of a database.", .required("name", "The database."),
            .optional("character_set", nil as String?, "The character set."), .optional("collate", nil as String?, "The collation."),
            connection,
            body: { (call: CallContext, name: String, set: String?, collation: String?, arguments: ValueMap) async throws -> Bool in
                try await MySQLClient(call, arguments).alterDatabase(name, set, collation)
            }),
        named("db_get", "Return the character set and the collation of a database.") { client, name in
            try await client.database(name) ?? [:]
        },
        named("db_tables", "Return the tables of a database.") { client, name in try await tables(client, name) ?? Value.bool(false) },
        named("db_exists", "Tell whether there is a database.") { client, name in try await client.hasDatabase(name) },
        Function(
            "db_create", "Create a database.", .required("name", "The database."),
            .optional("character_set", nil as String?, "The character set."), .optional("collate", nil as String?, "The collation."),
            connection,
            body: { (call: CallContext, name: String, set: String?, collation: String?, arguments: ValueMap) async throws -> Bool in
                try await MySQLClient(call, arguments).createDatabase(name, set, collation)
            }),
        named("db_remove", "Remove a database.") { client, name in try await client.removeDatabase(name) },
        maintenance("db_check", "Check the tables of a database, or one.", "CHECK"),
        maintenance("db_repair", "Repair the tables of a database, or one.", "REPAIR"),
        maintenance("db_optimize", "Optimize the tables of a database, or one.", "OPTIMIZE"),
    ]

    private static func tables(_ client: MySQLClient, _ name: String) async throws -> Value? {
        guard try await client.hasDatabase(name) else { return nil }
        return .list(try await client.run("SHOW TABLES IN \(MySQLClient.name(name))")?.list ?? [])
    }

    private static func maintenance(_ name: String, _ summary: String, _ verb: String) -> Function {
        Function(
            name, summary, .required("name", "The database."), .optional("table", nil as String?, "One table."), connection,
            body: { (call: CallContext, database: String, table: String?, arguments: ValueMap) async throws -> Value in
                let client = MySQLClient(call, arguments)
                func run(_ table: String) async throws -> Value {
                    (try await client.run("\(verb) TABLE \(MySQLClient.name(database)).\(MySQLClient.name(table))")?.rows).map(\.value)
                        ?? .map([:])
                }
                if let table { return try await run(table) }
                var results: [Value] = []
                for table in try await tables(client, database)?.listValue ?? [] { results.append(try await run(table.pythonString)) }
                return .list(results)
            })
    }
}

/// The statements of a file, divided as Salt does: where a line has a semicolon after something.
enum MySQLScript {
    static func statements(_ text: String) -> [String] {
        var statements: [String] = []
        var current = ""
        for line in PythonLines.split(withoutComments(text)) {
            current += line
            if let mark = line.firstIndex(of: ";"), line[..<mark].contains(where: { $0 != "-" && $0 != ";" }) {
                statements.append(current)
                current = ""
            }
        }
        return statements
    }

    /// Comments outside of quotes go.
    private static func withoutComments(_ text: String) -> String {
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        var quote: UInt8?
        while let byte = rest.popFirst() {
            if let mark = quote {
                output.append(byte)
                if byte == UInt8(ascii: "\\"), let next = rest.popFirst() { output.append(next) } else if byte == mark { quote = nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
                quote = byte
                output.append(byte)
            case UInt8(ascii: "#"),
                UInt8(ascii: "-") where rest.first == UInt8(ascii: "-"):
                rest = rest.drop { $0 != 0x0A }
            case UInt8(ascii: "/") where rest.first == UInt8(ascii: "*") && rest.dropFirst().first != UInt8(ascii: "!"):
                rest = rest.dropFirst()
                while let next = rest.popFirst() {
                    if next == UInt8(ascii: "*"), rest.first == UInt8(ascii: "/") {
                        rest.removeFirst()
                        break
                    }
                }
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
