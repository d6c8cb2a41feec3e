import HaliteModuleKit
import HaliteValue

/// Databases and plugins.
extension MySQLClient {
    /// Whether the last error was about a statement, and not about the way to the server.
    var isRefused: Bool {
        let text = error?.pythonString ?? ""
        return !["1040", "1044", "1045", "1049", "2002", "2003", "2005", "2013"].contains { text.hasPrefix("MySQL Error \($0)") }
    }

    func database(_ name: String) async throws -> ValueMap? {
        let answer = try await run(
            "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM INFORMATION_SCHEMA.SCHEMATA WHERE SCHEMA_NAME = \(Self.literal(name))"
        )
        guard let row = answer?.rows.first?.values, row.count == 2 else { return nil }
        return ["character_set": row[0], "collate": row[1]]
    }

    func hasDatabase(_ name: String) async throws -> Bool {
        try await run("SHOW DATABASES LIKE \(Self.literal(name))")?.rows.count == 1
    }

    func createDatabase(_ name: String, _ characterSet: String?, _ collation: String?) async throws -> Bool {
        if try await hasDatabase(name) { return false }
        var statement = "CREATE DATABASE IF NOT EXISTS \(Self.name(name))"
        if let characterSet { statement += " CHARACTER SET \(Self.literal(characterSet))" }
        if let collation { statement += " COLLATE \(Self.literal(collation))" }
        return try await run(statement).map { $0.affected > 0 } ?? false
    }

    func alterDatabase(_ name: String, _ characterSet: String?, _ collation: String?) async throws -> Bool {
        let found = try await database(name)
        guard let set = characterSet ?? found?["character_set"]?.stringValue, let order = collation ?? found?["collate"]?.stringValue else {
            return false
        }
        let statement = "ALTER DATABASE \(Self.name(name)) CHARACTER SET \(Self.literal(set)) COLLATE \(Self.literal(order))"
        return try await run(statement) != nil
    }

    func removeDatabase(_ name: String) async throws -> Bool {
        guard try await hasDatabase(name), !["mysql", "information_scheme"].contains(name) else { return false }
        guard try await run("DROP DATABASE \(Self.name(name))") != nil else { return false }
        return try await !hasDatabase(name)
    }

    /// Such as ACTIVE; empty when the server has no such plugin.
    func pluginStatus(_ name: String) async throws -> Value {
        let answer = try await run("SELECT PLUGIN_STATUS FROM INFORMATION_SCHEMA.PLUGINS WHERE PLUGIN_NAME = \(Self.literal(name))")
        return answer?.list.first ?? ""
    }
}
