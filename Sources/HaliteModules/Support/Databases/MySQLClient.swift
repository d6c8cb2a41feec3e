import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What a MySQL server answered to one statement.
struct MySQLAnswer: Sendable {
    /// Rows with their columns in order; what is NULL there is null here.
    var rows: [ValueMap] = []
    /// Rows that a statement has changed.
    var affected = 0

    var columns: [Value] { rows.first?.keys ?? [] }
    func first(_ column: String) -> String? { rows.first?[column]?.stringValue }
    /// The first column of all rows.
    var list: [Value] { rows.map { $0.values.first ?? .null } }
}

/// Speaks to a MySQL or MariaDB server through the command `mysql`.
///
/// Statements go by standard input, the password by the environment: arguments could be read by every user of the host.
struct MySQLClient: Sendable {
    let call: CallContext
    /// `connection_user` and the like.
    private(set) var arguments: ValueMap

    init(_ call: CallContext, _ arguments: ValueMap) {
        self.call = call
        self.arguments = arguments
    }

    func with(_ name: String, _ value: Value) -> MySQLClient {
        var other = self
        other.arguments[.string(name)] = value
        return other
    }

    // MARK: - Errors

    /// Salt's `__context__['mysql.error']`: what the last server that could not be asked said.
    var error: Value? {
        get { call.memory["mysql.error"].flatMap { $0.isNull ? nil : $0 } }
        nonmutating set { call.memory["mysql.error"] = newValue }
    }

    /// The error, which nobody else hears of then.
    func takeError() -> String? {
        defer { error = nil }
        return error?.pythonString
    }

    // MARK: - Settings

    private static let names = ["host", "user", "pass", "port", "db", "unix_socket", "default_file", "default_group", "charset"]

    /// The settings of the call over those of the minion, such as `mysql.user`.
    private var settings: [String: String] {
        var found: [String: String] = [:]
        let hasFile = arguments["connection_default_file"] != nil
        let places = [call.services.options, call.grains, call.pillar, call.pillar["master"]?.mapValue ?? [:]]
        for name in Self.names {
            if let given = arguments["connection_\(name)"] {
                if given.isTruthy { found[name] = given.pythonString }
            } else if !hasFile || name == "charset", let value = places.lazy.compactMap({ $0["mysql.\(name)"] }).first, value.isTruthy {
                found[name] = value.pythonString
            }
        }
        return found
    }

    /// The settings that a configuration file of MySQL has for clients.
    private func fileSettings(_ path: String, group: String?) async throws -> [(String, String)] {
        guard let text = await call.host.readTextIfPresent(path) else {
            throw ExecutionError("Could not open required defaults file: \(path)")
        }
        var isOurs = false
        var found: [(String, String)] = []
        for line in PythonLines.split(text).map({ $0.stripped() }) where !line.hasPrefix("#") && !line.hasPrefix(";") && !line.isEmpty {
            if line.hasPrefix("[") {
                let name = line.dropFirst().prefix { $0 != "]" }
                isOurs = ["client", "client-server", "client-mariadb", group ?? "client"].contains(String(name))
            } else if isOurs, !line.hasPrefix("!") {
                let pair = line.parts("=", maxSplits: 1).map { $0.stripped() }
                var value = pair.count > 1 ? pair[1] : ""
                if value.count > 1, let mark = value.first, mark == "\"" || mark == "'", value.last == mark {
                    value = String(value.dropFirst().dropLast())
                }
                found.append((pair[0].replacing("_", with: "-"), value))
            }
        }
        return found
    }

    private func command(database: String?) async throws -> Command {
        var program = await call.host.which("mysql")
        if program == nil { program = await call.host.which("mariadb") }
        guard let program else { throw ExecutionError("neither 'mysql' nor 'mariadb' is in the path of the host") }
        var settings = settings
        var words = [program, "--no-defaults", "--batch", "--xml", "--binary-mode"]
        var password: String?
        if let file = settings["default_file"] {
            let own = [
                "host": "host", "user": "user", "port": "port", "socket": "unix_socket", "database": "db",
                "default-character-set": "charset",
            ]
            for (name, value) in try await fileSettings(file, group: settings["default_group"]) {
                if name == "password" {
                    password = value
                } else if let key = own[name] {
                    settings[key] = settings[key] ?? value
                } else {
                    words.append(value.isEmpty ? "--\(name)" : "--\(name)=\(value)")
                }
            }
        }
        for (name, option) in [
            ("host", "host"), ("user", "user"), ("port", "port"), ("unix_socket", "socket"), ("charset", "default-character-set"),
        ] {
            if let value = settings[name] { words.append("--\(option)=\(value)") }
        }
        if settings["charset"] == nil { words.append("--default-character-set=utf8mb4") }
        if let database = database ?? settings["db"] { words.append("--database=\(database)") }
        var command = Command(words)
        command.environment = ["MYSQL_PWD": settings["pass"] ?? password ?? ""]
        return command
    }

    // MARK: - Statements

    /// Runs a statement. Nil where the server cannot be asked or refuses, which `error` tells; a statement with a fault in it throws.
    func run(_ statement: String, database: String? = nil) async throws -> MySQLAnswer? {
        var command = try await command(database: database)
        command.standardInput = Array("\(statement)\n;\nSELECT ROW_COUNT() AS halite_affected;\n".utf8)
        let result = try await call.host.run(command)
        guard result.exitCode == 0 else { return try fail(result) }
        var sets = MySQLXML.resultSets(String(decoding: result.standardOutput, as: UTF8.self))
        let affected = sets.popLast()?.first?["halite_affected"]?.stringValue.flatMap { Int($0) } ?? 0
        return MySQLAnswer(rows: sets.first ?? [], affected: affected)
    }

    /// Faults of the statement itself, which Python's drivers do not count as an operation that failed.
    private static let faults: Set<Int> = [
        1007, 1022, 1048, 1062, 1064, 1065, 1102, 1103, 1110, 1111, 1112, 1113, 1136, 1146, 1179, 1216, 1217, 1364, 1366, 1406, 1451, 1452,
    ]

    private func fail(_ result: CommandResult) throws -> MySQLAnswer? {
        // ERROR 1045 (28000) at line 1: Access denied for user …
        let line = result.errorText.parts("\n").first { $0.hasPrefix("ERROR ") } ?? result.errorText
        let words = line.parts(" ")
        guard words.count > 2, let code = Int(words[1]), let colon = line.firstRange(of: ": ") else {
            error = .string("MySQL Error: \(line)")
            return nil
        }
        let text = String(line[colon.upperBound...])
        if Self.faults.contains(code) { throw ExecutionError("(\(code), \(Value.string(text).pythonRepr))") }
        error = .string("MySQL Error \(code): \(text)")
        return nil
    }

    /// The version of the server; empty when it cannot be asked.
    func version() async throws -> String {
        let key = "mysql.version \(settings.sorted { $0.key < $1.key }.map { $0.key + "=" + $0.value }.joined(separator: " "))"
        if let known = call.memory[key]?.stringValue { return known }
        guard let answer = try await run("SELECT VERSION() AS version") else { return "" }
        let version = answer.first("version") ?? ""
        call.memory[key] = .string(version)
        return version
    }

    // MARK: - Texts

    /// A name in backquotes. - Parameter forGrants: a pattern of databases, in which `_` is to mean itself.
    static func name(_ text: String, forGrants: Bool = false) -> String {
        let doubled = text.replacing("`", with: "``")
        return "`" + (forGrants ? doubled.replacing("_", with: "\\_") : doubled) + "`"
    }

    /// A text in quotes.
    static func literal(_ text: String) -> String {
        var result = "'"
        for scalar in text.unicodeScalars {
            switch scalar {
            case "'": result += "''"
            case "\\": result += "\\\\"
            case "\0": result += "\\0"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "'"
    }

    static func account(_ user: String, _ host: String) -> String { "\(literal(user))@\(literal(host))" }
}

/// What `mysql --xml` writes, which alone tells NULL from a text.
enum MySQLXML {
    static func resultSets(_ text: String) -> [[ValueMap]] {
        var sets: [[ValueMap]] = []
        var row = ValueMap()
        var rest = text[...]
        while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("resultset") {
                sets.append([])
            } else if tag == "row" {
                row = [:]
            } else if tag == "/row", !sets.isEmpty {
                sets[sets.count - 1].append(row)
            } else if tag.hasPrefix("field name=\"") {
                let name = unescaped(tag.dropFirst(12).prefix { $0 != "\"" })
                if tag.hasSuffix("/") {
                    row[.string(name)] = tag.contains("xsi:nil=\"true\"") ? .null : ""
                } else {
                    let content = rest.prefix { $0 != "<" }
                    row[.string(name)] = .string(unescaped(content))
                    rest = rest[content.endIndex...]
                }
            }
        }
        return sets
    }

    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("&") else { return String(text) }
        return String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&quot;", with: "\"").replacing(
            "&amp;", with: "&")
    }
}
