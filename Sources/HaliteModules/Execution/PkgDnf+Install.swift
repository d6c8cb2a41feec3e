import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension PkgDnf {
    /// What one `pkg.install` hands to dnf, as pairs of a name and the word for it.
    private struct Plan {
        typealias Target = (name: String, word: String)
        var install: [Target] = []
        var downgrade: [Target] = []
        var reinstall: [Target] = []
        var errors: [String] = []
        /// Packages that are held and stay so.
        var prevented: [String] = []
    }

    static func install(_ call: CallContext, _ settings: InstallSettings) async throws -> ValueMap {
        if settings.refresh.isTrueAsSaltSees { _ = try await refreshDatabase(call, options: settings.options.keywords) }
        if (settings.name ?? "").isEmpty, settings.pkgs.isEmpty, settings.sources.isEmpty, settings.advisoryIDs == nil { return [:] }
        let old = settings.downloadonly ? try await listDownloaded(call, ignored: [:]) : try await RpmDatabase.read(call).listedMap
        let installed = try await RpmDatabase.read(call).listed
        var plan = Plan()
        if let advisories = settings.advisoryIDs {
            let known = try await patches(call, installedOnly: false)
            for id in advisories.isEmpty ? [.string(settings.name ?? "")] : advisories {
                guard known[id] != nil else { throw ExecutionError("Advisory id \"\(id.pythonString)\" not found") }
                plan.install.append((id.pythonString, id.pythonString))
            }
        } else if settings.sources.isEmpty {
            try await add(&plan, settings, installed, call)
        } else {
            try await add(files: &plan, settings, installed, call)
        }
        try await perform(&plan, settings, call)
        RpmDatabase.forget(call)
        let new = settings.downloadonly ? try await listDownloaded(call, ignored: [:]) : try await RpmDatabase.read(call).listedMap
        var changes = PackageList.changes(old, new)
        for (name, _) in plan.reinstall { changes[.string(name)] = ["old": old[name] ?? "", "new": new[name] ?? ""] }
        if !plan.prevented.isEmpty {
            plan.errors.append(
                "The following package(s) could not be updated because they are being held: \(plan.prevented.joined(separator: ", ")). Set 'update_holds' to True to temporarily unhold these packages so that they can be updated.")
        }
        if !plan.errors.isEmpty {
            let words = plan.reinstall.isEmpty ? "" : "/reinstalling"
            throw PackageError("Error occurred installing\(words) package(s)", errors: plan.errors, changes: changes)
        }
        return changes
    }

    // MARK: - What is to be done

    private static func add(_ plan: inout Plan, _ settings: InstallSettings, _ installed: ValueMap, _ call: CallContext) async throws {
        let host = architecture(call)
        var wanted = PackageList.parse(name: settings.name, pkgs: settings.pkgs, version: settings.version)
        if settings.normalize, settings.splitArch { wanted = wanted.map { (RpmPackage.normalised($0.name, host: host), $0.version) } }
        let isCompared: (String) -> Bool = { $0.hasPrefix("<") || $0.hasPrefix(">") }
        let vague = wanted.filter { $0.version.map { $0.contains("*") || isCompared($0) } ?? false }
        let offered = vague.isEmpty
            ? [:] : try await listRepositoryPackages(call, names: vague.map { .string($0.name) }, options: settings.options.keywords).mapValue ?? [:]
        for (name, version) in wanted {
            guard var version else {
                if settings.reinstall, installed[name] != nil { plan.reinstall.append((name, name)) } else { plan.install.append((name, name)) }
                continue
            }
            let isComparison = !version.contains("*") && isCompared(version)
            while version.hasPrefix("=") { version.removeFirst() }
            if isComparison {
                let candidates = offered[name]?.listValue?.map(\.pythonString) ?? []
                let ignore = settings.ignoreEpoch ?? false
                guard let best = PackageList.match(version, candidates, compare: { RpmVersion.compare($0, $1, ignoreEpoch: ignore) }) else {
                    let list = candidates.isEmpty ? "None" : candidates.joined(separator: ", ")
                    plan.errors.append("No version matching '\(name)\(version)' could be found (available: \(list))")
                    continue
                }
                version = best
            }
            if try await program(call) == "yum", settings.ignoreEpoch == true { version = DebianVersion.withoutEpoch(version) }
            var (bare, suffix) = (name, "")
            let parts = RpmPackage.split(name)
            if let own = parts.architecture, own != "noarch", own != host || settings.splitArch { (bare, suffix) = (parts.name, ".\(own)") }
            if version.contains("*") {
                let candidates = offered[bare]?.listValue?.map(\.pythonString) ?? []
                guard let match = candidates.first(where: { Glob.matches(version, $0) }) else {
                    let list = candidates.isEmpty ? "none" : candidates.joined(separator: ", ")
                    plan.errors.append("No version matching '\(version)' found for package '\(bare)' (available: \(list))")
                    continue
                }
                version = match
            }
            let told = settings.ignoreEpoch == true ? version : DebianVersion.withoutEpoch(version)
            place(&plan, bare, "\(bare)-\(told)\(suffix)", version, settings, installed)
        }
    }

    private static func add(files plan: inout Plan, _ settings: InstallSettings, _ installed: ValueMap, _ call: CallContext) async throws {
        for (_, path) in try await PackageFile.place(settings.sources, call) {
            guard case .map(let info) = try await call.call("lowpkg.bin_pkg_info", .string(path)), let name = info["name"]?.stringValue else {
                plan.install.append(("", path))
                continue
            }
            place(&plan, name, path, info["version"]?.pythonString ?? "", settings, installed)
        }
    }

    private static func place(
        _ plan: inout Plan, _ name: String, _ word: String, _ version: String, _ settings: InstallSettings, _ installed: ValueMap
    ) {
        let present = (installed[name]?.listValue ?? []).map(\.pythonString)
        let ignore = settings.ignoreEpoch ?? false
        let orders = present.map { RpmVersion.compare(version, $0, ignoreEpoch: ignore) }
        if settings.reinstall, !present.isEmpty {
            if orders.contains(0) { plan.reinstall.append((name, word)) }
        } else if present.isEmpty || orders.contains(where: { $0 >= 0 }) || ["kernel", "kernel-devel"].contains(name) {
            // Kernels stand side by side.
            plan.install.append((name, word))
        } else {
            plan.downgrade.append((name, word))
        }
    }

    // MARK: - Doing it

    private static func perform(_ plan: inout Plan, _ settings: InstallSettings, _ call: CallContext) async throws {
        let held = Set((try? await holds(call, pattern: holdPattern, full: false)) ?? [])
        let isDnf5 = try await program(call) == "dnf5"
        let isAdvisory = settings.advisoryIDs != nil
        var common = settings.options.words
        if settings.skipVerify { common.append("--nogpgcheck") }
        if settings.downloadonly, !isDnf5 { common.append("--downloadonly") }
        let best = ["--best", "--allowerasing"]
        let isDnf = try await program(call) == "dnf"
        for (targets, words) in [
            (plan.install, (isDnf ? best : []) + common + [isAdvisory ? "update" : "install"] + (isDnf5 ? best : [])),
            (plan.downgrade, common + ["downgrade"]), (plan.reinstall, common + ["reinstall"]),
        ] {
            let kept = targets.filter { held.contains($0.name) }
            var free = targets.filter { !held.contains($0.name) }.map(\.word)
            if !settings.updateHolds { plan.prevented += kept.map(\.name) }
            let released = settings.updateHolds ? kept : []
            if !released.isEmpty {
                let answers = try await setHold(call, nil, released.map { .string($0.name) }, nil, hold: false)
                for (name, word) in released {
                    if answers[name]?["result"]?.isTruthy == true { free.append(word) } else { plan.errors.append(name) }
                }
            }
            if !free.isEmpty {
                let result = try await yum(call, ["-y"] + words + free.map { isAdvisory ? "--advisory=\($0)" : $0 }, mergesErrors: true)
                if !result.succeeded { plan.errors.append(result.text.isEmpty ? result.errorText : result.text) }
            }
            if !released.isEmpty { _ = try await setHold(call, nil, released.map { .string($0.name) }, nil, hold: true) }
        }
    }

    static func remove(_ call: CallContext, name: String?, pkgs: [Value], options: ValueMap) async throws -> ValueMap {
        let host = architecture(call)
        let old = try await RpmDatabase.read(call).listedMap
        let wanted = PackageList.parse(name: name, pkgs: pkgs, version: nil).map { (name: RpmPackage.normalised($0.name, host: host), version: $0.version) }
        var targets: [String] = []
        for name in PackageList.matching(wanted.map(\.name), in: old.keys.map(\.pythonString)) {
            guard let version = wanted.first(where: { $0.name == name })?.version else {
                targets.append(name)
                continue
            }
            guard (old[name]?.pythonString ?? "").parts(",").contains(version) else { continue }
            let parts = RpmPackage.split(name)
            let isSplit = parts.architecture.map { $0 != "noarch" && ($0 != host || options["split_arch"]?.isTruthy ?? true) } ?? false
            let suffix = isSplit ? "." + (parts.architecture ?? "") : ""
            targets.append("\(isSplit ? parts.name : name)-\(DebianVersion.withoutEpoch(version))\(suffix)")
        }
        if targets.isEmpty { return [:] }
        let result = try await yum(call, ["-y", "remove"] + targets)
        RpmDatabase.forget(call)
        let changes = PackageList.changes(old, try await RpmDatabase.read(call).listedMap)
        if !result.succeeded, !result.errorText.isEmpty {
            throw PackageError("Error occurred removing package(s)", errors: [result.errorText], changes: changes)
        }
        return changes
    }

    static func upgrade(_ call: CallContext, _ settings: UpgradeSettings) async throws -> ValueMap {
        let isDnf = try await program(call).hasPrefix("dnf")
        var options = settings.options
        let obsoletes = settings.obsoletes ?? true
        if isDnf, !obsoletes { options.setopt = options.setopt.filter { !$0.hasPrefix("obsoletes=") } + ["obsoletes=False"] }
        if settings.refresh { _ = try await refreshDatabase(call, options: options.keywords) }
        let old = try await RpmDatabase.read(call).listedMap
        let host = architecture(call)
        let targets = PackageList.parse(name: settings.name, pkgs: settings.pkgs, version: nil)
            .map { settings.normalize ? RpmPackage.normalised($0.name, host: host) : $0.name }
        let verb = obsoletes || isDnf ? "upgrade" : "update"
        let words = ["--quiet", "-y"] + options.words + (settings.skipVerify ? ["--nogpgcheck"] : []) + [verb + (settings.minimal ? "-minimal" : "")]
        let result = try await yum(call, words + targets)
        RpmDatabase.forget(call)
        let changes = PackageList.changes(old, try await RpmDatabase.read(call).listedMap)
        if !result.succeeded {
            throw PackageError("Problem encountered upgrading packages", info: ["changes": .map(changes), "result": result.description])
        }
        return changes
    }

    static func download(_ call: CallContext, packages: [Value], ignored: ValueMap) async throws -> ValueMap {
        guard await call.host.which("yumdownloader") != nil else { throw ExecutionError("'yumdownloader' command not available") }
        if packages.isEmpty { throw ExecutionError("No packages were specified") }
        let folder = Path.join("/var/cache", try await program(call), "packages")
        let names = packages.map(\.pythonString)
        try await call.host.makeDirectories(folder)
        for file in try await call.host.list(folder) where names.contains(where: { file.hasPrefix($0 + "-") }) {
            try await call.host.remove(Path.join(folder, file))
        }
        _ = try await call.host.run(Command(["yumdownloader", "-q", "--destdir=\(folder)"] + names))
        var found = ValueMap()
        for file in try await call.host.list(folder) where file.hasSuffix(".rpm") {
            if let name = names.first(where: { file.hasPrefix($0 + "-") }) { found[.string(name)] = .string(Path.join(folder, file)) }
        }
        if found.isEmpty { throw ExecutionError("Unable to download any of the following packages: \(names.joined(separator: ", "))") }
        let failed = names.filter { found[$0] == nil }
        if !failed.isEmpty { found["_error"] = .string("The following package(s) failed to download: \(failed.joined(separator: ", "))") }
        return found
    }

    // MARK: - Holding

    static let holdPattern = "\\w+(?:[.-][^-]+)*"

    /// The plugin that holds packages must be there.
    private static func checkVersionlock(_ call: CallContext) async throws {
        let program = try await program(call)
        let plugin: String
        if program == "tdnf" {
            throw ExecutionError("Cannot proceed, no versionlock for tdnf")
        } else if program == "yum" {
            plugin = "yum-plugin-versionlock"
        } else if call.grains["os"]?.stringValue?.lowercased() == "fedora" {
            plugin = (Int(call.grains["osrelease"]?.pythonString ?? "") ?? 0) >= 26
                ? "python3-dnf-plugin-versionlock" : "python3-dnf-plugins-extras-versionlock"
        } else {
            plugin = (call.grains["osmajorrelease"]?.intValue ?? 0) >= 8 ? "python3-dnf-plugin-versionlock" : "python2-dnf-plugin-versionlock"
        }
        if try await RpmDatabase.read(call).listed[plugin] == nil { throw ExecutionError("Cannot proceed, \(plugin) is not installed.") }
    }

    static func holds(_ call: CallContext, pattern: String, full: Bool) async throws -> [String] {
        try await checkVersionlock(call)
        let program = try await program(call)
        let output = try await call.host.run(program, "versionlock", "list")
        if program == "dnf5" { return dnf5Holds(output.lines, full: full) }
        let text = program == "dnf" ? "(\(pattern)-\\S+)" : full ? "(\\d+:\(pattern)-\\S+)" : "\\d+:(\(pattern)-\\S+)"
        let expression = try PythonRegex.compile(text)
        return try output.lines.compactMap { line in
            guard let match = try expression.search(line), let word = match.text(1, of: line) else { return nil }
            return full ? word : bareName(word)
        }
    }

    /// The name in `name-version-release.architecture`.
    private static func bareName(_ word: String) -> String {
        func cut(_ text: String, _ sign: Character) -> String { text.lastIndex(of: sign).map { String(text[..<$0]) } ?? text }
        return cut(cut(cut(word, "."), "-"), "-")
    }

    /// Paragraphs of a name and its `evr = version`.
    private static func dnf5Holds(_ lines: [String], full: Bool) -> [String] {
        var found: [String] = []
        var name: String?
        for line in lines {
            let pair = line.parts(":", maxSplits: 1)
            if pair[0].lowercased() == "package name", pair.count == 2 {
                name = pair[1].stripped()
                if !full, let name { found.append(name) }
            } else if full, let current = name, line.hasPrefix("evr") {
                found.append("\(current)-\(line.words().last ?? "")")
                name = nil
            }
        }
        return found
    }

    static func setHold(_ call: CallContext, _ name: String?, _ pkgs: [Value]?, _ sources: [Value]?, hold: Bool) async throws -> ValueMap {
        try await checkVersionlock(call)
        let targets = try PackageHold.targets(name, pkgs, sources)
        let isYum = try await program(call) == "yum"
        let locks = try await holds(call, pattern: holdPattern, full: !hold && isYum)
        var answers = ValueMap()
        for target in targets {
            var answer: ValueMap = ["name": .string(target), "changes": [:], "result": true]
            let own = !hold && isYum ? locks.filter { bareName(DebianVersion.withoutEpoch($0)) == target } : locks.filter { $0 == target }
            if hold != own.isEmpty {
                answer["comment"] = .string(hold ? "Package \(target) is already set to be held." : "Package \(target) is not being held.")
            } else if call.test {
                answer["result"] = .null
                answer["comment"] = .string("Package \(target) is set to be \(hold ? "held" : "unheld").")
            } else {
                let words = hold ? ["versionlock", "add", target] : ["versionlock", "delete"] + own
                if try await yum(call, words).exitCode == 0 {
                    answer["comment"] = .string(hold ? "Package \(target) is now being held." : "Package \(target) is no longer held.")
                    answer["changes"] = hold ? ["new": "hold", "old": ""] : ["new": "", "old": "hold"]
                } else {
                    answer["result"] = false
                    answer["comment"] = .string("Package \(target) was unable to be \(hold ? "held" : "unheld").")
                }
            }
            answers[.string(target)] = .map(answer)
        }
        return answers
    }
}

extension YumOptions {
    /// As keywords for another function.
    var keywords: ValueMap {
        var found = ValueMap()
        for (key, value) in [("fromrepo", fromrepo), ("repo", repo), ("disableexcludes", disableexcludes), ("branch", branch)] {
            if let value { found[.string(key)] = .string(value) }
        }
        for (key, list) in [("disablerepo", disablerepo), ("enablerepo", enablerepo), ("setopt", setopt)] where !list.isEmpty {
            found[.string(key)] = list.value
        }
        return found
    }
}
