import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension PkgApt {
    static func install(_ call: CallContext, _ settings: InstallSettings) async throws -> ValueMap {
        var settings = settings
        settings.fromrepo = settings.fromrepo ?? settings.repo
        let refresh = settings.refresh.isTrueAsSaltSees ? try await needsRefresh(call, settings) : false
        if let path = settings.debconf { _ = try await call.call("debconf.set_file", .string(path)) }
        let database = try await DpkgDatabase.read(call)
        let old = database.listedMap
        var plan = AptPlan(settings: settings, database: database)
        if settings.sources.isEmpty {
            try await plan.add(try await wanted(call, settings), call)
        } else {
            try await plan.add(files: settings.sources, call)
        }
        if plan.isEmpty, plan.errors.isEmpty { return [:] }
        var errors = plan.errors
        var changes = ValueMap()
        if !plan.isEmpty {
            if refresh { _ = try await refreshDatabase(call, cacheValidTime: settings.cacheValidTime, failhard: false, options: [:]) }
            let held = plan.names.filter { database.held.contains($0) }
            if !held.isEmpty { _ = try await setHold(call, nil, held.map { .string($0) }, nil, hold: false) }
            for command in plan.commands {
                let result = try await apt(call, command, env: settings.env, isScoped: true)
                if !result.succeeded, !result.errorText.isEmpty { errors.append(result.errorText) }
            }
            DpkgDatabase.forget(call)
            let new = try await DpkgDatabase.read(call).listedMap
            changes = PackageList.changes(old, new)
            for name in plan.reinstalled { changes[.string(name)] = ["old": old[name] ?? "", "new": new[name] ?? ""] }
            if !held.isEmpty { _ = try await setHold(call, nil, held.map { .string($0) }, nil, hold: true) }
        }
        if !errors.isEmpty { throw PackageError("Problem encountered installing package(s)", errors: errors, changes: changes) }
        return changes
    }

    private static func wanted(_ call: CallContext, _ settings: InstallSettings) async throws -> [(name: String, version: String?)] {
        var wanted: [(name: String, version: String?)] = []
        for entry in PackageList.parse(name: settings.name, pkgs: settings.pkgs, version: settings.version) {
            let isSplit = settings.normalize && settings.splitArch
            wanted.append((isSplit ? try await normalizeName(call, name: entry.name) : entry.name, entry.version))
        }
        return wanted
    }

    /// The lists need not be fetched for versions that they offer already.
    private static func needsRefresh(_ call: CallContext, _ settings: InstallSettings) async throws -> Bool {
        func isOffered(_ name: String, _ version: String) async throws -> Bool {
            try await candidates(call, [name], showInstalled: true)[name] == version
        }
        if !settings.pkgs.isEmpty {
            for (name, version) in PackageList.parse(name: nil, pkgs: settings.pkgs, version: nil) {
                guard let version else { return true }
                if try await !isOffered(name, version) { return true }
            }
            return false
        }
        guard let version = settings.version, let name = settings.name else { return true }
        return try await !isOffered(name, version)
    }

    static func uninstall(_ call: CallContext, _ action: String, _ name: String?, _ pkgs: [Value], _ options: ValueMap) async throws -> ValueMap {
        let before = try await DpkgDatabase.read(call)
        var wanted: [String] = []
        for entry in PackageList.parse(name: name, pkgs: pkgs, version: nil) { wanted.append(try await normalizeName(call, name: entry.name)) }
        var targets = PackageList.matching(wanted, in: before.listedMap.keys.map(\.pythonString))
        if action == "purge" { targets += PackageList.matching(wanted, in: before.removed.keys.sorted()) }
        if targets.isEmpty { return [:] }
        let result = try await apt(call, ["apt-get", "-q", "-y", action] + targets, env: options["env"] ?? .null, isScoped: true)
        DpkgDatabase.forget(call)
        let after = try await DpkgDatabase.read(call)
        var changes = PackageList.changes(before.listedMap, after.listedMap)
        if action == "purge" {
            changes = ["removed": .map(PackageList.changes(before.removedMap, after.removedMap)), "installed": .map(changes)]
        }
        if !result.succeeded, !result.errorText.isEmpty {
            throw PackageError("Problem encountered removing package(s)", errors: [result.errorText], changes: changes)
        }
        return changes
    }

    static func autoremove(_ call: CallContext, listOnly: Bool, purge: Bool) async throws -> Value {
        let options = purge ? ["--purge"] : []
        if listOnly {
            let result = try await apt(call, ["apt-get", "--assume-no"] + options + ["autoremove"], isScoped: true)
            var names: [String] = []
            var isFound = false
            for line in result.lines {
                if isFound {
                    if line.hasPrefix(" ") { names += line.words() } else { isFound = false }
                } else if line.contains("The following packages will be REMOVED:") {
                    isFound = true
                }
            }
            return names.sorted().value
        }
        let old = try await DpkgDatabase.read(call).listedMap
        _ = try await apt(call, ["apt-get", "--assume-yes"] + options + ["autoremove"], isScoped: true)
        DpkgDatabase.forget(call)
        return .map(PackageList.changes(old, try await DpkgDatabase.read(call).listedMap))
    }

    static func upgrade(_ call: CallContext, refresh: Bool, distUpgrade: Bool, options: ValueMap) async throws -> ValueMap {
        if refresh {
            _ = try await refreshDatabase(call, cacheValidTime: options["cache_valid_time"]?.intValue ?? 0, failhard: false, options: [:])
        }
        let old = try await DpkgDatabase.read(call).listedMap
        func isSet(_ name: String) -> Bool { options[.string(name)]?.isTruthy ?? false }
        var words = ["apt-get", "-q", "-y"]
        for option in isSet("force_conf_new") ? ["--force-confnew"] : ["--force-confold", "--force-confdef"] {
            words += ["-o", "DPkg::Options::=\(option)"]
        }
        if isSet("force_yes") { words.append("--force-yes") }
        if isSet("skip_verify") { words.append("--allow-unauthenticated") }
        if isSet("download_only") || isSet("downloadonly") { words.append("--download-only") }
        if isSet("allow_downgrades") { words.append("--allow-downgrades") }
        let result = try await apt(call, words + [distUpgrade ? "dist-upgrade" : "upgrade"], isScoped: true)
        DpkgDatabase.forget(call)
        let changes = PackageList.changes(old, try await DpkgDatabase.read(call).listedMap)
        if !result.succeeded {
            throw PackageError("Problem encountered upgrading packages", info: ["changes": .map(changes), "result": result.description])
        }
        return changes
    }

    // MARK: - Holding

    static func setHold(_ call: CallContext, _ name: String?, _ pkgs: [Value]?, _ sources: [Value]?, hold: Bool) async throws -> ValueMap {
        let targets = try PackageHold.targets(name, pkgs, sources)
        let states = try await selectionsByName(call, targets.count == 1 ? targets[0] : nil)
        var answers = ValueMap()
        for name in targets {
            let state = states[name]
            let isHeld = state == "hold"
            var answer: ValueMap = ["name": .string(name), "changes": [:], "result": true]
            if !hold, state == nil {
                (answer["result"], answer["comment"]) = (false, .string("Package \(name) does not have a state."))
            } else if isHeld == hold {
                answer["comment"] = .string("Package \(name) is already set \(hold ? "" : "not ")to be held.")
            } else if call.test {
                (answer["result"], answer["comment"]) = (.null, .string("Package \(name) is set \(hold ? "" : "not ")to be held."))
            } else {
                let wanted = hold ? "hold" : "install"
                try await select(call, name, wanted)
                answer["changes"] = ["old": state.value, "new": .string(wanted)]
                answer["comment"] = .string(hold ? "Package \(name) is now being held." : "Package \(name) is no longer being held.")
            }
            answers[.string(name)] = .map(answer)
        }
        return answers
    }

    private static func select(_ call: CallContext, _ name: String, _ wanted: String) async throws {
        let result = try await apt(call, ["dpkg", "--set-selections"], input: "\(name) \(wanted)")
        if !result.succeeded { throw ExecutionError("failed to set the selection of \(name): \(result.errorText)") }
        DpkgDatabase.forget(call)
    }

    private static func selectionsByName(_ call: CallContext, _ pattern: String? = nil) async throws -> [String: String] {
        var found: [String: String] = [:]
        for line in try await call.host.run("dpkg", "--get-selections", pattern ?? "*").lines {
            let words = line.words()
            if words.count == 2 { found[words[0]] = words[1] }
        }
        return found
    }

    static func selections(_ call: CallContext, pattern: String?, state: String?) async throws -> ValueMap {
        var found = ValueMap()
        for line in try await call.host.run("dpkg", "--get-selections", pattern.flatMap { $0.isEmpty ? nil : $0 } ?? "*").lines {
            let words = line.words()
            if words.count == 2 { found[.string(words[1])] = .list((found[words[1]]?.listValue ?? []) + [.string(words[0])]) }
        }
        return state.map { [.string($0): found[$0] ?? []] } ?? found
    }

    static func setSelections(_ call: CallContext, path: String?, selection: Value?, clear: Bool, saltenv: String) async throws -> ValueMap {
        if path == nil, selection?.isTruthy != true { return [:] }
        if path != nil, selection?.isTruthy == true {
            throw ExecutionError("The 'selection' and 'path' arguments to pkg.set_selections are mutually exclusive, and cannot be specified together")
        }
        var wanted = ValueMap()
        if let path {
            guard let content = try await SourceReader(call: call, saltenv: saltenv).content(path) else { return [:] }
            for line in PythonLines.split(String(decoding: content.bytes, as: UTF8.self)) {
                let words = line.words()
                if words.count == 2 { wanted[.string(words[1])] = .list((wanted[words[1]]?.listValue ?? []) + [.string(words[0])]) }
            }
        } else if let text = selection?.stringValue {
            wanted = try await call.services.templates.parse(text, format: "yaml", name: "selection", in: call).mapValue ?? [:]
        } else {
            wanted = selection?.mapValue ?? [:]
        }
        let wrong = wanted.keys.map(\.pythonString).filter { !["install", "hold", "deinstall", "purge"].contains($0) }
        if !wrong.isEmpty { throw ExecutionError("Invalid state(s): \(wrong.joined(separator: ", "))") }
        if clear, !call.test {
            let result = try await apt(call, ["dpkg", "--clear-selections"])
            if !result.succeeded { throw ExecutionError("Running dpkg --clear-selections failed: \(result.errorText)") }
        }
        let current = try await selectionsByName(call)
        var changes = ValueMap()
        for (state, names) in wanted {
            for name in names.listValue?.map(\.pythonString) ?? [] where current[name] != state.pythonString && !call.test {
                try await select(call, name, state.pythonString)
                changes[.string(name)] = ["old": current[name].value, "new": state]
            }
        }
        return changes
    }
}

extension CommandResult {
    /// What Salt's `cmd.run_all` returns of it.
    var description: Value {
        ["pid": .int(processID), "retcode": .int(exitCode), "stdout": .string(text), "stderr": .string(errorText)]
    }
}

/// Names for functions that hold packages.
enum PackageHold {
    static func targets(_ name: String?, _ pkgs: [Value]?, _ sources: [Value]?) throws -> [String] {
        let pkgs = pkgs.flatMap { $0.isEmpty ? nil : $0 }
        let sources = sources.flatMap { $0.isEmpty ? nil : $0 }
        if (name ?? "").isEmpty, pkgs == nil, sources == nil { throw ExecutionError("One of name, pkgs, or sources must be specified.") }
        if pkgs != nil, sources != nil { throw ExecutionError("Only one of pkgs or sources can be specified.") }
        if let entries = pkgs ?? sources { return entries.map { $0.mapValue?.first?.key.pythonString ?? $0.pythonString } }
        return [name ?? ""]
    }
}
