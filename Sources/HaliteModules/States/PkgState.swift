import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Packages that are installed, or are not.
package struct PkgState: StateModule {
    package static let name = "pkg"
    package static let summary = "Packages that are installed, or are not."
    package static let aggregate: StateAggregate? = { chunk, others in PackageAggregation.run(&chunk, &others) }

    package static let functions: [StateFunction] = [
        StateFunction("installed", "Packages are installed.", InstalledSettings.self, body: installed),
        StateFunction("latest", "Packages are installed and of the newest version.", InstalledSettings.self, body: latest),
        StateFunction("removed", "Packages are not installed.", RemovedSettings.self, body: removed),
        StateFunction("purged", "Packages are not installed, nor is their configuration.", RemovedSettings.self, body: purged),
        StateFunction("uptodate", "All packages are of the newest version.", .required("name", "Any name."), .optional("refresh", false, "Fetch the lists first."), .optional("pkgs", nil as [String]?, "These alone."), .keywords("kwargs", "dist_upgrade."), body: upToDate),
        StateFunction("mod_watch", "What it watches has changed.", .required("name", "The package."), .optional("sfun", "installed", "The watching function."), .keywords("kwargs", "The arguments of that function."), body: watch),
    ]

    struct InstalledSettings: ArgumentGroup {
        var version: String?
        var refresh: Bool?
        var fromrepo: String?
        var skipVerify = false
        var skipSuggestions = false
        var pkgs: [Value]?
        var sources: [Value] = []
        var allowUpdates = false
        var pkgVerify: Value = false
        var normalize = true
        var ignoreEpoch: Bool?
        var reinstall = false
        var updateHolds = false
        var hold: Bool?
        var installRecommends: Bool?
        var onlyUpgrade = false
        var forceConfNew = false
        var forceYes = false
        var debconf: String?
        var cacheValidTime = 0
        var env: ValueMap = [:]
        var ignored: Value = .null

        static let fields: [ArgumentField<InstalledSettings>] = [
            .field("version", \.version, "The version, with * or a comparison such as >=1.2, or latest."),
            .field("refresh", \.refresh, "Fetch the lists first; by default once in a run."),
            .field("fromrepo", \.fromrepo, "The release or repository to take them from."),
            .field("skip_verify", \.skipVerify, "Take packages that nobody signed."),
            .field("skip_suggestions", \.skipSuggestions, "Without effect."),
            .field("pkgs", \.pkgs, "Packages, each a name or a name and a version."),
            .field("sources", \.sources, "Packages with the place of their file."),
            .field("allow_updates", \.allowUpdates, "A newer version will do."),
            .field("pkg_verify", \.pkgVerify, "Not supported: install again when files differ."),
            .field("normalize", \.normalize, "Drop the host's architecture from names."),
            .field("ignore_epoch", \.ignoreEpoch, "Compare versions without epochs."),
            .field("reinstall", \.reinstall, "Install again what is installed."),
            .field("update_holds", \.updateHolds, "Also install what is held."),
            .field("hold", \.hold, "Hold the packages, or release them."),
            .field("install_recommends", \.installRecommends, "Install what they recommend."),
            .field("only_upgrade", \.onlyUpgrade, "Install nothing new."),
            .field("force_conf_new", \.forceConfNew, "Take the package's configuration over a changed one."),
            .field("force_yes", \.forceYes, "Allow what apt warns of."),
            .field("debconf", \.debconf, "A file of answers for debconf."),
            .field("cache_valid_time", \.cacheValidTime, "Seconds for which the lists at hand will do."),
            .field("env", \.env, "Variables to set."),
            .field("resolve_capabilities", \.ignored, "Without effect on Debian."),
            .field("watch_flags", \.ignored, "Without effect on Debian."),
            .field("upgrade", \.ignored, "Without effect."),
        ]
    }

    // MARK: - Installed

    private static func installed(_ state: StateContext, _ settings: InstalledSettings) async throws -> StateResult {
        if let pkgs = settings.pkgs, pkgs.isEmpty { return state.unchanged("No packages to install provided") }
        if settings.pkgs != nil, !settings.sources.isEmpty { return state.failed("Only one of \"pkgs\" and \"sources\" is permitted.") }
        do {
            return try await Installation(state: state, settings: settings).run()
        } catch let error as PkgApt.PackageError {
            return state.failed("\(error)", changes: error.changes)
        } catch let error as ExecutionError {
            return state.failed("An error was encountered while installing package(s): \(error)")
        }
    }

    // MARK: - Newest

    private static func latest(_ state: StateContext, _ settings: InstalledSettings) async throws -> StateResult {
        if !settings.sources.isEmpty { return state.failed("The \"sources\" parameter is not supported.") }
        if let pkgs = settings.pkgs, pkgs.isEmpty { return state.unchanged("No packages to install provided") }
        let names = PackageList.parse(name: state.name, pkgs: settings.pkgs ?? [], version: nil).map(\.name)
        let call = state.call
        let available: [String: String]
        do {
            if settings.refresh ?? true { _ = try await PkgApt.refreshOnce(call) }
            available = try await PkgApt.candidates(call, names, fromrepo: settings.fromrepo)
        } catch let error as ExecutionError {
            return state.failed("An error was encountered while checking the newest available version of package(s): \(error)")
        }
        let current = try await DpkgDatabase.read(call).listedText
        let unknown = names.filter { (available[$0] ?? "").isEmpty && (current[$0] ?? "").isEmpty }
        if !unknown.isEmpty { return state.failed(unknown.map { "No information found for '\($0)'." }.joined(separator: " ")) }
        let targets = names.filter { !(available[$0] ?? "").isEmpty }
        let upToDate = settings.pkgs == nil ? [] : names.filter { !targets.contains($0) }.sorted()
        guard !targets.isEmpty else {
            if names.count > 10 { return state.unchanged("All \(names.count) packages are up-to-date.") }
            if names.count > 1 { return state.unchanged("All packages are up-to-date (\(names.sorted().joined(separator: ", "))).") }
            return state.unchanged("Package \(names.first ?? state.name) is already up-to-date")
        }
        var would = "The following packages would be installed/upgraded: " + targets.sorted().joined(separator: ", ")
        if !upToDate.isEmpty {
            would += upToDate.count <= 10
                ? "\nThe following packages are already up-to-date: " + upToDate.map { "\($0) (\(current[$0] ?? ""))" }.joined(separator: ", ")
                : "\n\(upToDate.count) packages are already up-to-date"
        }
        let foreseen = ValueMap(targets.map { (.string($0), ["new": .string(available[$0] ?? ""), "old": .string(current[$0] ?? "")]) })
        var failed: [String] = []
        var result = try await state.change(foreseen, would: would, did: "") {
            var install = settings.installSettings
            install.pkgs = targets.map { .string($0) }
            let changes = try await PkgApt.install(call, install)
            failed = targets.filter { changes[$0]?["new"]?.pythonString.parts(",").contains(available[$0] ?? "") != true }
            return changes
        }
        if result.result == nil { return result }
        var comments: [String] = []
        if !failed.isEmpty { comments.append("The following packages failed to update: \(failed.sorted().joined(separator: ", "))") }
        let done = targets.filter { !failed.contains($0) }.sorted()
        if !done.isEmpty { comments.append("The following packages were successfully installed/upgraded: \(done.joined(separator: ", "))") }
        if !upToDate.isEmpty {
            comments.append(
                upToDate.count <= 10
                    ? "The following packages were already up-to-date: \(upToDate.joined(separator: ", "))"
                    : "\(upToDate.count) packages were already up-to-date ")
        }
        result.comment = comments.joined(separator: " ")
        result.result = failed.isEmpty
        return result
    }

    // MARK: - Removed

    struct RemovedSettings: ArgumentGroup {
        var version: String?
        var pkgs: [Value] = []
        var normalize = true
        var ignoreEpoch: Bool?

        static let fields: [ArgumentField<RemovedSettings>] = [
            .field("version", \.version, "Remove it only in this version."),
            .field("pkgs", \.pkgs, "Packages, each a name or a name and a version."),
            .field("normalize", \.normalize, "Drop the host's architecture from names."),
            .field("ignore_epoch", \.ignoreEpoch, "Compare versions without epochs."),
        ]
    }

    private static func removed(_ state: StateContext, _ settings: RemovedSettings) async throws -> StateResult {
        try await uninstall(state, settings, "remove")
    }

    private static func purged(_ state: StateContext, _ settings: RemovedSettings) async throws -> StateResult {
        try await uninstall(state, settings, "purge")
    }

    private static func uninstall(_ state: StateContext, _ settings: RemovedSettings, _ action: String) async throws -> StateResult {
        let wanted = PackageList.parse(name: state.name, pkgs: settings.pkgs, version: settings.version)
        let database = try await DpkgDatabase.read(state.call)
        var hasVersion = false
        var targets = wanted.filter { name, version in
            guard let installed = database.listed[name] else { return false }
            guard let version else { return true }
            hasVersion = true
            return PackageList.fulfils(installed, version, ignoreEpoch: settings.ignoreEpoch)
        }.map(\.name)
        if action == "purge" { targets += wanted.map(\.name).filter { database.removed[$0] != nil } }
        targets.sort()
        if targets.isEmpty {
            if action == "purge" { return state.unchanged("None of the targeted packages are installed or partially installed") }
            return state.unchanged("All specified packages\(hasVersion ? " (matching specified versions)" : "") are already absent")
        }
        let list = targets.joined(separator: ", ")
        let foreseen = ValueMap(targets.map { (.string($0), ["new": .string("\(action)d"), "old": ""]) })
        var failed: [String] = []
        do {
            var result = try await state.change(foreseen, would: "The following packages will be \(action)d: \(list).", did: "") {
                let changes = try await PkgApt.uninstall(state.call, action, nil, targets.map { .string($0) })
                let after = try await DpkgDatabase.read(state.call)
                failed = wanted.map(\.name).filter { after.listed[$0] != nil || (action == "purge" && after.removed[$0] != nil) }.sorted()
                return changes
            }
            if result.result == nil { return result }
            let absent = wanted.map(\.name).filter { !targets.contains($0) }.sorted()
            if !failed.isEmpty {
                result.result = false
                result.comment = "The following packages failed to \(action): \(failed.joined(separator: ", "))."
            } else if absent.isEmpty {
                result.comment = "All targeted packages were \(action)d."
            } else {
                result.comment = "The following packages were not installed: \(absent.joined(separator: ", ")) The following packages were \(action)d: \(list)."
            }
            return result
        } catch let error as PkgApt.PackageError {
            return state.failed("\(error)", changes: error.changes)
        } catch let error as ExecutionError {
            return state.failed("An error was encountered while \(action == "purge" ? "purging" : "removing") package(s): \(error)")
        }
    }

    // MARK: - Everything

    private static func upToDate(
        _ state: StateContext, name: String, refresh: Bool, pkgs: [String]?, options: ValueMap
    ) async throws -> StateResult {
        let call = state.call
        do {
            var upgrades = try await PkgApt.listUpgrades(
                call, refresh: refresh, distUpgrade: options["dist_upgrade"]?.isTruthy ?? true, options: [:])
            if let pkgs { upgrades = ValueMap(upgrades.filter { pkgs.contains($0.key.pythonString) }.map { ($0.key, $0.value) }) }
            if upgrades.isEmpty { return state.unchanged("System is already up-to-date") }
            let current = try await DpkgDatabase.read(call).listedText
            let expected = ValueMap(upgrades.map { ($0.key, ["new": $0.value, "old": .string(current[$0.key.pythonString] ?? "")]) })
            return try await state.change(expected, would: "System update will be performed", did: "Upgrade ran successfully") {
                if let pkgs {
                    var install = PkgApt.InstallSettings()
                    install.pkgs = pkgs.filter { upgrades[$0] != nil }.map { .string($0) }
                    install.onlyUpgrade = true
                    return try await PkgApt.install(call, install)
                }
                return try await PkgApt.upgrade(call, refresh: false, distUpgrade: options["dist_upgrade"]?.isTruthy ?? false, options: [:])
            }
        } catch let error as PkgApt.PackageError {
            return state.failed("\(error)", changes: error.changes)
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
    }

    private static func watch(_ state: StateContext, name: String, function: String, options: ValueMap) async throws -> StateResult {
        var arguments = Arguments(keywords: options)
        switch function {
        case "installed", "latest", "removed", "purged":
            let isInstall = function == "installed" || function == "latest"
            if isInstall {
                let settings = try InstalledSettings.bind(&arguments, function: state.call.function)
                return function == "latest" ? try await latest(state, settings) : try await installed(state, settings)
            }
            let settings = try RemovedSettings.bind(&arguments, function: state.call.function)
            return try await uninstall(state, settings, function == "purged" ? "purge" : "remove")
        default: return state.failed("pkg.\(function) does not work with the watch requisite")
        }
    }
}

extension PkgState.InstalledSettings {
    /// The same for `pkg.install`.
    var installSettings: PkgApt.InstallSettings {
        var install = PkgApt.InstallSettings()
        (install.fromrepo, install.skipVerify, install.debconf, install.reinstall) = (fromrepo, skipVerify, debconf, reinstall)
        (install.ignoreEpoch, install.installRecommends, install.onlyUpgrade) = (ignoreEpoch, installRecommends, onlyUpgrade)
        (install.forceConfNew, install.forceYes, install.cacheValidTime, install.env) = (forceConfNew, forceYes, cacheValidTime, env)
        (install.updateHolds, install.normalize) = (updateHolds, normalize)
        return install
    }
}
