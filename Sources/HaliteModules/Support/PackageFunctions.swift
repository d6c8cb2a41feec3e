import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The `pkg` functions of a host as states use them, whichever package manager is behind.
struct PackageFunctions: Sendable {
    let call: CallContext

    /// A package that is asked for, with the condition its version must meet.
    typealias Wanted = (name: String, version: String?)

    func has(_ function: String) -> Bool { call.services.registry.functions["pkg." + function] != nil }

    /// Calls a function with those of the keywords that it has; null means that a keyword was not given.
    func run(_ function: String, _ positional: [Value] = [], _ keywords: ValueMap = [:]) async throws -> Value {
        let parameters = call.services.registry.functions["pkg." + function]?.parameters ?? []
        let takesAll = parameters.contains { if case .keywords = $0.kind { true } else { false } }
        let known = Set(parameters.map(\.name))
        let given = keywords.filter { key, value in !value.isNull && (takesAll || known.contains(key.pythonString)) }
        return try await call.call("pkg." + function, Arguments(positional, keywords: ValueMap(given.map { ($0.key, $0.value) })))
    }

    // MARK: - What is there

    private var isFreeBSD: Bool { call.grains["os"] == "FreeBSD" }

    /// Names with lists of versions; on FreeBSD with the origins as well.
    func installed(_ keywords: ValueMap = [:]) async throws -> ValueMap {
        var keywords = keywords
        keywords["versions_as_list"] = true
        if isFreeBSD { keywords["with_origin"] = true }
        return try await run("list_pkgs", [], keywords).mapValue ?? [:]
    }

    /// The versions of one package among `installed`; on FreeBSD a package may be named by its origin.
    func versions(_ name: String, in installed: ValueMap) -> [String] {
        if isFreeBSD, name.contains("/") {
            return installed.filter { $0.value["origin"] == .string(name) }.map { $0.key.pythonString }
        }
        let found = installed[name]
        return (found?.listValue ?? found?["version"]?.listValue)?.map(\.pythonString) ?? found.map { [$0.pythonString] } ?? []
    }

    /// The same, where a package may be known by its name without the host's architecture.
    func versions(normalising name: String, in installed: ValueMap) async throws -> [String] {
        let found = versions(name, in: installed)
        if !found.isEmpty { return found }
        let normal = try await normalised(name)
        return normal == name ? [] : versions(normal, in: installed)
    }

    func normalised(_ name: String) async throws -> String {
        guard has("normalize_name") else { return name }
        return try await run("normalize_name", [.string(name)]).pythonString
    }

    // MARK: - What is wanted

    /// Names with versions out of a list of names, and of maps of a name and a version.
    func wanted(_ pkgs: [Value], normalise: Bool) async throws -> [Wanted] {
        var found: [Wanted] = []
        var names: Set<String> = []
        for (name, version) in PackageList.parse(name: nil, pkgs: pkgs, version: nil) {
            let name = normalise ? try await normalised(name) : name
            guard names.insert(name).inserted else {
                throw ExecutionError(
                    "You are passing a list of packages that contains duplicated packages names: \(Value.list(pkgs).pythonString). This cannot be processed. In case you are targeting different versions of the same package, please target them individually")
            }
            found.append((name, version))
        }
        return found
    }

    /// Whether one of the versions meets conditions such as `1.2*`, `>=1.2,<2` or `2:1.2-3`.
    func fulfils(_ versions: [String], _ conditions: String, ignoreEpoch: Bool?, allowUpdates: Bool = false) async throws -> Bool {
        let specs = PackageList.conditions(conditions)
        for version in versions {
            var isFulfilled = true
            for (oper, wanted) in specs where isFulfilled {
                let oper = allowUpdates && specs.count == 1 && oper == "==" ? ">=" : oper
                isFulfilled = try await fulfils(version, oper, wanted, ignoreEpoch)
            }
            if isFulfilled { return true }
        }
        return false
    }

    private func fulfils(_ version: String, _ oper: String, _ wanted: String, _ ignoreEpoch: Bool?) async throws -> Bool {
        if oper == "==", version == wanted || (Glob.isPattern(wanted) && Glob.matches(wanted, version)) { return true }
        let drops = ignoreEpoch ?? (!oper.contains("<") && !oper.contains(">") && !wanted.contains(":"))
        guard let order = try await compare(version, wanted, ignoreEpoch: drops) else { return false }
        return PackageList.holds(order, oper)
    }

    func compare(_ left: String, _ right: String, ignoreEpoch: Bool) async throws -> Int? {
        guard has("version_cmp") else { return DebianVersion.compare(left, right) }
        return try await run("version_cmp", [.string(left), .string(right)], ["ignore_epoch": .bool(ignoreEpoch)]).intValue
    }

    /// `pkg.check_refresh`: the lists are fetched when the state says so, and by default once in a run.
    func wantsRefresh(_ given: Value) -> Bool {
        if given.isTrueAsSaltSees { return true }
        return given.isNull && call.memory["pkg.refreshed"] == nil
    }

    /// What packages of given names depend on stands for them, where the package manager can tell.
    func resolveCapabilities(_ pkgs: [Value], refresh: Bool, _ keywords: ValueMap) async throws -> (pkgs: [Value], refresh: Bool) {
        guard !pkgs.isEmpty, has("resolve_capabilities") else { return (pkgs, refresh) }
        var keywords = keywords
        keywords["refresh"] = .bool(refresh)
        return (try await run("resolve_capabilities", [.list(pkgs)], keywords).listValue ?? pkgs, false)
    }

    /// What would be installed now: the newest version, or the first one that a condition allows.
    func foreseen(_ targets: [Wanted], current: ValueMap = [:]) async throws -> ValueMap {
        var found = ValueMap()
        let newest = targets.filter { ($0.version ?? "").isEmpty }
        if !newest.isEmpty {
            let labels = newest.map { Value.string(PackageList.label($0)) }
            let answer = try await run("latest_version", labels)
            if case .map(let map) = answer { found = map } else { found[labels[0]] = answer }
        }
        let versioned = targets.filter { !($0.version ?? "").isEmpty }
        if !versioned.isEmpty, has("list_repo_pkgs") {
            for (name, versions) in try await run("list_repo_pkgs", versioned.map { .string(PackageList.label($0)) }).mapValue ?? [:] {
                if let first = versions.listValue?.first { found[name] = first }
            }
        }
        return ValueMap(targets.map { target in
            let new = found[target.name].flatMap { $0.isTruthy ? $0 : nil } ?? "installed"
            return (.string(target.name), ["new": new, "old": current[target.name] ?? ""])
        })
    }
}

/// A failure of a package manager with what was done before it, as Salt words it.
struct PackageError: Error, CustomStringConvertible {
    let message: String
    let info: ValueMap

    init(_ message: String, errors: [String], changes: ValueMap) {
        self.init(message, info: ["errors": errors.value, "changes": .map(changes)])
    }

    init(_ message: String, info: ValueMap) {
        self.message = message
        self.info = info
    }

    var changes: ValueMap { info["changes"]?.mapValue ?? [:] }
    var description: String { text(info) }

    /// For states, which report the changes apart.
    var withoutChanges: String {
        var rest = info
        rest["changes"] = nil
        return rest.isEmpty ? message : text(rest)
    }

    private func text(_ info: ValueMap) -> String {
        if info.isEmpty { return message }
        let end = message.last.map { "?!.".contains($0) } ?? true
        return message + (end ? " " : ". ") + "Additional info follows:\n\n" + NestedText.text(.map(info))
    }
}

extension Value {
    /// Salt's `is_true`: numbers above zero, the word `true`, and whatever else is true.
    var isTrueAsSaltSees: Bool {
        switch self {
        case .string(let text): text.lowercased() == "true" || (Double(text) ?? 0) > 0
        case .int(let number): number > 0
        default: isTruthy
        }
    }
}
