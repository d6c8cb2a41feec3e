import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One `pkg.installed`: what is wanted, what lacks, and what was done about it.
struct Installation {
    let state: StateContext
    let settings: PkgState.InstalledSettings

    private var call: CallContext { state.call }

    func run() async throws -> StateResult {
        let database = try await DpkgDatabase.read(call)
        var desired: [(name: String, version: String?)] = []
        if settings.sources.isEmpty {
            for entry in PackageList.parse(name: state.name, pkgs: settings.pkgs ?? [], version: settings.version) {
                desired.append((settings.normalize ? try await PkgApt.normalizeName(call, name: entry.name) : entry.name, entry.version))
            }
        } else {
            desired = settings.sources.compactMap { $0.mapValue?.first.map { ($0.key.pythonString, nil) } }
        }
        if desired.isEmpty { return state.failed("Invalidly formatted 'pkgs' parameter. See minion log.") }
        try await resolveLatest(&desired, database)
        let targets = desired.filter { lacks($0, database) }
        let unpurged = desired.map(\.name).filter { database.purgeDesired[$0] != nil }
        if targets.isEmpty, unpurged.isEmpty { return try await nothingToDo(desired) }
        let foreseen = try await foreseen(targets, unpurged)
        var result = try await state.change(foreseen, would: plannedComment(targets, unpurged), did: "") {
            try await install(targets, unpurged)
        }
        if result.result == nil { return result }
        try await conclude(&result, desired, targets)
        return result
    }

    /// `latest` stands for the candidate, or for what is installed when that is new enough.
    private func resolveLatest(_ desired: inout [(name: String, version: String?)], _ database: DpkgDatabase) async throws {
        let wanted = desired.filter { $0.version == "latest" }.map(\.name)
        if wanted.isEmpty { return }
        if settings.refresh ?? true { _ = try await PkgApt.refreshOnce(call) }
        let found = try await PkgApt.candidates(call, wanted, fromrepo: settings.fromrepo)
        desired = desired.map { entry in
            guard entry.version == "latest" else { return entry }
            let version = found[entry.name].flatMap { $0.isEmpty ? nil : $0 } ?? database.listed[entry.name]?.last
            return (entry.name, version)
        }
    }

    private func lacks(_ entry: (name: String, version: String?), _ database: DpkgDatabase) -> Bool {
        guard let installed = database.listed[entry.name] else { return true }
        if settings.reinstall { return true }
        guard let version = entry.version else { return false }
        return !PackageList.fulfils(installed, version, ignoreEpoch: settings.ignoreEpoch, allowUpdates: settings.allowUpdates)
    }

    private func nothingToDo(_ desired: [(name: String, version: String?)]) async throws -> StateResult {
        let isVersioned = settings.sources.isEmpty && desired.contains { $0.version != nil }
        var result = state.unchanged("All specified packages are already installed" + (isVersioned ? " and are at the desired version" : ""))
        try await applyHold(&result, desired.map(\.name), separator: ".\n")
        return result
    }

    /// `name=version`, or the name with its comparison.
    private static func label(_ entry: (name: String, version: String?)) -> String {
        guard let version = entry.version, !version.isEmpty else { return entry.name }
        return entry.name + (["<", ">", "="].contains { version.hasPrefix($0) } ? "" : "=") + version
    }

    private func plannedComment(_ targets: [(name: String, version: String?)], _ unpurged: [String]) -> String {
        var lines: [String] = []
        if !targets.isEmpty {
            lines.append("The following packages would be installed/updated: \(targets.map(\.name).joined(separator: ", "))")
        }
        if !unpurged.isEmpty {
            lines.append(
                "The following packages would have their selection status changed from 'purge' to 'install': \(unpurged.joined(separator: ", "))")
        }
        return lines.joined(separator: "\n")
    }

    private func foreseen(_ targets: [(name: String, version: String?)], _ unpurged: [String]) async throws -> ValueMap {
        var changes = ValueMap()
        // Only told under test; asking apt for candidates is not needed to install.
        let planned: [String: String]? = try await state.whenPlanning {
            settings.sources.isEmpty ? try await PkgApt.candidates(call, targets.filter { $0.version == nil }.map(\.name)) : [:]
        }
        for entry in targets {
            let version = planned?[entry.name].flatMap { $0.isEmpty ? nil : $0 }
            changes[.string(entry.name)] = ["new": .string(version ?? "installed"), "old": ""]
        }
        for name in unpurged { changes[.string(name)] = ["new": "installed", "old": ""] }
        return changes
    }

    private func install(_ targets: [(name: String, version: String?)], _ unpurged: [String]) async throws -> ValueMap {
        var install = settings.installSettings
        if settings.sources.isEmpty {
            install.pkgs = targets.map { entry in entry.version.map { .map([.string(entry.name): .string($0)]) } ?? .string(entry.name) }
        } else {
            let names = Set(targets.map(\.name))
            install.sources = settings.sources.filter { $0.mapValue?.first.map { names.contains($0.key.pythonString) } ?? false }
        }
        var changes = ValueMap()
        if !targets.isEmpty {
            if settings.refresh == true {
                install.refresh = true
            } else if settings.refresh == nil, call.memory["pkg.refreshed"] == nil {
                install.refresh = true
            }
            changes = try await PkgApt.install(call, install)
        }
        if !unpurged.isEmpty {
            try await PkgApt.select(call, unpurged, "install")
            changes["purge_desired"] = .map(ValueMap(unpurged.map { (.string($0), ["new": "install", "old": "purge"]) }))
        }
        return changes
    }

    private func conclude(
        _ result: inout StateResult, _ desired: [(name: String, version: String?)], _ targets: [(name: String, version: String?)]
    ) async throws {
        let database = try await DpkgDatabase.read(call)
        let names = Set(targets.map(\.name))
        let isThere: ((name: String, version: String?)) -> Bool = { entry in
            guard let installed = database.listed[entry.name] else { return false }
            return entry.version.map { PackageList.fulfils(installed, $0, ignoreEpoch: settings.ignoreEpoch, allowUpdates: settings.allowUpdates) } ?? true
        }
        let modified = desired.filter { names.contains($0.name) && isThere($0) }
        let unmodified = desired.filter { !names.contains($0.name) && isThere($0) }
        let failed = desired.filter { names.contains($0.name) && !isThere($0) }
        var comments: [String] = []
        if !failed.isEmpty {
            comments.append("The following packages failed to install/update: \(failed.map(Self.label).joined(separator: ", "))")
            result.result = false
        }
        if !modified.isEmpty {
            let summary = modified.map(Self.label).joined(separator: ", ")
            // Salt compares the length of the text here, and the number of packages below.
            comments.append(
                summary.count < 20
                    ? "The following packages were installed/updated: \(summary)"
                    : "\(modified.count) targeted package\(modified.count > 1 ? "s were" : " was") installed/updated.")
        }
        if !unmodified.isEmpty {
            comments.append(
                unmodified.count <= 20
                    ? "The following packages were already installed: \(unmodified.map(Self.label).joined(separator: ", "))"
                    : "\(unmodified.count) targeted package\(unmodified.count > 1 ? "s were" : " was") already installed")
        }
        result.comment = comments.joined(separator: "\n")
        try await applyHold(&result, desired.map(\.name), separator: "\n")
    }

    private func applyHold(_ result: inout StateResult, _ names: [String], separator: String) async throws {
        guard let hold = settings.hold else { return }
        let pkgs = names.map { Value.string($0) }
        let answers = hold
            ? try await PkgApt.hold(call, name: nil, pkgs: pkgs, ignored: [:])
            : try await PkgApt.unhold(call, name: nil, pkgs: pkgs, ignored: [:])
        for (name, answer) in answers {
            result.comment += separator + (answer["comment"]?.pythonString ?? "")
            if answer["result"] == false { result.result = false }
            if answer["result"]?.isNull == true { result.result = nil }
            if let changes = answer["changes"]?.mapValue, !changes.isEmpty { result.changes[name] = .map(changes) }
        }
    }
}
