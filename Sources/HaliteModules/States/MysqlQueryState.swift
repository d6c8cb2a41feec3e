import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Statements that are run on a MySQL or MariaDB server.
package struct MysqlQueryState: StateModule {
    package static let name = "mysql_query"
    package static let summary = "Statements that are run on a MySQL or MariaDB server."
    package static let requires = MysqlModule.requires

    package static let functions: [StateFunction] = [
        StateFunction(
            "run", "Run a statement, and keep its rows in a file or a grain.", RunSettings.self,
            body: { state, settings in
                try await execute(state, settings.options, missing: state.name) { client, database in
                    try await MysqlModule.query(client, database, settings.query)
                }
            }),
        StateFunction(
            "run_file", "Run the statements of a file, and keep their rows in a file or a grain.", FileSettings.self, body: runFile),
    ]

    struct Options: ArgumentGroup {
        var database = ""
        var output: String?
        var grain: String?
        var key: String?
        var overwrite = true
        var checkDatabase = true
        var login = MySQLLogin()

        static let first: [ArgumentField<Options>] = [.field("database", \.database, "The database.", required: true)]
        static let rest: [ArgumentField<Options>] =
            [
                .field("output", \.output, "A file for the rows, or the word grain."), .field("grain", \.grain, "The grain for the rows."),
                .field("key", \.key, "A key within the grain."), .field("overwrite", \.overwrite, "Run it also when there is a result."),
                .field("check_db_exists", \.checkDatabase, "Look for the database first."),
            ] + MySQLLogin.fields.map { $0.within(\.login) }
        static let fields = first + rest
    }

    struct RunSettings: ArgumentGroup {
        var query = ""
        var options = Options()
        static let fields: [ArgumentField<RunSettings>] =
            Options.first.map { $0.within(\.options) } + [.field("query", \.query, "The statement.", required: true)]
            + Options.rest.map { $0.within(\.options) }
    }

    struct FileSettings: ArgumentGroup {
        var file = ""
        var saltenv: String?
        var options = Options()
        static let fields: [ArgumentField<FileSettings>] =
            Options.first.map { $0.within(\.options) } + [
                .field("query_file", \.file, "A path or a URL.", required: true),
                .field("saltenv", \.saltenv, "The environment of a salt:// URL."),
            ] + Options.rest.map { $0.within(\.options) }
    }

    private static func runFile(_ state: StateContext, _ settings: FileSettings) async throws -> StateResult {
        var path = settings.file
        if ["http://", "https://", "salt://", "s3://", "swift://"].contains(where: { path.hasPrefix($0) }) {
            let cached = try await state.call.call(
                "cp.cache_file", .string(path), keywords: settings.saltenv.map { ["saltenv": .string($0)] } ?? [:])
            path = cached.stringValue ?? path
        }
        guard try await state.call.host.exists(path) else { return state.failed("File \(path) does not exist") }
        let file = path
        return try await execute(state, settings.options, missing: settings.options.database) { client, database in
            try await MysqlModule.fileQuery(client, database, file)
        }
    }

    private static func execute(
        _ state: StateContext, _ options: Options, missing: String, query: (MySQLClient, String) async throws -> Value
    ) async throws -> StateResult {
        let client = options.login.client(state)
        if !options.login.clientFlags.isNull, options.login.clientFlags.listValue == nil {
            return state.failed("Error: client_flags must be a list.")
        }
        if options.checkDatabase, try await !client.hasDatabase(options.database) {
            return client.takeError().map { state.failed($0) } ?? state.planned("Database \(missing) is not present")
        }
        let place: Place
        switch Place.find(options) {
        case .success(let found): place = found
        case .failure(let complaint): return state.failed(complaint.text)
        }
        if !options.overwrite, let there = try await place.existing(state.call) {
            return state.unchanged("No execution needed. \(there) already set")
        }
        return try await state.either(
            would: { state.planned("Query would execute, \(place.plan)") },
            do: {
                guard var result = try await query(client, options.database).mapValue, !result.isEmpty else {
                    return state.failed(client.takeError() ?? "The query failed")
                }
                let columns = result["columns"]?.listValue ?? []
                if let rows = result["results"]?.listValue {
                    result["results"] = .list(rows.map { row in .map(ValueMap(zip(columns, row.listValue ?? []).map { ($0, $1) })) })
                }
                try await place.keep(result, state.call)
                return StateResult(
                    name: state.name, result: true, comment: text(result), changes: ["query": .string("Executed" + place.suffix)])
            })
    }

    /// As Python writes it, with the columns of one statement as a tuple.
    private static func text(_ result: ValueMap) -> String {
        let parts = result.map { key, value in
            var written = value.pythonRepr
            if key == "columns", let columns = value.listValue, columns.allSatisfy({ $0.stringValue != nil }) {
                written = "(" + columns.map(\.pythonRepr).joined(separator: ", ") + (columns.count == 1 ? ",)" : ")")
            }
            return "\(key.pythonRepr): \(written)"
        }
        return "{" + parts.joined(separator: ", ") + "}"
    }

    struct Complaint: Error { let text: String }

    /// Where the rows go.
    private enum Place {
        case nowhere
        case file(String)
        case grain(String, key: String?)

        static func find(_ options: Options) -> Result<Place, Complaint> {
            guard let output = options.output else { return .success(.nowhere) }
            guard output == "grain" else { return .success(.file(output)) }
            guard let grain = options.grain else {
                return .failure(Complaint(text: "Error: output type 'grain' needs the grain parameter\n"))
            }
            return .success(.grain(grain, key: options.key))
        }

        var name: String {
            switch self {
            case .nowhere: ""
            case .file(let path): path
            case .grain(let grain, let key): grain + (key.map { ":" + $0 } ?? "")
            }
        }

        var plan: String {
            switch self {
            case .nowhere: "not storing result"
            case .file: "storing result in file: \(name)"
            case .grain: "storing result in grain: \(name)"
            }
        }

        var suffix: String {
            switch self {
            case .nowhere: ""
            case .file: ". Output into \(name)"
            case .grain: ". Output into grain: \(name)"
            }
        }

        /// What is there already, in words.
        func existing(_ call: CallContext) async throws -> String? {
            switch self {
            case .nowhere: return nil
            case .file(let path): return try await call.host.isFile(path) ? "File \(path)" : nil
            case .grain(let grain, let key):
                guard let value = call.grains[grain] else { return nil }
                guard let key else { return "Grain \(grain)" }
                return value[key] != nil ? "Grain \(grain):\(key)" : nil
            }
        }

        func keep(_ result: ValueMap, _ call: CallContext) async throws {
            switch self {
            case .nowhere: return
            case .grain(let grain, nil): _ = try await call.call("grains.setval", .string(grain), .map(result))
            case .grain(let grain, let key?):
                var value = call.grains[grain]?.mapValue ?? [:]
                value[.string(key)] = .map(result)
                _ = try await call.call("grains.setval", .string(grain), .map(value))
            case .file(let path):
                let rows = result["results"]?.listValue?.compactMap(\.mapValue) ?? [result]
                let lines = rows.flatMap { row in row.map { "\($0.key.pythonString):\($0.value.pythonString)\n" } }
                try await call.host.write(path, Array(lines.joined().utf8), FileAttributes())
            }
        }
    }
}
