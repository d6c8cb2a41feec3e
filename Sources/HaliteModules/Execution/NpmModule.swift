import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Packages of Node.js.
package struct NpmModule: ExecutionModule {
    package static let name = "npm"
    package static let summary = "Packages of Node.js."
    package static let requires: Requirement = .command("npm")

    package static let functions: [Function] = [
        Function("install", "Install packages, or what the package in a folder needs.", InstallSettings.self, example: "halite '*' npm.install prettier@3.3.3", body: install),
        Function("uninstall", "Uninstall a package.", .required("pkg", "Its name."), folder, user, variables, body: uninstall),
        Function("list", "Return the installed packages.", .optional("pkg", nil as String?, "Only this one."), folder, user, variables, .optional("depth", nil as Value?, "How deep to look at what they need."), body: list),
        Function("cache_clean", "Clean the cache.", .optional("path", nil as String?, "Only this part of it."), user, variables, .optional("force", false, "What newer releases of npm want to have said."), body: cleanCache),
        Function("cache_list", "List what is in the cache.", .optional("path", nil as String?, "Only this part of it."), user, variables) { (call: CallContext, path: String?, runas: String?, env: Value?) async throws -> String in
            let result = try await run(call, ["cache", "ls"] + (path.map { [$0] } ?? []), folder: nil, runas, env)
            guard result.succeeded || result.errorText.isEmpty else { throw ExecutionError(result.errorText) }
            return result.text
        },
        Function("cache_path", "Return the folder of the cache.", user, variables) { (call: CallContext, runas: String?, env: Value?) async throws -> String in
            let result = try await run(call, ["config", "get", "cache"], folder: nil, runas, env)
            return result.text.isEmpty ? result.errorText : result.text
        },
    ]

    private static let folder: Parameter<String?> = .optional("dir", nil, "The folder of the packages; without one they are the host's.")
    private static let user: Parameter<String?> = .optional("runas", nil, "The user to run as.")
    private static let variables: Parameter<Value?> = .optional("env", nil, "Variables to set.")

    struct InstallSettings: ArgumentGroup {
        var pkg: String?
        var pkgs: [String] = []
        var dir: String?
        var runas: String?
        var registry: String?
        var env: Value = .null
        var dryRun = false
        var silent = true

        static let fields: [ArgumentField<InstallSettings>] = [
            .field("pkg", \.pkg, "A package, as npm takes it; with a version after an @."), .field("pkgs", \.pkgs, "Several of them."),
            .field("dir", \.dir, "The folder to install in; without one they are the host's."), .field("runas", \.runas, "The user to run as."),
            .field("registry", \.registry, "Where packages come from."), .field("env", \.env, "Variables to set."),
            .field("dry_run", \.dryRun, "Only tell what would be done."), .field("silent", \.silent, "Without npm's own remarks."),
        ]
    }

    // MARK: - Running npm

    private static func run(_ call: CallContext, _ words: [String], folder: String?, _ runas: String?, _ env: Value?) async throws -> CommandResult {
        var command = Command(["npm"] + words)
        command.workingDirectory = folder
        command.user = runas
        for map in env?.listValue ?? [env ?? .null] {
            for (key, value) in map.mapValue ?? [:] { command.environment[key.pythonString] = value.pythonString }
        }
        if let runas, let id = try await call.host.user(named: runas)?.userID, id != 0 {
            command.environment["SUDO_UID"] = String(id)
            command.environment["SUDO_USER"] = ""
        }
        return try await call.host.run(command)
    }

    private static func install(_ call: CallContext, _ settings: InstallSettings) async throws -> Value {
        func given(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
        var words = ["install", "--json"]
        if settings.silent { words.append("--silent") }
        let folder = given(settings.dir)
        if folder == nil { words.append("--global") }
        if let registry = given(settings.registry) { words.append("--registry=\(registry)") }
        if settings.dryRun { words.append("--dry-run") }
        words += given(settings.pkg).map { [$0] } ?? settings.pkgs
        let result = try await run(call, words, folder: folder ?? "/tmp", settings.runas, settings.env)
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        let text = result.text.isEmpty ? result.errorText : result.text
        return json(in: text) ?? .string(text)
    }

    /// The data that a text ends with.
    private static func json(in text: String) -> Value? {
        let lines = PythonLines.split(text)
        for index in lines.indices {
            let first = lines[index].stripped().first
            guard first == "{" || first == "[" || index == lines.count - 1 else { continue }
            if let value = try? Value(json: Array(lines[index...].joined(separator: "\n").utf8)), value.isTruthy { return value }
        }
        return nil
    }

    private static func uninstall(_ call: CallContext, package: String, folder: String?, runas: String?, env: Value?) async throws -> Bool {
        let isGlobal = folder?.isEmpty ?? true
        return try await run(call, ["uninstall", package] + (isGlobal ? ["--global"] : []), folder: isGlobal ? nil : folder, runas, env).succeeded
    }

    private static func list(
        _ call: CallContext, package: String?, folder: String?, runas: String?, env: Value?, depth: Value?
    ) async throws -> Value {
        let isGlobal = folder?.isEmpty ?? true
        var words = ["list", "--json", "--silent"] + (isGlobal ? ["--global"] : [])
        switch depth {
        case nil, .null?: break
        case .int(let number)?: words.append("--depth=\(number)")
        case .float(let number)?: words.append("--depth=\(Int(number))")
        case let other?: throw ExecutionError("Error: depth \(other.pythonString) must be a number")
        }
        if let package, !package.isEmpty { words.append(package) }
        let result = try await run(call, words, folder: isGlobal ? nil : folder, runas, env)
        guard result.succeeded || result.errorText.isEmpty else { throw ExecutionError(result.errorText) }
        return try Value(json: Array(result.text.utf8))["dependencies"] ?? [:]
    }

    private static func cleanCache(_ call: CallContext, path: String?, runas: String?, env: Value?, force: Bool) async throws -> Bool {
        try await run(call, ["cache", "clean"] + (path.map { [$0] } ?? []) + (force ? ["--force"] : []), folder: nil, runas, env).succeeded
    }
}
