import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension PkgApt {
    // MARK: - Installed

    static func listPackages(
        _ call: CallContext, asList: Bool, removed: Bool, purgeDesired: Bool, ignored: ValueMap
    ) async throws -> ValueMap {
        let database = try await DpkgDatabase.read(call)
        if !removed, !purgeDesired { return asList ? database.listed : database.listedMap }
        let chosen = removed ? database.removed : database.purgeDesired
        return asList ? ValueMap(chosen.sorted { $0.key < $1.key }.map { (.string($0.key), $0.value.value) }) : DpkgDatabase.map(chosen)
    }

    static func version(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        PackageAnswer.versions(names, try await DpkgDatabase.read(call).listed, asList: options["versions_as_list"]?.isTrueAsSaltSees ?? false)
    }

    static func infoInstalled(_ call: CallContext, names: [Value], options: ValueMap) async throws -> ValueMap {
        let info = try await call.call("lowpkg.info", Arguments(names, keywords: options)).mapValue ?? [:]
        let renamed = ["package": "name", "origin": "vendor", "section": "group", "maintainer": "packager", "homepage": "url"]
        var found = ValueMap()
        for (name, data) in info {
            if let status = data["status"]?.stringValue, status.dropFirst().first != "i" { continue }
            var told = ValueMap()
            for (key, value) in data.mapValue ?? [:] where key != "status" { told[renamed[key.pythonString].map { .string($0) } ?? key] = value }
            found[name] = .map(told)
        }
        return found
    }

    static func owner(_ call: CallContext, paths: [Value], ignored: ValueMap) async throws -> Value {
        var found = ValueMap()
        for path in paths.map(\.pythonString) {
            // The complaint about an unknown file is among the output, as Salt collects it.
            let result = try await call.host.run("dpkg", "-S", path)
            let name = (result.text.isEmpty ? result.errorText : result.text).parts(":")[0]
            found[.string(path)] = .string(name.lowercased().contains("no path found") || !result.succeeded ? "" : name)
        }
        if paths.isEmpty { return "" }
        return found.count == 1 ? found.first?.value ?? "" : .map(found)
    }

    static func which(_ call: CallContext, path: String) async throws -> Value {
        let full = await call.host.which(path) ?? path
        return try await owner(call, paths: [.string(full)], ignored: [:])
    }

    static func listDownloaded(_ call: CallContext, root: String?, ignored: ValueMap) async throws -> ValueMap {
        var found = ValueMap()
        let folder = Path.join(root ?? "/", "var/cache/apt")
        for visit in (try? await FolderWalk.visits(folder, call.host)) ?? [] {
            for name in visit.files where name.hasSuffix(".deb") {
                let path = Path.join(visit.path, name)
                guard let status = try await call.host.status(path) else { continue }
                let info = try await call.call("lowpkg.bin_pkg_info", .string(path))
                let (package, version) = (info["name"] ?? "", info["version"] ?? "")
                var versions = found[package]?.mapValue ?? [:]
                let time = Int(status.changeTime)
                versions[version] = [
                    "path": .string(path), "size": .int(status.size), "creation_date_time_t": .int(time),
                    "creation_date_time": .string(CivilDate.isoText(secondsSince1970: time)),
                ]
                found[package] = .map(versions)
            }
        }
        return found
    }

    // MARK: - Offered

    static func latestVersion(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        let names = names.map(\.pythonString)
        if names.isEmpty { return "" }
        if options["repo"] != nil { throw ExecutionError("The 'repo' argument is invalid, use 'fromrepo' instead") }
        if options["refresh"]?.isTrueAsSaltSees ?? true {
            _ = try await refreshDatabase(call, cacheValidTime: options["cache_valid_time"]?.intValue ?? 0, failhard: false, options: [:])
        }
        let found = try await candidates(
            call, names, fromrepo: options["fromrepo"]?.stringValue, showInstalled: options["show_installed"]?.isTrueAsSaltSees ?? false)
        if names.count == 1 { return .string(found[names[0]] ?? "") }
        return .map(ValueMap(names.map { (.string($0), .string(found[$0] ?? "")) }))
    }

    /// The versions apt would install; empty for those that are new enough, unless they are asked for too.
    static func candidates(
        _ call: CallContext, _ names: [String], fromrepo: String? = nil, showInstalled: Bool = false
    ) async throws -> [String: String] {
        if names.isEmpty { return [:] }
        let database = try await DpkgDatabase.read(call)
        let repository = fromrepo.map { ["-o", "APT::Default-Release=\($0)"] } ?? []
        let output = try await apt(call, ["apt-cache", "-q", "policy"] + names + repository)
        var found: [String: String] = [:]
        var current: String?
        for line in output.lines {
            let text = line.stripped()
            if text.hasSuffix(":"), !text.hasPrefix("Version table") {
                current = String(text.dropLast())
            } else if text.hasPrefix("Candidate"), let name = current {
                let words = text.words()
                let version = words.count > 1 ? words[words.count - 1] : ""
                found[name] = version.lowercased() == "(none)" ? "" : version
            }
        }
        var result: [String: String] = [:]
        for name in names {
            let candidate = found[name] ?? found.first { $0.key.hasPrefix(name + ":") }?.value ?? ""
            let installed = (database.listed[name]?.listValue ?? []).map(\.pythonString)
            let isNewEnough = installed.contains { DebianVersion.compare($0, candidate) >= 0 }
            result[name] = showInstalled || !isNewEnough ? candidate : ""
        }
        return result
    }

    static func listUpgrades(_ call: CallContext, refresh: Bool, distUpgrade: Bool, options: ValueMap) async throws -> ValueMap {
        if refresh {
            _ = try await refreshDatabase(call, cacheValidTime: options["cache_valid_time"]?.intValue ?? 0, failhard: false, options: [:])
        }
        let release = options["fromrepo"].map { ["-o", "APT::Default-Release=\($0.pythonString)"] } ?? []
        let result = try await apt(call, ["apt-get", "--just-print", distUpgrade ? "dist-upgrade" : "upgrade"] + release, isScoped: true)
        guard result.succeeded else {
            let reason = result.errorText.isEmpty ? result.text : result.errorText
            throw ExecutionError("Failed to get upgrades" + (reason.isEmpty ? "" : ": \(reason)"))
        }
        var found = ValueMap()
        let pattern = try PythonRegex.compile("^Conf ([^ ]+) \\(([^ ]+)")
        for line in result.lines {
            if let match = try pattern.search(line), let name = match.text(1, of: line), let version = match.text(2, of: line) {
                found[.string(name)] = .string(version)
            }
        }
        return found
    }

    static func listRepositoryPackages(_ call: CallContext, names: [Value], options: ValueMap) async throws -> ValueMap {
        let words = names.isEmpty ? ["apt-cache", "dump"] : ["apt-cache", "show"] + names.map(\.pythonString)
        var found = ValueMap()
        var current = ""
        for line in try await apt(call, words).lines {
            if line.hasPrefix("Package: ") { current = String(line.dropFirst(9)) }
            let text = line.stripped()
            if text.hasPrefix("Version:"), let version = text.words(1) { found[.string(current)] = .list((found[current]?.listValue ?? []) + [.string(version)]) }
        }
        return found
    }

    static func show(_ call: CallContext, names: [Value], options: ValueMap) async throws -> ValueMap {
        var filter = options["filter"]?.listValue?.map { $0.pythonString.lowercased() } ?? []
        if let text = options["filter"]?.stringValue { filter = text.parts(",").map { $0.stripped().lowercased() } }
        if options["refresh"]?.isTruthy == true { _ = try await refreshDatabase(call, cacheValidTime: 0, failhard: false, options: [:]) }
        if names.isEmpty { return [:] }
        var found = ValueMap()
        var fields = ValueMap()
        func add() {
            guard let name = fields.removeValue(forKey: "Package"), let version = fields.removeValue(forKey: "Version") else { return }
            var versions = found[name]?.mapValue ?? [:]
            var known = versions[version]?.mapValue ?? [:]
            for (key, value) in fields { known[key] = value }
            versions[version] = .map(known)
            found[name] = .map(versions)
        }
        for line in try await apt(call, ["apt-cache", "show"] + names.map(\.pythonString)).lines {
            let text = line.stripped()
            if text.isEmpty {
                add()
                fields = [:]
                continue
            }
            let pair = text.parts(":", maxSplits: 1).map { $0.stripped() }
            guard pair.count == 2 else { continue }
            let key = pair[0].lowercased()
            if filter.isEmpty || ["package", "version"].contains(key) || filter.contains(key) { fields[.string(pair[0])] = .string(pair[1]) }
        }
        add()
        return found
    }

    static func servicesToRestart(_ call: CallContext, ignored: ValueMap) async throws -> [String] {
        guard await call.host.which("checkrestart") != nil else {
            throw ExecutionError("'checkrestart' is needed. It is part of the 'debian-goodies' package which can be installed from official repositories.")
        }
        var services: Set<String> = []
        for line in try await call.host.run("checkrestart", "--machine", "--package").lines where line.hasPrefix("SERVICE:") {
            services.insert(line.dropFirst(8).prefix { $0 != "," }.description)
        }
        return services.sorted()
    }

    // MARK: - Versions and names

    static func compareVersions(_ call: CallContext, left: Value, right: Value, ignoreEpoch: Bool, ignored: ValueMap) async throws -> Int {
        let (left, right) = (left.pythonString, right.pythonString)
        if ignoreEpoch { return DebianVersion.compare(DebianVersion.withoutEpoch(left), DebianVersion.withoutEpoch(right)) }
        return DebianVersion.compare(left, right)
    }

    static func normalizeName(_ call: CallContext, name: String) async throws -> String {
        guard let colon = name.lastIndex(of: ":") else { return name }
        let architecture = String(name[name.index(after: colon)...])
        return [call.grains["osarch"]?.stringValue ?? "", "all", "any"].contains(architecture) ? String(name[..<colon]) : name
    }

    static func parseArchitecture(_ call: CallContext, name: String) async throws -> ValueMap {
        guard let colon = name.lastIndex(of: ":") else { return ["name": .string(name), "arch": .null] }
        return ["name": .string(String(name[..<colon])), "arch": .string(String(name[name.index(after: colon)...]))]
    }
}

/// Answers about packages in the forms that Salt gives them.
enum PackageAnswer {
    /// One version as a text, several as a map; a pattern always as a map.
    static func versions(_ names: [Value], _ listed: ValueMap, asList: Bool) -> Value {
        var found = ValueMap()
        let hasPattern = names.contains { $0.pythonString.contains("*") }
        func told(_ versions: Value?) -> Value {
            let list = versions?.listValue ?? []
            return asList ? .list(list) : .string(list.map(\.pythonString).joined(separator: ","))
        }
        for name in names.map(\.pythonString) {
            if name.contains("*") {
                for (key, versions) in listed where Glob.matches(name, key.pythonString) { found[key] = told(versions) }
            } else {
                found[.string(name)] = told(listed[name])
            }
        }
        if found.count == 1, !hasPattern { return found.first?.value ?? "" }
        return .map(found)
    }
}

extension String {
    /// What follows the first word; nil when nothing does.
    fileprivate func words(_ skipped: Int) -> String? {
        let words = self.words()
        return words.count > skipped ? words.dropFirst(skipped).joined(separator: " ") : nil
    }
}
