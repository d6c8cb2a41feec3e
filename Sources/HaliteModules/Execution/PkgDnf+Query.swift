import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension PkgDnf {
    // MARK: - Installed

    static func listPackages(_ call: CallContext, asList: Bool, options: ValueMap) async throws -> ValueMap {
        if options["removed"]?.isTrueAsSaltSees == true || options["purge_desired"]?.isTrueAsSaltSees == true { return [:] }
        if let attributes = options["attr"], attributes.isTruthy { return try await listAttributes(call, attributes) }
        let database = try await RpmDatabase.read(call)
        return asList ? database.listed : database.listedMap
    }

    /// Each version as a map of what is asked for.
    private static func listAttributes(_ call: CallContext, _ attributes: Value) async throws -> ValueMap {
        let all = ["epoch", "version", "release", "arch", "install_date", "install_date_time_t"]
        let asked = attributes == "all" ? all : (attributes.listValue?.map(\.pythonString) ?? attributes.pythonString.parts(",").map { $0.stripped() })
        let keys = attributes == "all" ? Set(all) : Set(all).intersection(asked + ["version", "arch"])
        let command = ["rpm", "-qa", "--nodigest", "--nosignature", "--queryformat", RpmPackage.queryFormat(repository: "(none)") + "\n"]
        var found = ValueMap()
        for line in try await call.host.run(Command(command)).lines {
            guard let package = RpmPackage(line: line, host: architecture(call)) else { continue }
            let colon = package.version.parts(":", maxSplits: 1)
            let dash = (colon.last ?? "").parts("-", maxSplits: 1)
            let told: ValueMap = [
                "epoch": colon.count > 1 ? .string(colon[0]) : .null, "version": .string(dash[0]),
                "release": dash.count > 1 ? .string(dash[1]) : .null, "arch": .string(package.architecture),
                "install_date": package.installTime.map { .string(CivilDate.isoText(secondsSince1970: $0) + "+00:00Z") } ?? .null,
                "install_date_time_t": package.installTime.map { .int($0) } ?? .null,
            ]
            let name = Value.string(package.architecture == architecture(call) ? package.name : RpmPackage.split(package.name).name)
            let entry = Value.map(ValueMap(told.filter { keys.contains($0.key.pythonString) }.map { ($0.key, $0.value) }))
            found[name] = .list((found[name]?.listValue ?? []) + [entry])
        }
        return found
    }

    static func version(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        PackageAnswer.versions(names, try await RpmDatabase.read(call).listed, asList: options["versions_as_list"]?.isTrueAsSaltSees ?? false)
    }

    static func infoInstalled(_ call: CallContext, names: [Value], options: ValueMap) async throws -> ValueMap {
        let found = try await call.call("lowpkg.info", Arguments(names, keywords: options)).mapValue ?? [:]
        func told(_ info: Value) -> Value {
            .map(ValueMap((info.mapValue ?? [:]).map { key, value in (key == "source_rpm" ? "source" : key, value) }))
        }
        return ValueMap(found.map { name, info in (name, info.listValue.map { .list($0.map(told)) } ?? told(info)) })
    }

    static func listDownloaded(_ call: CallContext, ignored: ValueMap) async throws -> ValueMap {
        var found = ValueMap()
        let folder = Path.join("/var/cache", try await program(call))
        for visit in (try? await FolderWalk.visits(folder, call.host)) ?? [] {
            for name in visit.files where name.hasSuffix(".rpm") {
                let path = Path.join(visit.path, name)
                guard let status = try await call.host.status(path) else { continue }
                let info = try await call.call("lowpkg.bin_pkg_info", .string(path))
                var versions = found[info["name"] ?? ""]?.mapValue ?? [:]
                let time = Int(status.changeTime)
                versions[info["version"] ?? ""] = [
                    "path": .string(path), "size": .int(status.size), "creation_date_time_t": .int(time),
                    "creation_date_time": .string(CivilDate.isoText(secondsSince1970: time)),
                ]
                found[info["name"] ?? ""] = .map(versions)
            }
        }
        return found
    }

    static func servicesToRestart(_ call: CallContext, ignored: ValueMap) async throws -> [String] {
        let program = try await program(call)
        guard program.hasPrefix("dnf") else { throw ExecutionError("dnf or dnf5 is required to list outdated services.") }
        guard try await call.host.exists("/run/systemd/system") else { throw ExecutionError("systemd is required to list outdated services.") }
        var services: Set<String> = []
        for line in try await call.host.run(program, "--quiet", "needs-restarting").lines where line.contains(":") {
            let group = await call.host.readTextIfPresent("/proc/\(line.parts(":")[0].stripped())/cgroup") ?? ""
            for entry in group.parts("\n") {
                if let unit = entry.parts("/").last(where: { $0.hasSuffix(".service") }) { services.insert(String(unit.dropLast(8))) }
            }
        }
        return services.sorted()
    }

    // MARK: - Offered

    static func latestVersion(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        if names.isEmpty { return "" }
        if options["refresh"]?.isTrueAsSaltSees ?? true { _ = try await refreshDatabase(call, options: options) }
        let installed = try await RpmDatabase.read(call).listed
        let names = names.map(\.pythonString)
        let result = try await yum(call, ["--quiet"] + YumOptions(options).words + ["list", "available"] + names)
        let host = architecture(call)
        let offered = (result.succeeded ? RpmPackage.list(result.text, host: host) : [])
            .sorted { LooseVersion($1.version) < LooseVersion($0.version) }
        var found = ValueMap()
        for name in names {
            let wanted = RpmPackage.split(name).architecture ?? host
            found[.string(name)] = ""
            for package in offered where package.name == name && (["noarch", wanted].contains(package.architecture) || RpmPackage.isOld(package.architecture, host)) {
                let isNew = !(installed[name]?.listValue ?? []).contains { RpmVersion.compare($0.pythonString, package.version) >= 0 }
                if isNew {
                    found[.string(name)] = .string(package.version)
                    break
                }
            }
        }
        return names.count == 1 ? found.first?.value ?? "" : .map(found)
    }

    static func listUpgrades(_ call: CallContext, refresh: Bool, options: ValueMap) async throws -> ValueMap {
        if refresh {
            var quiet = options
            quiet["check_update"] = false
            _ = try await refreshDatabase(call, options: quiet)
        }
        let verb = try await program(call).hasPrefix("dnf") ? "--upgrades" : "updates"
        let result = try await yum(call, ["--quiet"] + YumOptions(options).words + ["list", verb])
        return ValueMap(RpmPackage.list(result.text, host: architecture(call)).map { (.string($0.name), .string($0.version)) })
    }

    static func listRepositoryPackages(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        func list(_ key: String) -> [String] {
            guard let value = options[.string(key)], value.isTruthy else { return [] }
            return (value.listValue?.map(\.pythonString) ?? value.pythonString.parts(",").map { $0.stripped() }).filter { $0 != "*" }
        }
        var repositories = list("fromrepo")
        if repositories.isEmpty {
            let (enabled, disabled) = (list("enablerepo"), list("disablerepo"))
            for (name, data) in try await YumRepositories.list(call, basedir: .null) {
                let isOn = (data["enabled"] ?? "1").pythonString == "1"
                if enabled.contains(name.pythonString) || (!disabled.contains(name.pythonString) && isOn) { repositories.append(name.pythonString) }
            }
        }
        let isTdnf = try await program(call) == "tdnf"
        var found: [(repository: String, name: String, version: String)] = []
        for repository in repositories {
            var words = isTdnf ? ["--quiet", "--enablerepo=\(repository)", "list"] : ["--quiet", "--showduplicates", "repository-packages", repository, "list"]
            if options["cacheonly"]?.isTruthy == true { words.append("-C") }
            let result = try await yum(call, words + names.map(\.pythonString))
            if !result.succeeded, result.text.contains("Error:") { continue }
            found += RpmPackage.list(result.text, host: architecture(call)).map { ($0.repository, $0.name, $0.version) }
        }
        func sorted(_ versions: [String]) -> Value { Set(versions).sorted { LooseVersion($1) < LooseVersion($0) }.value }
        var byName = ValueMap()
        if options["byrepo"]?.isTruthy == true {
            for repository in Set(found.map(\.repository)).sorted() {
                var names = ValueMap()
                for name in Set(found.filter { $0.repository == repository }.map(\.name)).sorted() {
                    names[.string(name)] = sorted(found.filter { $0.repository == repository && $0.name == name }.map(\.version))
                }
                byName[.string(repository)] = .map(names)
            }
            return .map(byName)
        }
        var versions: [String: [String]] = [:]
        for entry in found { versions[entry.name, default: []].append(entry.version) }
        for (name, list) in versions.sorted(by: { $0.key < $1.key }) {
            // A version that two repositories have is there twice, as Salt tells it.
            byName[.string(name)] = list.sorted { LooseVersion($1) < LooseVersion($0) }.value
        }
        return .map(byName)
    }

    // MARK: - Groups and patches

    static let sets: [Function] = [
        Function("group_list", "Return the groups of packages.", body: groups),
        Function("group_info", "Return the packages of a group.", .required("name", "The group."), .optional("expand", false, "With the packages of the groups in it."), .optional("ignore_groups", [String](), "Groups that are not looked at."), .keywords("kwargs", "fromrepo, enablerepo, disablerepo."), body: groupInfo),
        Function("group_diff", "Return the packages of a group that are installed, and those that are not.", .required("name", "The group."), .keywords("kwargs", "fromrepo, enablerepo, disablerepo."), body: groupDifference),
        Function("group_install", "Install a group of packages.", .required("name", "The group, or several."), .optional("skip", [String](), "Packages that are not installed."), .optional("include", [String](), "Optional packages that are."), .keywords("kwargs", "As for pkg.install."), body: groupInstall),
        Function("list_patches", "Return the patches that the repositories offer.", .optional("refresh", false, "Look anew first."), .keywords("kwargs", "Ignored.")) { (call: CallContext, refresh: Bool, _: ValueMap) async throws -> ValueMap in
            if refresh { _ = try await refreshDatabase(call, options: [:]) }
            return try await patches(call, installedOnly: false)
        },
        Function("list_installed_patches", "Return the patches that are installed.", .keywords("kwargs", "Ignored.")) { (call: CallContext, _: ValueMap) async throws -> ValueMap in
            try await patches(call, installedOnly: true)
        },
    ]

    static func patches(_ call: CallContext, installedOnly: Bool) async throws -> ValueMap {
        let line = try PythonRegex.compile("^([i|\\s])? ?([^\\s]+) +([^\\s]+) +([^\\s]+)")
        var found: [(id: String, installed: Bool, packages: [String])] = []
        for text in try await call.host.run(try await program(call), "--quiet", "updateinfo", "list", "all").lines {
            guard let match = try line.search(text), let id = match.text(2, of: text), let package = match.text(4, of: text) else { continue }
            let isInstalled = match.text(1, of: text) == "i"
            if let place = found.firstIndex(where: { $0.id == id }) {
                found[place].packages.append(package)
                if !isInstalled { found[place].installed = false }
            } else {
                found.append((id, isInstalled, [package]))
            }
        }
        return ValueMap(found.filter { !installedOnly || $0.installed }.map {
            (.string($0.id), ["installed": .bool($0.installed), "summary": $0.packages.value])
        })
    }

    private static func groups(_ call: CallContext) async throws -> ValueMap {
        let keys = ["installed", "available", "installed environments", "available environments"]
        var lists: [String: [String]] = [:]
        var languages = ValueMap()
        let program = try await program(call)
        if program == "dnf5" {
            for line in try await call.host.run(program, "group", "list", "--hidden").lines {
                let words = line.words()
                guard words.count > 2, let last = words.last?.lowercased(), last == "yes" || last == "no" else { continue }
                lists[last == "yes" ? "installed" : "available", default: []].append(words[0])
            }
        } else {
            let sections = [
                "installed groups:": "installed", "available groups:": "available", "installed environment groups:": "installed environments",
                "available environment groups:": "available environments", "available language groups:": "available languages",
            ]
            let language = try PythonRegex.compile("^(.+) \\[(.+)\\]")
            var key: String?
            for line in try await call.host.run(program, "grouplist", "hidden").lines {
                let lower = line.lowercased()
                if lower == "done" { break }
                if let section = sections[lower], section != key {
                    key = section
                } else if let key {
                    let text = line.stripped()
                    if key != "available languages" {
                        lists[key, default: []].append(text)
                    } else if let match = try language.search(text) {
                        languages[.string(text)] = ["name": match.text(1, of: text).value, "language": match.text(2, of: text).value]
                    }
                }
            }
        }
        var found = ValueMap(keys.map { (.string($0), (lists[$0] ?? []).value) })
        found["available languages"] = .map(languages)
        return found
    }

    private static let kinds = ["mandatory", "optional", "default", "conditional"]

    private static func groupInfo(_ call: CallContext, name: String, expand: Bool, ignored: [String], options: ValueMap) async throws -> ValueMap {
        let program = try await program(call)
        var words = YumOptions()
        let given = YumOptions(options)
        (words.fromrepo, words.enablerepo, words.disablerepo) = (given.fromrepo, given.enablerepo, given.disablerepo)
        let verb = program == "dnf5" ? ["group", "info", name] : ["groupinfo", name]
        let output = try await call.host.run(Command([program, "--quiet"] + words.words + verb)).lines
        var facts: [String: String] = [:]
        for line in output {
            let pair = line.parts(":").map { $0.stripped() }
            if pair.count == 2 { facts[pair[0].lowercased()] = pair[1] }
        }
        let isEnvironment = facts["environment group"] != nil
        func first(_ keys: String...) -> String? { keys.lazy.compactMap { facts[$0] }.first { !$0.isEmpty } }
        var found = ValueMap()
        if isEnvironment { found["type"] = "environment group" } else if facts["group"] != nil || facts["name"] != nil { found["type"] = "package group" }
        let (group, id) = (first("environment group", "group", "name"), first("environment-id", "group-id", "id"))
        if group == nil, id == nil { throw ExecutionError("Group '\(name)' not found") }
        found["group"] = group.value
        found["id"] = id.value
        found["description"] = .string(facts["description"] ?? "")
        var done = ignored
        for kind in kinds {
            var members: Set<String> = []
            for member in self.members(of: kind, output, isDnf5: program == "dnf5") {
                if isEnvironment, expand {
                    guard !done.contains(member) else { continue }
                    done.append(member)
                    guard let inner = try? await groupInfo(call, name: member, expand: true, ignored: done, options: options) else { continue }
                    for innerKind in kinds { members.formUnion((inner[innerKind]?.listValue ?? []).map(\.pythonString)) }
                } else {
                    members.insert(member)
                }
            }
            found[.string(kind)] = members.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.value
        }
        return found
    }

    private static func members(of kind: String, _ lines: [String], isDnf5: Bool) -> [String] {
        var found: [String] = []
        var isWithin = false
        let punctuation: Set<Character> = Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
        for line in lines {
            let text = String(line.stripped().drop { punctuation.contains($0) }).stripped()
            let lower = text.lowercased()
            if let heading = kinds.first(where: { lower.hasPrefix("\($0) packages") || lower.hasPrefix("\($0) groups") }), text.contains(":") {
                if isWithin { break }
                isWithin = heading == kind
                let rest = text.parts(":", maxSplits: 1).last?.stripped() ?? ""
                if isWithin, !rest.isEmpty { found.append(rest) }
                continue
            }
            if isWithin, !text.isEmpty { found.append(text) }
        }
        return found
    }

    private static func groupDifference(_ call: CallContext, name: String, options: ValueMap) async throws -> ValueMap {
        let info = try await groupInfo(call, name: name, expand: true, ignored: [], options: options)
        let installed = try await RpmDatabase.read(call).listed
        return ValueMap(kinds.map { kind in
            let members = info[kind]?.listValue ?? []
            return (.string(kind), [
                "installed": .list(members.filter { installed[$0] != nil }), "not installed": .list(members.filter { installed[$0] == nil }),
            ])
        })
    }

    private static func groupInstall(_ call: CallContext, name: Value, skip: [String], include: [String], options: ValueMap) async throws -> Value {
        let groups = name.listValue?.map(\.pythonString) ?? name.pythonString.parts(",")
        var targets: [String] = []
        for group in groups {
            let info = try await groupInfo(call, name: group, expand: false, ignored: [], options: [:])
            targets += (info["mandatory"]?.listValue ?? []).map(\.pythonString)
            targets += (info["default"]?.listValue ?? []).map(\.pythonString).filter { !skip.contains($0) }
        }
        targets += include
        let installed = try await RpmDatabase.read(call).listed
        let missing = targets.filter { installed[$0] == nil }
        if missing.isEmpty { return [:] }
        var keywords = options
        keywords["pkgs"] = missing.value
        return try await PackageFunctions(call: call).run("install", [], keywords)
    }
}
