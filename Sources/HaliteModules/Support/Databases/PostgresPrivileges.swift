import HaliteModuleKit
import HaliteValue

/// Who has which rights on one object, and how that is changed.
struct PostgresPrivileges: Sendable {
    private let name: String
    private let type: String
    private let schema: String
    private let client: PostgresClient

    init(_ object: PostgresModule.PrivilegeObject, _ client: PostgresClient) {
        (name, type, schema) = (object.name, object.type.lowercased(), object.schema)
        self.client = client
    }

    private static let words: [Character: String] = [
        "a": "INSERT", "C": "CREATE", "D": "TRUNCATE", "c": "CONNECT", "t": "TRIGGER", "r": "SELECT", "U": "USAGE", "T": "TEMPORARY",
        "w": "UPDATE", "X": "EXECUTE", "x": "REFERENCES", "d": "DELETE", "m": "MAINTAIN",
    ]

    /// The rights that each kind of object knows.
    private static let letters: [String: String] = [
        "table": "arwdDxtm", "tablespace": "C", "language": "U", "sequence": "rwU", "schema": "UC", "database": "CTc", "function": "X",
    ]

    private var known: [String] { (Self.letters[type] ?? "").compactMap { Self.words[$0] } }
    private var isInSchema: Bool { ["table", "sequence", "function"].contains(type) }
    private var meansAll: Bool { isInSchema && name.uppercased() == "ALL" }

    private func check() throws {
        guard type == "group" || Self.letters[type] != nil else { throw ExecutionError("Invalid object_type: \(type) provided") }
    }

    private func rights(_ text: String?) throws -> [String] {
        try check()
        let text = text ?? ""
        if type == "group" {
            guard text.isEmpty else { throw ExecutionError("The privileges option should not be set for object_type group") }
            return []
        }
        let rights = text.uppercased().parts(",").map { $0.stripped() }
        guard rights.allSatisfy({ $0 == "ALL" || known.contains($0) }) else {
            throw ExecutionError("Invalid privilege(s): \(text) provided for object \(type)")
        }
        return rights
    }

    // MARK: - Looking

    /// Role to rights, each with whether it may be passed on; of a group, member to whether it may let others in.
    func list() async throws -> ValueMap {
        try check()
        let rows = try await client.rows(aclQuery)
        if type == "group" { return ValueMap(rows.map { ($0["rolname"] ?? "", .bool($0["admin_option"] == "t")) }) }
        var found = ValueMap()
        for row in rows { for (role, rights) in Self.entries(row["name"]?.stringValue ?? "") { found[role] = rights } }
        return found
    }

    /// The entries of `{alice=arw/postgres,=r/postgres}`.
    private static func entries(_ list: String) -> ValueMap {
        var text = list[...]
        while text.first == "{" { text.removeFirst() }
        while text.last == "}" { text.removeLast() }
        return ValueMap(
            String(text).parts(",").compactMap { entry -> (Value, Value)? in
                let pair = entry.parts("/", maxSplits: 1)[0].parts("=", maxSplits: 1)
                guard pair.count == 2 else { return nil }
                var rights = ValueMap()
                var previous: String?
                for letter in pair[1] {
                    if letter == "*", let previous { rights[.string(previous)] = true }
                    guard let word = words[letter] else { continue }
                    rights[.string(word)] = false
                    previous = word
                }
                return (.string(pair[0].isEmpty ? "public" : unquoted(pair[0])), .map(rights))
            })
    }

    /// Roles with odd names stand in quotes, within the quotes of the list.
    private static func unquoted(_ role: String) -> String { role.replacing("\\\"", with: "").replacing("\"", with: "") }

    private var aclQuery: String {
        let (name, schema) = (SQLText.literal(name), SQLText.literal(schema))
        let relation =
            "SELECT relacl AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE nspname = \(schema) AND relname = \(name) AND relkind "
        return switch type {
        case "table": relation + "in ('r', 'v') ORDER BY relname"
        case "sequence": relation + "= 'S' ORDER BY relname"
        case "schema": "SELECT nspacl AS name FROM pg_catalog.pg_namespace WHERE nspname = \(name) ORDER BY nspname"
        case "function":
            "SELECT proacl AS name FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
                + "WHERE nspname = \(schema) AND p.oid::regprocedure::text = \(name) ORDER BY proname, proargtypes"
        case "tablespace": "SELECT spcacl AS name FROM pg_catalog.pg_tablespace WHERE spcname = \(name) ORDER BY spcname"
        case "language": "SELECT lanacl AS name FROM pg_catalog.pg_language WHERE lanname = \(name) ORDER BY lanname"
        case "database": "SELECT datacl AS name FROM pg_catalog.pg_database WHERE datname = \(name) ORDER BY datname"
        default:
            "SELECT rolname, admin_option FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles r ON m.member=r.oid "
                + "WHERE m.roleid IN (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = \(name)) ORDER BY rolname"
        }
    }

    private func owner() async throws -> String? {
        let (name, schema) = (SQLText.literal(name), SQLText.literal(schema))
        let query =
            switch type {
            case "table": "SELECT tableowner AS name FROM pg_tables WHERE schemaname = \(schema) AND tablename = \(name)"
            case "sequence":
                "SELECT rolname AS name FROM pg_catalog.pg_class c JOIN pg_roles r ON c.relowner = r.oid "
                    + "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'S' AND nspname = \(schema) AND relname = \(name)"
            case "schema": "SELECT rolname AS name FROM pg_namespace n JOIN pg_roles r ON n.nspowner = r.oid WHERE nspname = \(name)"
            case "function":
                "SELECT rolname AS name FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
                    + "JOIN pg_catalog.pg_roles r ON p.proowner = r.oid WHERE nspname = \(schema) AND p.oid::regprocedure::text = \(name)"
            case "tablespace": "SELECT rolname AS name FROM pg_tablespace t JOIN pg_roles r ON t.spcowner = r.oid WHERE spcname = \(name)"
            case "language": "SELECT rolname AS name FROM pg_language l JOIN pg_roles r ON l.lanowner = r.oid WHERE lanname = \(name)"
            default: "SELECT rolname AS name FROM pg_database d JOIN pg_roles r ON d.datdba = r.oid WHERE datname = \(name)"
            }
        return try await client.rows(query).first?["name"]?.stringValue
    }

    func isGranted(to role: String, _ privileges: String?, withGrant: Bool) async throws -> Bool {
        let wanted = try rights(privileges)
        if type != "group", try await owner() == role { return true }
        guard let found = try await list()[role] else { return false }
        if type == "group" { return !withGrant || found == true }
        return try await covers(found.mapValue ?? [:], wanted, withGrant: withGrant)
    }

    private func covers(_ found: ValueMap, _ wanted: [String], withGrant: Bool) async throws -> Bool {
        var needed = wanted
        if wanted.contains("ALL") {
            needed = known
            // Servers before 17 have no such right, and can never show it.
            if type == "table", found["MAINTAIN"] == nil, try await !client.isAtLeast(17) { needed.removeAll { $0 == "MAINTAIN" } }
        }
        return needed.allSatisfy { right in found[right].map { !withGrant || $0 == true } ?? false }
    }

    /// The same, where `ALL` as a name means every object of the schema.
    func isGrantedOnAll(to role: String, _ privileges: String?, withGrant: Bool) async throws -> Bool {
        guard meansAll else { return try await isGranted(to: role, privileges, withGrant: withGrant) }
        let wanted = try rights(privileges)
        let schema = SQLText.literal(schema)
        let query =
            switch type {
            case "function":
                "SELECT rolname AS owner, proacl AS name FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
                    + "JOIN pg_catalog.pg_roles r ON p.proowner = r.oid WHERE nspname = \(schema)"
            default:
                "SELECT rolname AS owner, relacl AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                    + "JOIN pg_catalog.pg_roles r ON c.relowner = r.oid WHERE nspname = \(schema) AND relkind in (\(type == "table" ? "'r', 'v', 'm', 'f', 'p'" : "'S'"))"
            }
        let rows = try await client.rows(query)
        for row in rows where row["owner"]?.stringValue != role {
            let found = Self.entries(row["name"]?.stringValue ?? "")[role]?.mapValue ?? [:]
            guard try await covers(found, wanted, withGrant: withGrant) else { return false }
        }
        return !rows.isEmpty
    }

    // MARK: - Changing

    func grant(to role: String, _ privileges: String?, withGrant: Bool) async throws -> Bool {
        let wanted = try rights(privileges)
        // What is there without the right to pass it on is granted anew.
        if !meansAll, try await isGranted(to: role, privileges, withGrant: withGrant) { return false }
        if type == "group" {
            return try await client.run("GRANT \(SQLText.name(name)) TO \(SQLText.name(role))" + (withGrant ? " WITH ADMIN OPTION" : ""))
                .code == 0
        }
        let statement = "GRANT \(wanted.joined(separator: ",")) ON \(try target()) TO \(SQLText.name(role))"
        return try await client.run(statement + (withGrant ? " WITH GRANT OPTION" : "")).code == 0
    }

    func revoke(from role: String, _ privileges: String?) async throws -> Bool {
        let wanted = try rights(privileges)
        if !meansAll, try await !isGranted(to: role, privileges, withGrant: false) { return false }
        if type == "group" { return try await client.run("REVOKE \(SQLText.name(name)) FROM \(SQLText.name(role))").code == 0 }
        return try await client.run("REVOKE \(wanted.joined(separator: ",")) ON \(try target()) FROM \(SQLText.name(role))").code == 0
    }

    /// `TABLE public."orders"`, or all tables of a schema.
    private func target() throws -> String {
        if meansAll { return "ALL \(type.uppercased())S IN SCHEMA \(SQLText.name(schema))" }
        guard isInSchema else { return "\(type.uppercased()) \(SQLText.name(name))" }
        return "\(type.uppercased()) \(SQLText.name(schema)).\(try type == "function" ? routine() : SQLText.name(name))"
    }

    /// A function may be named with the types of its arguments, which cannot stand in quotes.
    private func routine() throws -> String {
        guard let start = name.firstIndex(of: "("), name.hasSuffix(")") else { return SQLText.name(name) }
        let types = name[start...]
        let isPlain = types.dropFirst().dropLast().unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0.properties.numericType != nil || " ,_.[]\"".unicodeScalars.contains($0)
        }
        guard isPlain else { throw ExecutionError("'\(name)' is no function with types") }
        var plain = String(name[..<start])
        if plain.hasPrefix("\""), plain.hasSuffix("\""), plain.count > 1 { plain = String(plain.dropFirst().dropLast()) }
        return SQLText.name(plain) + types
    }
}
