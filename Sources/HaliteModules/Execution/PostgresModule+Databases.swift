import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Databases and tablespaces.
extension PostgresModule {
    static let databaseFunctions: [Function] = [
        plain("db_list", "Return the databases with their owners and encodings.") { client in try await databases(client) },
        named("db_exists", "Tell whether there is a database.") { client, name in try await databases(client)[name] != nil },
        Function(
            "db_create", "Create a database.", DatabaseSettings.self, body: { call, settings in try await createDatabase(call, settings) }),
        Function(
            "db_alter", "Change the tablespace or the owner of a database.", DatabaseChange.self,
            body: { call, settings in try await alterDatabase(call, settings) }),
        named("db_remove", "Remove a database; who is connected to it is cut off.") { client, name in try await removeDatabase(client, name)
        },
        Function(
            "owner_to", "Give a database and all that is in it to a role.", OwnerSettings.self,
            body: { call, settings in
                try await giveAll(
                    PostgresClient(call, settings.connection.inDatabase(settings.database)), settings.database, to: settings.owner
                ).map
            }),
    ]

    static let tablespaceFunctions: [Function] = [
        plain("tablespace_list", "Return the tablespaces with their owners, options and folders.") { client in try await tablespaces(client)
        },
        named("tablespace_exists", "Tell whether there is a tablespace.") { client, name in try await tablespaces(client)[name] != nil },
        Function(
            "tablespace_create", "Create a tablespace.", TablespaceSettings.self,
            body: { call, settings in try await createTablespace(call, settings) }),
        Function(
            "tablespace_alter", "Change the name, the owner or the options of a tablespace.", TablespaceChange.self,
            body: { call, settings in try await alterTablespace(call, settings) }),
        named("tablespace_remove", "Remove a tablespace.") { client, name in
            try await client.run("DROP TABLESPACE \(SQLText.name(name))").code == 0
        },
    ]

    static func databases(_ client: PostgresClient) async throws -> ValueMap {
        keyed(
            try await client.rows(
                "SELECT datname as \"Name\", pga.rolname as \"Owner\", pg_encoding_to_char(encoding) as \"Encoding\", "
                    + "datcollate as \"Collate\", datctype as \"Ctype\", datacl as \"Access privileges\", spcname as \"Tablespace\" "
                    + "FROM pg_database pgd, pg_roles pga, pg_tablespace pgts WHERE pga.oid = pgd.datdba AND pgts.oid = pgd.dattablespace"),
            by: "Name")
    }

    // MARK: - Databases

    struct DatabaseSettings: ArgumentGroup {
        var name = ""
        var connection = PostgresConnection()
        var tablespace: String?
        var encoding: String?
        var collate: String?
        var ctype: String?
        var owner: String?
        var template: String?

        static let options: [ArgumentField<Self>] = [
            .field("tablespace", \.tablespace, "Its tablespace."),
            .field("encoding", \.encoding, "Its encoding, such as UTF8."),
            .field("lc_collate", \.collate, "The locale that orders texts."),
            .field("lc_ctype", \.ctype, "The locale that tells letters from others."),
            .field("owner", \.owner, "The role that owns it."),
            .field("template", \.template, "The database that it is a copy of."),
        ]
        static let fields: [ArgumentField<Self>] =
            [.field("name", \.name, "The name.", required: true)] + PostgresConnection.serverFields.map { $0.within(\.connection) }
            + options
            + [PostgresConnection.runasField.within(\.connection)]
    }

    static func createDatabase(_ call: CallContext, _ settings: DatabaseSettings) async throws -> Bool {
        let parts: [(String, String?)] = [
            ("TABLESPACE", settings.tablespace.map(SQLText.name)), ("OWNER", settings.owner.map(SQLText.name)),
            ("TEMPLATE", settings.template.map(SQLText.name)), ("ENCODING", settings.encoding.map(SQLText.literal)),
            ("LC_COLLATE", settings.collate.map(SQLText.literal)), ("LC_CTYPE", settings.ctype.map(SQLText.literal)),
        ]
        let chosen = parts.compactMap { key, value in value.map { " \(key) = \($0)" } }
        let statement = "CREATE DATABASE \(SQLText.name(settings.name))" + (chosen.isEmpty ? "" : " WITH" + chosen.joined())
        return try await PostgresClient(call, settings.connection).run(statement).code == 0
    }

    struct DatabaseChange: ArgumentGroup {
        var name = ""
        var connection = PostgresConnection()
        var tablespace: String?
        var owner: String?
        var ownerRecurse = false

        static let fields: [ArgumentField<Self>] =
            [.field("name", \.name, "The name.", required: true)] + PostgresConnection.serverFields.map { $0.within(\.connection) }
            + [
                .field("tablespace", \.tablespace, "The new tablespace."), .field("owner", \.owner, "The new owner."),
                .field("owner_recurse", \.ownerRecurse, "Give all that is in it to the owner too."),
            ] + [PostgresConnection.runasField.within(\.connection)]
    }

    static func alterDatabase(_ call: CallContext, _ settings: DatabaseChange) async throws -> Bool {
        let client = PostgresClient(call, settings.connection)
        let name = SQLText.name(settings.name)
        var succeeded = true
        if let owner = settings.owner, !owner.isEmpty {
            if settings.ownerRecurse {
                let inside = PostgresClient(call, settings.connection.inDatabase(settings.name))
                return try await giveAll(inside, settings.name, to: owner).code == 0
            }
            succeeded = try await client.run("ALTER DATABASE \(name) OWNER TO \(SQLText.name(owner))").code == 0
        }
        if let tablespace = settings.tablespace, !tablespace.isEmpty {
            succeeded = try await client.run("ALTER DATABASE \(name) SET TABLESPACE \(SQLText.name(tablespace))").code == 0 && succeeded
        }
        return succeeded
    }

    static func removeDatabase(_ client: PostgresClient, _ name: String) async throws -> Bool {
        let (quoted, literal) = (SQLText.name(name), SQLText.literal(name))
        for statement in [
            "REVOKE CONNECT ON DATABASE \(quoted) FROM public;",
            "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(literal) AND pid <> pg_backend_pid();",
            "DROP DATABASE \(quoted);",
        ] {
            let outcome = try await client.run(statement)
            if outcome.code != 0 { throw ExecutionError("Failed: ret=\(Value.map(outcome.map).pythonString)") }
        }
        return true
    }

    struct OwnerSettings: ArgumentGroup {
        var database = ""
        var owner = ""
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [.field("dbname", \.database, "The database.", required: true), .field("ownername", \.owner, "The new owner.", required: true)]
            + [
                PostgresConnection.userField, PostgresConnection.hostField, PostgresConnection.portField, PostgresConnection.passwordField,
                PostgresConnection.runasField,
            ]
            .map { $0.within(\.connection) }
    }

    /// All of it in one transaction.
    private static func giveAll(_ client: PostgresClient, _ database: String, to owner: String) async throws -> CommandOutcome {
        let isAggregate = try await client.isAtLeast(11) ? "p.prokind = 'a'" : "p.proisagg"
        let routines =
            "select p.oid::regprocedure::text as n from pg_catalog.pg_proc p join pg_catalog.pg_namespace ns "
            + "on p.pronamespace = ns.oid where ns.nspname not in ('pg_catalog', 'information_schema') and "
        let kinds = [
            (
                "schema",
                "select quote_ident(schema_name) as n from information_schema.schemata where schema_name not in ('pg_catalog', 'information_schema') and schema_name not like 'pg\\_t%'"
            ),
            (
                "table",
                "select quote_ident(table_schema)||'.'||quote_ident(table_name) as n from information_schema.tables "
                    + "where table_schema not in ('pg_catalog', 'information_schema')"
            ),
            ("function", routines + "not \(isAggregate)"), ("aggregate", routines + isAggregate),
            (
                "sequence",
                "select quote_ident(sequence_schema)||'.'||quote_ident(sequence_name) as n from information_schema.sequences"
            ),
        ]
        var script = "begin;\nalter database \(SQLText.name(database)) owner to \(SQLText.name(owner));\n"
        for (kind, query) in kinds {
            // The server has quoted the names itself.
            for row in try await client.rows(query) {
                script += "alter \(kind) \(row["n"]?.stringValue ?? "") owner to \(SQLText.name(owner));\n"
            }
        }
        return try await client.runScript(script + "commit;\n")
    }

    // MARK: - Tablespaces

    static func tablespaces(_ client: PostgresClient) async throws -> ValueMap {
        keyed(
            try await client.rows(
                "SELECT spcname as \"Name\", pga.rolname as \"Owner\", spcacl as \"ACL\", spcoptions as \"Opts\", "
                    + "pg_tablespace_location(pgts.oid) as \"Location\" FROM pg_tablespace pgts, pg_roles pga WHERE pga.oid = pgts.spcowner"
            ),
            by: "Name")
    }

    struct TablespaceSettings: ArgumentGroup {
        var name = ""
        var location = ""
        var options: ValueMap = [:]
        var owner: String?
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [
                .field("name", \.name, "The name.", required: true), .field("location", \.location, "Its folder.", required: true),
                .field("options", \.options, "Such as seq_page_cost and random_page_cost."),
                .field("owner", \.owner, "The role that owns it."),
            ] + PostgresConnection.fields.map { $0.within(\.connection) }
    }

    private static func option(_ value: Value) -> String {
        switch value {
        case .int, .float: value.pythonString
        default: Double(value.pythonString) != nil ? value.pythonString : SQLText.literal(value.pythonString)
        }
    }

    static func createTablespace(_ call: CallContext, _ settings: TablespaceSettings) async throws -> Bool {
        var words = ["CREATE TABLESPACE", SQLText.name(settings.name)]
        if let owner = settings.owner { words.append("OWNER \(SQLText.name(owner))") }
        words.append("LOCATION \(SQLText.literal(settings.location))")
        if !settings.options.isEmpty {
            let options = settings.options.map { "\(SQLText.name($0.key.pythonString)) = \(option($0.value))" }
            words.append("WITH ( \(options.joined(separator: ", ")) )")
        }
        return try await PostgresClient(call, settings.connection).run(words.joined(separator: " ")).code == 0
    }

    struct TablespaceChange: ArgumentGroup {
        var name = ""
        var connection = PostgresConnection()
        var newName: String?
        var newOwner: String?
        var setOption: ValueMap = [:]
        var resetOption: String?
        static let fields: [ArgumentField<Self>] =
            [.field("name", \.name, "The name.", required: true)] + PostgresConnection.serverFields.map { $0.within(\.connection) }
            + [
                .field("new_name", \.newName, "The new name."), .field("new_owner", \.newOwner, "The new owner."),
                .field("set_option", \.setOption, "One option with its value."),
                .field("reset_option", \.resetOption, "An option to reset."),
            ] + [PostgresConnection.runasField.within(\.connection)]
    }

    static func alterTablespace(_ call: CallContext, _ settings: TablespaceChange) async throws -> Bool {
        let start = "ALTER TABLESPACE \(SQLText.name(settings.name))"
        var statements: [String] = []
        if let name = settings.newName { statements.append("\(start) RENAME TO \(SQLText.name(name))") }
        if let owner = settings.newOwner { statements.append("\(start) OWNER TO \(SQLText.name(owner))") }
        for (key, value) in settings.setOption.prefix(1) {
            statements.append("\(start) SET (\(SQLText.name(key.pythonString)) = \(option(value)))")
        }
        if let name = settings.resetOption { statements.append("\(start) RESET (\(SQLText.name(name)))") }
        let client = PostgresClient(call, settings.connection)
        for statement in statements where try await client.run(statement).code != 0 { return false }
        return true
    }
}
