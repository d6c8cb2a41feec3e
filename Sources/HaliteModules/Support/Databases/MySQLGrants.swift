import HaliteModuleKit
import HaliteValue

/// A grant as its statement tells it: which rights on what, and for whom.
struct MySQLGrant: Sendable, Equatable {
    var user = ""
    var host = ""
    var rights: [String] = []
    var database = ""

    var map: ValueMap { ["user": .string(user), "host": .string(host), "grant": rights.value, "database": .string(database)] }

    /// Reads `GRANT SELECT, INSERT (a) ON `db`.* TO `user`@`host``. - Parameter account: for statements that name nobody yet.
    init(_ statement: String, account: (user: String, host: String)? = nil) {
        enum Phrase { case rights, database, tables, user, beforeHost, host }
        let words = Self.words(statement)
        var phrase = Phrase.rights
        var several: [String] = []
        var isColumn = false
        var current = ""
        func next(_ index: Int) -> String { index + 1 < words.count ? words[index + 1] : "" }
        scan: for (index, word) in words.enumerated().dropFirst() {
            switch (phrase, word) {
            case (.rights, ","): continue
            case (.rights, "("): isColumn = true
            case (.rights, ")"): isColumn = false
            case (.rights, "ON"): phrase = .database
            case (.tables, "TO"): phrase = .user
            case (.beforeHost, "@"): phrase = .host
            case (.rights, _):
                guard [",", "ON", "(", ")"].contains(next(index)) else {
                    several.append(word)
                    continue
                }
                if !several.isEmpty {
                    rights.append((several + [word]).joined(separator: " "))
                    several = []
                } else if isColumn {
                    rights.append("\(current).\(word)")
                } else {
                    current = word
                    rights.append(word)
                }
            case (.database, _):
                database += word
                if next(index) == "." { phrase = .tables }
            case (.tables, _): database += word
            case (.user, _):
                if account != nil { break scan }
                user += word
                if next(index) == "@" { phrase = .beforeHost }
            case (.host, _):
                host = word
                break scan
            case (.beforeHost, _): continue
            }
        }
        if let account { (user, host) = account } else { (user, host) = (Self.trimmed(user), Self.trimmed(host)) }
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.first == "'" { text.removeFirst() }
        while text.last == "'" { text.removeLast() }
        return String(text)
    }

    /// Words, texts in quotes, and single marks.
    private static func words(_ statement: String) -> [String] {
        var words: [String] = []
        var rest = Array(statement.unicodeScalars)[...]
        func isWord(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "\"": true
            default: false
            }
        }
        func isQuote(_ scalar: Unicode.Scalar) -> Bool { scalar == "'" || scalar == "`" }
        while let first = rest.first {
            var length = 1
            if first == " " || first == "\t" || first == "\n" || first == "\r" {
                rest.removeFirst()
                continue
            }
            if isQuote(first) {
                length = (rest.dropFirst().firstIndex(of: first).map { $0 - rest.startIndex } ?? rest.count - 1) + 1
            } else if isWord(first) {
                length = rest.prefix { isWord($0) || isQuote($0) }.count
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: rest.prefix(length))
            words.append(String(view))
            rest = rest.dropFirst(length)
        }
        return words
    }

    /// The same with the names that this server uses for rights that have several.
    func resolved(_ version: MySQLVersion) -> MySQLGrant {
        guard version.isMariaDB else { return self }
        var other = self
        other.rights = rights.map { right in
            switch right {
            case "REPLICATION REPLICA" where version.isAtLeast("10.5.1"): "REPLICATION SLAVE"
            case "REPLICATION CLIENT" where version.isAtLeast("10.5.2"): "BINLOG MONITOR"
            case "REPLICA MONITOR" where version.isAtLeast("10.5.9"): "SLAVE MONITOR"
            default: right
            }
        }
        return other
    }

    // MARK: - Statements

    /// The rights of all versions of both servers.
    static let known: Set<String> = [
        "ALL PRIVILEGES", "ALTER", "ALTER ROUTINE", "BACKUP_ADMIN", "BINLOG_ADMIN", "BINLOG ADMIN", "BINLOG MONITOR", "BINLOG REPLAY",
        "CONNECTION_ADMIN", "CONNECTION ADMIN", "CREATE", "CREATE ROLE", "CREATE ROUTINE", "CREATE TABLESPACE", "CREATE TEMPORARY TABLES",
        "CREATE USER", "CREATE VIEW", "DELETE", "DELETE HISTORY", "DROP", "DROP ROLE", "ENCRYPTION_KEY_ADMIN", "EVENT", "EXECUTE",
        "FEDERATED ADMIN", "FILE", "GRANT OPTION", "GROUP_REPLICATION_ADMIN", "INDEX", "INSERT", "LOCK TABLES",
        "PERSIST_RO_VARIABLES_ADMIN",
        "PROCESS", "READ_ONLY ADMIN", "REFERENCES", "RELOAD", "REPLICA MONITOR", "REPLICATION CLIENT", "REPLICATION MASTER ADMIN",
        "REPLICATION REPLICA", "REPLICATION SLAVE", "REPLICATION_SLAVE_ADMIN", "REPLICATION SLAVE ADMIN", "RESOURCE_GROUP_ADMIN",
        "RESOURCE_GROUP_USER", "ROLE_ADMIN", "SELECT", "SET USER", "SET_USER_ID", "SHOW DATABASES", "SHOW VIEW", "SHUTDOWN",
        "SLAVE MONITOR",
        "SUPER", "SYSTEM_VARIABLES_ADMIN", "TRIGGER", "UPDATE", "USAGE", "XA_RECOVER_ADMIN",
    ]

    /// What `ALL` on `*.*` stands for in MySQL 8, which lists them one by one.
    static let allOfMySQL8 = [
        "ALTER", "ALTER ROUTINE", "BACKUP_ADMIN", "BINLOG_ADMIN", "CONNECTION_ADMIN", "CREATE", "CREATE ROLE", "CREATE ROUTINE",
        "CREATE TABLESPACE", "CREATE TEMPORARY TABLES", "CREATE USER", "CREATE VIEW", "DELETE", "DROP", "DROP ROLE", "ENCRYPTION_KEY_ADMIN",
        "EVENT", "EXECUTE", "FILE", "GROUP_REPLICATION_ADMIN", "INDEX", "INSERT", "LOCK TABLES", "PERSIST_RO_VARIABLES_ADMIN", "PROCESS",
        "REFERENCES", "RELOAD", "REPLICATION CLIENT", "REPLICATION SLAVE", "REPLICATION_SLAVE_ADMIN", "RESOURCE_GROUP_ADMIN",
        "RESOURCE_GROUP_USER", "ROLE_ADMIN", "SELECT", "SET_USER_ID", "SHOW DATABASES", "SHOW VIEW", "SHUTDOWN", "SUPER",
        "SYSTEM_VARIABLES_ADMIN", "TRIGGER", "UPDATE", "XA_RECOVER_ADMIN",
    ]

    /// Rights as a statement has them; anything that is no right, perhaps with columns, is refused.
    static func normalised(_ text: String) throws -> String {
        let text = text.stripped().uppercased() == "ALL" ? "ALL PRIVILEGES" : text
        var rest = text[...]
        while !rest.isEmpty {
            let word = rest.prefix { $0 != "," && $0 != "(" }
            rest = rest[word.endIndex...]
            guard known.contains(String(word).stripped().uppercased()) else { throw ExecutionError("Invalid grant : '\(word)'") }
            if rest.first == "(" {
                let columns = rest.dropFirst().prefix { $0 != ")" }
                let isPlain = columns.unicodeScalars.allSatisfy {
                    $0.properties.isAlphabetic || $0.properties.numericType != nil || " ,_$`".unicodeScalars.contains($0)
                }
                guard isPlain, columns.endIndex < rest.endIndex else { throw ExecutionError("Invalid grant : '\(word)'") }
                rest = rest[rest.index(after: columns.endIndex)...].drop { $0 == " " }
                guard rest.isEmpty || rest.first == "," else { throw ExecutionError("Invalid grant : '\(word)'") }
            }
            if rest.first == "," { rest.removeFirst() }
        }
        return text
    }

    /// `db`.* of `db.*`.
    static func target(_ database: String, escape: Bool = true) throws -> String {
        let dot = database.lastIndex(of: ".")
        let (name, table) = (
            dot.map { String(database[..<$0]) } ?? "", dot.map { String(database[database.index(after: $0)...]) } ?? database
        )
        guard escape else {
            guard !database.contains(";") else { throw ExecutionError("'\(database)' is no name of a database") }
            return "\(name).\(table)"
        }
        let quoted = name == "*" ? name : MySQLClient.name(name, forGrants: table == "*")
        return "\(quoted).\(table == "*" ? table : MySQLClient.name(table))"
    }

    static func statement(_ grant: String, _ database: String, grantOption: Bool, escape: Bool, ssl: Value = false, to account: String)
        throws -> String
    {
        let rights = try normalised(grant.parts(",").map { $0.stripped() }.joined(separator: ", ").uppercased())
        var text = "GRANT \(rights) ON \(try target(database, escape: escape)) TO \(account)"
        if let options = ssl.listValue, !options.isEmpty { text += try requirement(options) }
        return grantOption ? text + " WITH GRANT OPTION" : text
    }

    private static func requirement(_ options: [Value]) throws -> String {
        var words: [String] = []
        for case .map(let option) in options {
            guard let (key, value) = option.first else { continue }
            let name = key.pythonString.stripped().uppercased()
            switch name {
            case "CIPHER", "ISSUER", "SUBJECT": words.append("\(name) \(MySQLClient.literal(value.pythonString.replacing("'", with: "")))")
            case "SSL", "X509": if value.isTruthy { words.append(name) }
            default: throw ExecutionError("Invalid SSL option : '\(key.pythonString)'")
            }
        }
        return " REQUIRE " + words.joined(separator: " AND ")
    }
}

/// A version such as `10.11.6-MariaDB-0+deb12u1`.
struct MySQLVersion: Sendable {
    let text: String
    var isMariaDB: Bool { text.contains("MariaDB") }
    var isKnown: Bool { !text.isEmpty }

    func isAtLeast(_ other: String) -> Bool {
        !(LooseVersion(String(text.prefix { $0.isNumber || $0 == "." })) < LooseVersion(other))
    }
}
