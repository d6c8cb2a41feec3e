import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Folders of data, and the clusters of Debian's tools.
extension PostgresModule {
    static let clusterFunctions: [Function] = [
        Function("datadir_exists", "Tell whether a folder holds the data of a server.", .required("name", "The folder."), body: dataExists),
        Function("datadir_init", "Prepare a folder for the data of a server.", DataSettings.self, body: prepareData),
        Function("cluster_create", "Create a cluster with Debian's pg_createcluster.", ClusterSettings.self, body: createCluster),
        Function(
            "cluster_list", "Return the clusters of this host.", .optional("verbose", false, "With their ports, states and folders."),
            body: { (call: CallContext, verbose: Bool) async throws -> Value in
                let found = try await clusters(call)
                return verbose ? .map(found) : .list(found.keys)
            }),
        Function(
            "cluster_exists", "Tell whether there is a cluster.", .required("version", "The version."),
            .optional("name", "main", "The cluster."),
            body: { (call: CallContext, version: String, name: String) async throws -> Bool in
                try await clusters(call)["\(version)/\(name)"] != nil
            }),
        Function(
            "cluster_remove", "Remove a cluster with all its data.", .required("version", "The version."),
            .optional("name", "main", "The cluster."), .optional("stop", false, "Stop it first."), body: removeCluster),
    ]

    // MARK: - Folders of data

    static func dataExists(_ call: CallContext, name: String) async throws -> Bool {
        guard try await call.host.isFile(Path.join(name, "PG_VERSION")) else { return false }
        return try await call.host.isFile(Path.join(name, "postgresql.conf"))
    }

    struct DataSettings: ArgumentGroup {
        var name = ""
        var options = DataOptions()
        static let fields: [ArgumentField<Self>] =
            [.field("name", \.name, "The folder.", required: true)] + DataOptions.fields.map { $0.within(\.options) }
    }

    struct DataOptions: ArgumentGroup {
        var auth = "password"
        var user: String?
        var password: String?
        var encoding = "UTF8"
        var locale: String?
        var waldir: String?
        var checksums = false
        var runas: String?
        static let fields: [ArgumentField<Self>] = [
            .field("auth", \.auth, "How those who connect from this host prove who they are."),
            .field("user", \.user, "The name of the superuser."), .field("password", \.password, "The superuser's password."),
            .field("encoding", \.encoding, "The encoding of new databases."), .field("locale", \.locale, "The locale of new databases."),
            .field("waldir", \.waldir, "The folder of the write-ahead log."),
            .field("checksums", \.checksums, "Keep checksums of the data."),
            .field("runas", \.runas, "The account that owns the folder."),
        ]
    }

    private static func prepareData(_ call: CallContext, _ settings: DataSettings) async throws -> Bool {
        try await prepareData(call, settings.name, settings.options)
    }

    static func prepareData(_ call: CallContext, _ name: String, _ options: DataOptions) async throws -> Bool {
        if try await dataExists(call, name: name) { return false }
        guard let program = await PostgresClient.program(call, "initdb") else { throw ExecutionError("initdb executable not found.") }
        let account = options.runas ?? PostgresClient.account(call)
        var words = [
            program, "--pgdata=\(name)", "--username=\(options.user ?? account)", "--auth=\(options.auth)",
            "--encoding=\(options.encoding)",
        ]
        if let locale = options.locale { words.append("--locale=\(locale)") }
        if let folder = options.waldir { words += ["-X", folder] }
        if options.checksums { words.append("--data-checksums") }
        var settings = CommandSettings()
        settings.runas = account
        settings.cleanEnv = true
        settings.env = ["PATH": .string(try await call.host.identity().environment["PATH"] ?? "/usr/bin:/bin")]
        if let seconds = PostgresClient.setting(call, "timeout")?.doubleValue, seconds > 0 { settings.timeout = seconds }
        guard let password = options.password else {
            settings.cmd = .list(words.map { .string($0) })
            return try await settings.run(call, mergesErrors: false).code == 0
        }
        // The program opens the file as its own account, so that it can be no nameless one.
        guard let owner = try await call.host.user(named: account) else { throw ExecutionError("User '\(account)' is not available") }
        let file = "/tmp/.halite-\(UInt64.random(in: .min ... .max))"
        settings.cmd = .list((words + ["--pwfile=\(file)"]).map { .string($0) })
        do {
            try await call.host.write(file, Array(password.utf8), FileAttributes(mode: 0o600, userID: owner.userID, groupID: owner.groupID))
            let code = try await settings.run(call, mergesErrors: false).code
            try await call.host.remove(file)
            return code == 0
        } catch {
            try? await call.host.remove(file)
            throw error
        }
    }

    // MARK: - Clusters

    struct ClusterSettings: ArgumentGroup {
        var version = ""
        var name = "main"
        var options = ClusterOptions()
        static let fields: [ArgumentField<Self>] =
            [.field("version", \.version, "The version.", required: true), .field("name", \.name, "The cluster.")]
            + ClusterOptions.fields.map { $0.within(\.options) }
    }

    struct ClusterOptions: ArgumentGroup {
        var port: Int?
        var locale: String?
        var encoding: String?
        var datadir: String?
        var allowGroupAccess = false
        var dataChecksums = false
        var walSegsize: String?
        static let fields: [ArgumentField<Self>] = [
            .field("port", \.port, "Its port."), .field("locale", \.locale, "The locale of new databases."),
            .field("encoding", \.encoding, "The encoding of new databases."), .field("datadir", \.datadir, "The folder of its data."),
            .field("allow_group_access", \.allowGroupAccess, "The group of the owner may read the data."),
            .field("data_checksums", \.dataChecksums, "Keep checksums of the data."),
            .field("wal_segsize", \.walSegsize, "The size of a segment of the write-ahead log, in megabytes."),
        ]
    }

    private static func tool(_ call: CallContext, _ name: String) async throws -> String {
        guard let program = await call.host.which(name) else {
            throw ExecutionError("'\(call.function)' needs the program \(name), which is not in the path")
        }
        return program
    }

    private static func run(_ call: CallContext, _ words: [String]) async throws -> CommandOutcome {
        var settings = CommandSettings()
        settings.cmd = .list(words.map { .string($0) })
        return try await settings.run(call, mergesErrors: false)
    }

    static func clusters(_ call: CallContext) async throws -> ValueMap {
        let output = try await run(call, [try await tool(call, "pg_lsclusters"), "--no-header"]).output
        return ValueMap(
            PythonLines.split(output).compactMap { line -> (Value, Value)? in
                let words = line.words()
                guard words.count >= 7 else { return nil }
                let cluster: ValueMap = [
                    "port": Int(words[2]).map { .int($0) } ?? .string(words[2]), "status": .string(words[3]), "user": .string(words[4]),
                    "datadir": .string(words[5]), "log": .string(words[6]),
                ]
                return (.string("\(words[0])/\(words[1])"), .map(cluster))
            })
    }

    private static func createCluster(_ call: CallContext, _ settings: ClusterSettings) async throws -> Value {
        let options = settings.options
        var words = [try await tool(call, "pg_createcluster")]
        if let port = options.port, port != 0 { words += ["--port", String(port)] }
        if let locale = options.locale { words += ["--locale", locale] }
        if let encoding = options.encoding { words += ["--encoding", encoding] }
        if let folder = options.datadir { words += ["--datadir", folder] }
        words += [settings.version, settings.name]
        var more: [String] = []
        if options.allowGroupAccess { more.append("--allow-group-access") }
        if options.dataChecksums { more.append("--data-checksums") }
        if let size = options.walSegsize { more += ["--wal-segsize", size] }
        if !more.isEmpty { words += ["--"] + more }
        let outcome = try await run(call, words)
        return outcome.code == 0 ? .map(outcome.map) : false
    }

    private static func removeCluster(_ call: CallContext, version: String, name: String, stop: Bool) async throws -> ValueMap {
        let words = [try await tool(call, "pg_dropcluster")] + (stop ? ["--stop"] : []) + [version, name]
        let outcome = try await run(call, words)
        var result = outcome.map
        if outcome.code == 0 { result["changes"] = .string("Successfully removed cluster \(version)/\(name)") }
        return result
    }

    static func createCluster(_ call: CallContext, version: String, name: String, _ options: ClusterOptions) async throws -> Bool {
        try await createCluster(call, ClusterSettings(version: version, name: name, options: options)).isTruthy
    }

    static func dropCluster(_ call: CallContext, version: String, name: String) async throws -> Bool {
        try await removeCluster(call, version: version, name: name, stop: true)["retcode"] == 0
    }
}
