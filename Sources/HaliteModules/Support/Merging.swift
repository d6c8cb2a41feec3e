import HaliteModuleKit
import HaliteValue

/// Salt's ways of laying one dictionary over another.
enum Merging {
    /// Lays `update` over `base`, key by key; lists are replaced, or joined without doubles.
    static func update(_ base: ValueMap, _ update: ValueMap, mergeLists: Bool = false) -> ValueMap {
        var result = base
        for (key, value) in update {
            switch (result[key], value) {
            case (.map(let old)?, .map(let new)): result[key] = .map(Self.update(old, new, mergeLists: mergeLists))
            case (.list(let old)?, .list(let new)) where mergeLists: result[key] = .list(old + new.filter { !old.contains($0) })
            default: result[key] = value
            }
        }
        return result
    }

    static func merge(_ base: ValueMap, _ other: ValueMap, strategy: String, mergeLists: Bool = false) -> ValueMap {
        switch strategy {
        case "list":
            return ValueMap(base.map { key, value in (key, other[key].map { .list([value, $0]) } ?? value) })
        case "overwrite":
            var result = base
            for (key, value) in other where result[key] != nil { result[key] = value }
            return update(result, other, mergeLists: mergeLists)
        case "aggregate": return aggregate(base, other)
        default: return update(base, other, mergeLists: mergeLists)
        }
    }

    private static func aggregate(_ base: ValueMap, _ other: ValueMap) -> ValueMap {
        var result = base
        for (key, value) in other {
            switch (result[key], value) {
            case (.map(let old)?, .map(let new)): result[key] = .map(aggregate(old, new))
            case (.list(let old)?, .list(let new)): result[key] = .list(old + new)
            default: result[key] = value
            }
        }
        return result
    }

    /// What `grains.filter_by` and `pillar.filter_by` choose from a table.
    ///
    /// - Parameters:
    ///   - found: the value that is looked up; each element of a list is tried in turn.
    ///   - table: patterns to values; the first pattern that matches wins.
    static func filter(
        _ table: ValueMap, found: Value?, merge: Value, defaultKey: Value, base: Value
    ) throws -> Value {
        var chosen: Value?
        var candidates: [Value] = []
        if case .list(let list)? = found { candidates = list } else if let found { candidates = [found] }
        for candidate in candidates {
            chosen = table.first { Glob.matches($0.key.pythonString, candidate.pythonString) && !$0.value.isNull }?.value
            if chosen != nil { break }
        }
        if chosen == nil, let fallback = table[defaultKey], !fallback.isNull { chosen = fallback }
        if base.isTruthy, let values = table[base] {
            if case .map(let baseMap) = values, let current = chosen {
                guard case .map(let map) = current else {
                    throw ExecutionError("filter_by default and look-up values must both be dictionaries.")
                }
                chosen = .map(update(baseMap, map))
            } else if chosen == nil {
                chosen = values
            }
        }
        if merge.isTruthy {
            guard case .map(let overlay) = merge else { throw ExecutionError("filter_by merge argument must be a dictionary.") }
            guard let current = chosen else { return merge }
            guard case .map(let map) = current else { throw ExecutionError("Cannot update using non-dict types in dictupdate.update()") }
            return .map(update(map, overlay))
        }
        return chosen ?? .null
    }

    /// A copy of the data in which the value at a path is another; missing maps are made.
    static func setting(_ data: ValueMap, at path: [String], to value: Value?) -> ValueMap {
        guard let first = path.first else { return data }
        var result = data
        if path.count == 1 {
            result[.string(first)] = value
        } else {
            result[first] = .map(setting(data[first]?.mapValue ?? [:], at: Array(path.dropFirst()), to: value))
        }
        return result
    }
}
