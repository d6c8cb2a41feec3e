import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Tells whether this minion is meant by a target.
package struct MatchModule: ExecutionModule {
    package static let name = "match"
    package static let summary = "Tells whether this minion is meant by a target."

    package static let functions: [Function] = [
        matcher("glob", .glob, "a glob for the id"), matcher("pcre", .pcre, "a regular expression for the id"),
        matcher("list", .list, "a list of ids"), matcher("grain", .grain, "a grain and a glob, such as os:Debian"),
        matcher("grain_pcre", .grainPCRE, "a grain and a regular expression"), matcher("pillar", .pillar, "a pillar key and a glob"),
        matcher("pillar_pcre", .pillarPCRE, "a pillar key and a regular expression"), matcher("ipcidr", .ipcidr, "an address or a network"),
        matcher("compound", .compound, "a combination of targets"), matcher("nodegroup", .nodegroup, "a nodegroup"),
        Function(
            "filter_by", "Returns the value of the first key of a map that is a compound target for this minion.",
            .required("lookup", "Compound target to value."), .optional("tgt_type", "compound", "The kind of the keys."),
            .optional("minion_id", String?.none, "Another id."), .optional("merge", ValueMap(), "Merged over the value that is found."),
            .optional("merge_lists", false, "Join lists."), .optional("default", "default", "The key when nothing matches."),
            body: filterBy),
        Function(
            "search_by", "Returns the keys of a map one of whose targets means this minion; nothing when none does.",
            .required("lookup", "Key to a list of targets."), .optional("tgt_type", "compound", "The kind of the targets."),
            .optional("minion_id", String?.none, "Another id."), body: searchBy),
        Function(
            "ifelse", "Returns the value behind the first target that means this minion, else the last argument.",
            .rest("args", "Target, value, target, value, ..., the value otherwise."),
            .keywords("kwargs", "tgt_type, minion_id, merge, merge_lists."), body: ifElse),
        Function(
            "data", "Tells whether a value of the minion's data store matches.", .required("tgt", "A key and a glob, such as colour:b*.")
        ) { (context: CallContext, target: String) in
            let data = try await context.call("data.load").mapValue ?? [:]
            let facts = MinionFacts(id: context.services.id, grains: data, pillar: [:])
            return try MinionMatcher(facts, nodegroups: [:]).matches(.string(target), .grain, delimiter: ":")
        },
    ]

    private static func kind(_ name: String) throws -> Target.Kind {
        guard let kind = Target.Kind(name: name) else { throw ExecutionError("unknown target type '\(name)'") }
        return kind
    }

    private static func searchBy(_ context: CallContext, _ lookup: ValueMap, _ kindName: String, _ id: String?) async throws -> Value {
        let kind = try kind(kindName)
        var found: [Value] = []
        for (key, targets) in lookup {
            for target in targets.listValue ?? [targets] where try matches(context, Target(target, kind: kind), id) { found.append(key) }
        }
        return found.isEmpty ? .null : .list(found)
    }

    private static func ifElse(_ context: CallContext, _ arguments: [Value], _ options: ValueMap) async throws -> Value {
        guard arguments.count % 2 == 1, let last = arguments.last else {
            throw ExecutionError("The ifelse function must have an odd number of arguments!")
        }
        let kind = try kind(options["tgt_type"]?.stringValue ?? "compound")
        let id = options["minion_id"]?.stringValue
        var found = last
        for place in stride(from: 0, to: arguments.count - 1, by: 2) {
            let target = arguments[place]
            if target == .bool(false) { continue }
            if target == .bool(true) {
                found = arguments[place + 1]
                break
            }
            if try matches(context, Target(target, kind: kind), id) {
                found = arguments[place + 1]
                break
            }
        }
        guard let merge = options["merge"]?.mapValue, !merge.isEmpty else { return found }
        return .map(DictMerge.recurse(found.mapValue ?? [:], merge, mergeLists: options["merge_lists"]?.isTruthy ?? false))
    }

    private static func filterBy(
        _ context: CallContext, _ lookup: ValueMap, _ kindName: String, _ id: String?, _ merge: ValueMap, _ mergeLists: Bool,
        _ fallback: String
    ) async throws -> Value {
        guard let kind = Target.Kind(name: kindName) else { throw ExecutionError("unknown target type '\(kindName)'") }
        var found = lookup[fallback]
        for (target, value) in lookup where try matches(context, Target(target, kind: kind), id) {
            found = value
            break
        }
        guard !merge.isEmpty else { return found ?? .null }
        return .map(DictMerge.recurse(found?.mapValue ?? [:], merge, mergeLists: mergeLists))
    }

    private static func matcher(_ name: String, _ kind: Target.Kind, _ what: String) -> Function {
        Function(
            name, "Tells whether this minion is meant by \(what).", .required("tgt", "The target: \(what)."),
            .optional("delimiter", ":", "Separates the parts of a key."), .optional("minion_id", String?.none, "Another id.")
        ) { (context: CallContext, target: Value, delimiter: String, id: String?) in
            try matches(context, Target(target, kind: kind, delimiter: delimiter), id)
        }
    }

    private static func matches(_ context: CallContext, _ target: Target, _ id: String?) throws -> Bool {
        let facts = MinionFacts(id: id ?? context.services.id, grains: context.grains, pillar: context.pillar)
        return try MinionMatcher(facts, nodegroups: context.services.options["nodegroups"]?.mapValue ?? [:])
            .matches(target.expression, target.kind, delimiter: target.delimiter)
    }
}
