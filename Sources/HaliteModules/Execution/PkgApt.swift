import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Packages of Debian and its relatives, through apt and dpkg.
package struct PkgApt: ExecutionModule {
    package static let name = "pkg"
    package static let summary = "Packages of Debian and its relatives, through apt and dpkg."
    package static let requires: Requirement = .osFamily("Debian")

    package static let functions: [Function] = changing + looking + repositories + AptKeys.functions

    private static let changing: [Function] = [
        Function("install", "Install packages and return what changed.", InstallSettings.self, example: "halite '*' pkg.install nginx", body: install),
        Function("remove", "Remove packages and return what changed.", .optional("name", nil as String?, "A package, or several with commas."), .optional("pkgs", [Value](), "Packages."), .keywords("kwargs", "env, and others that are ignored.")) { try await uninstall($0, "remove", $1, $2, $3) },
        Function("purge", "Remove packages with their configuration and return what changed.", .optional("name", nil as String?, "A package, or several with commas."), .optional("pkgs", [Value](), "Packages."), .keywords("kwargs", "env, and others that are ignored.")) { try await uninstall($0, "purge", $1, $2, $3) },
        Function("autoremove", "Remove packages that nothing needs any more.", .optional("list_only", false, "Only name them."), .optional("purge", false, "With their configuration."), body: autoremove),
        Function("upgrade", "Upgrade all packages and return what changed.", .optional("refresh", true, "Fetch the lists first."), .optional("dist_upgrade", false, "Also install and remove others."), .keywords("kwargs", "cache_valid_time, force_conf_new, force_yes, skip_verify, downloadonly, allow_downgrades."), body: upgrade),
        Function("refresh_db", "Fetch the lists of packages.", .optional("cache_valid_time", 0, "Seconds for which those at hand will do."), .optional("failhard", false, "Fail when one repository does."), .keywords("kwargs", "timeout: seconds."), body: refreshDatabase),
        Function("hold", "Keep packages at their version.", .optional("name", nil as String?, "A package."), .optional("pkgs", nil as [Value]?, "Packages."), .optional("sources", nil as [Value]?, "Packages with the place of their file."), .keywords("kwargs", "Ignored.")) { call, name, pkgs, sources, _ in try await setHold(call, name, pkgs, sources, hold: true) },
        Function("unhold", "Let packages be upgraded again.", .optional("name", nil as String?, "A package."), .optional("pkgs", nil as [Value]?, "Packages."), .optional("sources", nil as [Value]?, "Packages with the place of their file."), .keywords("kwargs", "Ignored.")) { call, name, pkgs, sources, _ in try await setHold(call, name, pkgs, sources, hold: false) },
        Function("set_selections", "Set what is wanted of packages.", .optional("path", nil as String?, "A file of selections."), .optional("selection", nil as Value?, "States, each with its packages."), .optional("clear", false, "Forget all selections first."), .optional("saltenv", "base", "The environment of the file."), body: setSelections),
    ]

    private static let looking: [Function] = [
        Function("list_pkgs", "Return the installed packages with their versions.", .optional("versions_as_list", false, "Versions as a list."), .optional("removed", false, "Removed packages with configuration left."), .optional("purge_desired", false, "Packages set to be purged."), .keywords("kwargs", "Ignored."), body: listPackages),
        Function("version", "Return the installed version of packages.", .rest("names", "Packages; patterns too."), .keywords("kwargs", "versions_as_list."), body: version),
        Function("latest_version", "Return the version to which packages could be upgraded; nothing when they are new enough.", .rest("names", "Packages."), .keywords("kwargs", "refresh, fromrepo, show_installed, cache_valid_time."), body: latestVersion),
        Function("available_version", "Return the version to which packages could be upgraded; nothing when they are new enough.", .rest("names", "Packages."), .keywords("kwargs", "refresh, fromrepo, show_installed, cache_valid_time."), body: latestVersion),
        Function("upgrade_available", "Tell whether a package could be upgraded.", .required("name", "The package."), .keywords("kwargs", "Ignored.")) { call, name, _ in
            try await latestVersion(call, names: [.string(name)], options: [:]) != ""
        },
        Function("list_upgrades", "Return the packages that could be upgraded.", .optional("refresh", true, "Fetch the lists first."), .optional("dist_upgrade", true, "Also those that need others."), .keywords("kwargs", "cache_valid_time, fromrepo."), body: listUpgrades),
        Function("list_repo_pkgs", "Return all versions that repositories offer.", .rest("names", "Packages."), .keywords("kwargs", "Ignored."), body: listRepositoryPackages),
        Function("list_downloaded", "Return the package files that were fetched.", .optional("root", nil as String?, "Another root."), .keywords("kwargs", "Ignored."), body: listDownloaded),
        Function("get_selections", "Return packages by what is wanted of them.", .optional("pattern", nil as String?, "A pattern of names."), .optional("state", nil as String?, "One of hold, install, deinstall, purge."), body: selections),
        Function("version_cmp", "Compare two versions: -1, 0 or 1.", .required("pkg1", "A version."), .required("pkg2", "A version."), .optional("ignore_epoch", false, "Without the epochs."), .keywords("kwargs", "Ignored."), example: "halite '*' pkg.version_cmp 0.2.4-0ubuntu1 0.2.4.1-0ubuntu1", body: compareVersions),
        Function("show", "Return what the lists say of packages.", .rest("names", "Packages."), .keywords("kwargs", "filter: fields; refresh."), body: show),
        Function("file_list", "Return the files of packages.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "Ignored.")) { call, packages, _ in
            try await call.call("lowpkg.file_list", Arguments(packages))
        },
        Function("file_dict", "Return the files of packages by package.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "Ignored.")) { call, packages, _ in
            try await call.call("lowpkg.file_dict", Arguments(packages))
        },
        Function("owner", "Return the package that a file belongs to.", .rest("paths", "Files."), .keywords("kwargs", "Ignored."), body: owner),
        Function("which", "Return the package that a program belongs to.", .required("path", "A program or a file."), body: which),
        Function("info_installed", "Return what is known of installed packages.", .rest("names", "Packages."), .keywords("kwargs", "failhard."), body: infoInstalled),
        Function("normalize_name", "Return a name without the architecture of the host.", .required("name", "A package."), body: normalizeName),
        Function("parse_arch", "Split a name from its architecture.", .required("name", "A package."), body: parseArchitecture),
        Function("services_need_restart", "Return the services that still use replaced files.", .keywords("kwargs", "Ignored."), body: servicesToRestart),
    ]

    struct InstallSettings: ArgumentGroup {
        var name: String?
        var refresh: Value = false
        var fromrepo: String?
        var skipVerify = false
        var debconf: String?
        var pkgs: [Value] = []
        var sources: [Value] = []
        var reinstall = false
        var downloadonly = false
        var ignoreEpoch: Bool?
        var normalize = true
        var version: String?
        var repo: String?
        var installRecommends: Bool?
        var onlyUpgrade = false
        var forceConfNew = false
        var forceYes = false
        var splitArch = true
        var cacheValidTime = 0
        var hold: Value = .null
        var updateHolds = false
        var env: Value = .null
        var saltenv: String?

        static let fields: [ArgumentField<InstallSettings>] = [
            .field("name", \.name, "A package, or several with commas."),
            .field("refresh", \.refresh, "Fetch the lists first."),
            .field("fromrepo", \.fromrepo, "The release or repository to take it from."),
            .field("skip_verify", \.skipVerify, "Take packages that nobody signed."),
            .field("debconf", \.debconf, "A file of answers for debconf."),
            .field("pkgs", \.pkgs, "Packages, each a name or a name and a version."),
            .field("sources", \.sources, "Packages with the place of their file."),
            .field("reinstall", \.reinstall, "Install again what is installed."),
            .field("downloadonly", \.downloadonly, "Only fetch them."),
            .field("ignore_epoch", \.ignoreEpoch, "Compare versions without epochs."),
            .field("normalize", \.normalize, "Drop the host's architecture from names."),
            .field("version", \.version, "The version of the one package."),
            .field("repo", \.repo, "The same as fromrepo."),
            .field("install_recommends", \.installRecommends, "Install what they recommend."),
            .field("only_upgrade", \.onlyUpgrade, "Install nothing new."),
            .field("force_conf_new", \.forceConfNew, "Take the package's configuration over a changed one."),
            .field("force_yes", \.forceYes, "Allow what apt warns of."),
            .field("split_arch", \.splitArch, "Whether names may carry an architecture."),
            .field("cache_valid_time", \.cacheValidTime, "Seconds for which the lists at hand will do."),
            .field("hold", \.hold, "For the state; without effect here."),
            .field("update_holds", \.updateHolds, "Without effect: what is held is released for the time."),
            .field("env", \.env, "Variables to set."),
            .field("saltenv", \.saltenv, "The environment of the sources."),
        ]
    }

    // MARK: - Running apt

    private static let environment: [String: String] = [
        "APT_LISTBUGS_FRONTEND": "none", "APT_LISTCHANGES_FRONTEND": "none", "DEBIAN_FRONTEND": "noninteractive",
        "UCF_FORCE_CONFFOLD": "1", "LC_ALL": "C", "LANGUAGE": "C",
    ]

    /// - Parameter isScoped: outlives a restart of the minion, for what changes packages.
    static func apt(
        _ call: CallContext, _ words: [String], env: Value = .null, isScoped: Bool = false, input: String? = nil
    ) async throws -> CommandResult {
        let prefix = isScoped ? try await SystemdScope.prefix(call, module: "aptpkg") : []
        var command = Command(prefix + words)
        for (key, value) in environment { command.environment[key] = value }
        for (key, value) in variables(env) { command.environment[key.pythonString] = value.pythonString }
        if let input { command.standardInput = Array(input.utf8) }
        return try await call.host.run(command)
    }

    /// A map, or a list of maps.
    private static func variables(_ env: Value) -> ValueMap {
        if case .map(let map) = env { return map }
        return (env.listValue ?? []).reduce(into: [:]) { all, item in
            for (key, value) in item.mapValue ?? [:] { all[key] = value }
        }
    }

    // MARK: - Lists of packages

    static func refreshDatabase(_ call: CallContext, cacheValidTime: Int, failhard: Bool, options: ValueMap) async throws -> ValueMap {
        call.memory["pkg.refreshed"] = true
        if cacheValidTime > 0, let status = try await call.host.status("/var/lib/apt/lists") {
            let now = Double(try await call.host.run("date", "+%s").text) ?? 0
            if status.modificationTime + Double(cacheValidTime) > now { return [:] }
        }
        let result = try await apt(call, ["apt-get", "-q", "update"])
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        var found = ValueMap()
        var failed: [String] = []
        let size = try PythonRegex.compile(" \\[.+B\\]$")
        for line in result.lines {
            let words = line.words()
            guard let first = words.first else { continue }
            let rest = words.dropFirst().joined(separator: " ")
            if first.contains("Get") {
                found[.string(try size.substitute("", in: rest))] = true
            } else if first.contains("Ign") {
                found[.string(rest)] = false
            } else if first.contains("Hit") {
                found[.string(rest)] = .null
            } else if first.contains("Err") {
                found[.string(rest)] = false
                failed.append(rest)
            }
        }
        if failhard, !failed.isEmpty { throw ExecutionError("Error getting repos: \(failed.joined(separator: ", "))") }
        return found
    }
}
