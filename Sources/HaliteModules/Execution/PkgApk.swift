import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Packages of Alpine Linux, through apk.
package struct PkgApk: ExecutionModule {
    package static let name = "pkg"
    package static let summary = "Packages of Alpine Linux, through apk."
    package static let requires: Requirement = .osFamily("Alpine")

    package static let functions: [Function] = changing + looking

    private static let one: Parameter<String?> = .optional("name", nil, "A package, or several with commas.")
    private static let several: Parameter<[Value]> = .optional("pkgs", [], "Packages.")
    private static let ignored: Parameter<ValueMap> = .keywords("kwargs", "Ignored.")

    private static let changing: [Function] = [
        Function(
            "install", "Install packages and return what changed.", one, .optional("refresh", false, "Fetch the lists first."),
            .optional("pkgs", [Value](), "Packages; versions are not looked at."), .optional("sources", nil as Value?, "Not supported."), ignored,
            example: "halite '*' pkg.install nginx", body: install),
        Function("remove", "Remove packages and return what changed.", one, several, .optional("purge", false, "With what they have written."), ignored, body: remove),
        Function("purge", "Remove packages with what they have written and return what changed.", one, several, ignored) { (call: CallContext, name: String?, pkgs: [Value], _: ValueMap) async throws -> ValueMap in
            try await remove(call, name: name, pkgs: pkgs, purge: true, ignored: [:])
        },
        Function("upgrade", "Upgrade packages and return what changed.", one, several, .optional("refresh", true, "Fetch the lists first."), ignored, body: upgrade),
        Function("refresh_db", "Fetch the lists of packages.", ignored) { (call: CallContext, _: ValueMap) async throws -> Bool in try await refresh(call) },
    ]

    private static let looking: [Function] = [
        Function("list_pkgs", "Return the installed packages with their versions.", .optional("versions_as_list", false, "Versions as a list."), .keywords("kwargs", "removed, purge_desired: there are none.")) { (call: CallContext, asList: Bool, options: ValueMap) async throws -> ValueMap in
            if options["removed"]?.isTrueAsSaltSees == true || options["purge_desired"]?.isTrueAsSaltSees == true { return [:] }
            let found = try await installed(call)
            return asList ? ValueMap(found.map { ($0.key, .list([$0.value])) }) : found
        },
        Function("version", "Return the installed version of packages.", .rest("names", "Packages; patterns too."), .keywords("kwargs", "versions_as_list.")) { (call: CallContext, names: [Value], options: ValueMap) async throws -> Value in
            try await call.call("pkg_resource.version", Arguments(names, keywords: options))
        },
        Function("latest_version", "Return the version to which packages could be upgraded; nothing when they are new enough.", .rest("names", "Packages."), .keywords("kwargs", "refresh."), body: latest),
        Function("list_upgrades", "Return the packages that could be upgraded.", .optional("refresh", true, "Fetch the lists first."), ignored, body: upgrades),
        Function("file_list", "Return the files of packages.", .rest("packages", "Packages."), ignored, body: files),
        Function("file_dict", "Return the files of packages by package.", .rest("packages", "Packages."), ignored, body: files),
        Function("owner", "Return the package that a file belongs to.", .rest("paths", "Files."), ignored, body: owner),
    ]

    // MARK: - Looking

    /// `name-1.2-r0`: what stands before the last two dashes, and the rest.
    private static func split(_ line: String) -> (name: String, version: String) {
        let parts = line.parts("-")
        return (parts.dropLast(2).joined(separator: "-"), parts.suffix(2).joined(separator: "-"))
    }

    private static func installed(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for line in try await call.host.run("apk", "info", "-v").lines {
            let (name, version) = split(line)
            found[.string(name)] = .string(found[name].map { "\($0.pythonString),\(version)" } ?? version)
        }
        return found
    }

    private static func refresh(_ call: CallContext) async throws -> Bool {
        call.memory["pkg.refreshed"] = true
        let result = try await call.host.run("apk", "update")
        guard result.succeeded else { throw PackageError("Problem encountered installing package(s)", info: ["errors": [.string(result.text)], "changes": false]) }
        return true
    }

    /// Lines such as `(1/2) Upgrading busybox (1.36.0-r0 -> 1.36.1-r2)`.
    private static func upgrade(in line: String) -> (name: String, version: String)? {
        let words = line.parts(" ")
        return words.count > 5 ? (words[2], words[5].trimmed(")")) : nil
    }

    private static func latest(_ call: CallContext, names: [Value], options: ValueMap) async throws -> Value {
        if names.isEmpty { return "" }
        var found = ValueMap(names.map { ($0, "") })
        let present = try await installed(call)
        if options["refresh"]?.isTrueAsSaltSees ?? true { _ = try await refresh(call) }
        for line in try await call.host.run("apk", "upgrade", "-s").lines {
            if let (name, version) = upgrade(in: line), found[name] != nil { found[.string(name)] = .string(version) }
        }
        for name in names where found[name] == "" {
            for line in try await call.host.run("apk", "search", name.pythonString).lines {
                let (other, version) = split(line)
                if name == .string(other) { found[name] = present[name] == .string(version) ? "" : .string(version) }
            }
        }
        return names.count == 1 ? found[names[0]] ?? "" : .map(found)
    }

    private static func upgrades(_ call: CallContext, isFresh: Bool, ignored: ValueMap) async throws -> ValueMap {
        if isFresh { _ = try await refresh(call) }
        let result = try await call.host.run("apk", "upgrade", "-s")
        guard result.succeeded else { throw ExecutionError(result.errorText + result.text) }
        let found = result.lines.filter { $0.contains("Upgrading") }.compactMap { upgrade(in: $0) }
        return ValueMap(found.map { (.string($0.name), .string($0.version)) })
    }

    private static func files(_ call: CallContext, packages: [Value], ignored: ValueMap) async throws -> Value {
        if packages.isEmpty { return "Package name should be provided" }
        var found = ValueMap()
        for package in packages {
            let lines = try await call.host.run("apk", "info", "-L", package.pythonString).lines.filter { !$0.hasSuffix("contains:") }
            if !lines.isEmpty { found[package] = lines.value }
        }
        return ["errors": [], "packages": .map(found)]
    }

    private static func owner(_ call: CallContext, paths: [Value], ignored: ValueMap) async throws -> Value {
        if paths.isEmpty { return "You must provide a path" }
        var found = ValueMap()
        for path in paths {
            let words = ["apk", "info", "-W", path.pythonString]
            let text = try await call.host.run(Command(words)).text
            if text.isEmpty {
                found[path] = .string("Error running \(words.value.pythonString)")
            } else {
                let parts = text.parts("by ")
                found[path] = .string(text.contains("ERROR:") || parts.count < 2 ? "Could not find owner package" : parts[1].stripped())
            }
        }
        return .map(found)
    }

    // MARK: - Changing

    private static func words(_ name: String?) -> [String] { name.map { $0.isEmpty ? [] : $0.parts(",") } ?? [] }

    /// Runs apk and returns what is different afterwards.
    private static func change(_ call: CallContext, _ words: [String], _ old: ValueMap, _ verb: String) async throws -> ValueMap {
        let result = try await call.host.run(Command(["apk"] + words))
        let changes = compare(old, try await installed(call))
        guard result.succeeded || result.errorText.isEmpty else {
            throw PackageError("Problem encountered \(verb) package(s)", errors: [result.errorText], changes: changes)
        }
        return changes
    }

    private static func compare(_ old: ValueMap, _ new: ValueMap) -> ValueMap {
        var found = ValueMap()
        for (name, version) in new where old[name] != version { found[name] = ["old": old[name] ?? "", "new": version] }
        for (name, version) in old where new[name] == nil { found[name] = ["old": version, "new": ""] }
        return found
    }

    private static func install(
        _ call: CallContext, name: String?, isFresh: Bool, pkgs: [Value], sources: Value?, ignored: ValueMap
    ) async throws -> ValueMap {
        let old = try await installed(call)
        let isAlone = pkgs.isEmpty && !(sources?.isTruthy ?? false)
        let named = pkgs.map { $0.mapValue?.first?.key.pythonString ?? $0.pythonString }
        let wanted = (isAlone ? words(name) : []) + named
        if wanted.isEmpty { return [:] }
        if isFresh { _ = try await refresh(call) }
        let isUpdate = wanted.contains { old[$0] != nil }
        return try await change(call, ["add"] + (isUpdate ? ["-u"] : []) + wanted, old, "installing")
    }

    private static func remove(_ call: CallContext, name: String?, pkgs: [Value], purge: Bool, ignored: ValueMap) async throws -> ValueMap {
        let old = try await installed(call)
        let wanted = words(name) + pkgs.map { $0.mapValue?.first?.key.pythonString ?? $0.pythonString }
        if wanted.isEmpty { return [:] }
        return try await change(call, ["del"] + (purge ? ["--purge"] : []) + wanted, old, "removing")
    }

    private static func upgrade(_ call: CallContext, name: String?, pkgs: [Value], isFresh: Bool, ignored: ValueMap) async throws -> ValueMap {
        if isFresh { _ = try await refresh(call) }
        let old = try await installed(call)
        let wanted = (pkgs.isEmpty ? words(name) : []) + pkgs.map(\.pythonString)
        var command = Command(["apk"] + (wanted.isEmpty ? ["upgrade"] : ["add", "-u"] + wanted))
        command.mergesErrors = true
        let result = try await call.host.run(command)
        let changes = compare(old, try await installed(call))
        return ["changes": .map(changes), "result": .bool(result.succeeded), "comment": .string(result.succeeded ? "" : result.text)]
    }
}
