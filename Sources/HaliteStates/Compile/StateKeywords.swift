/// The words of a state declaration that are not arguments of its function.
enum StateKeywords {
    static let requisites: Set<String> = Set(RequisiteType.allCases.map(\.rawValue)).union(["onfail_stop"])

    static let requisitesIn: Set<String> = ["onchanges_in", "onfail_in", "prereq_in", "watch_in", "require_in", "listen_in"]

    static let runtime: Set<String> = [
        "fun", "state", "check_cmd", "cmd_opts_exclude", "failhard", "onlyif", "unless", "creates", "retry", "order",
        "parallel", "prereq", "prereq_in", "reload_modules", "reload_grains", "reload_pillar", "runas",
        "runas_password", "no_log", "fire_event", "saltenv", "umask", "use", "use_in",
    ]

    /// Also the engine's own marks, which begin with two underscores, and what it leaves in a chunk.
    static func isInternal(_ key: String) -> Bool {
        key.hasPrefix("__") || runtime.contains(key) || requisites.contains(key) || requisitesIn.contains(key)
            || key == "name_order" || key == "sfun" || key == "aggregate" || key == "listen_in" || key == "id"
    }
}

/// The kinds of direct requisites, in the order of precedence that Salt 3008 gives them.
package enum RequisiteType: String, CaseIterable, Sendable {
    case onfail, onfailAny = "onfail_any", onfailAll = "onfail_all", require, requireAny = "require_any", onchanges
    case onchangesAny = "onchanges_any", watch, watchAny = "watch_any", prereq, prerequired, listen

    var weight: Int { Self.weights[self] ?? 0 }

    private static let weights = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })

    /// `watch` of `watch_any`.
    var base: RequisiteType {
        switch self {
        case .onfailAny, .onfailAll: .onfail
        case .requireAny: .require
        case .onchangesAny: .onchanges
        case .watchAny: .watch
        default: self
        }
    }

    var isAny: Bool { self == .onfailAny || self == .requireAny || self == .onchangesAny || self == .watchAny }
}

extension String {
    /// Whether Python's `fnmatch` would treat it as a pattern.
    var isGlobPattern: Bool { utf8.contains { [0x2A, 0x3F, 0x5B, 0x5D].contains($0) } }

    /// Cut at the first dot, as `file` of `file.managed`.
    var stateModule: String { String(prefix { $0 != "." }) }
}
