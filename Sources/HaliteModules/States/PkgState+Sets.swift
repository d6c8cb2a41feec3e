import HaliteCore
import HaliteModuleKit
import HaliteValue

/// States about many packages at once: everything, groups, patches, and files that are only fetched.
extension PkgState {
    // MARK: - Everything

    static func upToDate(_ state: StateContext, _ settings: InstalledSettings) async throws -> StateResult {
        let packages = PackageFunctions(call: state.call)
        guard packages.has("list_upgrades") else { return state.failed("State pkg.uptodate is not available") }
        guard settings.refresh.isNull || settings.refresh.boolValue != nil else { return state.failed("refresh must be either True or False") }
        var refresh = settings.refresh.isTruthy
        var pkgs = settings.pkgs
        var expected: ValueMap
        do {
            if settings.resolveCapabilities, let given = pkgs {
                (pkgs, refresh) = try await packages.resolveCapabilities(given, refresh: refresh, settings.keywords)
            }
            var keywords = settings.keywords
            keywords["refresh"] = .bool(refresh)
            keywords["fromrepo"] = settings.fromrepo.value
            expected = [:]
            for (name, version) in try await packages.run("list_upgrades", [], keywords).mapValue ?? [:] where pkgs?.contains(name) ?? true {
                expected[name] = ["new": version, "old": try await packages.run("version", [name], settings.keywords)]
            }
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
        if expected.isEmpty { return state.unchanged("System is already up-to-date") }
        let (names, fetch) = (pkgs, refresh)
        return try await telling(state, "An error was encountered while updating packages") {
            var result = try await state.change(expected, would: "System update will be performed", did: "Upgrade ran successfully") {
                var keywords = settings.keywords
                keywords["refresh"] = .bool(fetch)
                keywords["pkgs"] = names.map { .list($0) } ?? .null
                keywords["fromrepo"] = settings.fromrepo.value
                return try await packages.run("upgrade", [], keywords).mapValue ?? [:]
            }
            let missing = expected.keys.filter { result.changes[$0] == nil }
            if result.result == true, names != nil, !missing.isEmpty {
                result.result = false
                result.comment = "The following package(s) failed to update: \(missing.map(\.pythonString).joined(separator: ", "))"
            }
            return result
        }
    }

    // MARK: - Fetched

    static func downloaded(_ state: StateContext, _ settings: InstalledSettings) async throws -> StateResult {
        let packages = PackageFunctions(call: state.call)
        guard packages.has("list_downloaded") else { return state.failed("The pkg.downloaded state is not available on this platform") }
        if let pkgs = settings.pkgs, pkgs.isEmpty { return state.unchanged("No packages to download provided") }
        var pkgs = settings.pkgs ?? [settings.version.map { .map([.string(state.name): .string($0)]) } ?? .string(state.name)]
        if settings.resolveCapabilities { pkgs = try await packages.resolveCapabilities(pkgs, refresh: false, settings.keywords).pkgs }
        let wanted = try await packages.wanted(pkgs, normalise: settings.normalize)
        let present = try await packages.run("list_downloaded", [], settings.keywords).mapValue ?? [:]
        var targets: [PackageFunctions.Wanted] = []
        var isVersioned = false
        for entry in wanted {
            let versions = present[entry.name]?.mapValue?.keys.map(\.pythonString) ?? []
            if versions.isEmpty {
                targets.append(entry)
            } else if let version = entry.version {
                isVersioned = true
                if try await !packages.fulfils(versions, version, ignoreEpoch: settings.ignoreEpoch) { targets.append(entry) }
            }
        }
        if targets.isEmpty {
            return state.unchanged("All specified packages\(isVersioned ? " (matching specified versions)" : "") are already downloaded")
        }
        let summary = targets.map(\.name).joined(separator: ", ")
        let (asked, lacking) = (pkgs, targets)
        return try await telling(state, "An error was encountered while downloading package(s)") {
            try await state.either(would: {
                StateResult(name: state.name, result: nil, comment: "The following packages would be downloaded: \(summary)")
            }, do: {
                var keywords = settings.keywords
                keywords["pkgs"] = .list(asked)
                keywords["downloadonly"] = true
                keywords["fromrepo"] = settings.fromrepo.value
                keywords["ignore_epoch"] = settings.ignoreEpoch.value
                keywords["skip_verify"] = settings.skipVerify ? true : .null
                var result = StateResult(name: state.name, result: true, comment: "")
                result.changes = try await packages.run("install", [], keywords).mapValue ?? [:]
                let new = try await packages.run("list_downloaded", [], settings.keywords).mapValue ?? [:]
                var failed: [String] = []
                for entry in lacking {
                    let versions = new[entry.name]?.mapValue?.keys.map(\.pythonString) ?? []
                    let isFine = if versions.isEmpty { false } else if let version = entry.version {
                        try await packages.fulfils(versions, version, ignoreEpoch: settings.ignoreEpoch)
                    } else { true }
                    if !isFine { failed.append(PackageList.label(entry)) }
                }
                if !failed.isEmpty {
                    result.result = false
                    result.comment = "The following packages failed to download: \(failed.joined(separator: ", "))"
                } else if result.changes.isEmpty {
                    result.comment = "Packages downloaded: \(summary)"
                }
                return result
            })
        }
    }

    // MARK: - Patches

    static func patched(_ state: StateContext, _ settings: InstalledSettings, onlyFetched: Bool) async throws -> StateResult {
        let packages = PackageFunctions(call: state.call)
        guard packages.has("list_patches") else {
            return state.failed("The pkg.patch_\(onlyFetched ? "downloaded" : "installed") state is not available on this platform")
        }
        let given = settings.passed["advisory_ids"]?.listValue
        if let given, given.isEmpty { return state.unchanged("No advisory ids provided") }
        let fetches = onlyFetched || settings.passed["downloadonly"]?.isTruthy == true
        let current = try await packages.run("list_installed_patches", [], settings.keywords).mapValue ?? [:]
        if given == nil, current[state.name]?.isTruthy == true { return state.unchanged("Advisory patch \(state.name) is already installed") }
        let targets = (given ?? [.string(state.name)]).filter { current[$0]?.isTruthy != true }
        if targets.isEmpty { return state.unchanged("All specified advisory patches are already installed") }
        return try await telling(state, "An error was encountered while downloading package(s)") {
            try await state.either(would: {
                let list = targets.map(\.pythonString).joined(separator: ", ")
                return StateResult(name: state.name, result: nil, comment: "The following advisory patches would be downloaded: \(list)")
            }, do: {
                var keywords = settings.keywords
                keywords["name"] = .string(state.name)
                keywords["advisory_ids"] = .list(given ?? [.string(state.name)])
                keywords["downloadonly"] = fetches ? true : .null
                let changes = try await packages.run("install", [], keywords).mapValue ?? [:]
                let words = "Advisory patch is not needed or related packages are already \(fetches ? "downloaded" : "installed")"
                return StateResult(name: state.name, result: true, comment: changes.isEmpty ? words : "", changes: changes)
            })
        }
    }

    // MARK: - Groups

    struct GroupSettings: ArgumentGroup {
        var skip: Value = .null
        var include: Value = .null
        var passed: ValueMap = [:]

        subscript(passed name: String) -> Value {
            get { passed[.string(name)] ?? .null }
            set { passed[.string(name)] = newValue }
        }

        static let fields: [ArgumentField<GroupSettings>] = [
            .field("skip", \.skip, "Packages of the group that are not installed though they are by default."),
            .field("include", \.include, "Optional packages that are installed."),
        ] + PkgState.passed.map { name, summary in .field(name, \.[passed: name], summary) }
    }

    static func groupInstalled(_ state: StateContext, _ settings: GroupSettings) async throws -> StateResult {
        let packages = PackageFunctions(call: state.call)
        guard packages.has("group_diff") else { return state.failed("pkg.group_install not available for this platform") }
        for (word, value) in [("skip", settings.skip), ("include", settings.include)] where !value.isNull && value.listValue == nil {
            return state.failed("\(word) must be formatted as a list")
        }
        let skip = settings.skip.listValue?.map(\.pythonString) ?? []
        let include = settings.include.listValue?.map(\.pythonString) ?? []
        let difference: Value
        do { difference = try await packages.run("group_diff", [.string(state.name)], settings.passed) } catch let error as ExecutionError {
            return state.failed("An error was encountered while installing/updating group '\(state.name)': \(error).")
        }
        func names(_ kind: String, _ which: String) -> [String] { (difference[kind]?[which]?.listValue ?? []).map(\.pythonString) }
        let mandatory = names("mandatory", "installed") + names("mandatory", "not installed")
        let wrong = mandatory.filter { skip.contains($0) }
        if !wrong.isEmpty { return state.failed("The following mandatory packages cannot be skipped: \(wrong.joined(separator: ", "))") }
        let required = names("mandatory", "not installed") + include
        let targets = names("mandatory", "not installed") + names("default", "not installed").filter { !skip.contains($0) } + include
        if targets.isEmpty { return state.unchanged("Group '\(state.name)' is already installed") }
        let isPartial = ["mandatory", "default", "optional"].contains { !names($0, "installed").isEmpty }
        let would = isPartial ? "Group '\(state.name)' is partially installed and will be updated" : "Group '\(state.name)' will be installed"
        return try await telling(state, "An error was encountered while installing/updating group '\(state.name)'") {
            try await state.either(would: { StateResult(name: state.name, result: nil, comment: would) }, do: {
                var keywords = settings.passed
                keywords["pkgs"] = targets.value
                let changes = try await packages.run("install", [], keywords).mapValue ?? [:]
                let installed = try await packages.installed(settings.passed)
                let failed = required.filter { installed[$0] == nil }
                if !failed.isEmpty { return state.failed("Failed to install the following packages: \(failed.joined(separator: ", "))", changes: changes) }
                return StateResult(
                    name: state.name, result: true, comment: "Group '\(state.name)' was \(isPartial ? "updated" : "installed")", changes: changes)
            })
        }
    }
}
