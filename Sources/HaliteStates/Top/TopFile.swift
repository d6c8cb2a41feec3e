import HaliteCore
import HaliteValue

/// Says which SLS a minion gets: the top files of all environments, merged as `top_file_merging_strategy` says.
struct TopFile {
    enum Strategy: String {
        /// `base` decides; another environment's top file speaks for itself alone, and only where `base` is silent.
        case merge
        /// All top files together.
        case all = "merge_all"
        /// Each environment's own top file, or that of `default_top`.
        case same
    }

    /// Environment to target to list.
    private(set) var sections: ValueMap = [:]

    /// What Salt says when a section is no dictionary of targets.
    private static let noTargets = TopError("Unable to render top file. No targets found.")

    init(_ tops: [TopGatherer.Tops], _ strategy: Strategy, defaultTop: String) throws {
        switch strategy {
        case .merge: try merge(tops)
        case .all: try mergeAll(tops)
        case .same: try mergeSame(tops, defaultTop)
        }
    }

    // MARK: Strategies

    private mutating func merge(_ tops: [TopGatherer.Tops]) throws {
        for content in tops.first(where: { $0.saltenv == "base" })?.contents ?? [] {
            for (saltenv, targets) in content where saltenv != "include" { try lay(targets, saltenv) }
        }
        for top in tops where top.saltenv != "base" {
            for content in top.contents {
                let own: Value = .string(top.saltenv)
                if let targets = content[own], sections[own] == nil { try lay(targets, own) }
            }
        }
    }

    private mutating func mergeSame(_ tops: [TopGatherer.Tops], _ defaultTop: String) throws {
        for top in tops {
            var contents = top.contents
            if contents.allSatisfy(\.isEmpty) { contents = tops.first { $0.saltenv == defaultTop }?.contents ?? [] }
            for content in contents {
                if let targets = content[top.saltenv] { try lay(targets, .string(top.saltenv)) }
            }
        }
    }

    private mutating func mergeAll(_ tops: [TopGatherer.Tops]) throws {
        for content in tops.flatMap(\.contents) {
            for (saltenv, targets) in content where saltenv != "include" {
                try lay(targets, saltenv) { old, new in
                    let (match, sls) = Self.parts(new)
                    let (oldMatch, oldSLS) = Self.parts(old)
                    let merged = [match ?? oldMatch].compactMap { $0 } + oldSLS
                    return .list(merged + sls.filter { !merged.contains($0) })
                }
            }
        }
    }

    /// The last dictionary of a target's list, and the names.
    private static func parts(_ list: Value) -> (match: Value?, sls: [Value]) {
        let items = list.listValue ?? []
        return (items.last { $0.mapValue != nil }, items.filter { $0.stringValue != nil })
    }

    /// Lays one section over what is known of its environment; a target that comes again is replaced.
    private mutating func lay(_ targets: Value, _ saltenv: Value, _ join: ((_ old: Value, _ new: Value) -> Value)? = nil) throws {
        guard case .map(let targets) = targets else {
            if case .null = targets { throw Self.noTargets }
            guard targets.isTruthy || targets.listValue == nil && targets.stringValue == nil else { return }
            throw Self.noTargets
        }
        guard !targets.isEmpty else { return }
        var section = sections[saltenv]?.mapValue ?? [:]
        for (target, list) in targets {
            if let join, let old = section[target] { section[target] = join(old, list) } else { section[target] = list }
        }
        sections[saltenv] = .map(section)
    }

    // MARK: Checks

    /// What is wrong, in Salt's words.
    func verify() -> [String] {
        var errors: [String] = []
        for (saltenv, targets) in sections {
            let name = saltenv.pythonString
            if saltenv.stringValue == nil { errors.append("Environment \(name) in top file is not formed as a string") }
            if saltenv == "" { errors.append("Empty saltenv statement in top file") }
            for (target, list) in targets.mapValue ?? [:] {
                guard case .list(let items) = list else {
                    let type = list.mapValue == nil ? list.typeName : "OrderedDict"
                    errors.append(
                        "Malformed topfile: state declarations for matcher \(target.pythonRepr) in saltenv \(saltenv.pythonRepr) "
                            + "are not formed as a list (got \(type))")
                    continue
                }
                for item in items {
                    if case .map(let map) = item {
                        for value in map.values where !value.isTruthy {
                            errors.append("Improperly formatted top file matcher in saltenv \(Self.repr(map)): \(value.pythonString) file")
                        }
                    } else if item == "" {
                        errors.append("Environment \(name) contains an empty sls index")
                    }
                }
            }
        }
        return errors
    }

    /// As Python writes the ordered dictionaries that Salt's YAML gives.
    private static func repr(_ map: ValueMap) -> String {
        let pairs = map.map { key, value in "(\(key.pythonRepr), \(value.mapValue.map(repr) ?? value.pythonRepr))" }
        return "OrderedDict([\(pairs.joined(separator: ", "))])"
    }

    // MARK: Matches

    /// The SLS for a minion by environment, in order; a name may come several times.
    /// - Parameters:
    ///   - only: the environment that the run is for.
    ///   - known: what `- env: sls` may name.
    func matches(_ matcher: MinionMatcher, only: String?, known: Set<String>) throws -> [(saltenv: String, sls: [String])] {
        var result: [(saltenv: String, sls: [String])] = []
        for (saltenv, targets) in sections where only == nil || saltenv == .string(only ?? "") {
            for (target, list) in targets.mapValue ?? [:] {
                try match(target, list, saltenv.pythonString, matcher, known, &result)
            }
        }
        return result
    }

    private func match(
        _ target: Value, _ list: Value, _ saltenv: String, _ matcher: MinionMatcher, _ known: Set<String>,
        _ result: inout [(saltenv: String, sls: [String])]
    ) throws {
        let items = list.listValue ?? (list.stringValue == nil ? [] : [list])
        let kind = items.last { $0["match"] != nil }?["match"]?.pythonString ?? "compound"
        guard try matcher.matches(target, matcher: kind) else { return }
        Self.append([], saltenv, &result)
        for item in items {
            switch item {
            case .string(let sls): Self.append([sls], saltenv, &result)
            case .map(var map):
                for (inner, data) in map.removeValue(forKey: "subfilter")?.mapValue ?? [:] {
                    try match(inner, data, saltenv, matcher, known, &result)
                }
                // `- env: sls` takes the SLS from another environment; `match` and `order` are no environments.
                if let (other, sls) = map.last.map({ ($0.key.pythonString, $0.value.pythonString) }), known.contains(other) {
                    Self.append([sls], other, &result)
                }
            default:
                throw TopError(
                    "top file, environment '\(saltenv)', target \(target.pythonRepr): expected the name of an SLS, found \(item.pythonRepr)")
            }
        }
    }

    private static func append(_ sls: [String], _ saltenv: String, _ result: inout [(saltenv: String, sls: [String])]) {
        if let index = result.firstIndex(where: { $0.saltenv == saltenv }) {
            result[index].sls += sls
        } else {
            result.append((saltenv, sls))
        }
    }
}
