import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Python's virtual environments with what is installed in them.
package struct VirtualenvState: StateModule {
    package static let name = "virtualenv"
    package static let summary = "Python's virtual environments with what is installed in them."

    package static let functions: [StateFunction] = [
        StateFunction("managed", "A virtualenv is there, with its packages.", Settings.self, body: managed),
        StateFunction("manage", "A virtualenv is there, with its packages.", Settings.self, body: managed),
    ]

    struct Settings: ArgumentGroup {
        var create = VirtualenvModule.CreateSettings()
        var install = PipModule.InstallSettings()
        var ignored: Value = .null

        static let fields: [ArgumentField<Settings>] = [
            .field("venv_bin", \.create.venvBin, "The program that makes it, or venv for Python's own module."),
            .field("requirements", \.install.requirements, "Files of packages; salt:// too."),
            .field("system_site_packages", \.create.systemSitePackages, "With the packages of the system."),
            .field("distribute", \.ignored, "Without effect."),
            .field("use_wheel", \.ignored, "Without effect."),
            .field("clear", \.create.clear, "Make it anew."),
            .field("python", \.create.python, "The interpreter."),
            .field("extra_search_dir", \.create.extraSearchDir, "Folders of packages."),
            .field("never_download", \.create.neverDownload, "Without effect where the maker never downloads."),
            .field("prompt", \.create.prompt, "What the prompt shows."),
            .field("user", \.create.user, "The user to run as."),
            .field("cwd", \.install.cwd, "The working directory of pip."),
            .field("index_url", \.install.indexURL, "The index to take packages from."),
            .field("extra_index_url", \.install.extraIndexURL, "Further indexes."),
            .field("pre_releases", \.install.preReleases, "Also versions before a release."),
            .field("no_deps", \.install.noDeps, "Without what packages need."),
            .field("pip_exists_action", \.install.existsAction, "What pip does when a path exists."),
            .field("pip_ignore_installed", \.install.ignoreInstalled, "Install over what is installed."),
            .field("proxy", \.install.proxy, "The proxy."),
            .field("env_vars", \.install.envVars, "Variables for pip."),
            .field("pip_upgrade", \.install.upgrade, "Install the newest versions."),
            .field("pip_pkgs", \.install.pkgs, "Packages."),
            .field("pip_no_cache_dir", \.install.noCacheDir, "Without a cache."),
            .field("pip_cache_dir", \.install.cacheDir, "The folder of the cache."),
            .field("no_binary", \.install.noBinary, "Packages to build."),
            .field("use_vt", \.ignored, "Without effect."),
            .field("no_use_wheel", \.ignored, "Without effect."),
            .field("pip_download", \.ignored, "Without effect."),
            .field("pip_download_cache", \.ignored, "Without effect."),
            .field("process_dependency_links", \.ignored, "Without effect."),
        ]
    }

    private static func managed(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let host = state.call.host
        let python = Path.join(state.name, "bin", "python")
        let exists = try await host.status(python) != nil
        let clear = settings.create.clear
        return try await state.either(would: {
            if exists, !clear { return state.unchanged("Virtualenv \(state.name) is already created") }
            return StateResult(
                name: state.name, result: nil, comment: "Virtualenv \(state.name) is set to be \(exists ? "cleared" : "created")")
        }, do: {
            var result = state.unchanged("virtualenv exists")
            do {
                if exists, clear {
                    result.changes["cleared_packages"] = try await PythonEnvironment(call: state.call, binEnv: state.name).freeze().value
                    result.changes["old"] = .string(try await version(python, state.call))
                }
                if !exists || clear {
                    var create = settings.create
                    create.path = state.name
                    let outcome = try await VirtualenvModule.create(state.call, create)
                    guard outcome["retcode"] == 0 else {
                        return state.failed((outcome["stdout"]?.pythonString ?? "") + (outcome["stderr"]?.pythonString ?? ""))
                    }
                    result.changes["new"] = .string(try await version(python, state.call))
                    result.comment = clear ? "Cleared existing virtualenv" : "Created new virtualenv"
                }
                try await install(state, settings, &result)
            } catch let error as ExecutionError {
                return state.failed(exists ? "\(error)" : "Failed to create virtualenv: \(error)", changes: result.changes)
            }
            return result
        })
    }

    /// Python 2 tells its version on standard error, Salt reads that alone; newer ones tell it on standard output.
    private static func version(_ python: String, _ call: CallContext) async throws -> String {
        try await call.host.run(python, "-V").errorText
    }

    private static func install(_ state: StateContext, _ settings: Settings, _ result: inout StateResult) async throws {
        if settings.install.requirements.isEmpty, settings.install.pkgs.isEmpty { return }
        let environment = PythonEnvironment(call: state.call, binEnv: state.name, user: settings.create.user)
        let before = Set(try await environment.freeze())
        var install = settings.install
        (install.binEnv, install.user) = (state.name, settings.create.user)
        let outcome = try await PipModule.install(state.call, install)
        if outcome["retcode"] != 0 {
            result.result = false
            result.comment += "\n\(outcome["stdout"]?.pythonString ?? outcome["comment"]?.pythonString ?? "")\n\(outcome["stderr"]?.pythonString ?? "")"
        }
        let after = Set(try await environment.freeze())
        let new = after.subtracting(before).sorted()
        let old = before.subtracting(after).sorted()
        if !new.isEmpty || !old.isEmpty { result.changes["packages"] = ["new": new.isEmpty ? "" : new.value, "old": old.isEmpty ? "" : old.value] }
    }
}
