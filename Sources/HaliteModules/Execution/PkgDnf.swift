import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Packages of Red Hat and its relatives, through dnf or yum and rpm.
package struct PkgDnf: ExecutionModule {
    package static let name = "pkg"
    package static let summary = "Packages of Red Hat and its relatives, through dnf or yum and rpm."
    package static let requires: Requirement =
        .osFamily("RedHat") && (.command("dnf") || .command("dnf5") || .command("yum") || .command("tdnf"))

    package static let functions: [Function] = changing + looking + sets + YumRepositories.functions

    private static let changing: [Function] = [
        Function("install", "Install packages and return what changed.", InstallSettings.self, example: "halite '*' pkg.install nginx", body: install),
        Function("remove", "Remove packages and return what changed.", .optional("name", nil as String?, "A package, or several with commas."), .optional("pkgs", [Value](), "Packages, each a name or a name and a version."), .keywords("kwargs", "split_arch."), body: remove),
        Function("purge", "Remove packages and return what changed.", .optional("name", nil as String?, "A package, or several with commas."), .optional("pkgs", [Value](), "Packages, each a name or a name and a version."), .keywords("kwargs", "split_arch."), body: remove),
        Function("upgrade", "Upgrade packages and return what changed.", UpgradeSettings.self, body: upgrade),
        Function("update", "Upgrade packages without removing what others replace.", UpgradeSettings.self) { call, settings in
            var settings = settings
            settings.obsoletes = settings.obsoletes ?? false
            return try await upgrade(call, settings)
        },
        Function("refresh_db", "Forget what is known of the repositories and look anew.", .keywords("kwargs", "check_update, fromrepo, enablerepo, disablerepo, disableexcludes, branch, setopt."), body: refreshDatabase),
        Function("clean_metadata", "Forget what is known of the repositories and look anew.", .keywords("kwargs", "As for refresh_db."), body: refreshDatabase),
        Function("hold", "Keep packages at their version.", .optional("name", nil as String?, "A package."), .optional("pkgs", nil as [Value]?, "Packages."), .optional("sources", nil as [Value]?, "Packages with the place of their file."), .keywords("kwargs", "Ignored.")) { call, name, pkgs, sources, _ in try await setHold(call, name, pkgs, sources, hold: true) },
        Function("unhold", "Let packages be upgraded again.", .optional("name", nil as String?, "A package."), .optional("pkgs", nil as [Value]?, "Packages."), .optional("sources", nil as [Value]?, "Packages with the place of their file."), .keywords("kwargs", "Ignored.")) { call, name, pkgs, sources, _ in try await setHold(call, name, pkgs, sources, hold: false) },
        Function("list_holds", "Return the packages that are kept at their version.", .optional("pattern", "\\w+(?:[.-][^-]+)*", "A regular expression of names."), .optional("full", true, "With versions."), body: holds),
        Function("download", "Fetch the files of packages.", .rest("packages", "Packages."), .keywords("kwargs", "Ignored."), body: download),
    ]

    private static let looking: [Function] = [
        Function("list_pkgs", "Return the installed packages with their versions.", .optional("versions_as_list", false, "Versions as a list."), .keywords("kwargs", "attr, root; removed and purge_desired give nothing."), body: listPackages),
        Function("version", "Return the installed version of packages.", .rest("names", "Packages; patterns too."), .keywords("kwargs", "versions_as_list."), body: version),
        Function("latest_version", "Return the version to which packages could be upgraded; nothing when they are new enough.", .rest("names", "Packages."), .keywords("kwargs", "refresh and the options about repositories."), body: latestVersion),
        Function("available_version", "Return the version to which packages could be upgraded; nothing when they are new enough.", .rest("names", "Packages."), .keywords("kwargs", "refresh and the options about repositories."), body: latestVersion),
        Function("upgrade_available", "Tell whether a package could be upgraded.", .required("name", "The package."), .keywords("kwargs", "The options about repositories.")) { call, name, options in
            try await latestVersion(call, names: [.string(name)], options: options) != ""
        },
        Function("list_upgrades", "Return the packages that could be upgraded.", .optional("refresh", true, "Look anew first."), .keywords("kwargs", "The options about repositories."), body: listUpgrades),
        Function("list_updates", "Return the packages that could be upgraded.", .optional("refresh", true, "Look anew first."), .keywords("kwargs", "The options about repositories."), body: listUpgrades),
        Function("list_repo_pkgs", "Return all versions that repositories offer.", .rest("names", "Packages; patterns too."), .keywords("kwargs", "byrepo, cacheonly, fromrepo, enablerepo, disablerepo."), body: listRepositoryPackages),
        Function("list_downloaded", "Return the package files that were fetched.", .keywords("kwargs", "Ignored."), body: listDownloaded),
        Function("version_cmp", "Compare two versions: -1, 0 or 1.", .required("pkg1", "A version."), .required("pkg2", "A version."), .optional("ignore_epoch", false, "Without the epochs."), .keywords("kwargs", "Ignored."), example: "halite '*' pkg.version_cmp 0.2-001 0.2.0.1-002") { (_: CallContext, left: Value, right: Value, ignore: Bool, _: ValueMap) async throws -> Int in
            RpmVersion.compare(left.pythonString, right.pythonString, ignoreEpoch: ignore)
        },
        Function("file_list", "Return the files of packages.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "root.")) { call, packages, options in
            try await call.call("lowpkg.file_list", Arguments(packages, keywords: options))
        },
        Function("file_dict", "Return the files of packages by package.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "root.")) { call, packages, options in
            try await call.call("lowpkg.file_dict", Arguments(packages, keywords: options))
        },
        Function("owner", "Return the package that a file belongs to.", .rest("paths", "Files."), .keywords("kwargs", "Ignored.")) { call, paths, _ in
            try await LowpkgRpm.owner(call, paths: paths, options: [:])
        },
        Function("modified", "Return the files of packages that were changed, and how.", .rest("packages", "Packages; none means all."), .keywords("kwargs", "Kinds of changes that must or must not be.")) { call, packages, options in
            try await call.call("lowpkg.modified", Arguments(packages, keywords: options))
        },
        Function("verify", "Return the files of packages that differ from what was installed.", .rest("names", "Packages; none means all."), .keywords("kwargs", "ignore_types, verify_options, root.")) { call, packages, options in
            try await call.call("lowpkg.verify", Arguments(packages, keywords: options))
        },
        Function("info_installed", "Return what is known of installed packages.", .rest("names", "Packages."), .keywords("kwargs", "attr, all_versions, root."), body: infoInstalled),
        Function("normalize_name", "Return a name without the architecture of the host.", .required("name", "A package.")) { (call: CallContext, name: String) async throws -> String in
            RpmPackage.normalised(name, host: architecture(call))
        },
        Function("parse_arch", "Split a name from its architecture.", .required("name", "A package.")) { (_: CallContext, name: String) async throws -> ValueMap in
            let parts = RpmPackage.split(name)
            return ["name": .string(parts.name), "arch": parts.architecture.value]
        },
        Function("services_need_restart", "Return the services that still use replaced files.", .keywords("kwargs", "Ignored."), body: servicesToRestart),
    ]

    struct InstallSettings: ArgumentGroup {
        var name: String?
        var refresh: Value = false
        var skipVerify = false
        var pkgs: [Value] = []
        var sources: [Value] = []
        var downloadonly = false
        var reinstall = false
        var normalize = true
        var updateHolds = false
        var saltenv: String?
        var ignoreEpoch: Bool?
        var version: String?
        var splitArch = true
        var advisoryIDs: [Value]?
        var hold: Value = .null
        var options = YumOptions()

        static let fields: [ArgumentField<InstallSettings>] = [
            .field("name", \.name, "A package, or several with commas."),
            .field("refresh", \.refresh, "Look at the repositories anew first."),
            .field("skip_verify", \.skipVerify, "Take packages that nobody signed."),
            .field("pkgs", \.pkgs, "Packages, each a name or a name and a version."),
            .field("sources", \.sources, "Packages with the place of their file."),
            .field("downloadonly", \.downloadonly, "Only fetch them."),
            .field("reinstall", \.reinstall, "Install again what is installed."),
            .field("normalize", \.normalize, "Drop the host's architecture from names."),
            .field("update_holds", \.updateHolds, "Also install what is held."),
            .field("saltenv", \.saltenv, "The environment of the sources."),
            .field("ignore_epoch", \.ignoreEpoch, "Compare versions without epochs."),
            .field("version", \.version, "The version of the one package."),
            .field("split_arch", \.splitArch, "Whether names may carry an architecture."),
            .field("advisory_ids", \.advisoryIDs, "Patches instead of packages."),
            .field("hold", \.hold, "For the state; without effect here."),
        ] + YumOptions.fields.map { $0.within(\.options) }
    }

    struct UpgradeSettings: ArgumentGroup {
        var name: String?
        var pkgs: [Value] = []
        var refresh = true
        var skipVerify = false
        var normalize = true
        var minimal = false
        var obsoletes: Bool?
        var options = YumOptions()

        static let fields: [ArgumentField<UpgradeSettings>] = [
            .field("name", \.name, "One package."),
            .field("pkgs", \.pkgs, "Packages."),
            .field("refresh", \.refresh, "Look at the repositories anew first."),
            .field("skip_verify", \.skipVerify, "Take packages that nobody signed."),
            .field("normalize", \.normalize, "Drop the host's architecture from names."),
            .field("minimal", \.minimal, "Only as far as needed for a fix."),
            .field("obsoletes", \.obsoletes, "Remove packages that others replace."),
        ] + YumOptions.fields.map { $0.within(\.options) }
    }

    // MARK: - Running dnf

    static func architecture(_ call: CallContext) -> String { call.grains["osarch"]?.stringValue ?? "" }

    /// The first of them that the path has.
    static func program(_ call: CallContext) async throws -> String {
        if let known = call.memory["pkg.yum"]?.stringValue { return known }
        for name in ["dnf5", "dnf", "tdnf", "yum"] where await call.host.which(name) != nil {
            call.memory["pkg.yum"] = .string(name)
            return name
        }
        throw ExecutionError("DNF nor YUM found")
    }

    static func yum(_ call: CallContext, _ words: [String], mergesErrors: Bool = false) async throws -> CommandResult {
        let prefix = try await SystemdScope.hasScope(call) && call.services.options["systemd.scope"]?.isTruthy ?? true ? ["systemd-run", "--scope"] : []
        var command = Command(prefix + [try await program(call)] + words)
        command.mergesErrors = mergesErrors
        for name in ["LC_ALL", "LANGUAGE"] { command.environment[name] = "C" }
        return try await call.host.run(command)
    }

    // MARK: - Repositories' metadata

    static func refreshDatabase(_ call: CallContext, options: ValueMap) async throws -> Value {
        let settings = YumOptions(options)
        call.memory["pkg.refreshed"] = true
        _ = try await yum(call, ["--quiet", "--assumeyes", "clean", "expire-cache"] + settings.words)
        guard options["check_update"]?.isTruthy ?? true else { return true }
        let isOld = call.grains["os_family"] == "RedHat" && call.grains["osmajorrelease"] == 7
        let extra = isOld ? ["--setopt=autocheck_running_kernel=false"] : []
        let result = try await yum(call, ["--quiet", "--assumeyes", "check-update"] + extra + settings.words)
        return result.exitCode == 100 ? true : result.exitCode == 0 ? .null : false
    }
}

/// Which repositories dnf looks at, and settings for one call.
struct YumOptions: ArgumentGroup {
    var fromrepo: String?
    var repo: String?
    var disablerepo: [String] = []
    var enablerepo: [String] = []
    var disableexcludes: String?
    var branch: String?
    var setopt: [String] = []

    static let fields: [ArgumentField<YumOptions>] = [
        .field("fromrepo", \.fromrepo, "The only repository to look at."),
        .field("repo", \.repo, "The same as fromrepo."),
        .field("disablerepo", \.disablerepo, "Repositories not to look at."),
        .field("enablerepo", \.enablerepo, "Repositories to look at as well."),
        .field("disableexcludes", \.disableexcludes, "Take excluded packages too: main, all, or a repository."),
        .field("branch", \.branch, "The branch of the repository."),
        .field("setopt", \.setopt, "Settings for this call."),
    ]

    init() {}

    /// Out of keywords among others.
    init(_ keywords: ValueMap) {
        func text(_ name: String) -> String? { keywords[.string(name)].flatMap { $0.isTruthy ? $0.pythonString : nil } }
        func list(_ name: String) -> [String] {
            guard let value = keywords[.string(name)], value.isTruthy else { return [] }
            return value.listValue?.map(\.pythonString) ?? [value.pythonString]
        }
        (fromrepo, repo, disableexcludes, branch) = (text("fromrepo"), text("repo"), text("disableexcludes"), text("branch"))
        (disablerepo, enablerepo) = (list("disablerepo"), list("enablerepo"))
        setopt = list("setopt")
    }

    var words: [String] {
        var words: [String] = []
        if let only = [fromrepo, repo].compactMap({ $0 }).first(where: { !$0.isEmpty }) {
            words += ["--disablerepo=*", "--enablerepo=\(only)"]
        } else {
            words += disablerepo.map { "--disablerepo=\($0)" } + enablerepo.map { "--enablerepo=\($0)" }
        }
        if let disableexcludes { words.append("--disableexcludes=\(disableexcludes)") }
        if let branch { words.append("--branch=\(branch)") }
        return words + setopt.flatMap { $0.parts(",") }.map { "--setopt=\($0.stripped())" }
    }
}
