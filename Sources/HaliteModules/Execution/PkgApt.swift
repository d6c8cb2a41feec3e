import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Packages of Debian and its relatives, through apt and dpkg.
package struct PkgApt: ExecutionModule {
    package static let name = "pkg"
    package static let summary = "Packages of Debian and its relatives, through apt and dpkg."
    package static let requires: Requirement = .osFamily("Debian") && .command("apt-get")

    package static let functions: [Function] = [
        Function("install", "Install packages and return what changed.", InstallSettings.self, example: "halite '*' pkg.install nginx", body: install),
        Function("remove", "Remove packages and return what changed.", .optional("name", nil as String?, "A package, or several with commas."), .optional("pkgs", [Value](), "Packages."), .keywords("kwargs", "Ignored."), body: remove),
        Function("purge", "Remove packages with their configuration and return what changed.", .optional("name", nil as String?, "A package, or several with commas."), .optional("pkgs", [Value](), "Packages."), .keywords("kwargs", "Ignored."), body: purge),
        Function("autoremove", "Remove packages that nothing needs any more.", .optional("list_only", false, "Only name them."), .optional("purge", false, "With their configuration."), body: autoremove),
        Function("upgrade", "Upgrade all packages and return what changed.", .optional("refresh", true, "Fetch the lists first."), .optional("dist_upgrade", false, "Also install and remove others."), .keywords("kwargs", "Ignored."), body: upgrade),
        Function("list_pkgs", "Return the installed packages with their versions.", .optional("versions_as_list", false, "Versions as a list."), .optional("removed", false, "Removed packages with configuration left."), .optional("purge_desired", false, "Packages set to be purged."), .keywords("kwargs", "Ignored."), body: listPackages),
        Function("version", "Return the installed version of packages.", .rest("names", "Packages; patterns too."), .keywords("kwargs", "Ignored."), body: version),
        Function("latest_version", "Return the version to which packages could be upgraded; nothing when they are new enough.", .rest("names", "Packages."), .keywords("kwargs", "refresh, fromrepo, show_installed."), body: latestVersion),
        Function("available_version", "Return the version to which packages could be upgraded; nothing when they are new enough.", .rest("names", "Packages."), .keywords("kwargs", "refresh, fromrepo, show_installed."), body: latestVersion),
        Function("upgrade_available", "Tell whether a package could be upgraded.", .required("name", "The package."), .keywords("kwargs", "Ignored."), body: upgradeAvailable),
        Function("list_upgrades", "Return the packages that could be upgraded.", .optional("refresh", true, "Fetch the lists first."), .optional("dist_upgrade", true, "Also those that need others."), .keywords("kwargs", "Ignored."), body: listUpgrades),
        Function("refresh_db", "Fetch the lists of packages.", .optional("cache_valid_time", 0, "Seconds for which those at hand will do."), .optional("failhard", false, "Fail when one repository does."), .keywords("kwargs", "Ignored."), body: refreshDatabase),
        Function("list_repo_pkgs", "Return all versions that repositories offer.", .rest("names", "Packages."), .keywords("kwargs", "Ignored."), body: listRepositoryPackages),
        Function("hold", "Keep packages at their version.", .optional("name", nil as String?, "A package."), .optional("pkgs", [Value](), "Packages."), .keywords("kwargs", "Ignored."), body: hold),
        Function("unhold", "Let packages be upgraded again.", .optional("name", nil as String?, "A package."), .optional("pkgs", [Value](), "Packages."), .keywords("kwargs", "Ignored."), body: unhold),
        Function("get_selections", "Return packages by what is wanted of them.", .optional("pattern", "*", "A pattern of names."), .optional("state", nil as String?, "One of hold, install, deinstall, purge."), body: selections),
        Function("version_cmp", "Compare two versions: -1, 0 or 1.", .required("pkg1", "A version."), .required("pkg2", "A version."), .optional("ignore_epoch", false, "Without the epochs."), body: compareVersions),
        Function("file_list", "Return the files of packages.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "Ignored."), body: fileList),
        Function("file_dict", "Return the files of packages by package.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "Ignored."), body: fileDictionary),
        Function("owner", "Return the package that a file belongs to.", .rest("paths", "Files."), .keywords("kwargs", "Ignored."), body: owner),
        Function("which", "Return the package that a file belongs to.", .required("path", "A file."), body: which),
        Function("info_installed", "Return what is known of installed packages.", .rest("names", "Packages."), .keywords("kwargs", "Ignored."), body: infoInstalled),
        Function("normalize_name", "Return a name without the architecture of the host.", .required("name", "A package."), body: normalizeName),
        Function("list_repos", "Return the repositories that are configured.", .keywords("kwargs", "Ignored."), body: listRepositories),
    ]

    struct InstallSettings: ArgumentGroup {
        var name: String?
        var refresh = false
        var fromrepo: String?
        var skipVerify = false
        var debconf: String?
        var pkgs: [Value] = []
        var sources: [Value] = []
        var reinstall = false
        var downloadonly = false
        var ignoreEpoch: Bool?
        var version: String?
        var installRecommends: Bool?
        var onlyUpgrade = false
        var forceConfNew = false
        var forceYes = false
        var normalize = true
        var cacheValidTime = 0
        var hold: Value = .null
        var updateHolds = false
        var env: ValueMap = [:]

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
            .field("version", \.version, "The version of the one package."),
            .field("install_recommends", \.installRecommends, "Install what they recommend."),
            .field("only_upgrade", \.onlyUpgrade, "Install nothing new."),
            .field("force_conf_new", \.forceConfNew, "Take the package's configuration over a changed one."),
            .field("force_yes", \.forceYes, "Allow what apt warns of."),
            .field("normalize", \.normalize, "Drop the host's architecture from names."),
            .field("cache_valid_time", \.cacheValidTime, "Seconds for which the lists at hand will do."),
            .field("hold", \.hold, "For the state; without effect here."),
            .field("update_holds", \.updateHolds, "Also install what is held."),
            .field("env", \.env, "Variables to set."),
        ]
    }

    // MARK: - Running apt

    private static let environment: [String: String] = [
        "APT_LISTBUGS_FRONTEND": "none", "APT_LISTCHANGES_FRONTEND": "none", "DEBIAN_FRONTEND": "noninteractive",
        "UCF_FORCE_CONFFOLD": "1", "LC_ALL": "C", "LANGUAGE": "C",
    ]

    static func apt(_ call: CallContext, _ words: [String], env: ValueMap = [:]) async throws -> CommandResult {
        var command = Command(words)
        for (key, value) in environment { command.environment[key] = value }
        for (key, value) in env { command.environment[key.pythonString] = value.pythonString }
        return try await call.host.run(command)
    }

    /// A failure with what was done before it, as Salt words it.
    struct PackageError: Error, CustomStringConvertible {
        let message: String
        let errors: [String]
        let changes: ValueMap

        var description: String {
            if errors.isEmpty { return message }
            let lines = errors.map { "    - " + $0.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n      ") }
            return message + ". Additional info follows:\n\nerrors:\n" + lines.joined(separator: "\n")
        }
    }

    // MARK: - Installing and removing

    static func install(_ call: CallContext, _ settings: InstallSettings) async throws -> ValueMap {
        let database = try await DpkgDatabase.read(call)
        var plan = InstallPlan()
        if settings.sources.isEmpty {
            let wanted = PackageList.parse(name: settings.name, pkgs: settings.pkgs, version: settings.version)
            if wanted.isEmpty { return [:] }
            try await plan.add(wanted, settings, database, call)
        } else {
            try await plan.add(files: settings.sources, settings, call)
        }
        defer { plan.temporary = [] }
        let old = database.listedText
        var errors = plan.errors
        if !plan.isEmpty {
            if settings.refresh { _ = try await refreshDatabase(call, cacheValidTime: settings.cacheValidTime, failhard: false, ignored: [:]) }
            let held = plan.names.filter { database.held.contains($0) }
            if !held.isEmpty, settings.updateHolds { _ = try await select(call, held, "install") }
            for command in plan.commands(settings) {
                let result = try await apt(call, command, env: settings.env)
                if !result.succeeded, !result.errorText.isEmpty { errors.append(result.errorText) }
            }
            if !held.isEmpty, settings.updateHolds { _ = try await select(call, held, "hold") }
        }
        for path in plan.temporary { try await call.host.remove(path) }
        DpkgDatabase.forget(call)
        let new = try await DpkgDatabase.read(call).listedText
        var changes = DpkgDatabase.changes(old, new)
        for name in plan.reinstalled where changes[name] == nil {
            changes[.string(name)] = ["old": .string(old[name] ?? ""), "new": .string(new[name] ?? "")]
        }
        if !errors.isEmpty { throw PackageError(message: "Problem encountered installing package(s)", errors: errors, changes: changes) }
        return changes
    }

    private static func remove(_ call: CallContext, name: String?, pkgs: [Value], ignored: ValueMap) async throws -> ValueMap {
        try await uninstall(call, "remove", name, pkgs)
    }

    private static func purge(_ call: CallContext, name: String?, pkgs: [Value], ignored: ValueMap) async throws -> ValueMap {
        try await uninstall(call, "purge", name, pkgs)
    }

    static func uninstall(_ call: CallContext, _ action: String, _ name: String?, _ pkgs: [Value]) async throws -> ValueMap {
        let before = try await DpkgDatabase.read(call)
        let wanted = PackageList.parse(name: name, pkgs: pkgs, version: nil).map(\.name)
        func matching(_ names: some Sequence<String>) -> [String] {
            names.filter { name in wanted.contains { Glob.matches($0, name) } }.sorted()
        }
        var targets = matching(before.listed.keys)
        if action == "purge" { targets += matching(before.removed.keys) }
        if targets.isEmpty { return [:] }
        let result = try await apt(call, ["apt-get", "-q", "-y", action] + targets)
        DpkgDatabase.forget(call)
        let after = try await DpkgDatabase.read(call)
        var changes = DpkgDatabase.changes(before.listedText, after.listedText)
        if action == "purge" {
            changes = ["removed": .map(DpkgDatabase.changes(before.removedText, after.removedText)), "installed": .map(changes)]
        }
        if !result.succeeded, !result.errorText.isEmpty {
            throw PackageError(message: "Problem encountered removing package(s)", errors: [result.errorText], changes: changes)
        }
        return changes
    }

    private static func autoremove(_ call: CallContext, listOnly: Bool, purge: Bool) async throws -> Value {
        let options = purge ? ["--purge"] : []
        if listOnly {
            let result = try await apt(call, ["apt-get", "--assume-no"] + options + ["autoremove"])
            var names: [String] = []
            var isFound = false
            for line in result.lines {
                if isFound, line.hasPrefix(" ") { names += line.words() } else { isFound = line.contains("The following packages will be REMOVED:") }
            }
            return names.sorted().value
        }
        let old = try await DpkgDatabase.read(call).listedText
        _ = try await apt(call, ["apt-get", "--assume-yes"] + options + ["autoremove"])
        DpkgDatabase.forget(call)
        return .map(DpkgDatabase.changes(old, try await DpkgDatabase.read(call).listedText))
    }

    static func upgrade(_ call: CallContext, refresh: Bool, distUpgrade: Bool, options: ValueMap) async throws -> ValueMap {
        if refresh { _ = try await refreshDatabase(call, cacheValidTime: 0, failhard: false, ignored: [:]) }
        let old = try await DpkgDatabase.read(call).listedText
        let words = ["apt-get", "-q", "-y", "-o", "DPkg::Options::=--force-confold", "-o", "DPkg::Options::=--force-confdef"]
        let result = try await apt(call, words + [distUpgrade ? "dist-upgrade" : "upgrade"])
        DpkgDatabase.forget(call)
        let changes = DpkgDatabase.changes(old, try await DpkgDatabase.read(call).listedText)
        if !result.succeeded {
            throw PackageError(message: "Problem encountered upgrading packages", errors: [result.errorText], changes: changes)
        }
        return changes
    }

    // MARK: - Looking

    private static func listPackages(
        _ call: CallContext, asList: Bool, removed: Bool, purgeDesired: Bool, ignored: ValueMap
    ) async throws -> ValueMap {
        let database = try await DpkgDatabase.read(call)
        let chosen = removed ? database.removed : purgeDesired ? database.purgeDesired : database.listed
        return ValueMap(chosen.sorted { $0.key < $1.key }.map { name, versions in
            (.string(name), asList ? versions.value : .string(versions.joined(separator: ",")))
        })
    }

    static func version(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        let installed = try await DpkgDatabase.read(call).listedText
        var found = ValueMap()
        let hasPattern = names.contains { $0.pythonString.contains("*") }
        for name in names.map(\.pythonString) {
            if name.contains("*") {
                for (key, version) in installed.sorted(by: { $0.key < $1.key }) where Glob.matches(name, key) { found[.string(key)] = .string(version) }
            } else {
                found[.string(name)] = .string(installed[name] ?? "")
            }
        }
        if names.count == 1, !hasPattern { return found.first?.value ?? "" }
        return .map(found)
    }

    private static func latestVersion(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        let names = names.map(\.pythonString)
        if names.isEmpty { return "" }
        if options["refresh"].map({ $0 != false }) ?? true { _ = try await refreshOnce(call) }
        let found = try await candidates(
            call, names, fromrepo: options["fromrepo"]?.stringValue, showInstalled: options["show_installed"]?.isTruthy ?? false)
        if names.count == 1 { return .string(found[names[0]] ?? "") }
        return .map(ValueMap(names.map { (.string($0), .string(found[$0] ?? "")) }))
    }

    /// The versions apt would install; empty for those that are new enough, unless they are asked for too.
    static func candidates(
        _ call: CallContext, _ names: [String], fromrepo: String? = nil, showInstalled: Bool = false
    ) async throws -> [String: String] {
        if names.isEmpty { return [:] }
        let installed = try await DpkgDatabase.read(call).listed
        let repository = fromrepo.map { ["-o", "APT::Default-Release=\($0)"] } ?? []
        let output = try await apt(call, ["apt-cache", "-q", "policy"] + names + repository)
        var found: [String: String] = [:]
        var current: String?
        for line in output.lines {
            let text = line.stripped()
            if !line.hasPrefix(" "), text.hasSuffix(":") { current = String(text.dropLast()) }
            guard text.hasPrefix("Candidate:"), let name = current else { continue }
            let version = text.words().last ?? ""
            found[name] = version == "(none)" || version == "Candidate:" ? "" : version
        }
        var result: [String: String] = [:]
        for name in names {
            let candidate = found[name] ?? found.first { $0.key.hasPrefix(name + ":") }?.value ?? ""
            let isNewEnough = (installed[name] ?? []).contains { DebianVersion.compare($0, candidate) >= 0 }
            result[name] = showInstalled || !isNewEnough ? candidate : ""
        }
        return result
    }

    private static func upgradeAvailable(_ call: CallContext, name: String, options: ValueMap) async throws -> Bool {
        let database = try await DpkgDatabase.read(call)
        guard database.listed[name] != nil else { return try await candidates(call, [name])[name] != "" }
        return try await candidates(call, [name])[name] != ""
    }

    static func listUpgrades(_ call: CallContext, refresh: Bool, distUpgrade: Bool, options: ValueMap) async throws -> ValueMap {
        if refresh { _ = try await refreshDatabase(call, cacheValidTime: 0, failhard: false, ignored: [:]) }
        let result = try await apt(call, ["apt-get", "--just-print", distUpgrade ? "dist-upgrade" : "upgrade"])
        guard result.succeeded else { throw ExecutionError("Failed to get upgrades: \(result.errorText)") }
        var found = ValueMap()
        let pattern = try PythonRegex.compile("^Conf ([^ ]+) \\(([^ ]+)")
        for line in result.lines {
            if let match = try pattern.search(line), let name = match.text(1, of: line), let version = match.text(2, of: line) {
                found[.string(name)] = .string(version)
            }
        }
        return found
    }

    // MARK: - Lists of packages

    /// Fetches the lists, unless another function of the run has.
    static func refreshOnce(_ call: CallContext) async throws -> Bool {
        if call.memory["pkg.refreshed"] == true { return false }
        _ = try await refreshDatabase(call, cacheValidTime: 0, failhard: false, ignored: [:])
        return true
    }

    static func refreshDatabase(_ call: CallContext, cacheValidTime: Int, failhard: Bool, ignored: ValueMap) async throws -> ValueMap {
        if cacheValidTime > 0, let status = try await call.host.status("/var/lib/apt/lists") {
            let now = Double(try await call.host.run("date", "+%s").text) ?? 0
            if status.modificationTime + Double(cacheValidTime) > now { return [:] }
        }
        let result = try await apt(call, ["apt-get", "-q", "update"])
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        call.memory["pkg.refreshed"] = true
        var found = ValueMap()
        var failed: [String] = []
        for line in result.lines {
            let words = line.words()
            guard let first = words.first else { continue }
            let rest = words.dropFirst().joined(separator: " ")
            if first.hasPrefix("Get") {
                let name = try PythonRegex.compile(" \\[.+B\\]$").substitute("", in: rest)
                found[.string(name)] = true
            } else if first.hasPrefix("Hit") {
                found[.string(rest)] = .null
            } else if first.hasPrefix("Ign") || first.hasPrefix("Err") {
                found[.string(rest)] = false
                if first.hasPrefix("Err") { failed.append(rest) }
            }
        }
        if failhard, !failed.isEmpty { throw ExecutionError("Error getting repos: \(failed.joined(separator: ", "))") }
        return found
    }

    static func listRepositoryPackages(_ call: CallContext, names: [Value], options: ValueMap) async throws -> ValueMap {
        let words = names.isEmpty ? ["apt-cache", "dump"] : ["apt-cache", "show"] + names.map(\.pythonString)
        var found = ValueMap()
        var current: String?
        for line in try await apt(call, words).lines {
            if line.hasPrefix("Package: ") { current = String(line.dropFirst(9)) }
            let text = line.stripped()
            if text.hasPrefix("Version:"), let current {
                let version = Value.string(text.dropFirst(8).description.stripped())
                found[.string(current)] = .list((found[current]?.listValue ?? []) + [version])
            }
        }
        return found
    }
}
