import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One `pkg.installed`: what is wanted, what lacks, and what was done about it.
struct PackageInstallation {
    let state: StateContext
    let settings: PkgState.InstalledSettings
    let packages: PackageFunctions
    private let pkgs: [Value]
    private let isNamed: Bool
    private var refresh = false
    private var desired: [PackageFunctions.Wanted] = []
    private var targets: [PackageFunctions.Wanted] = []
    private var again: [PackageFunctions.Wanted] = []
    private var unpurged: [String] = []
    private var altered = ValueMap()
    private var warnings: [String] = []

    init(state: StateContext, settings: PkgState.InstalledSettings) {
        self.state = state
        self.settings = settings
        packages = PackageFunctions(call: state.call)
        isNamed = settings.pkgs == nil && settings.sources.isEmpty
        if let pkgs = settings.pkgs {
            self.pkgs = pkgs
        } else if settings.sources.isEmpty {
            self.pkgs = [settings.version.map { .map([.string(state.name): .string($0)]) } ?? .string(state.name)]
        } else {
            self.pkgs = []
        }
    }

    private var hasSources: Bool { !settings.sources.isEmpty }

    mutating func run() async throws -> StateResult {
        if settings.pkgVerify.isTruthy, !packages.has("verify") { return state.failed("pkg.verify not implemented") }
        refresh = packages.wantsRefresh(settings.refresh)
        if let done = try await findTargets() { return try await finishWithoutTargets(done) }
        var result = try await state.change(try await foreseen(), would: planned(), did: "") { try await install() }
        if result.result == nil { return warned(result) }
        try await conclude(&result)
        return warned(result)
    }

    private func warned(_ result: StateResult) -> StateResult {
        var result = result
        result.warnings += warnings
        return result
    }

    // MARK: - Looking

    /// The result, when there is nothing to install.
    private mutating func findTargets() async throws -> StateResult? {
        let keywords = settings.keywords
        let (pkgs, refresh) = settings.resolveCapabilities
            ? try await packages.resolveCapabilities(pkgs, refresh: refresh, keywords) : (pkgs, refresh)
        self.refresh = refresh
        let current = try await packages.installed(keywords)
        let provided = settings.resolveCapabilities && packages.has("list_provides")
            ? try await packages.run("list_provides", [], keywords).mapValue ?? [:] : [:]
        if hasSources {
            desired = settings.sources.compactMap { entry in entry.mapValue?.first.map { ($0.key.pythonString, $0.value.pythonString) } }
            if desired.count != settings.sources.count { return state.failed("Invalidly formatted 'sources' parameter. See minion log.") }
            if settings.normalize {
                for index in desired.indices { desired[index].name = try await packages.normalised(desired[index].name) }
            }
        } else {
            // The state itself tells the package manager not to split names at their architecture, and so does not either.
            desired = try await packages.wanted(pkgs, normalise: false)
            if desired.isEmpty { return state.failed("Invalidly formatted 'pkgs' parameter. See minion log.") }
        }
        let purging = packages.has("get_selections") ? try await packages.run("list_pkgs", [], ["purge_desired": true]).mapValue ?? [:] : [:]
        unpurged = desired.map(\.name).filter { purging[$0] != nil }
        if let problem = try await suggestions(current) { return problem }
        try await resolveLatest(current)
        return try await sort(current, provided)
    }

    /// Package managers that know names of a like tell of them.
    private func suggestions(_ current: ValueMap) async throws -> StateResult? {
        guard !hasSources, !settings.skipSuggestions, packages.has("check_db") else { return nil }
        var missing: [String] = []
        for entry in desired {
            let versions = packages.versions(entry.name, in: current)
            if versions.isEmpty {
                missing.append(entry.name)
            } else if let version = entry.version, try await !packages.fulfils(versions, version, ignoreEpoch: settings.ignoreEpoch) {
                missing.append(entry.name)
            }
        }
        if missing.isEmpty { return nil }
        var keywords = settings.keywords
        keywords["fromrepo"] = settings.fromrepo.value
        guard let found = try? await packages.run("check_db", missing.map { .string($0) }, keywords).mapValue else { return nil }
        let unknown = found.filter { $0.value["found"] == false }
        let bare = unknown.filter { $0.value["suggestions"]?.isTruthy != true }.map { $0.key.pythonString }.sorted()
        var comments: [String] = []
        if !bare.isEmpty {
            comments.append(
                "The following package(s) were not found, and no possible matches were found in the package db: \(bare.joined(separator: ", "))")
        }
        for (name, answer) in unknown where answer["suggestions"]?.isTruthy == true {
            let names = (answer["suggestions"]?.listValue ?? []).map(\.pythonString).joined(separator: ", ")
            comments.append("Package '\(name.pythonString)' not found (possible matches: \(names))")
        }
        return comments.isEmpty ? nil : state.failed(comments.joined(separator: ". ") + (comments.count > 1 ? "." : ""))
    }

    /// `latest` stands for the candidate, or for what is installed when that is new enough.
    private mutating func resolveLatest(_ current: ValueMap) async throws {
        let names = hasSources ? [] : desired.filter { $0.version == "latest" }.map(\.name)
        if names.isEmpty { return }
        var keywords = settings.keywords
        keywords["refresh"] = .bool(refresh)
        keywords["fromrepo"] = settings.fromrepo.value
        let answer = try await packages.run("latest_version", names.map { .string($0) }, keywords)
        refresh = false
        for index in desired.indices where desired[index].version == "latest" {
            let name = desired[index].name
            let found = (names.count == 1 && answer.mapValue == nil ? answer : answer[name] ?? .null).pythonString
            desired[index].version = found.isEmpty || found == "None" ? packages.versions(name, in: current).last : found
        }
    }

    private mutating func sort(_ current: ValueMap, _ provided: ValueMap) async throws -> StateResult? {
        var problems: [String] = []
        var isVersioned = false
        for entry in desired {
            var versions = try await packages.versions(normalising: entry.name, in: current)
            if versions.isEmpty, let provider = provided[entry.name]?.listValue?.first {
                versions = packages.versions(provider.pythonString, in: current)
            }
            if versions.isEmpty {
                targets.append(entry)
            } else if settings.reinstall {
                again.append(entry)
            } else if hasSources {
                try await compareSource(entry, versions, &problems)
            } else if let version = entry.version {
                isVersioned = true
                try await compare(entry, version, versions, &problems)
            } else if settings.pkgVerify.isTruthy {
                try await verify(entry, &problems)
            }
        }
        if !problems.isEmpty { return state.failed(problems.joined(separator: " ")) }
        if targets.isEmpty, again.isEmpty, unpurged.isEmpty {
            return warned(state.unchanged("All specified packages are already installed" + (isVersioned ? " and are at the desired version" : "")))
        }
        return nil
    }

    private mutating func compare(_ entry: PackageFunctions.Wanted, _ wanted: String, _ versions: [String], _ problems: inout [String]) async throws {
        if try await packages.fulfils(versions, wanted, ignoreEpoch: settings.ignoreEpoch, allowUpdates: settings.allowUpdates) { return }
        if settings.pkgVerify.isTruthy, PackageList.conditions(wanted).contains(where: { $0.oper == "==" }) {
            try await verify(entry, &problems)
        } else {
            targets.append(entry)
        }
    }

    /// The version of a package that comes as a file stands in the file.
    private mutating func compareSource(_ entry: PackageFunctions.Wanted, _ versions: [String], _ problems: inout [String]) async throws {
        let source = entry.version ?? ""
        guard state.call.services.registry.functions["lowpkg.bin_pkg_info"] != nil else { return }
        do {
            let path = try await PackageFile.place(source, state.call)
            guard let version = try await state.call.call("lowpkg.bin_pkg_info", .string(path))["version"]?.stringValue else {
                warnings.append("Failed to parse metadata for \(source)")
                return
            }
            if try await !packages.fulfils(versions, version, ignoreEpoch: settings.ignoreEpoch) { targets.append(entry) }
        } catch let error as ExecutionError {
            problems.append("Unable to cache \(source): \(error)")
        }
    }

    private mutating func verify(_ entry: PackageFunctions.Wanted, _ problems: inout [String]) async throws {
        let found = try await verified(entry.name)
        if !found.isEmpty {
            again.append(entry)
            altered[.string(entry.name)] = .map(found)
        }
    }

    private func verified(_ name: String) async throws -> ValueMap {
        var keywords = settings.keywords
        for option in settings.pkgVerify.listValue ?? [] {
            for (key, value) in option.mapValue ?? [:] where key == "ignore_types" || key == "verify_options" { keywords[key] = value }
        }
        return try await packages.run("verify", [.string(name)], keywords).mapValue ?? [:]
    }

    // MARK: - Nothing to install

    private func finishWithoutTargets(_ done: StateResult) async throws -> StateResult {
        guard let hold = settings.hold, packages.has("hold") else { return done }
        var result = done
        let keywords: ValueMap = ["name": .string(state.name), "pkgs": pkgs.isEmpty ? .null : .list(pkgs), "sources": hasSources ? .list(settings.sources) : .null]
        let answers: ValueMap
        do { answers = try await packages.run(hold ? "hold" : "unhold", [], keywords).mapValue ?? [:] } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
        let changed = answers.filter { $0.value["changes"]?.isTruthy == true }
        let unchanged = answers.filter { $0.value["changes"]?.isTruthy != true && $0.value["result"]?.isTruthy == true }
        let failed = answers.filter { $0.value["result"]?.isTruthy != true }
        for (name, answer) in changed.map({ $0 }) + unchanged.map({ $0 }) + failed.map({ $0 }) {
            result.comment += ".\n" + (answer["comment"]?.pythonString ?? "")
            result.result = answer["result"]?.isNull == true ? nil : answer["result"]?.isTruthy == true
            if answer["changes"]?.isTruthy == true { result.changes[answer["name"] ?? name] = answer["changes"] ?? [:] }
        }
        return result
    }

    // MARK: - Under test

    private func planned() -> String {
        var lines: [String] = []
        if !targets.isEmpty {
            lines.append("The following packages would be installed/updated: \(targets.map(\.name).joined(separator: ", "))")
        }
        if !unpurged.isEmpty {
            lines.append(
                "The following packages would have their selection status changed from 'purge' to 'install': \(unpurged.joined(separator: ", "))")
        }
        if settings.reinstall, !again.isEmpty {
            lines.append("The following packages would be reinstalled: \(again.map(label).joined(separator: ", "))")
        } else {
            for entry in again {
                lines.append("Package '\(label(entry))' would be reinstalled because the following files have been altered:")
                lines.append(NestedText.text(altered[entry.name] ?? [:]))
            }
        }
        return lines.joined(separator: "\n")
    }

    private func label(_ entry: PackageFunctions.Wanted) -> String { hasSources ? entry.name : PackageList.label(entry) }

    private func foreseen() async throws -> ValueMap {
        // Only told under test; what would be installed need not be known to install it.
        var changes = try await state.whenPlanning {
            hasSources ? ValueMap(targets.map { (.string($0.name), ["new": "installed", "old": ""]) }) : try await packages.foreseen(targets)
        } ?? [:]
        for name in unpurged { changes[.string(name)] = ["new": "installed", "old": ""] }
        for entry in again { changes[.string(settings.reinstall ? label(entry) : entry.name)] = settings.reinstall ? ["new": "installed", "old": ""] : [:] }
        return changes
    }

    // MARK: - Installing

    private func install() async throws -> ValueMap {
        var changes = ValueMap()
        if !targets.isEmpty || !again.isEmpty {
            var keywords = settings.keywords
            for (key, value) in [
                "refresh": .bool(refresh), "fromrepo": settings.fromrepo.value, "skip_verify": .bool(settings.skipVerify),
                "reinstall": .bool(!again.isEmpty), "normalize": .bool(settings.normalize), "update_holds": .bool(settings.updateHolds),
                "ignore_epoch": settings.ignoreEpoch.value, "split_arch": false, "saltenv": .string(state.call.saltenv),
            ] as ValueMap { keywords[key] = value }
            if hasSources {
                let names = Set((targets + again).map(\.name))
                keywords["sources"] = .list(zip(settings.sources, desired).filter { names.contains($0.1.name) }.map(\.0))
            } else {
                keywords["pkgs"] = .list((targets + again).map { .map([.string($0.name): $0.version.value]) })
            }
            changes = try await packages.run("install", [], keywords).mapValue ?? [:]
        }
        if !unpurged.isEmpty {
            changes["purge_desired"] = try await state.call.call("lowpkg.unpurge", Arguments(unpurged.map { .string($0) }))
        }
        return changes
    }

    // MARK: - What became of it

    private struct Holds {
        var changed: [Value] = []
        var unchanged: [Value] = []
        var failed: [Value] = []
    }

    private func holds() async throws -> Holds {
        guard let hold = settings.hold, packages.has("hold") else { return Holds() }
        let names = ValueMap(desired.map { (.string($0.name), $0.version.value) })
        let answers = try await packages.run(
            hold ? "hold" : "unhold", [], ["name": .string(state.name), "pkgs": .list(names.keys.map { $0 })]).mapValue ?? [:]
        let all = answers.map(\.value)
        return Holds(
            changed: all.filter { $0["changes"]?.isTruthy == true },
            unchanged: all.filter { $0["changes"]?.isTruthy != true && $0["result"]?.isTruthy == true },
            failed: all.filter { $0["result"]?.isTruthy != true })
    }

    private func conclude(_ result: inout StateResult) async throws {
        let installed = result.changes
        let holds: Holds
        do { holds = try await self.holds() } catch let error as ExecutionError {
            result = state.failed("\(error)", changes: result.changes)
            return
        }
        let (modified, unmodified, failed) = try await outcome(installed)
        var comments: [String] = []
        if !modified.isEmpty {
            let summary = modified.map(label).joined(separator: ", ")
            // Salt compares the length of the text here, and the number of packages below.
            comments.append(
                summary.unicodeScalars.count < 20
                    ? "The following packages were installed/updated: \(summary)"
                    : "\(modified.count) targeted package\(modified.count > 1 ? "s were" : " was") installed/updated.")
        }
        for hold in holds.changed { tell(hold, &result, &comments) }
        if !unmodified.isEmpty {
            comments.append(
                unmodified.count <= 20
                    ? "The following packages were already installed: \(unmodified.map(label).joined(separator: ", "))"
                    : "\(unmodified.count) targeted package\(unmodified.count > 1 ? "s were" : " was") already installed")
        }
        comments += holds.unchanged.map { $0["comment"]?.pythonString ?? "" }
        if !failed.isEmpty {
            comments.insert("The following packages failed to install/update: \(failed.map(label).joined(separator: ", "))", at: 0)
            result.result = false
        }
        if !holds.failed.isEmpty {
            comments += holds.failed.map { $0["comment"]?.pythonString ?? "" }
            result.result = false
        }
        try await tellReinstalled(installed, &result, &comments)
        result.comment = comments.joined(separator: "\n")
    }

    private func tell(_ hold: Value, _ result: inout StateResult, _ comments: inout [String]) {
        comments.append(hold["comment"]?.pythonString ?? "")
        let name = hold["name"] ?? ""
        let new = hold["changes"]?["new"]?.pythonString ?? ""
        guard case .map(var known) = result.changes[name] ?? .null else {
            result.changes[name] = ["new": .string(new)]
            return
        }
        for key in ["new", "old"] {
            let text = known[key]?.pythonString ?? ""
            known[.string(key)] = .string((text.isEmpty ? "" : text + "\n") + (hold["changes"]?[key]?.pythonString ?? ""))
        }
        result.changes[name] = .map(known)
    }

    private func outcome(_ changes: ValueMap) async throws -> (
        modified: [PackageFunctions.Wanted], unmodified: [PackageFunctions.Wanted], failed: [PackageFunctions.Wanted]
    ) {
        let wanted = Set(targets.map(\.name))
        let repeated = Set(again.map(\.name))
        if hasSources {
            let modified = targets.filter { changes[$0.name] != nil }
            return (
                modified, desired.filter { !wanted.contains($0.name) && !repeated.contains($0.name) },
                targets.filter { changes[$0.name] == nil }
            )
        }
        let new = try await packages.installed(settings.keywords)
        let provided = settings.resolveCapabilities && packages.has("list_provides")
            ? try await packages.run("list_provides", [], settings.keywords).mapValue ?? [:] : [:]
        var fine: [PackageFunctions.Wanted] = []
        var failed: [PackageFunctions.Wanted] = []
        for entry in desired {
            if try await isThere(entry, new, provided) { fine.append(entry) } else { failed.append(entry) }
        }
        return (
            fine.filter { wanted.contains($0.name) }, fine.filter { !wanted.contains($0.name) && !repeated.contains($0.name) },
            failed.filter { wanted.contains($0.name) }
        )
    }

    private func isThere(_ entry: PackageFunctions.Wanted, _ new: ValueMap, _ provided: ValueMap) async throws -> Bool {
        let name = entry.name.parts("=")[0]
        var versions = try await packages.versions(normalising: name, in: new)
        if versions.isEmpty, let provider = provided[name]?.listValue?.first { versions = packages.versions(provider.pythonString, in: new) }
        guard let first = versions.first else { return false }
        guard let wanted = entry.version, !wanted.isEmpty, wanted != "latest" else { return true }
        if wanted.hasSuffix("*"), first.hasPrefix(String(wanted.dropLast())) { return true }
        return try await packages.fulfils(versions, wanted, ignoreEpoch: settings.ignoreEpoch)
    }

    private func tellReinstalled(_ changes: ValueMap, _ result: inout StateResult, _ comments: inout [String]) async throws {
        var failures: [String] = []
        for entry in again {
            var files = altered[entry.name]
            let isDone: Bool
            if settings.reinstall {
                isDone = changes[entry.name] != nil
            } else {
                let found = try await verified(entry.name)
                isDone = found.isEmpty
                if !isDone { files = .map(found) }
            }
            let text = isDone ? "Package \(label(entry)) was reinstalled." : "Reinstall was not successful for package \(label(entry))."
            let details = files.map { (isDone ? " The following files were remediated:" : " The following files could not be remediated:") + "\n" + NestedText.text($0) }
            if isDone { comments.append(text + (details ?? "")) } else { failures.append(text + (details ?? "")) }
        }
        if !failures.isEmpty { result.result = false }
        comments += failures
    }
}
