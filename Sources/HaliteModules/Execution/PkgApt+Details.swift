import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension PkgApt {
    // MARK: - Holding

    static func hold(_ call: CallContext, name: String?, pkgs: [Value], ignored: ValueMap) async throws -> ValueMap {
        try await setHold(call, name, pkgs, hold: true)
    }

    static func unhold(_ call: CallContext, name: String?, pkgs: [Value], ignored: ValueMap) async throws -> ValueMap {
        try await setHold(call, name, pkgs, hold: false)
    }

    private static func setHold(_ call: CallContext, _ name: String?, _ pkgs: [Value], hold: Bool) async throws -> ValueMap {
        let names = PackageList.parse(name: pkgs.isEmpty ? name : nil, pkgs: pkgs, version: nil).map(\.name)
        if names.isEmpty { throw ExecutionError("One of name, pkgs, or sources must be specified.") }
        let database = try await DpkgDatabase.read(call)
        var answers = ValueMap()
        for name in names {
            let isHeld = database.held.contains(name)
            let isKnown = database.listed[name] != nil || database.removed[name] != nil
            var answer: ValueMap = ["name": .string(name), "changes": [:], "result": true, "comment": ""]
            if hold, isHeld {
                answer["comment"] = .string("Package \(name) is already set to be held.")
            } else if hold, !isKnown {
                answer["result"] = false
                answer["comment"] = .string("Package \(name) not currently held.")
            } else if !hold, !isKnown {
                answer["result"] = false
                answer["comment"] = .string("Package \(name) does not have a state.")
            } else if !hold, !isHeld {
                answer["comment"] = .string("Package \(name) is already set not to be held.")
            } else if call.test {
                answer["result"] = .null
                answer["comment"] = .string("Package \(name) is set \(hold ? "" : "not ")to be held.")
            } else {
                let wanted = hold ? "hold" : "install"
                try await select(call, [name], wanted)
                answer["changes"] = ["old": .string(hold ? "install" : "hold"), "new": .string(wanted)]
                answer["comment"] = .string(hold ? "Package \(name) is now being held." : "Package \(name) is no longer being held.")
            }
            answers[.string(name)] = .map(answer)
        }
        return answers
    }

    static func select(_ call: CallContext, _ names: [String], _ wanted: String) async throws {
        var command = Command(["dpkg", "--set-selections"])
        command.standardInput = Array(names.map { "\($0) \(wanted)\n" }.joined().utf8)
        let result = try await call.host.run(command)
        if !result.succeeded { throw ExecutionError("failed to set the selection of \(names.joined(separator: ", ")): \(result.errorText)") }
        DpkgDatabase.forget(call)
    }

    static func selections(_ call: CallContext, pattern: String, state: String?) async throws -> ValueMap {
        var found = ValueMap()
        for line in try await call.host.run("dpkg", "--get-selections", pattern).lines {
            let words = line.words()
            guard words.count == 2, state == nil || state == words[1] else { continue }
            found[.string(words[1])] = .list((found[words[1]]?.listValue ?? []) + [.string(words[0])])
        }
        return found
    }

    // MARK: - Versions and names

    static func compareVersions(_ call: CallContext, left: String, right: String, ignoreEpoch: Bool) async throws -> Int {
        if ignoreEpoch { return DebianVersion.compare(DebianVersion.withoutEpoch(left), DebianVersion.withoutEpoch(right)) }
        return DebianVersion.compare(left, right)
    }

    static func normalizeName(_ call: CallContext, name: String) async throws -> String {
        let parts = name.parts(":")
        guard parts.count == 2, [call.grains["osarch"]?.stringValue ?? "", "all", "any"].contains(parts[1]) else { return name }
        return parts[0]
    }

    // MARK: - Files

    static func fileList(_ call: CallContext, names: [Value], ignored: ValueMap) async throws -> Value {
        let byPackage = try await files(call, names)
        let all = byPackage.packages.flatMap(\.files)
        return ["errors": byPackage.errors.value, "files": Array(Set(all)).sorted().value]
    }

    static func fileDictionary(_ call: CallContext, names: [Value], ignored: ValueMap) async throws -> Value {
        let byPackage = try await files(call, names)
        return ["errors": byPackage.errors.value, "packages": .map(ValueMap(byPackage.packages.map { (.string($0.name), $0.files.value) }))]
    }

    private static func files(
        _ call: CallContext, _ names: [Value]
    ) async throws -> (errors: [String], packages: [(name: String, files: [String])]) {
        var wanted = names.map(\.pythonString)
        if wanted.isEmpty { wanted = try await DpkgDatabase.read(call).installed.keys.sorted() }
        var errors: [String] = []
        var packages: [(name: String, files: [String])] = []
        for name in wanted {
            let result = try await call.host.run("dpkg", "-L", name)
            if result.succeeded { packages.append((name, result.lines)) } else { errors.append("Package \(name) is not installed or not available.") }
        }
        return (errors, packages)
    }

    static func owner(_ call: CallContext, paths: [Value], ignored: ValueMap) async throws -> Value {
        var found = ValueMap()
        for path in paths.map(\.pythonString) {
            let line = try await call.host.run("dpkg-query", "-S", path).lines.first ?? ""
            found[.string(path)] = .string(line.contains(": ") ? line.parts(": ")[0].parts(":")[0] : "")
        }
        return paths.count == 1 ? found.first?.value ?? "" : .map(found)
    }

    static func which(_ call: CallContext, path: String) async throws -> Value {
        try await owner(call, paths: [.string(path)], ignored: [:])
    }

    static func infoInstalled(_ call: CallContext, names: [Value], ignored: ValueMap) async throws -> ValueMap {
        let fields = ["Package", "Version", "Architecture", "Maintainer", "Section", "Source", "Homepage", "binary:Summary"]
        let keys = ["package", "version", "arch", "packager", "group", "source", "url", "summary"]
        let format = fields.map { "${\($0)}" }.joined(separator: "\\t") + "\\n"
        var words = ["dpkg-query", "-W", "-f", format]
        words += names.map(\.pythonString)
        var found = ValueMap()
        for line in try await call.host.run(Command(words)).lines {
            let columns = line.parts("\t")
            guard columns.count == fields.count else { continue }
            var info = ValueMap()
            for (key, value) in zip(keys, columns) where key != "package" && !value.isEmpty { info[.string(key)] = .string(value) }
            found[.string(columns[0])] = .map(info)
        }
        return found
    }

    // MARK: - Repositories

    static func listRepositories(_ call: CallContext, ignored: ValueMap) async throws -> ValueMap {
        var found = ValueMap()
        for entry in try await AptSources.read(call.host) {
            for uri in entry.uris {
                for suite in entry.suites {
                    let description = entry.description(uri: uri, suite: suite)
                    found[.string(uri)] = .list((found[uri]?.listValue ?? []) + [.map(description)])
                }
            }
        }
        return found
    }
}

/// Names of packages with versions, in the ways users write them.
struct PackageList {
    /// - Parameters:
    ///   - name: one name, or several with commas.
    ///   - pkgs: names, or maps of a name and a version.
    static func parse(name: String?, pkgs: [Value], version: String?) -> [(name: String, version: String?)] {
        if pkgs.isEmpty {
            let names = (name ?? "").split(separator: ",").map { String($0).stripped() }.filter { !$0.isEmpty }
            return names.map { ($0, names.count == 1 ? version : nil) }
        }
        return pkgs.flatMap { entry -> [(name: String, version: String?)] in
            guard case .map(let map) = entry else { return [(entry.pythonString, nil)] }
            return map.map { ($0.key.pythonString, $0.value.isNull ? nil : $0.value.pythonString) }
        }
    }

    /// Whether versions meet conditions such as `1.2*`, `>=1.2,<2` or `2:1.2-3`.
    static func fulfils(_ installed: [String], _ conditions: String, ignoreEpoch: Bool?, allowUpdates: Bool = false) -> Bool {
        let specs = conditions.parts(",").map { spec -> (String, String) in
            let text = spec.stripped()
            let operators = text.prefix { "<>=!".contains($0) }
            let oper = operators.isEmpty || operators == "=" ? "==" : String(operators)
            return (oper, String(text.dropFirst(operators.count)).stripped())
        }
        return installed.contains { version in
            specs.allSatisfy { oper, wanted in
                let oper = allowUpdates && specs.count == 1 && oper == "==" ? ">=" : oper
                if oper == "==", Glob.matches(wanted, version) { return true }
                let drops = ignoreEpoch ?? (!oper.contains("<") && !oper.contains(">") && !wanted.contains(":"))
                let order = drops
                    ? DebianVersion.compare(DebianVersion.withoutEpoch(version), DebianVersion.withoutEpoch(wanted))
                    : DebianVersion.compare(version, wanted)
                switch oper {
                case "<": return order < 0
                case "<=": return order <= 0
                case ">": return order > 0
                case ">=": return order >= 0
                case "!=": return order != 0
                default: return order == 0
                }
            }
        }
    }
}

/// What one `pkg.install` hands to apt.
struct InstallPlan {
    var targets: [String] = []
    var downgrades: [String] = []
    var reinstalls: [String] = []
    var reinstalled: [String] = []
    var names: [String] = []
    var errors: [String] = []
    /// Copies of package files on the host.
    var temporary: [String] = []

    var isEmpty: Bool { targets.isEmpty && downgrades.isEmpty && reinstalls.isEmpty }

    mutating func add(
        _ wanted: [(name: String, version: String?)], _ settings: PkgApt.InstallSettings, _ database: DpkgDatabase, _ call: CallContext
    ) async throws {
        for entry in wanted {
            let name = settings.normalize ? try await PkgApt.normalizeName(call, name: entry.name) : entry.name
            let current = database.listed[name]?.last
            names.append(name)
            guard var version = entry.version, version != "latest" else {
                if settings.reinstall, current != nil {
                    reinstalls.append(name)
                    reinstalled.append(name)
                } else {
                    targets.append(name)
                }
                continue
            }
            if version.hasPrefix("<") || version.hasPrefix(">") || version.contains(",") {
                let offered = try await PkgApt.listRepositoryPackages(call, names: [.string(name)], options: [:])[name]?.listValue ?? []
                let fitting = offered.map(\.pythonString).filter { PackageList.fulfils([$0], version, ignoreEpoch: settings.ignoreEpoch) }
                guard let best = fitting.max(by: { DebianVersion.compare($0, $1) < 0 }) else {
                    let list = offered.map(\.pythonString).joined(separator: ", ")
                    errors.append("No version matching '\(name)\(version)' could be found (available: \(list.isEmpty ? "None" : list))")
                    continue
                }
                version = best
            }
            while version.hasPrefix("=") { version.removeFirst() }
            let word = "\(name)=\(version)"
            if settings.reinstall, let current, DebianVersion.compare(current, version) == 0 {
                reinstalls.append(word)
                reinstalled.append(name)
            } else if let current, DebianVersion.compare(version, current) < 0, !version.contains("*") {
                downgrades.append(word)
            } else {
                targets.append(word)
            }
        }
    }

    /// Packages whose files come from elsewhere than a repository.
    mutating func add(files: [Value], _ settings: PkgApt.InstallSettings, _ call: CallContext) async throws {
        let reader = SourceReader(call: call, saltenv: call.saltenv)
        for entry in files {
            guard case .map(let map) = entry, let (name, source) = map.first else { throw ExecutionError("Invalidly formatted 'sources' parameter.") }
            guard let content = try await reader.content(source.pythonString) else { throw ExecutionError("Unable to cache \(source.pythonString): file not found") }
            let path = TemporaryName.make("package", suffix: ".deb")
            try await call.host.write(path, content.bytes, FileAttributes(mode: 0o644))
            temporary.append(path)
            targets.append(path)
            names.append(name.pythonString)
        }
    }

    func commands(_ settings: PkgApt.InstallSettings) -> [[String]] {
        var prefix = ["apt-get", "-q", "-y"]
        if settings.forceYes { prefix.append("--force-yes") }
        prefix += settings.forceConfNew
            ? ["-o", "DPkg::Options::=--force-confnew"]
            : ["-o", "DPkg::Options::=--force-confold", "-o", "DPkg::Options::=--force-confdef"]
        if let recommends = settings.installRecommends { prefix.append(recommends ? "--install-recommends" : "--no-install-recommends") }
        if settings.onlyUpgrade { prefix.append("--only-upgrade") }
        if settings.skipVerify { prefix.append("--allow-unauthenticated") }
        if settings.downloadonly { prefix.append("--download-only") }
        if let repository = settings.fromrepo, settings.sources.isEmpty { prefix += ["-t", repository] }
        var commands: [[String]] = []
        if !targets.isEmpty { commands.append(prefix + ["install"] + targets) }
        if !downgrades.isEmpty { commands.append(prefix + ["--allow-downgrades", "install"] + downgrades) }
        if !reinstalls.isEmpty { commands.append(prefix + ["install", "--reinstall"] + reinstalls) }
        return commands
    }
}
