import HaliteCore
import HaliteValue

extension HighData {
    /// Turns `require_in` and its kind, `use` and `use_in` into what they mean for the other side.
    /// - Parameter disabled: the requisites that the configuration says to ignore.
    mutating func applyRequisitesIn(disabled: Set<String> = []) -> [String] {
        var builder = RequisiteInBuilder(high: self, disabled: disabled)
        builder.build()
        let additions = builder.extend.map { Value.map([$0.key: $0.value]) }
        map["__extend__"] = .list(additions)
        return builder.errors + reconcileExtend(strict: true)
    }
}

private struct RequisiteInBuilder {
    static let kinds: Set<String> = ["require_in", "watch_in", "onfail_in", "onchanges_in", "use", "use_in", "prereq_in"]
    static let notCopied: Set<String> = kinds.union(["require", "watch", "prereq", "onfail", "onfail_stop", "onchanges", "name", "names"])

    let high: HighData
    var extend = ValueMap()
    var errors: [String] = []
    /// The argument `name` of a declaration to where it stands; made when a bare name is met.
    private var declaredNames: [String: (id: String, state: String)]?

    private var names: DeclaredNames?
    private let kinds: Set<String>

    init(high: HighData, disabled: Set<String>) {
        self.high = high
        kinds = Self.kinds.subtracting(disabled)
    }

    mutating func build() {
        for (id, body) in high.ids {
            for (state, run) in body.declarations {
                for case .map(let argument) in run {
                    guard let (key, items) = argument.first, let kind = key.stringValue, kinds.contains(kind) else { continue }
                    switch items {
                    case .map(let pairs):
                        for (target, name) in pairs {
                            let module = checked(target.pythonString, name.pythonString, kind, body)
                            add(kind, to: name.pythonString, module, from: id, state, body)
                        }
                    case .list(let list):
                        // Salt never empties the list of targets between the items of one declaration, so that each further
                        // item repeats those before it; `state.show_lowstate` shows them.
                        var targets: [(String, String)] = []
                        for item in list { apply(item, &targets, kind, id, state, body) }
                    default: continue
                    }
                }
            }
        }
    }

    private mutating func apply(
        _ item: Value, _ targets: inout [(String, String)], _ kind: String, _ id: String, _ state: String, _ body: ValueMap
    ) {
        guard let (module, name) = reference(item) else { return }
        if module == "sls" { targets = high.declarations(inSLS: name) } else { targets.append((name, module)) }
        if module.contains(".") { _ = checked(module, name, kind, body) }
        for (targetID, targetState) in targets {
            switch kind {
            case "use_in":
                for found in high.find(targetID, state: targetState, strict: true, &names) {
                    copyArguments(from: (id, state), to: (found.id, found.state))
                }
            case "use":
                for found in high.find(targetID, state: targetState, strict: true, &names) {
                    copyArguments(from: (found.id, found.state), to: (id, state))
                }
            default: add(kind, to: targetID, targetState, from: id, state, body)
            }
        }
    }

    /// `{file: x}`, or a bare name that is looked up among the ids and then among the names.
    private mutating func reference(_ item: Value) -> (module: String, name: String)? {
        if case .map(let map) = item { return map.first.map { ($0.key.pythonString, $0.value.pythonString) } }
        let name = item.pythonString
        if let body = high.map[name]?.mapValue { return body.declarations.first.map { ($0.state, name) } }
        if declaredNames == nil {
            var names: [String: (String, String)] = [:]
            for (id, body) in high.ids {
                for (state, run) in body.declarations {
                    for argument in run { if let name = argument["name"]?.stringValue { names[name] = (id, state) } }
                }
            }
            declaredNames = names
        }
        return declaredNames?[name].map { ($0.state, $0.id) }
    }

    private mutating func checked(_ module: String, _ name: String, _ kind: String, _ body: ValueMap) -> String {
        guard module.contains(".") else { return module }
        let requisite = kind.prefix { $0 != "_" }
        errors.append(
            "Invalid requisite in \(requisite): \(module) for \(name), in SLS '\(body.sls)'. Requisites must not contain dots, "
                + "did you mean '\(module.stateModule)'?")
        return module.stateModule
    }

    private mutating func add(
        _ kind: String, to id: String, _ targetState: String, from source: String, _ state: String, _ body: ValueMap
    ) {
        let requisite = String(kind.prefix { $0 != "_" })
        if extend[id] == nil { extend[id] = [:] }
        guard let place = extend.index(forKey: .string(id)) else { return }
        // In place: thousands may name one target.
        extend.modifyValue(at: place) { value in
            _ = value.modifyMap { target in
                if target[targetState] == nil { target[targetState] = [] }
                target["__env__"] = .string(body.saltenv)
                target["__sls__"] = .string(body.sls)
                guard let run = target.index(forKey: .string(targetState)) else { return }
                target.modifyValue(at: run) { Self.append(.map([.string(state): .string(source)]), to: requisite, of: &$0) }
            }
        }
    }

    /// Adds a reference to the requisite among the arguments of a declaration.
    private static func append(_ reference: Value, to requisite: String, of run: inout Value) {
        _ = run.modifyList { list in
            guard let index = list.firstIndex(where: { $0.firstKey == requisite }) else {
                return list.append(.map([.string(requisite): [reference]]))
            }
            _ = list[index].modifyMap { map in
                map.modifyValue(at: 0) { items in
                    if items.modifyList({ $0.append(reference) }) == nil { items = [reference] }
                }
            }
        }
    }

    private mutating func copyArguments(from source: (id: String, state: String), to target: (id: String, state: String)) {
        let own = Set((high.map[target.id]?[target.state]?.listValue ?? []).compactMap { $0.mapValue?.count == 1 ? $0.firstKey : nil })
        var body = extend[target.id]?.mapValue ?? [:]
        var list = body[target.state]?.listValue ?? []
        for case .map(let argument) in high.map[source.id]?[source.state]?.listValue ?? [] where argument.count == 1 {
            guard let key = argument.first?.key.stringValue, !Self.notCopied.contains(key), !own.contains(key) else { continue }
            list.append(.map(argument))
        }
        body[target.state] = .list(list)
        extend[target.id] = .map(body)
    }
}
