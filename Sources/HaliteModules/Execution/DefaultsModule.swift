import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Joins dictionaries for templates.
package struct DefaultsModule: ExecutionModule {
    package static let name = "defaults"
    package static let summary = "Joins dictionaries for templates."

    package static let functions: [Function] = [
        Function("merge", "Lay one dictionary over another.", .required("dest", "The lower one."), .required("src", "The upper one."), .optional("merge_lists", false, "Join lists."), .optional("in_place", true, "Kept for compatibility: a new dictionary is returned."), .optional("convert_none", true, "Nothing counts as an empty dictionary."), body: merge),
        Function("deepcopy", "Return a copy.", .required("source", "Any value."), body: { (_: CallContext, value: Value) async throws -> Value in value }),
        Function("update", "Lay each value of a dictionary over defaults.", .required("dest", "The dictionary."), .required("defaults", "The defaults."), .optional("merge_lists", true, "Join lists."), .optional("in_place", true, "Kept for compatibility."), .optional("convert_none", true, "Nothing counts as an empty dictionary."), body: update),
        Function("get", "Return a default of a formula.", .required("key", "The formula and a path in its defaults.yaml or defaults.json."), .optional("default", "" as Value, "What to return when it is absent."), body: get),
    ]

    private static func merge(_ call: CallContext, base: ValueMap, over: ValueMap?, lists: Bool, inPlace: Bool, convert: Bool) async throws -> ValueMap {
        Merging.update(base, over ?? [:], mergeLists: lists)
    }

    private static func update(_ call: CallContext, nodes: ValueMap, defaults: ValueMap, lists: Bool, inPlace: Bool, convert: Bool) async throws -> ValueMap {
        ValueMap(nodes.map { key, value in (key, .map(Merging.update(defaults, value.mapValue ?? [:], mergeLists: lists))) })
    }

    private static func get(_ call: CallContext, key: String, fallback: Value) async throws -> Value {
        let parts = key.parts(":", maxSplits: 1)
        for ending in ["yaml", "json"] {
            let path = "\(parts[0])/defaults.\(ending)"
            guard let file = try await call.services.files.fetch(path, saltenv: call.saltenv) else { continue }
            let text = try await LocalHost().readText(file.localPath)
            let data = try await call.services.templates.renderData(source: text, name: path, pipeline: ending, values: [:], in: call)
            return parts.count == 1 ? data : CallContext.traverse(data, parts[1]) ?? fallback
        }
        return fallback
    }
}
