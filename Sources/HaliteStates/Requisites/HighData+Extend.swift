import HaliteCore
import HaliteValue

extension HighData {
    /// Applies what `extend` declarations and requisites of the `_in` kind add to other ids.
    /// - Parameter strict: a name counts only when it has the declared state module.
    mutating func reconcileExtend(strict: Bool = false) -> [String] {
        guard let extensions = map.removeValue(forKey: "__extend__")?.listValue else { return [] }
        var errors: [String] = []
        var names: DeclaredNames?
        let excludedSLS = Set(
            (map["__exclude__"]?.listValue ?? []).compactMap { $0.stringValue ?? $0["sls"]?.stringValue })
        for element in extensions {
            for (key, value) in element.mapValue ?? [:] {
                guard let body = value.mapValue, let first = body.declarations.first else { continue }
                var id = key.pythonString
                if map[id]?[first.state] == nil {
                    let found = find(id, state: first.state, strict: strict, &names)
                    guard found.count == 1 else {
                        errors.append(Self.cannotExtend(id, body))
                        continue
                    }
                    id = found[0].id
                }
                if excludedSLS.contains(body.sls) { continue }
                guard case .map(var target)? = map[id] else { continue }
                for (state, run) in body.declarations {
                    target[state] = .list(Self.extend(target[state]?.listValue, with: run))
                    names?.add(run, id: id, state: state)
                }
                map[id] = .map(target)
            }
        }
        return errors
    }

    private static func cannotExtend(_ id: String, _ body: ValueMap) -> String {
        "Cannot extend ID '\(id)' in '\(body.saltenv):\(body.sls)'. It is not part of the high state.\n"
            + "This is likely due to a missing include statement or an incorrectly typed ID.\nEnsure that a state with an "
            + "ID of '\(id)' is available\nin environment '\(body.saltenv)' and to SLS '\(body.sls)'"
    }

    /// One declaration extended by another: functions are replaced, requisites joined, arguments replaced.
    private static func extend(_ existing: [Value]?, with run: [Value]) -> [Value] {
        guard var list = existing else { return run }
        for argument in run {
            var updated = false
            for index in list.indices {
                switch (argument, list[index]) {
                case (.string, .string):
                    list[index] = argument
                    updated = true
                case (.map(let new), .map(let old)):
                    guard let newKey = new.first?.key.stringValue, let oldKey = old.first?.key.stringValue else { continue }
                    if newKey == oldKey {
                        if StateKeywords.requisites.contains(newKey), let more = new[newKey]?.listValue {
                            var joined = old
                            joined[newKey] = .list((old[newKey]?.listValue ?? []) + more)
                            list[index] = .map(joined)
                        } else {
                            list[index] = argument
                        }
                        updated = true
                    }
                    if newKey == "name", oldKey == "names" { list[index] = argument }
                default: continue
                }
            }
            if !updated { list.append(argument) }
        }
        return list
    }

    /// The ids that a name and a state module mean: the id itself, or those that carry the name as an argument.
    /// - Parameter names: made on the first name that is no id, for all that follow.
    func find(_ name: String, state: String, strict: Bool, _ names: inout DeclaredNames?) -> [(id: String, state: String)] {
        if let body = map[name], !strict || body[state] != nil { return [(name, state)] }
        if state == "sls" {
            return ids.filter { $0.body.sls == name }.compactMap { id, body in body.first.map { (id, $0.key.pythonString) } }
        }
        if names == nil { names = DeclaredNames(self) }
        var found: [(id: String, state: String)] = []
        var looked: Set<String> = []
        for id in names?.ids(name, state: state) ?? [] where looked.insert(id).inserted {
            for case .map(let argument) in map[id]?[state]?.listValue ?? [] where argument.count == 1 {
                if argument.first?.value == .string(name) { found.append((id, state)) }
            }
        }
        return found
    }

    func declarations(inSLS sls: String) -> [(id: String, state: String)] {
        ids.filter { $0.body.sls == sls }.flatMap { id, body in body.declarations.map { (id, $0.state) } }
    }
}

/// Which declarations have a text as the value of an argument, so that thousands of names are not each looked for in all.
struct DeclaredNames {
    private var ids: [Key: [String]] = [:]

    private struct Key: Hashable {
        let state: String
        let text: String
    }

    init(_ high: HighData) {
        for (id, body) in high.ids {
            for (state, run) in body.declarations { add(run, id: id, state: state) }
        }
    }

    mutating func add(_ run: [Value], id: String, state: String) {
        for case .map(let argument) in run where argument.count == 1 {
            guard case .string(let text)? = argument.first?.value else { continue }
            let key = Key(state: state, text: text)
            if ids[key]?.last != id { ids[key, default: []].append(id) }
        }
    }

    /// In the order of the tree; what has been replaced since is still among them.
    func ids(_ text: String, state: String) -> [String] { ids[Key(state: state, text: text)] ?? [] }
}
