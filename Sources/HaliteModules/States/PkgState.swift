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
        StateFunction("removed", "Packages are not installed.", RemovedSettings.self) { try await remove($0, $1, "remove") },
        StateFunction("purged", "Packages are not installed, nor is their configuration.", RemovedSettings.self) { try await remove($0, $1, "purge") },
        StateFunction("uptodate", "All packages are of the newest version.", InstalledSettings.self, body: upToDate),
        StateFunction("downloaded", "The files of packages are at hand.", InstalledSettings.self, body: downloaded),
        StateFunction("patch_installed", "Patches of the distribution are installed.", InstalledSettings.self) { try await patched($0, $1, onlyFetched: false) },
        StateFunction("patch_downloaded", "Patches of the distribution are at hand.", InstalledSettings.self) { try await patched($0, $1, onlyFetched: true) },
        StateFunction("group_installed", "A group of packages is installed.", GroupSettings.self, body: groupInstalled),
        StateFunction(
            "held", "Packages are kept at their version.", .required("name", "A package, or any name beside pkgs."),
            .optional("version", nil as String?, "The version of the one package."), .optional("pkgs", nil as [Value]?, "Packages, each a name or a name and a version."),
            .optional("replace", false, "Release all others."), body: held),
        StateFunction(
            "unheld", "Packages are not kept at their version.", .required("name", "A package, or any name beside pkgs."),
            .optional("version", nil as String?, "The version of the one package."), .optional("pkgs", nil as [Value]?, "Packages, each a name or a name and a version."),
            .optional("all", false, "Release all packages."), body: unheld),
        StateFunction(
            "mod_watch", "What it watches has changed.", .required("name", "The package."), .optional("sfun", "installed", "The watching function."),
            .keywords("kwargs", "The arguments of that function."), body: watch),
    ]

    // MARK: - Installed

    private static func installed(_ state: StateContext, _ settings: InstalledSettings) async throws -> StateResult {
        if let pkgs = settings.pkgs, pkgs.isEmpty { return state.unchanged("No packages to install provided") }
        if settings.pkgs != nil, !settings.sources.isEmpty { return state.failed("Only one of \"pkgs\" and \"sources\" is permitted.") }
        var installation = PackageInstallation(state: state, settings: settings)
        return try await telling(state, "An error was encountered while installing package(s)") { try await installation.run() }
    }

    /// The failure of a package manager as the result of a state.
    static func telling(_ state: StateContext, _ words: String, _ body: () async throws -> StateResult) async throws -> StateResult {
        do { return try await body() } catch let error as PackageError {
            return state.failed(error.withoutChanges, changes: error.changes)
        } catch let error as ExecutionError {
            return state.failed("\(words): \(error)")
        }
    }

    // MARK: - Removed

    static func remove(_ state: StateContext, _ settings: RemovedSettings, _ action: String) async throws -> StateResult {
        let packages = PackageFunctions(call: state.call)
        let asked: [Value] = settings.pkgs.flatMap { $0.isEmpty ? nil : $0 } ?? state.name.parts(",").map { name in
            settings.version.map { .map([.string(name): .string($0)]) } ?? .string(name)
        }
        let wanted = try await packages.wanted(asked, normalise: settings.normalize)
        let current = try await packages.installed(settings.passed)
        var isVersioned = false
        var targets: [String] = []
        for entry in wanted {
            let versions = packages.versions(entry.name, in: current)
            if versions.isEmpty { continue }
            guard let version = entry.version else {
                targets.append(entry.name)
                continue
            }
            isVersioned = true
            if try await packages.fulfils(versions, version, ignoreEpoch: settings.ignoreEpoch) { targets.append(entry.name) }
        }
        if targets.isEmpty, action == "remove" {
            return state.unchanged("All specified packages\(isVersioned ? " (matching specified versions)" : "") are already absent")
        }
        if action == "purge" {
            let left = try await removedPackages(packages)
            targets += wanted.map(\.name).filter { left[$0] != nil }
        }
        targets.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        if targets.isEmpty { return state.unchanged("None of the targeted packages are installed or partially installed") }
        let list = targets.joined(separator: ", ")
        let foreseen = ValueMap(targets.map { (.string($0), ["new": .string("\(action)d"), "old": ""]) })
        var failed: [String] = []
        return try await telling(state, "An error was encountered while \(action == "purge" ? "purging" : "removing") package(s)") {
            var result = try await state.change(foreseen, would: "The following packages will be \(action)d: \(list).", did: "") {
                var keywords = settings.passed
                keywords["split_arch"] = false
                keywords["version"] = settings.version.value
                keywords[settings.pkgs == nil ? "name" : "pkgs"] = settings.pkgs.map { .list($0) } ?? .string(state.name)
                let changes = try await packages.run(action, [], keywords).mapValue ?? [:]
                failed = try await stillThere(wanted, action, packages, settings)
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
                result.comment = "The following packages were not installed: \(absent.joined(separator: ", ")). The following packages were \(action)d: \(list)."
            }
            return result
        }
    }

    private static func removedPackages(_ packages: PackageFunctions) async throws -> ValueMap {
        try await packages.run("list_pkgs", [], ["versions_as_list": true, "removed": true]).mapValue ?? [:]
    }

    private static func stillThere(
        _ wanted: [PackageFunctions.Wanted], _ action: String, _ packages: PackageFunctions, _ settings: RemovedSettings
    ) async throws -> [String] {
        let after = try await packages.installed(settings.passed)
        let byVersion = ["Suse", "RedHat", "Windows"].contains(packages.call.grains["os_family"]?.stringValue ?? "")
        var failed: [String] = []
        for entry in wanted {
            let versions = packages.versions(entry.name, in: after)
            if versions.isEmpty { continue }
            if byVersion, let version = entry.version {
                if versions.contains(version) { failed.append("\(entry.name)-\(version)") }
            } else {
                failed.append(entry.name)
            }
        }
        if action == "purge" {
            let left = try await removedPackages(packages)
            failed += wanted.map(\.name).filter { left[$0] != nil }
        }
        return failed.sorted()
    }

    // MARK: - Watching

    private static func watch(_ state: StateContext, name: String, function: String, options: ValueMap) async throws -> StateResult {
        var arguments = Arguments(keywords: options)
        switch function {
        case "installed", "latest":
            let settings = try InstalledSettings.bind(&arguments, function: state.call.function)
            return function == "latest" ? try await latest(state, settings) : try await installed(state, settings)
        case "removed", "purged":
            let settings = try RemovedSettings.bind(&arguments, function: state.call.function)
            return try await remove(state, settings, function == "purged" ? "purge" : "remove")
        default: return state.failed("pkg.\(function) does not work with the watch requisite")
        }
    }
}
