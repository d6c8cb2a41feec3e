import HaliteCore
import HaliteValue

/// The top files of the pillar: which SLS a minion's pillar is made of.
struct PillarTop {
    /// Environment to target to the list of its SLS, with what says how to match in front.
    private var sections: [(saltenv: Value, targets: [Section])] = []
    /// Names that may be missing, by environment.
    private(set) var ignored: [String: Set<String>] = [:]

    private struct Section {
        let target: Value
        var kind: String
        var sls: [String]
        var order: Int
    }

    /// What Salt says of a top file that is no dictionary of dictionaries of lists.
    private static let malformed = TopError("Error encountered while rendering pillar top file.")

    init() {}

    /// - Throws: `TopError` when a section is malformed.
    init(_ tops: [TopGatherer.Tops]) throws {
        for content in tops.flatMap(\.contents) {
            for (saltenv, targets) in content where saltenv != "include" {
                guard case .map(let targets) = targets else {
                    if targets.isTruthy || targets.isNull || targets.intValue != nil { throw Self.malformed }
                    continue
                }
                for (target, list) in targets { try add(target, list, saltenv) }
            }
        }
        for index in sections.indices {
            // Sorting keeps the order of the file among equals.
            let sorted = sections[index].targets.enumerated().sorted { ($0.element.order, $0.offset) < ($1.element.order, $1.offset) }
            sections[index].targets = sorted.map(\.element)
        }
    }

    private mutating func add(_ target: Value, _ list: Value, _ saltenv: Value) throws {
        guard case .list(let items) = list else { throw Self.malformed }
        var section = Section(target: target, kind: "compound", sls: [], order: 0)
        var ignoresMissing = false
        for item in items {
            if case .map(let map) = item {
                if let kind = map["match"] { section.kind = kind.pythonString }
                if let order = map["order"] { section.order = order.intValue ?? Int(order.pythonString) ?? 0 }
                if map["ignore_missing"]?.isTruthy == true { ignoresMissing = true }
            } else if case .string(let sls) = item, !section.sls.contains(sls) {
                section.sls.append(sls)
            }
        }
        if ignoresMissing { ignored[saltenv.pythonString, default: []].formUnion(section.sls) }
        let place = sections.firstIndex { $0.saltenv == saltenv } ?? sections.count
        if place == sections.count { sections.append((saltenv, [])) }
        if let index = sections[place].targets.firstIndex(where: { $0.target == target }) {
            sections[place].targets[index] = section
        } else {
            sections[place].targets.append(section)
        }
    }

    func matches(_ matcher: MinionMatcher, only pillarenv: String?) throws -> [(saltenv: String, sls: [String])] {
        var result: [(saltenv: String, sls: [String])] = []
        for (saltenv, targets) in sections where pillarenv == nil || saltenv == .string(pillarenv ?? "") {
            var names: [String]?
            for section in targets where try matcher.matches(section.target, matcher: section.kind) {
                let known = names ?? []
                names = known + section.sls.filter { !known.contains($0) }
            }
            if let names { result.append((saltenv.pythonString, names)) }
        }
        return result
    }
}
