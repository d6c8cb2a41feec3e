import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Reads the data that the master keeps for this minion.
package struct PillarModule: ExecutionModule {
    package static let name = "pillar"
    package static let summary = "Reads the data that the master keeps for this minion."

    package static let functions: [Function] = [
        Function("get", "Return one value, also from within others.", GetSettings.self, example: "halite '*' pillar.get site:port", body: get),
        Function("fetch", "Return one value, also from within others.", GetSettings.self, body: get),
        Function("items", "Compile the pillar anew and return it.", .rest("args", "Keys to return alone."), .keywords("kwargs", "pillar, pillarenv, saltenv."), body: items),
        Function("data", "Compile the pillar anew and return it.", .rest("args", "Keys to return alone."), .keywords("kwargs", "pillar, pillarenv, saltenv."), body: items),
        Function("item", "Return several values.", .rest("args", "Paths."), .keywords("kwargs", "default, delimiter."), body: item),
        Function("raw", "Return the pillar as it is in memory.", .optional("key", nil as String?, "One key."), body: raw),
        Function("keys", "Return the keys of a dictionary in the pillar.", .required("key", "A path."), .optional("delimiter", ":", "What divides the path."), body: keys),
        Function("ls", "Return the names of the pillar's values.", .rest("args", "Keys to look at alone."), .keywords("kwargs", "pillarenv, saltenv."), body: list),
        Function("obfuscate", "Return the pillar with types in the place of values.", .rest("args", "Keys to return alone."), .keywords("kwargs", "pillarenv, saltenv."), body: obfuscate),
        Function("filter_by", "Choose from a table by a value of the pillar.", .required("lookup_dict", "Patterns of the value, each with a value."), .required("pillar", "A path."), .optional("merge", .null as Value, "A dictionary laid over the choice."), .optional("default", "default" as Value, "The key to take when nothing matches."), .optional("base", .null as Value, "The key of values under the choice."), body: filterBy),
        Function("file_exists", "Tell whether a file is in the pillar roots.", .required("path", "Below a root."), .optional("saltenv", nil as String?, "The environment."), body: fileExists),
    ]

    struct GetSettings: ArgumentGroup {
        var key = ""
        /// Nil when none was given: then a missing key may be an error.
        var fallback: Value?
        var merge = false
        var mergeNestedLists: Bool?
        var delimiter = ":"
        var pillarenv: String?
        var saltenv: String?
        var unmask: Value = .null

        static let fields: [ArgumentField<GetSettings>] = [
            .field("key", \.key, "A path such as site:port.", required: true),
            .field("default", \.fallback, "What to return when it is absent."),
            .field("merge", \.merge, "Lay the value over the default."),
            .field("merge_nested_lists", \.mergeNestedLists, "Join lists when merging."),
            .field("delimiter", \.delimiter, "What divides the path."),
            .field("pillarenv", \.pillarenv, "The pillar environment to compile."),
            .field("saltenv", \.saltenv, "The state environment to compile for."),
            .field("unmask", \.unmask, "Kept for compatibility."),
        ]
    }

    private static func get(_ call: CallContext, _ settings: GetSettings) async throws -> Value {
        let pillar = try await compiled(call, pillarenv: settings.pillarenv, saltenv: settings.saltenv)
        let found = CallContext.traverse(.map(pillar), settings.key, delimiter: settings.delimiter)
        if settings.merge, let fallback = settings.fallback {
            let mergeLists = settings.mergeNestedLists ?? (call.services.options["pillar_merge_lists"]?.isTruthy ?? false)
            switch (fallback, found) {
            case (.map(let base), .map(let map)?): return .map(Merging.update(base, map, mergeLists: mergeLists))
            case (.list(let base), .list(let list)?): return .list(base + list.filter { !base.contains($0) })
            default: break
            }
        }
        if let found { return found }
        if let fallback = settings.fallback { return fallback }
        if call.services.options["pillar_raise_on_missing"]?.isTruthy == true {
            throw ExecutionError("Pillar key not found: \(settings.key)")
        }
        return ""
    }

    private static func compiled(_ call: CallContext, pillarenv: String?, saltenv: String?, override: ValueMap = [:]) async throws -> ValueMap {
        if pillarenv == nil, saltenv == nil, override.isEmpty { return call.pillar }
        guard let master = call.services.master else {
            var context = call
            context.pillarenv = pillarenv ?? call.pillarenv
            let fresh = try await call.services.refreshPillar(context)
            return Merging.update(fresh, override)
        }
        return try await master.pillar(
            grains: call.grains, saltenv: saltenv ?? call.saltenv, pillarenv: pillarenv ?? call.pillarenv, override: override)
    }

    private static func items(_ call: CallContext, args: [Value], options: ValueMap) async throws -> ValueMap {
        if !args.isEmpty { return try await item(call, keys: args, options: options) }
        return try await compiled(
            call, pillarenv: options["pillarenv"]?.stringValue, saltenv: options["saltenv"]?.stringValue,
            override: options["pillar"]?.mapValue ?? [:])
    }

    private static func item(_ call: CallContext, keys: [Value], options: ValueMap) async throws -> ValueMap {
        let pillar = try await compiled(call, pillarenv: options["pillarenv"]?.stringValue, saltenv: options["saltenv"]?.stringValue)
        let delimiter = options["delimiter"]?.stringValue ?? ":"
        let fallback = options["default"].flatMap { $0.isNull ? nil : $0 } ?? ""
        return ValueMap(keys.map { ($0, CallContext.traverse(.map(pillar), $0.pythonString, delimiter: delimiter) ?? fallback) })
    }

    private static func raw(_ call: CallContext, key: String?) async throws -> Value {
        guard let key, !key.isEmpty else { return .map(call.pillar) }
        return call.pillar[key] ?? [:]
    }

    private static func keys(_ call: CallContext, key: String, delimiter: String) async throws -> [Value] {
        guard let found = CallContext.traverse(.map(call.pillar), key, delimiter: delimiter) else {
            throw ExecutionError("Pillar key not found: \(key)")
        }
        guard case .map(let map) = found else { throw ExecutionError("Pillar value in key \(key) is not a dict") }
        return map.keys
    }

    private static func list(_ call: CallContext, args: [Value], options: ValueMap) async throws -> [Value] {
        try await items(call, args: args, options: options).keys
    }

    private static func obfuscate(_ call: CallContext, args: [Value], options: ValueMap) async throws -> Value {
        func hide(_ value: Value) -> Value {
            switch value {
            case .map(let map): .map(ValueMap(map.map { ($0.key, hide($0.value)) }))
            case .list(let list): .list(list.map(hide))
            default: .string("<\(value.typeName)>")
            }
        }
        return hide(.map(try await items(call, args: args, options: options)))
    }

    private static func filterBy(
        _ call: CallContext, table: ValueMap, path: String, merge: Value, defaultKey: Value, base: Value
    ) async throws -> Value {
        try Merging.filter(table, found: CallContext.traverse(.map(call.pillar), path), merge: merge, defaultKey: defaultKey, base: base)
    }

    private static func fileExists(_ call: CallContext, path: String, saltenv: String?) async throws -> Bool {
        guard let roots = call.services.options["pillar_roots"]?.mapValue else {
            throw ExecutionError("No pillar_roots found. Are you running this on the master?")
        }
        for (environment, folders) in roots where saltenv == nil || environment == .string(saltenv ?? "") {
            for folder in folders.listValue ?? [] where try await call.host.isFile(Path.join(folder.pythonString, path)) { return true }
        }
        return false
    }
}
