import HaliteCore
import HaliteModuleKit
import HaliteValue

/// One repository of `gitfs_remotes` or of a `git` external pillar, with its settings: its own, else the global ones.
struct GitRemote: Sendable {
    enum Role: String, Sendable {
        case files = "gitfs"
        case pillar = "git_pillar"
    }

    /// The entry as it was written: the URL, for pillars with a branch in front.
    let id: String
    let url: String
    /// The branch or tag of a pillar; `__env__` for that of the environment.
    let branch: String
    let role: Role
    private let settings: ValueMap
    private let options: ValueMap
    private let saltenvs: ValueMap
    private let globalSaltenvs: ValueMap

    private static let shared = [
        "base", "root", "ssl_verify", "refspecs", "fallback", "proxy", "ref_types", "disable_saltenv_mapping", "depth", "user", "password",
        "pubkey", "privkey", "passphrase", "insecure_auth", "name", "mountpoint", "all_saltenvs",
    ]
    private static let names: [Role: [String]] = [
        .files: shared + ["saltenv_whitelist", "saltenv_blacklist", "update_interval", "saltenv"], .pillar: shared + ["env"],
    ]

    init(_ entry: Value, role: Role, options: ValueMap) throws {
        var settings = ValueMap()
        if case .map(let map) = entry, let pair = map.first {
            id = pair.key.pythonString
            settings = Self.repacked(pair.value)
            if settings.isEmpty {
                throw ExecutionError("\(role.rawValue) remote '\(id)': expected settings; without any there is no colon behind the URL")
            }
        } else {
            id = entry.pythonString
        }
        let words = id.split(separator: " ", maxSplits: 1).map(String.init)
        if role == .pillar, words.count == 2 {
            branch = words[0]
            url = words[1].drop { $0 == " " }.description
        } else {
            branch = Self.text(options["\(role.rawValue)_branch"]) ?? "master"
            url = id
        }
        for key in settings.keys.map(\.pythonString) where Self.names[role]?.contains(key) == false {
            let names = Self.names[role] ?? []
            throw ExecutionError(
                "Invalid \(role.rawValue) configuration parameter '\(key)' in remote '\(id)'\(NearestName.hint(key, among: names)). "
                    + "Valid parameters are: \(names.joined(separator: ", ")).")
        }
        self.role = role
        self.settings = settings
        self.options = options
        saltenvs = Self.repacked(settings["saltenv"] ?? [])
        globalSaltenvs = Self.repacked(options["\(role.rawValue)_saltenv"] ?? [])
        for type in types where !["branch", "tag", "sha"].contains(type) {
            throw ExecutionError("\(role.rawValue) remote '\(id)': unknown ref_types '\(type)' (known: branch, tag, sha)")
        }
    }

    /// A list of one-key dictionaries as one dictionary, to any depth.
    private static func repacked(_ value: Value) -> ValueMap {
        var result = ValueMap()
        let pairs = value.mapValue.map { $0.map { ($0.key, $0.value) } } ?? (value.listValue ?? []).flatMap { $0.mapValue.map { $0.map { ($0.key, $0.value) } } ?? [] }
        for (key, value) in pairs {
            let isNested = value.mapValue != nil || value.listValue?.contains { $0.mapValue != nil } == true
            result[.string(key.pythonString)] = isNested ? .map(repacked(value)) : value
        }
        return result
    }

    private static func text(_ value: Value?) -> String? { value.flatMap { $0.isTruthy ? $0.pythonString : nil } }

    // MARK: Settings

    func setting(_ key: String) -> Value? { settings[key] ?? options["\(role.rawValue)_\(key)"] }

    func text(_ key: String) -> String? { Self.text(setting(key)) }

    func names(_ key: String) -> [String]? {
        switch setting(key) {
        case .list(let list)?: list.map(\.pythonString)
        case .string(let text)? where !text.isEmpty: text.split(separator: ",").map { String($0).trimmingSpaces }
        default: nil
        }
    }

    var types: [String] { (names("ref_types") ?? ["branch", "tag", "sha"]).map { $0.lowercased() } }
    var fallback: String? { text("fallback") }
    var depth: Int { setting("depth")?.intValue ?? 1 }
    var allSaltenvs: String? { Self.text(settings["all_saltenvs"]) }
    private var mapsRefs: Bool { !(setting("disable_saltenv_mapping")?.isTruthy ?? false) }

    var base: String { Self.text(saltenvs["base"]?["ref"]) ?? text("base") ?? "master" }

    /// A setting that an environment may have for itself, without slashes at the ends.
    private func placed(_ key: String, _ saltenv: String) -> String {
        let value = (role == .files ? saltenvs[saltenv]?[key] ?? globalSaltenvs[saltenv]?[key] : nil) ?? setting(key)
        var path = Self.text(value) ?? ""
        if path.hasPrefix("salt://") { path = String(path.dropFirst(7)) }
        return path.split(separator: "/").joined(separator: "/")
    }

    func root(_ saltenv: String) -> String { placed("root", saltenv) }
    func mountPoint(_ saltenv: String) -> String { placed("mountpoint", saltenv) }

    /// The branch, tag or commit that is an environment; nil when none is.
    func ref(_ saltenv: String) -> String? {
        if let all = allSaltenvs { return all }
        if saltenv == "base" { return base }
        let mapped = Self.text(saltenvs[saltenv]?["ref"] ?? globalSaltenvs[saltenv]?["ref"])
        return mapped ?? (mapsRefs ? saltenv : nil)
    }

    /// The environments that branches and tags of these names are.
    func environments(branches: [String], tags: [String]) -> Set<String> {
        var reverse: [String: Set<String>] = [:]
        var mapped: Set<String> = []
        for (saltenv, conf) in saltenvs {
            guard let ref = Self.text(conf["ref"]) else { continue }
            reverse[ref, default: []].insert(saltenv.pythonString)
            mapped.insert(saltenv.pythonString)
        }
        for (saltenv, conf) in globalSaltenvs where !mapped.contains(saltenv.pythonString) {
            if let ref = Self.text(conf["ref"]) { reverse[ref, default: []].insert(saltenv.pythonString) }
        }
        var found: Set<String> = GitMirror.isHexadecimal(base) ? ["base"] : []
        for name in (types.contains("branch") ? branches : []) + (types.contains("tag") ? tags : []) {
            if let saltenvs = reverse[name] {
                found.formUnion(saltenvs)
            } else if name == base {
                found.insert("base")
            } else if mapsRefs {
                found.insert(name)
            }
        }
        for saltenvs in reverse.values { found.formUnion(saltenvs) }
        return found.filter(isExposed)
    }

    /// The white list and the black list hold names, globs and regular expressions.
    func isExposed(_ saltenv: String) -> Bool {
        func matches(_ patterns: [String]?) -> Bool {
            (patterns ?? []).contains { pattern in
                pattern == saltenv || GlobPattern(pattern).matches(saltenv)
                    || (try? PythonRegex.compile("\\A(?:\(pattern))\\Z").matches(saltenv, .start)) == true
            }
        }
        if matches(names("saltenv_blacklist")) { return false }
        let allowed = names("saltenv_whitelist") ?? []
        return allowed.isEmpty || matches(allowed)
    }
}
