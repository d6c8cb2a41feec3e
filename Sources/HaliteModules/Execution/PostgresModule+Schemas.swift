import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What is inside of a database: schemas, languages and extensions.
extension PostgresModule {
    // MARK: - Schemas

    static let schemaFunctions: [Function] = [
        Function(
            "schema_list", "Return the schemas of a database.", SchemaListSettings.self,
            body: { call, settings in try await schemas(settings.client(call)) }),
        Function(
            "schema_get", "Return one schema.", SchemaSettings.self,
            body: { call, settings in try await schemas(settings.place.client(call))[settings.name] ?? .null }),
        Function(
            "schema_exists", "Tell whether there is a schema.", SchemaSettings.self,
            body: { call, settings in try await schemas(settings.place.client(call))[settings.name] != nil }),
        Function(
            "schema_create", "Create a schema.", SchemaCreation.self,
            body: { call, settings in try await createSchema(settings.place.client(call), settings.name, owner: settings.owner) }),
        Function(
            "schema_remove", "Remove a schema.", SchemaSettings.self,
            body: { call, settings in try await removeSchema(settings.place.client(call), settings.name) }),
    ]

    /// A database, with the names that arguments have for schemas: `user` is the account, `db_user` the role.
    struct SchemaListSettings: ArgumentGroup {
        var database = ""
        var connection = PostgresConnection()

        static let login: [ArgumentField<Self>] = [
            .field("user", \.connection.runas, "The account that runs psql."),
            .field("db_user", \.connection.user, "The role that connects."),
            .field("db_password", \.connection.password, "Its password."), .field("db_host", \.connection.host, "The server."),
            .field("db_port", \.connection.port, "Its port."),
        ]
        static let databaseField: ArgumentField<Self> = .field("dbname", \.database, "The database.", required: true)
        static let fields = [databaseField] + login

        func client(_ call: CallContext) -> PostgresClient { PostgresClient(call, connection.inDatabase(database)) }
    }

    struct SchemaSettings: ArgumentGroup {
        var place = SchemaListSettings()
        var name = ""
        static let fields: [ArgumentField<Self>] =
            [SchemaListSettings.databaseField.within(\.place), .field("name", \.name, "The schema.", required: true)]
            + SchemaListSettings.login.map { $0.within(\.place) }
    }

    struct SchemaCreation: ArgumentGroup {
        var place = SchemaListSettings()
        var name = ""
        var owner: String?
        static let fields: [ArgumentField<Self>] =
            [
                SchemaListSettings.databaseField.within(\.place), .field("name", \.name, "The schema.", required: true),
                .field("owner", \.owner, "The role that owns it."),
            ] + SchemaListSettings.login.map { $0.within(\.place) }
    }

    static func schemas(_ client: PostgresClient) async throws -> ValueMap {
        let rows = try await client.rows(
            "SELECT pg_namespace.nspname as \"name\", pg_namespace.nspacl as \"acl\", pg_roles.rolname as \"owner\" "
                + "FROM pg_namespace LEFT JOIN pg_roles ON pg_roles.oid = pg_namespace.nspowner")
        return ValueMap(rows.map { ($0["name"] ?? "", ["owner": $0["owner"] ?? "", "acl": $0["acl"] ?? ""]) })
    }

    static func createSchema(_ client: PostgresClient, _ name: String, owner: String?) async throws -> Bool {
        if try await schemas(client)[name] != nil { return false }
        return try await client.run("CREATE SCHEMA \(SQLText.name(name))" + (owner.map { " AUTHORIZATION \(SQLText.name($0))" } ?? "")).code
            == 0
    }

    static func removeSchema(_ client: PostgresClient, _ name: String) async throws -> Bool {
        guard try await schemas(client)[name] != nil else { return false }
        _ = try await client.run("DROP SCHEMA \(SQLText.name(name))")
        return try await schemas(client)[name] == nil
    }

    // MARK: - Languages

    static let languageFunctions: [Function] = [
        Function(
            "language_list", "Return the languages of a database.", LanguageListSettings.self,
            body: { call, settings in try await languages(settings.client(call)) }),
        Function(
            "language_exists", "Tell whether a database has a language.", LanguageSettings.self,
            body: { call, settings in try await languages(settings.client(call))[settings.name] != nil }),
        Function(
            "language_create", "Install a language.", LanguageSettings.self,
            body: { call, settings in try await installLanguage(settings.client(call), settings.name) }),
        Function(
            "language_remove", "Remove a language.", LanguageSettings.self,
            body: { call, settings in try await removeLanguage(settings.client(call), settings.name) }),
    ]

    struct LanguageListSettings: ArgumentGroup {
        var connection = PostgresConnection()
        static let rest: [ArgumentField<Self>] =
            [
                PostgresConnection.userField, PostgresConnection.hostField, PostgresConnection.portField, PostgresConnection.passwordField,
                PostgresConnection.runasField,
            ]
            .map { $0.within(\.connection) }
        static let database: ArgumentField<Self> = .field("maintenance_db", \.connection.maintenanceDB, "The database.", required: true)
        static let fields = [database] + rest
        func client(_ call: CallContext) -> PostgresClient { PostgresClient(call, connection) }
    }

    struct LanguageSettings: ArgumentGroup {
        var name = ""
        var list = LanguageListSettings()
        static let fields: [ArgumentField<Self>] =
            [.field("name", \.name, "The language.", required: true)] + LanguageListSettings.fields.map { $0.within(\.list) }
        func client(_ call: CallContext) -> PostgresClient { list.client(call) }
    }

    static func languages(_ client: PostgresClient) async throws -> ValueMap {
        ValueMap(try await client.rows("SELECT lanname AS \"Name\" FROM pg_language").map { ($0["Name"] ?? "", $0["Name"] ?? "") })
    }

    static func installLanguage(_ client: PostgresClient, _ name: String) async throws -> Bool {
        if try await languages(client)[name] != nil { return false }
        return try await client.run("CREATE LANGUAGE \(SQLText.name(name))").code == 0
    }

    static func removeLanguage(_ client: PostgresClient, _ name: String) async throws -> Bool {
        guard try await languages(client)[name] != nil else { return false }
        return try await client.run("DROP LANGUAGE \(SQLText.name(name))").code == 0
    }

    // MARK: - Extensions

    static let extensionFunctions: [Function] = [
        plain("available_extensions", "Return the extensions that can be installed.") { client in try await availableExtensions(client) },
        plain("installed_extensions", "Return the extensions of a database.") { client in try await installedExtensions(client) },
        named("get_available_extension", "Return one extension that can be installed.") { client, name in
            try await availableExtensions(client)[name] ?? .null
        },
        named("get_installed_extension", "Return one extension of a database.") { client, name in
            try await installedExtensions(client)[name] ?? .null
        },
        named("is_available_extension", "Tell whether an extension can be installed.") { client, name in try await isAvailable(client, name)
        },
        named("is_installed_extension", "Tell whether a database has an extension.") { client, name in
            try await installedExtensions(client)[name] != nil
        },
        Function(
            "create_metadata", "Tell whether an extension is installed, and whether it is to be upgraded or moved.", ExtensionQuery.self,
            body: { call, settings in
                try await extensionState(PostgresClient(call, settings.connection), settings.wanted).map(\.rawValue)
            }),
        Function(
            "create_extension", "Install, upgrade or move an extension.", ExtensionCreation.self,
            body: { call, settings in
                try await createExtension(PostgresClient(call, settings.connection), settings.wanted)
            }),
        Function(
            "drop_extension", "Remove an extension.", ExtensionRemoval.self,
            body: { call, settings in try await dropExtension(call, settings) }),
    ]

    enum ExtensionFlag: String {
        case absent = "EXTENSION NOT INSTALLED"
        case installed = "EXTENSION INSTALLED"
        case toUpgrade = "EXTENSION TO UPGRADE"
        case toMove = "EXTENSION TO MOVE"
    }

    /// An extension as somebody wants it.
    struct WantedExtension: Sendable {
        var name = ""
        var ifNotExists = true
        var schema: String?
        var version: String?
        var fromVersion: String?
    }

    struct ExtensionQuery: ArgumentGroup {
        var wanted = WantedExtension()
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [
                .field("name", \.wanted.name, "The extension.", required: true),
                .field("ext_version", \.wanted.version, "The version that it is to have."),
                .field("schema", \.wanted.schema, "The schema that it is to be in."),
            ] + PostgresConnection.fields.map { $0.within(\.connection) }
    }

    struct ExtensionCreation: ArgumentGroup {
        var wanted = WantedExtension()
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [
                .field("name", \.wanted.name, "The extension.", required: true),
                .field("if_not_exists", \.wanted.ifNotExists, "One that appears meanwhile is no error."),
                .field("schema", \.wanted.schema, "The schema that it is to be in."),
                .field("ext_version", \.wanted.version, "The version that it is to have."),
                .field("from_version", \.wanted.fromVersion, "The version of what it replaces."),
            ] + PostgresConnection.fields.map { $0.within(\.connection) }
    }

    struct ExtensionRemoval: ArgumentGroup {
        var name = ""
        var ifExists = false
        var restrict = false
        var cascade = true
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [
                .field("name", \.name, "The extension.", required: true),
                .field("if_exists", \.ifExists, "One that vanishes meanwhile is no error."),
                .field("restrict", \.restrict, "Not when something depends on it."),
                .field("cascade", \.cascade, "With all that depends on it."),
            ] + PostgresConnection.fields.map { $0.within(\.connection) }
    }

    static func availableExtensions(_ client: PostgresClient) async throws -> ValueMap {
        byName(try await client.rows("select * from pg_available_extensions()"), "name")
    }

    static func installedExtensions(_ client: PostgresClient) async throws -> ValueMap {
        byName(
            try await client.rows("select a.*, b.nspname as schema_name from pg_extension a, pg_namespace b where a.extnamespace = b.oid"),
            "extname")
    }

    private static func byName(_ rows: [ValueMap], _ column: String) -> ValueMap { ValueMap(rows.map { ($0[column] ?? "", .map($0)) }) }

    private static func isAvailable(_ client: PostgresClient, _ name: String) async throws -> Bool {
        try await availableExtensions(client).keys.contains { $0.pythonString.lowercased() == name.lowercased() }
    }

    static func extensionState(_ client: PostgresClient, _ wanted: WantedExtension) async throws -> [ExtensionFlag] {
        guard let found = try await installedExtensions(client)[wanted.name] else { return [.absent] }
        var flags: [ExtensionFlag] = [.installed]
        if let version = wanted.version, let current = found["extversion"]?.stringValue, LooseVersion(current) < LooseVersion(version) {
            flags.append(.toUpgrade)
        }
        if let schema = wanted.schema, found["extrelocatable"] == "t", found["schema_name"]?.stringValue != schema { flags.append(.toMove) }
        return flags
    }

    static func createExtension(_ client: PostgresClient, _ wanted: WantedExtension) async throws -> Bool {
        let flags = try await extensionState(client, wanted)
        if try await isAvailable(client, wanted.name), let statement = statement(wanted, flags) { _ = try await client.run(statement) }
        return try await extensionState(client, wanted) == [.installed]
    }

    private static func statement(_ wanted: WantedExtension, _ flags: [ExtensionFlag]) -> String? {
        let name = SQLText.name(wanted.name)
        func version(_ text: String) -> String {
            // Some write the quotes that Salt leaves out.
            text.hasPrefix("'") && text.hasSuffix("'") && text.count > 1
                ? SQLText.literal(String(text.dropFirst().dropLast())) : SQLText.literal(text)
        }
        if flags.contains(.absent) {
            var words = ["CREATE EXTENSION"]
            if wanted.ifNotExists { words.append("IF NOT EXISTS") }
            words.append(name)
            var options: [String] = []
            if let schema = wanted.schema { options.append("SCHEMA \(SQLText.name(schema))") }
            if let text = wanted.version { options.append("VERSION \(version(text))") }
            if let text = wanted.fromVersion { options.append("FROM \(version(text))") }
            if !options.isEmpty { words += ["WITH"] + options }
            return words.joined(separator: " ") + " ;"
        }
        var statements: [String] = []
        if let schema = wanted.schema, flags.contains(.toMove) {
            statements.append("ALTER EXTENSION \(name) SET SCHEMA \(SQLText.name(schema));")
        }
        if let text = wanted.version, flags.contains(.toUpgrade) {
            statements.append("ALTER EXTENSION \(name) UPDATE TO \(version(text));")
        }
        return statements.isEmpty ? nil : statements.joined(separator: " ")
    }

    static func dropExtension(_ call: CallContext, _ settings: ExtensionRemoval) async throws -> Bool {
        let client = PostgresClient(call, settings.connection)
        guard try await installedExtensions(client)[settings.name] != nil else { return true }
        var words = ["DROP EXTENSION"]
        if settings.ifExists { words.append("IF EXISTS") }
        words.append(SQLText.name(settings.name))
        if settings.cascade { words.append("CASCADE") }
        if settings.restrict { words.append("RESTRICT") }
        _ = try await client.run(words.joined(separator: " ") + " ;")
        return try await installedExtensions(client)[settings.name] == nil
    }
}
