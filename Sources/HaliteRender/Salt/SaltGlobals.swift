import HaliteCore
import HaliteJinja
import HaliteValue

/// The functions that Salt puts beside those of Jinja.
enum SaltGlobals {
    static let table: [String: JinjaGlobal] = [
        "raise": .function(
            SaltFilter.define("jinja_raise", "msg") { arguments, _ in
                throw JinjaError("TemplateError", try arguments.value(0).str())
            }),
        "odict": .function { call in
            guard call.positional.count <= 1 else {
                throw JinjaError(.type, "expected at most 1 arguments, got \(call.positional.count)")
            }
            let dict = JinjaDict()
            dict.isOrdered = true
            if let source = call.positional.first { try fill(dict, from: source, call.context) }
            for (name, value) in call.keywords { dict.set(name, value) }
            return .dict(dict)
        },
        "show_full_context": .function { call in
            let names = JinjaDict()
            for (name, value) in call.context.all() { names.set(name, value) }
            return try simple(.dict(names), call.context, depth: 0)
        },
        "ifelse": .function(ifElse),
    ]

    private static func fill(_ dict: JinjaDict, from source: JinjaValue, _ context: TemplateContext) throws {
        if case .dict(let other) = source {
            for entry in other.entries { try dict.set(entry.key, entry.value) }
            return
        }
        for (position, element) in try source.elements(context).enumerated() {
            let pair = try element.elements(context)
            guard pair.count == 2 else {
                throw JinjaError(
                    .value, "dictionary update sequence element #\(position) has length \(pair.count); 2 is required")
            }
            try dict.set(pair[0], pair[1])
        }
    }

    /// Data as it is, everything else as the text that Python prints for it.
    private static func simple(_ value: JinjaValue, _ context: TemplateContext, depth: Int) throws -> JinjaValue {
        try context.state.step(8)
        guard depth < 200 else { throw JinjaError(.recursion, "maximum recursion depth exceeded") }
        switch value {
        case .list(let list): return .list(of: try list.items.map { try simpleElement($0, context, depth: depth) })
        case .tuple(let tuple): return .list(of: try tuple.items.map { try simpleElement($0, context, depth: depth) })
        case .dict(let dict):
            let result = JinjaDict()
            for entry in dict.entries {
                let key: JinjaValue = isScalar(entry.key) ? entry.key : .string(try entry.key.repr())
                try result.set(key, try simpleElement(entry.value, context, depth: depth, keepsTuple: false))
            }
            return .dict(result)
        default: return value
        }
    }

    private static func simpleElement(
        _ value: JinjaValue, _ context: TemplateContext, depth: Int, keepsTuple: Bool = true
    ) throws -> JinjaValue {
        switch value {
        case .tuple where keepsTuple: value
        case .list, .dict, .tuple: try simple(value, context, depth: depth + 1)
        default: isScalar(value) ? value : .string(try value.repr())
        }
    }

    private static func isScalar(_ value: JinjaValue) -> Bool {
        switch value {
        case .null, .bool, .int, .big, .float, .string, .markup: true
        default: false
        }
    }

    /// `ifelse(target, value, ..., otherwise)`: the value of the first target that means this minion.
    private static let ifElse: JinjaFunction = { call in
        let values = call.positional
        guard values.count % 2 == 1 else {
            throw JinjaError("SaltException", "The ifelse function must have an odd number of arguments!")
        }
        for (name, _) in call.keywords where !["tgt_type", "minion_id", "merge", "merge_lists"].contains(name) {
            throw JinjaError(.type, "ifelse() got an unexpected keyword argument \(name.quoted)")
        }
        let kindName = try call.keyword("tgt_type")?.str() ?? "compound"
        guard let kind = Target.Kind(name: kindName) else { throw JinjaError(.key, kindName.quoted) }
        let facts = try facts(call)
        for place in stride(from: 0, to: values.count - 1, by: 2) {
            guard try means(values[place], kind, facts) else { continue }
            return try merged(values[place + 1], call)
        }
        return try merged(values[values.count - 1], call)
    }

    private static func means(_ target: JinjaValue, _ kind: Target.Kind, _ facts: MinionFacts) throws -> Bool {
        if case .bool(let flag) = target { return flag }
        guard let matcher = try? TargetMatcher(Target(try target.freeze(), kind: kind)) else { return false }
        return matcher.matches(facts)
    }

    private static func facts(_ call: JinjaCall) throws -> MinionFacts {
        func data(_ name: String) throws -> ValueMap { try call.context.resolve(name)?.freeze().mapValue ?? [:] }
        let id = try call.keyword("minion_id")?.str() ?? data("opts")["id"]?.stringValue ?? data("grains")["id"]?.stringValue
        return MinionFacts(id: id ?? "", grains: try data("grains"), pillar: try data("pillar"))
    }

    private static func merged(_ value: JinjaValue, _ call: JinjaCall) throws -> JinjaValue {
        guard let extra = call.keyword("merge"), try extra.isTrue() else { return value }
        guard case .dict(let other) = extra else {
            throw JinjaError("SaltException", "filter_by merge argument must be a dictionary.")
        }
        guard case .dict(let dict) = value else { return value.isNull ? extra : value }
        try update(dict, with: other, mergesLists: try call.keyword("merge_lists")?.isTrue() ?? false, depth: 0)
        return value
    }

    /// `dictupdate.update`: nested dictionaries are merged, lists joined where that is wanted.
    static func update(_ dict: JinjaDict, with other: JinjaDict, mergesLists: Bool, depth: Int) throws {
        guard depth < 200 else { throw JinjaError(.recursion, "maximum recursion depth exceeded") }
        for entry in other.entries {
            switch (try dict.value(entry.key), entry.value) {
            case (.dict(let inner)?, .dict(let outer)):
                try update(inner, with: outer, mergesLists: mergesLists, depth: depth + 1)
            case (.list(let inner)?, .list(let outer)) where mergesLists:
                let joined = JinjaValue.list(of: inner.items)
                try dict.set(entry.key, .list(of: inner.items + (try outer.items.filter { try !joined.contains($0) })))
            default: try dict.set(entry.key, entry.value)
            }
        }
    }

    /// `http_query` asks by the execution function `http.query`, so that who runs templates decides about the network.
    static let query: JinjaFunction = { call in
        guard case .object(let object)? = call.context.resolve("salt"), try object.contains("http.query") == true,
            let function = try object.item("http.query")
        else {
            throw JinjaError("CommandExecutionError", "http_query needs the function http.query, which is not available here")
        }
        return try function.call(call)
    }
}
