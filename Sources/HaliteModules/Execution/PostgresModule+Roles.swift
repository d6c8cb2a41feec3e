import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Roles: users and groups.
extension PostgresModule {
    static let roleFunctions: [Function] = [
        Function(
            "user_list", "Return the roles with their attributes.", RoleListSettings.self,
            body: { call, settings in
                let roles = try await roles(PostgresClient(call, settings.connection), withPasswords: settings.returnPassword)
                return roles.map { .map($0) } ?? Value.bool(false)
            }),
        Function(
            "role_get", "Return one role with its attributes.", RoleGetSettings.self,
            body: { call, settings in
                try await roles(PostgresClient(call, settings.list.connection), withPasswords: settings.list.returnPassword)?[settings.name]
                    ?? .null
            }),
        named("user_exists", "Tell whether there is a role.") { client, name in try await roles(client)?[name] != nil },
        Function(
            "user_create", "Create a user.", UserCreation.self, body: { call, settings in try await create(call, settings.role, .user) }),
        Function(
            "user_update", "Change a user.", UserUpdate.self, body: { call, settings in try await update(call, settings.role, .user) }),
        Function(
            "user_remove", "Remove a user.", UserRemoval.self,
            body: { call, settings in try await remove(PostgresClient(call, settings.connection), settings.name) }),
        Function(
            "group_create", "Create a group.", GroupCreation.self, body: { call, settings in try await create(call, settings.role, .group) }
        ),
        Function(
            "group_update", "Change a group.", GroupUpdate.self, body: { call, settings in try await update(call, settings.role, .group) }),
        Function(
            "group_remove", "Remove a group.", GroupRemoval.self,
            body: { call, settings in try await remove(PostgresClient(call, settings.connection), settings.name) }),
    ]

    // MARK: - Looking

    struct RoleListSettings: ArgumentGroup {
        var connection = PostgresConnection()
        var returnPassword = false
        static let fields: [ArgumentField<Self>] =
            PostgresConnection.fields.map { $0.within(\.connection) } + [
                .field("return_password", \.returnPassword, "Return the kept form of passwords too.")
            ]
    }

    struct RoleGetSettings: ArgumentGroup {
        var name = ""
        var list = RoleListSettings()
        static let fields: [ArgumentField<Self>] =
            [.field("name", \.name, "The role.", required: true)] + RoleListSettings.fields.map { $0.within(\.list) }
    }

    /// Nil when the server does not answer.
    static func roles(_ client: PostgresClient, withPasswords: Bool = false) async throws -> ValueMap? {
        guard try await client.versionNumbers() != nil else { return nil }
        let catalogs = try await client.isAtLeast(9, 5) ? "NULL" : "pg_roles.rolcatupdate"
        let replication = try await client.isAtLeast(9, 1) ? "pg_roles.rolreplication" : "NULL"
        var query =
            "SELECT pg_roles.rolname as \"name\", pg_roles.rolsuper as \"superuser\", pg_roles.rolinherit as \"inherits privileges\", "
            + "pg_roles.rolcreaterole as \"can create roles\", pg_roles.rolcreatedb as \"can create databases\", "
            + "\(catalogs) as \"can update system catalogs\", pg_roles.rolcanlogin as \"can login\", \(replication) as \"replication\", "
            + "pg_roles.rolconnlimit as \"connections\", (SELECT array_agg(pg_roles2.rolname) FROM pg_catalog.pg_auth_members "
            + "JOIN pg_catalog.pg_roles pg_roles2 ON (pg_auth_members.roleid = pg_roles2.oid) "
            + "WHERE pg_auth_members.member = pg_roles.oid) as \"groups\", pg_roles.rolvaliduntil::timestamp(0) as \"expiry time\", "
            + "pg_roles.rolconfig as \"defaults variables\""
        if withPasswords { query += ", COALESCE(pg_shadow.passwd, pg_authid.rolpassword) as \"password\"" }
        query += " FROM pg_roles"
        if withPasswords {
            query += " LEFT JOIN pg_authid ON pg_roles.oid = pg_authid.oid LEFT JOIN pg_shadow ON pg_roles.oid = pg_shadow.usesysid"
        }
        return ValueMap(try await client.rows(query).map { row in (row["name"] ?? "", .map(role(row, withPasswords))) })
    }

    private static let flags = [
        "superuser", "inherits privileges", "can create roles", "can create databases", "can update system catalogs", "can login",
        // A number, of which Salt makes nothing.
        "replication", "connections",
    ]

    private static func role(_ row: ValueMap, _ withPassword: Bool) -> ValueMap {
        var role = ValueMap()
        for flag in flags { role[.string(flag)] = row[flag] == "t" ? true : row[flag] == "f" ? false : .null }
        role["expiry time"] = moment(row["expiry time"]?.stringValue ?? "").map { .string($0) } ?? .null
        role["defaults variables"] = row["defaults variables"]
        if withPassword { role["password"] = row["password"] }
        var groups = row["groups"]?.stringValue ?? ""
        while groups.hasPrefix("{") { groups.removeFirst() }
        while groups.hasSuffix("}") { groups.removeLast() }
        role["groups"] = .list((CommaSeparated.rows(groups).first ?? []).map { .string($0) })
        return role
    }

    /// A date with a time; `infinity` is none.
    static func moment(_ text: String) -> String? {
        text.utf8.count == 19 && text.utf8.first.map { (0x30...0x39).contains($0) } == true ? text : nil
    }

    // MARK: - Changing

    enum RoleKind { case user, group }

    /// What a role is to be; nil leaves it.
    struct Role: Sendable {
        var name = ""
        var connection = PostgresConnection()
        var createdb: Bool?
        var createroles: Bool?
        var inherit: Bool?
        var login: Bool?
        var connectionLimit: Int?
        var encrypted: Value = .null
        var superuser: Bool?
        var replication: Bool?
        var password: String?
        var validUntil: String?
        var groups: [String]?

        /// Groups are a list, or a text with commas.
        var groupsValue: Value {
            get { groups?.value ?? .null }
            set { groups = Self.groups(newValue) }
        }

        static func groups(_ value: Value) -> [String]? {
            switch value {
            case .list(let list): list.map(\.pythonString)
            case .string(let text) where !text.isEmpty: text.parts(",")
            default: nil
            }
        }
    }

    /// The words after `CREATE ROLE name WITH` and `ALTER ROLE name WITH`, and the grants that follow.
    private static func attributes(_ role: Role, _ kind: RoleKind?, isSuperuser: Bool? = nil) throws -> String {
        var words = ""
        func add(_ flag: String, _ wanted: Bool?) { if let wanted { words += wanted ? " \(flag)" : " NO\(flag)" } }
        add("INHERIT", role.inherit ?? (kind == nil ? nil : true))
        add("CREATEDB", role.createdb)
        add("CREATEROLE", role.createroles)
        if isSuperuser == nil || isSuperuser != (role.superuser ?? false) { add("SUPERUSER", role.superuser) }
        add("REPLICATION", role.replication)
        add("LOGIN", role.login ?? kind.map { $0 == .user })
        if let limit = role.connectionLimit { words += " CONNECTION LIMIT \(limit)" }
        if let password = role.password, !password.isEmpty {
            let method = PostgresPassword.Method(role.encrypted)
            let kept = try PostgresPassword.encrypted(password, role: role.name, method)
            words += (method == .plain ? " UNENCRYPTED" : " ENCRYPTED") + " PASSWORD \(SQLText.literal(kept))"
        }
        if let moment = role.validUntil, !moment.isEmpty { words += " VALID UNTIL \(SQLText.literal(moment))" }
        return words
    }

    private static func apply(_ client: PostgresClient, _ verb: String, _ role: Role, _ words: String) async throws -> Bool {
        let name = SQLText.name(role.name)
        var statement = "\(verb) ROLE \(name) WITH \(words)"
        for group in role.groups ?? [] { statement += "; GRANT \(SQLText.name(group)) TO \(name)" }
        return try await client.run(statement, secret: role.password?.isEmpty == false).code == 0
    }

    static func create(_ call: CallContext, _ role: Role, _ kind: RoleKind) async throws -> Bool {
        let client = PostgresClient(call, role.connection)
        if try await roles(client)?[role.name] != nil { return false }
        return try await apply(client, "CREATE", role, try attributes(role, kind))
    }

    static func update(_ call: CallContext, _ role: Role, _ kind: RoleKind) async throws -> Bool {
        let client = PostgresClient(call, role.connection)
        guard let found = try await roles(client)?[role.name] else { return false }
        return try await apply(client, "ALTER", role, try attributes(role, nil, isSuperuser: found["superuser"]?.boolValue))
    }

    static func remove(_ client: PostgresClient, _ name: String) async throws -> Bool {
        guard try await roles(client)?[name] != nil else { return false }
        _ = try await client.run("DROP ROLE \(SQLText.name(name))")
        return try await roles(client)?[name] == nil
    }
}
