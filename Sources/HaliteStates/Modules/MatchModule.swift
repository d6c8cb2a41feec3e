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
    ]

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
