import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Python's virtual environments.
package struct VirtualenvModule: ExecutionModule {
    package static let name = "virtualenv"
    package static let summary = "Python's virtual environments."

    package static let functions: [Function] = [
        Function("create", "Make a virtualenv and return what its maker says.", CreateSettings.self, example: "halite '*' virtualenv.create /srv/env", body: create)
    ]

    struct CreateSettings: ArgumentGroup {
        var path = ""
        var venvBin: String?
        var systemSitePackages = false
        var clear = false
        var python: String?
        var extraSearchDir: [String] = []
        var neverDownload: Bool?
        var prompt: String?
        var symlinks: Bool?
        var upgrade: Bool?
        var user: String?
        var ignored: Value = .null

        static let fields: [ArgumentField<CreateSettings>] = [
            .field("path", \.path, "The folder.", required: true),
            .field("venv_bin", \.venvBin, "The program that makes it, or venv for Python's own module."),
            .field("system_site_packages", \.systemSitePackages, "With the packages of the system."),
            .field("clear", \.clear, "Empty the folder first."),
            .field("python", \.python, "The interpreter."),
            .field("extra_search_dir", \.extraSearchDir, "Folders of packages."),
            .field("never_download", \.neverDownload, "Without effect where the maker never downloads."),
            .field("prompt", \.prompt, "What the prompt shows."),
            .field("symlinks", \.symlinks, "Link to the interpreter."),
            .field("upgrade", \.upgrade, "For a newer interpreter."),
            .field("user", \.user, "The user to run as."),
            .field("distribute", \.ignored, "Without effect."),
            .field("pip", \.ignored, "Without effect: pip is always there."),
            .field("use_vt", \.ignored, "Without effect."),
            .field("saltenv", \.ignored, "Without effect."),
        ]
    }

    static func create(_ call: CallContext, _ settings: CreateSettings) async throws -> ValueMap {
        let existed = try await call.host.exists(settings.path)
        var command = Command(try await words(call, settings))
        command.user = settings.user
        if let user = settings.user, let home = try await call.host.user(named: user)?.home { command.environment["HOME"] = home }
        let result = try await call.host.run(command)
        call.outcome.returnCode = result.exitCode
        // A half-made environment would count as one the next time.
        if !result.succeeded, !existed { try await call.host.remove(settings.path) }
        return [
            "pid": .int(result.processID), "retcode": .int(result.exitCode), "stdout": .string(result.text), "stderr": .string(result.errorText),
        ]
    }

    private static func words(_ call: CallContext, _ settings: CreateSettings) async throws -> [String] {
        var maker = settings.venvBin ?? call.pillar["venv_bin"]?.stringValue ?? call.services.options["venv_bin"]?.stringValue
        if maker == nil { maker = await call.host.which("virtualenv") != nil ? "virtualenv" : "venv" }
        let program = maker ?? "venv"
        if let python = settings.python, await call.host.which(python) == nil { throw ExecutionError("Cannot find requested python (\(python)).") }
        var words: [String]
        let isPython = try PythonRegex.compile("(?i)(python|pypy)[0-9.]*").matches(Path.name(program), .whole)
        if program == "venv" {
            words = [settings.python ?? "python3", "-m", "venv"]
        } else if isPython {
            if settings.python != nil { throw ExecutionError("Pass the target interpreter either as `venv_bin` or as `python`, not both.") }
            words = [program, "-m", "venv"]
        } else {
            guard await call.host.which(program) != nil else { throw ExecutionError("Could not find a `\(program)` binary") }
            words = [program]
            if let python = settings.python, !python.isEmpty { words.append("--python=\(python)") }
            words += settings.extraSearchDir.map { "--extra-search-dir=\($0)" }
            if settings.neverDownload == false { words.append("--download") }
        }
        if words.contains("venv") {
            if settings.upgrade == true { words.append("--upgrade") }
            if settings.symlinks == true { words.append("--symlinks") }
        }
        if let prompt = settings.prompt, !prompt.isEmpty { words += ["--prompt", prompt] }
        if settings.clear { words.append("--clear") }
        if settings.systemSitePackages { words.append("--system-site-packages") }
        return words + [settings.path]
    }
}
