import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Python packages, through pip.
package struct PipModule: ExecutionModule {
    package static let name = "pip"
    package static let summary = "Python packages, through pip."

    package static let functions: [Function] = [
        Function("install", "Install packages and return what pip says.", InstallSettings.self, example: "halite '*' pip.install zope.interface bin_env=/srv/env", body: install),
        Function("uninstall", "Remove packages and return what pip says.", .optional("pkgs", [String](), "Packages."), .optional("requirements", nil as String?, "A file of packages."), .optional("bin_env", nil as String?, "A virtualenv or a pip program."), .keywords("kwargs", "user, cwd."), body: uninstall),
        Function("list", "Return the packages with their versions.", .optional("prefix", nil as String?, "Only names that begin so."), .optional("bin_env", nil as String?, "A virtualenv or a pip program."), .optional("user", nil as String?, "The user to run as."), .optional("cwd", nil as String?, "The working directory."), .keywords("kwargs", "env_vars."), body: list),
        Function("freeze", "Return the packages as requirements.", .optional("bin_env", nil as String?, "A virtualenv or a pip program."), .optional("user", nil as String?, "The user to run as."), .optional("cwd", nil as String?, "The working directory."), .keywords("kwargs", "env_vars."), body: freeze),
        Function("version", "Return pip's version.", .optional("bin_env", nil as String?, "A virtualenv or a pip program."), .optional("cwd", nil as String?, "The working directory."), .optional("user", nil as String?, "The user to run as."), body: version),
        Function("list_upgrades", "Return the packages that could be upgraded.", .optional("bin_env", nil as String?, "A virtualenv or a pip program."), .optional("user", nil as String?, "The user to run as."), .optional("cwd", nil as String?, "The working directory."), body: upgrades),
        Function("is_installed", "Tell whether a package is installed.", .required("pkgname", "The package."), .optional("bin_env", nil as String?, "A virtualenv or a pip program."), .optional("user", nil as String?, "The user to run as."), .optional("cwd", nil as String?, "The working directory."), body: isInstalled),
        Function("normalize", "Return a name as packages are compared.", .required("name", "The name."), body: { (_: CallContext, name: String) async throws -> String in PythonEnvironment.normalise(name) }),
    ]

    struct InstallSettings: ArgumentGroup {
        var pkgs: [String] = []
        var requirements: [String] = []
        var binEnv: String?
        var editable: [String] = []
        var upgrade = false
        var forceReinstall = false
        var ignoreInstalled = false
        var noDeps = false
        var preReleases = false
        var indexURL: String?
        var extraIndexURL: [String] = []
        var noIndex = false
        var findLinks: [String] = []
        var trustedHost: [String] = []
        var proxy: String?
        var timeout: Int?
        var target: String?
        var existsAction: String?
        var noCacheDir = false
        var cacheDir: String?
        var noBinary: [String] = []
        var cert: String?
        var installOptions: [String] = []
        var globalOptions: [String] = []
        var extraArgs: [Value] = []
        var user: String?
        var cwd: String?
        var envVars: ValueMap = [:]
        var disableVersionCheck = false
        var saltenv: String?
        var ignored: Value = .null

        static let fields: [ArgumentField<InstallSettings>] = [
            .field("pkgs", \.pkgs, "Packages, a list or a text with commas."),
            .field("requirements", \.requirements, "Files of packages; salt:// too."),
            .field("bin_env", \.binEnv, "A virtualenv or a pip program."),
            .field("editable", \.editable, "Sources to install in place."),
            .field("upgrade", \.upgrade, "Install the newest versions."),
            .field("force_reinstall", \.forceReinstall, "Install again what is installed."),
            .field("ignore_installed", \.ignoreInstalled, "Install over what is installed."),
            .field("no_deps", \.noDeps, "Without what they need."),
            .field("pre_releases", \.preReleases, "Also versions before a release."),
            .field("index_url", \.indexURL, "The index to take them from."),
            .field("extra_index_url", \.extraIndexURL, "Further indexes."),
            .field("no_index", \.noIndex, "Without an index."),
            .field("find_links", \.findLinks, "Places to look for packages."),
            .field("trusted_host", \.trustedHost, "Hosts whose certificates do not matter."),
            .field("proxy", \.proxy, "The proxy."),
            .field("timeout", \.timeout, "Seconds for a connection."),
            .field("target", \.target, "The folder to install into."),
            .field("exists_action", \.existsAction, "What to do when a path exists."),
            .field("no_cache_dir", \.noCacheDir, "Without a cache."),
            .field("cache_dir", \.cacheDir, "The folder of the cache."),
            .field("no_binary", \.noBinary, "Packages to build."),
            .field("cert", \.cert, "The certificates to trust."),
            .field("install_options", \.installOptions, "Options for building."),
            .field("global_options", \.globalOptions, "Options for building."),
            .field("extra_args", \.extraArgs, "Further arguments of pip."),
            .field("user", \.user, "The user to run as."),
            .field("cwd", \.cwd, "The working directory."),
            .field("env_vars", \.envVars, "Variables to set."),
            .field("disable_version_check", \.disableVersionCheck, "Do not look for a newer pip."),
            .field("saltenv", \.saltenv, "The environment of salt:// files."),
            .field("use_wheel", \.ignored, "Without effect."),
            .field("no_use_wheel", \.ignored, "Without effect."),
            .field("log", \.ignored, "Without effect."),
            .field("use_vt", \.ignored, "Without effect."),
            .field("process_dependency_links", \.ignored, "Without effect."),
            .field("download", \.ignored, "Without effect."),
            .field("download_cache", \.ignored, "Without effect."),
            .field("source", \.ignored, "Without effect."),
            .field("build", \.ignored, "Without effect."),
        ]
    }

    static func install(_ call: CallContext, _ settings: InstallSettings) async throws -> ValueMap {
        let environment = PythonEnvironment(
            call: call, binEnv: settings.binEnv, user: settings.user, cwd: settings.cwd, variables: settings.envVars)
        var words = ["install"] + options(settings)
        var temporary: [String] = []
        for requirement in settings.requirements.flatMap({ $0.parts(",") }) {
            var path = requirement
            if SourceReader.isSalt(requirement) {
                let reader = SourceReader(call: call, saltenv: settings.saltenv ?? call.saltenv)
                guard let content = try await reader.content(requirement) else {
                    return ["result": false, "comment": .string("Failed to cache the requirements file \(requirement)"), "retcode": 1]
                }
                path = TemporaryName.make("requirements", suffix: ".txt")
                try await call.host.write(path, content.bytes, FileAttributes(mode: 0o644))
                temporary.append(path)
            }
            words += ["--requirement", path]
        }
        words += settings.pkgs.flatMap { $0.contains("://") ? [$0] : $0.parts(",") }.map { $0.split(separator: ";").joined(separator: ",") }
        for source in settings.editable.flatMap({ $0.parts(",") }) { words += ["--editable", source] }
        let result = try await environment.run(words)
        for path in temporary { try await call.host.remove(path) }
        return outcome(result)
    }

    private static func outcome(_ result: CommandResult) -> ValueMap {
        ["pid": .int(result.processID), "retcode": .int(result.exitCode), "stdout": .string(result.text), "stderr": .string(result.errorText)]
    }

    private static func options(_ settings: InstallSettings) -> [String] {
        var words: [String] = []
        func flag(_ isSet: Bool, _ word: String) { if isSet { words.append(word) } }
        func option(_ word: String, _ values: [String]) { for value in values { words += [word, value] } }
        flag(settings.disableVersionCheck, "--disable-pip-version-check")
        option("--proxy", [settings.proxy].compactMap { $0 })
        option("--timeout", [settings.timeout.map { String($0) }].compactMap { $0 })
        option("--find-links", settings.findLinks)
        option("--index-url", [settings.indexURL].compactMap { $0 })
        option("--extra-index-url", settings.extraIndexURL)
        flag(settings.noIndex, "--no-index")
        option("--trusted-host", settings.trustedHost)
        option("--target", [settings.target].compactMap { $0 })
        flag(settings.upgrade, "--upgrade")
        flag(settings.forceReinstall, "--force-reinstall")
        flag(settings.ignoreInstalled, "--ignore-installed")
        option("--exists-action", [settings.existsAction].compactMap { $0 })
        flag(settings.noDeps, "--no-deps")
        flag(settings.noCacheDir, "--no-cache-dir")
        option("--cache-dir", [settings.cacheDir].compactMap { $0 })
        flag(settings.preReleases, "--pre")
        option("--cert", [settings.cert].compactMap { $0 })
        option("--no-binary", settings.noBinary.isEmpty ? [] : [settings.noBinary.joined(separator: ",")])
        option("--install-option", settings.installOptions)
        option("--global-option", settings.globalOptions)
        for argument in settings.extraArgs {
            if case .map(let map) = argument {
                for (key, value) in map { words += [key.pythonString, value.pythonString] }
            } else {
                words.append(argument.pythonString)
            }
        }
        return words
    }

    static func uninstall(_ call: CallContext, pkgs: [String], requirements: String?, binEnv: String?, options: ValueMap) async throws -> ValueMap {
        var words = ["uninstall", "-y"]
        if let requirements { words += ["--requirement", requirements] }
        words += pkgs.flatMap { $0.parts(",") }
        let environment = PythonEnvironment(call: call, binEnv: binEnv, user: options["user"]?.stringValue, cwd: options["cwd"]?.stringValue)
        return outcome(try await environment.run(words))
    }

    private static func list(
        _ call: CallContext, prefix: String?, binEnv: String?, user: String?, cwd: String?, options: ValueMap
    ) async throws -> ValueMap {
        let environment = PythonEnvironment(call: call, binEnv: binEnv, user: user, cwd: cwd, variables: options["env_vars"]?.mapValue ?? [:])
        let wanted = prefix.map { PythonEnvironment.normalise($0) } ?? ""
        return ValueMap(try await environment.packages().filter { $0.name.hasPrefix(wanted) }.map { (.string($0.name), .string($0.version)) })
    }

    private static func freeze(_ call: CallContext, binEnv: String?, user: String?, cwd: String?, options: ValueMap) async throws -> [String] {
        try await PythonEnvironment(call: call, binEnv: binEnv, user: user, cwd: cwd).freeze()
    }

    private static func version(_ call: CallContext, binEnv: String?, cwd: String?, user: String?) async throws -> String {
        try await PythonEnvironment(call: call, binEnv: binEnv, user: user, cwd: cwd).version()
    }

    private static func upgrades(_ call: CallContext, binEnv: String?, user: String?, cwd: String?) async throws -> ValueMap {
        let result = try await PythonEnvironment(call: call, binEnv: binEnv, user: user, cwd: cwd).run(["list", "--outdated", "--format=json"])
        guard result.succeeded, let list = try? Value(jsonText: result.text).listValue else { throw ExecutionError(result.errorText) }
        return ValueMap(list.compactMap { entry in
            guard let name = entry["name"], let version = entry["latest_version"]?.stringValue else { return nil }
            return (name, .string("\(version) [\(entry["latest_filetype"]?.pythonString ?? "")]"))
        })
    }

    private static func isInstalled(_ call: CallContext, name: String, binEnv: String?, user: String?, cwd: String?) async throws -> Bool {
        let wanted = PythonEnvironment.normalise(name)
        return try await PythonEnvironment(call: call, binEnv: binEnv, user: user, cwd: cwd).packages().contains { $0.name == wanted }
    }
}
