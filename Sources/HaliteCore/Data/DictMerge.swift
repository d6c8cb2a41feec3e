import HaliteValue

/// Lays one dictionary over another, with the strategies of `pillar_source_merging_strategy`.
package enum DictMerge {
    package enum Strategy: String, Sendable {
        case recurse, aggregate, overwrite, list
        /// One source only: nothing is merged but what that source includes.
        case unmerged = "none"

        /// `smart` is `recurse`, unless the renderer is `yamlex`. A name that Salt does not know is `recurse`.
        package init(_ name: String, renderer: String = "jinja|yaml") {
            guard name == "smart" else {
                self = Strategy(rawValue: name) ?? .recurse
                return
            }
            self = renderer.hasSuffix("|yamlex") || renderer == "yamlex" || renderer.hasPrefix("yamlex_") ? .aggregate : .recurse
        }

        /// Unknown names and `none` do not join lists, whatever the settings say.
        package static func joinsLists(_ name: String) -> Bool { ["smart", "recurse", "overwrite"].contains(name) }
    }

    /// Key by key; a list is replaced by the later one, or joined with what it does not hold yet.
    package static func recurse(_ below: ValueMap, _ above: ValueMap, mergeLists: Bool = false) -> ValueMap {
        var result = below
        for (key, value) in above {
            switch (result[key], value) {
            case (.map(let old)?, .map(let new)): result[key] = .map(recurse(old, new, mergeLists: mergeLists))
            case (.list(let old)?, .list(let new)) where mergeLists: result[key] = .list(old + new.filter { !old.contains($0) })
            default: result[key] = value
            }
        }
        return result
    }

    package static func merge(_ below: ValueMap, _ above: ValueMap, _ strategy: Strategy, mergeLists: Bool = false) -> ValueMap {
        switch strategy {
        case .recurse: return recurse(below, above, mergeLists: mergeLists)
        case .unmerged: return recurse(below, above)
        // Salt marks the outermost level alone for aggregation, which comes to this.
        case .aggregate: return ValueMap(below.map { ($0.key, $0.value) } + above.map { ($0.key, $0.value) })
        case .overwrite:
            var result = below
            for (key, value) in above where result[key] != nil { result[key] = value }
            return recurse(result, above, mergeLists: mergeLists)
        case .list: return ValueMap(below.map { key, value in (key, above[key].map { .list([value, $0]) } ?? value) })
        }
    }
}
