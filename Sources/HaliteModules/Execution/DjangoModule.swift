import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Sites of Django, through its own administration program.
package struct DjangoModule: ExecutionModule {
    package static let name = "django"
    package static let summary = "Sites of Django, through its own administration program."

    package static let functions: [Function] = [
        Function(
            "command", "Run a management command.", settings, .required("command", "The command."), environment, path, variables, user,
            .rest("args", "Options without a value, without their dashes."), .keywords("kwargs", "Options with their values."),
            example: "halite '*' django.command mysite.settings check"
        ) { (call: CallContext, module: String, command: String, bin: String?, path: String?, env: Value?, runas: String?, flags: [Value], options: ValueMap) async throws -> String in
            let pairs = options.filter { !$0.key.pythonString.hasPrefix("__") }.map { "--\($0.key.pythonString)=\($0.value.pythonString)" }
            return try await run(call, Site(module, bin, path, env, runas), command.words(), flags.map { "--\($0.pythonString)" } + pairs)
        },
        Function(
            "syncdb", "Make the tables of a site, for Django before 1.9.", settings, environment, .optional("migrate", false, "Run migrations too."), database, path,
            variables, noInput, user
        ) { (call: CallContext, module: String, bin: String?, migrate: Bool, database: String?, path: String?, env: Value?, noInput: Bool, runas: String?) async throws -> String in
            let flags = (migrate ? ["--migrate"] : []) + (noInput ? ["--noinput"] : [])
            return try await run(call, Site(module, bin, path, env, runas), ["syncdb"], flags + option("database", database))
        },
        Function(
            "migrate", "Run the migrations of a site.", settings, .optional("app_label", nil as String?, "Those of this application."),
            .optional("migration_name", nil as String?, "Up to this one."), environment, database, path, variables, noInput, user
        ) { (call: CallContext, module: String, app: String?, name: String?, bin: String?, database: String?, path: String?, env: Value?, noInput: Bool, runas: String?) async throws -> String in
            let words = [app, app?.isEmpty == false ? name : nil].compactMap { $0 }.filter { !$0.isEmpty }
            return try await run(call, Site(module, bin, path, env, runas), ["migrate"] + words, (noInput ? ["--noinput"] : []) + option("database", database))
        },
        Function(
            "createsuperuser", "Make an administrator without a password.", settings, .required("username", "Its name."), .required("email", "Its address."),
            environment, database, path, variables, user
        ) { (call: CallContext, module: String, name: String, email: String, bin: String?, database: String?, path: String?, env: Value?, runas: String?) async throws -> String in
            let options = ["--noinput", "--email=\(email)", "--username=\(name)"] + option("database", database)
            return try await run(call, Site(module, bin, path, env, runas), ["createsuperuser"], options)
        },
        Function(
            "loaddata", "Load fixtures.", settings, .required("fixtures", "Their names, with commas between."), environment, database, path, variables
        ) { (call: CallContext, module: String, fixtures: String, bin: String?, database: String?, path: String?, env: Value?) async throws -> String in
            let words = fixtures.parts(",").flatMap { $0.words() }
            return try await run(call, Site(module, bin, path, env, nil), ["loaddata"] + words, option("database", database))
        },
        Function("collectstatic", "Collect the static files of a site's applications.", StaticSettings.self, body: collect),
    ]

    private static let settings: Parameter<String> = .required("settings_module", "The module of the site's settings, such as mysite.settings.")
    private static let environment: Parameter<String?> = .optional("bin_env", nil, "The virtual environment, or the program itself.")
    private static let path: Parameter<String?> = .optional("pythonpath", nil, "A folder to import from.")
    private static let variables: Parameter<Value?> = .optional("env", nil, "Variables to set.")
    private static let user: Parameter<String?> = .optional("runas", nil, "The user to run as.")
    private static let database: Parameter<String?> = .optional("database", nil, "The database.")
    private static let noInput: Parameter<Bool> = .optional("noinput", true, "Ask nothing.")

    struct StaticSettings: ArgumentGroup {
        var settingsModule = ""
        var binEnv: String?
        var noPostProcess = false
        var ignore: String?
        var dryRun = false
        var clear = false
        var link = false
        var noDefaultIgnore = false
        var pythonpath: String?
        var env: Value = .null
        var runas: String?

        static let fields: [ArgumentField<StaticSettings>] = [
            .field("settings_module", \.settingsModule, "The module of the site's settings, such as mysite.settings.", required: true),
            .field("bin_env", \.binEnv, "The virtual environment, or the program itself."),
            .field("no_post_process", \.noPostProcess, "Leave the files as they are."), .field("ignore", \.ignore, "A pattern of files to leave out."),
            .field("dry_run", \.dryRun, "Only tell what would be done."), .field("clear", \.clear, "Empty the folder first."),
            .field("link", \.link, "Link to the files instead of copying them."),
            .field("no_default_ignore", \.noDefaultIgnore, "Take what is usually left out too."),
            .field("pythonpath", \.pythonpath, "A folder to import from."), .field("env", \.env, "Variables to set."),
            .field("runas", \.runas, "The user to run as."),
        ]
    }

    /// What all commands are told.
    private struct Site {
        let module: String
        let bin: String?
        let path: String?
        let env: Value?
        let runas: String?

        init(_ module: String, _ bin: String?, _ path: String?, _ env: Value?, _ runas: String?) {
            (self.module, self.bin, self.path, self.env, self.runas) = (module, bin, path, env, runas)
        }
    }

    private static func option(_ name: String, _ value: String?) -> [String] {
        value.map { $0.isEmpty ? [] : ["--\(name)=\($0)"] } ?? []
    }

    private static func program(_ call: CallContext, _ bin: String?) async throws -> String {
        guard let bin, !bin.isEmpty else {
            for name in ["django-admin.py", "django-admin"] where await call.host.which(name) != nil { return name }
            throw ExecutionError("django-admin or django-admin.py not found on PATH")
        }
        let path = Path.join(bin, "bin", "django-admin.py")
        return try await call.host.exists(path) ? path : bin
    }

    private static func run(_ call: CallContext, _ site: Site, _ words: [String], _ options: [String]) async throws -> String {
        var command = Command([try await program(call, site.bin)] + words + ["--settings=\(site.module)"] + option("pythonpath", site.path) + options)
        command.user = site.runas ?? call.runas
        command.mergesErrors = true
        for map in site.env?.listValue ?? [site.env ?? .null] {
            for (key, value) in map.mapValue ?? [:] { command.environment[key.pythonString] = value.pythonString }
        }
        let result = try await call.host.run(command)
        call.outcome.returnCode = result.exitCode
        return result.text
    }

    private static func collect(_ call: CallContext, _ settings: StaticSettings) async throws -> String {
        let flags = [
            ("no-post-process", settings.noPostProcess), ("dry-run", settings.dryRun), ("clear", settings.clear), ("link", settings.link),
            ("no-default-ignore", settings.noDefaultIgnore),
        ]
        let options = ["--noinput"] + flags.filter(\.1).map { "--\($0.0)" } + option("ignore", settings.ignore)
        let site = Site(settings.settingsModule, settings.binEnv, settings.pythonpath, settings.env, settings.runas)
        return try await run(call, site, ["collectstatic"], options)
    }
}
