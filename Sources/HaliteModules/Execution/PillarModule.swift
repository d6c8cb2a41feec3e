import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Reads the data that the master keeps for this minion.
package struct PillarModule: ExecutionModule {
    package static let name = "pillar"
    package static let summary = "Reads the data that the master keeps for this minion."

    private static let compiling = Parameter<ValueMap>.keywords("kwargs", "pillar, pillar_enc, pillarenv, saltenv, unmask.")

    package static let functions: [Function] = [
        Function("get", "Return one value, also from within others.", GetSettings.self, example: "halite '*' pillar.get site:port", body: get),
        Function("fetch", "Return one value, also from within others.", GetSettings.self, body: get),
        Function("items", "Compile the pillar anew and return it.", .rest("args", "Keys to return alone."), compiling, body: items),
        Function("data", "Compile the pillar anew and return it.", .rest("args", "Keys to return alone."), compiling, body: items),
        Function("item", "Return several values.", .rest("args", "Paths."), .keywords("kwargs", "default, delimiter, pillarenv, saltenv, unmask."), body: item),
        Function("raw", "Return the pillar as it is in memory.", .optional("key", nil as String?, "One key."), .optional("unmask", true as Bool?, "False hides the values."), body: raw),
        Function("ext", "Compile the pillar with one more external pillar.", .required("external", "An entry of ext_pillar."), .optional("pillar", .null as Value, "Data laid over the pillar."), .optional("unmask", nil as Bool?, "Whether to show the values."), body: external),
        Function("keys", "Return the keys of a dictionary in the pillar.", .required("key", "A path."), .optional("delimiter", ":", "What divides the path."), .optional("unmask", nil as Bool?, "Keys are never hidden."), body: keys),
        Function("ls", "Return the names of the pillar's values.", .rest("args", "Keys to look at alone."), compiling, body: list),
        Function("obfuscate", "Return the pillar with types in the place of values.", .rest("args", "Keys to return alone."), compiling, body: obfuscate),
        Function("filter_by", "Choose from a table by a value of the pillar.", .required("lookup_dict", "Patterns of the value, each with a value."), .required("pillar", "A path."), .optional("merge", .null as Value, "A dictionary laid over the choice."), .optional("default", "default" as Value, "The key to take when nothing matches."), .optional("base", .null as Value, "The key of values under the choice."), body: filterBy),
        Function("file_exists", "Tell whether a file is in the pillar roots.", .required("path", "Below a root."), .optional("saltenv", nil as String?, "The environment."), body: fileExists),
    ]

    struct GetSettings: ArgumentGroup {
        var key: Value = ""
        /// Nil when none was given: then a missing key may be an error.
        var fallback: Value?
        var merge = false
        var mergeNestedLists: Bool?
        var delimiter = ":"
        var pillarenv: String?
        var saltenv: String?
        var unmask: Bool?

        static let fields: [ArgumentField<GetSettings>] = [
            .field("key", \.key, "A path such as site:port.", required: true),
            .field("default", \.fallback, "What to return when it is absent."),
            .field("merge", \.merge, "Lay the value over the default."),
            .field("merge_nested_lists", \.mergeNestedLists, "Join lists when merging."),
            .field("delimiter", \.delimiter, "What divides the path."),
            .field("pillarenv", \.pillarenv, "The pillar environment to compile."),
            .field("saltenv", \.saltenv, "The state environment to compile for."),
            .field("unmask", \.unmask, "Whether to show the values; templates and states see them always."),
        ]
    }

    // MARK: Masking

    /// Salt hides the values of a pillar from who asks for it directly; functions, states and templates see them.
    private static func shown(_ value: Value, _ call: CallContext, _ unmask: Bool?) -> Value {
        unmask ?? call.isNested ? value : PillarMask.hidden(value)
    }

    // MARK: One value

    private static func get(_ call: CallContext, _ settings: GetSettings) async throws -> Value {
        let pillar = try await known(call, pillarenv: settings.pillarenv, saltenv: settings.saltenv)
        let found = DataPath.traverse(.map(pillar), settings.key.pythonString, delimiter: settings.delimiter)
        if settings.merge, let fallback = settings.fallback {
            let mergeLists = settings.mergeNestedLists ?? (call.services.options["pillar_merge_lists"]?.isTruthy ?? false)
            switch (fallback, found) {
            case (.map, nil), (.list, nil): return shown(fallback, call, settings.unmask)
            case (.map(let base), .map(let map)?): return shown(.map(Merging.update(base, map, mergeLists: mergeLists)), call, settings.unmask)
            case (.list(let base), .list(let list)?): return shown(.list(base + list.filter { !base.contains($0) }), call, settings.unmask)
            default: break
            }
        }
        if let value = found ?? settings.fallback { return shown(value, call, settings.unmask) }
        if call.services.options["pillar_raise_on_missing"]?.isTruthy == true {
            throw ExecutionError("Pillar key not found: \(settings.key.pythonString)")
        }
        return ""
    }

    /// The pillar in memory, or one compiled for other environments.
    private static func known(_ call: CallContext, pillarenv: String?, saltenv: String?) async throws -> ValueMap {
        pillarenv == nil && saltenv == nil ? call.pillar : try await compiled(call, pillarenv: pillarenv, saltenv: saltenv)
    }

    private static func compiled(
        _ call: CallContext, pillarenv: String?, saltenv: String?, override: ValueMap = [:]
    ) async throws -> ValueMap {
        var wanted = pillarenv ?? call.pillarenv
        if pillarenv == nil, let saltenv, call.services.options["pillarenv_from_saltenv"]?.isTruthy == true { wanted = saltenv }
        return try await call.services.compilePillar(saltenv: saltenv ?? call.saltenv, pillarenv: wanted, override: override, in: call)
    }

    private static func item(_ call: CallContext, keys: [Value], options: ValueMap) async throws -> ValueMap {
        try check(options, ["default", "delimiter", "pillarenv", "saltenv", "unmask", "pillar", "pillar_enc"], call)
        let pillar = try await known(call, pillarenv: text("pillarenv", options), saltenv: text("saltenv", options))
        let fallback = options["default"].flatMap { $0.isNull ? nil : $0 } ?? ""
        let found = keys.map { key -> (Value, Value) in
            (key, DataPath.traverse(.map(pillar), key.pythonString, delimiter: text("delimiter", options) ?? ":") ?? fallback)
        }
        return shown(.map(ValueMap(found)), call, options["unmask"]?.boolValue).mapValue ?? [:]
    }

    private static func raw(_ call: CallContext, key: String?, unmask: Bool?) async throws -> Value {
        guard let key, !key.isEmpty else { return shown(.map(call.pillar), call, unmask ?? true) }
        return shown(call.pillar[key] ?? [:], call, unmask ?? true)
    }

    private static func keys(_ call: CallContext, key: String, delimiter: String, unmask: Bool?) async throws -> [Value] {
        guard let found = DataPath.traverse(.map(call.pillar), key, delimiter: delimiter) else {
            throw ExecutionError("Pillar key not found: \(key)")
        }
        guard case .map(let map) = found else { throw ExecutionError("Pillar value in key \(key) is not a dict") }
        return map.keys
    }

    // MARK: All values

    private static func items(_ call: CallContext, args: [Value], options: ValueMap) async throws -> ValueMap {
        try check(options, ["pillar", "pillar_enc", "pillarenv", "saltenv", "unmask"], call)
        if !args.isEmpty { return try await item(call, keys: args, options: options) }
        var override = ValueMap()
        if let pillar = options["pillar"], pillar.isTruthy {
            if let renderer = options["pillar_enc"], renderer.isTruthy {
                override = try await ValueDecryption.override(pillar, with: renderer.pythonString, in: call)
            } else {
                override = pillar.mapValue ?? [:]
            }
        }
        let pillar = try await compiled(call, pillarenv: text("pillarenv", options), saltenv: text("saltenv", options), override: override)
        let isOpen = call.services.options["pillar_mask_output"]?.isTruthy == false
        return shown(.map(pillar), call, options["unmask"]?.boolValue ?? (isOpen ? true : nil)).mapValue ?? [:]
    }

    private static func external(_ call: CallContext, external: Value, pillar: Value, unmask: Bool?) async throws -> ValueMap {
        guard call.services.master == nil else { throw ExecutionError("pillar.ext is answered with --local only: masters take no external pillars from minions") }
        guard case .map(let entry) = external else { throw ExecutionError("expected a dictionary, an entry of ext_pillar, found \(external.pythonRepr)") }
        var context = call
        context.externalPillar = entry
        let compiled = try await call.services.compilePillar(
            saltenv: call.saltenv, pillarenv: call.pillarenv, override: pillar.mapValue ?? [:], in: context)
        return shown(.map(compiled), call, unmask).mapValue ?? [:]
    }

    private static func list(_ call: CallContext, args: [Value], options: ValueMap) async throws -> [Value] {
        try await items(call, args: args, options: options).keys
    }

    private static func obfuscate(_ call: CallContext, args: [Value], options: ValueMap) async throws -> Value {
        PillarMask.types(.map(try await items(call, args: args, options: options)))
    }

    private static func text(_ key: String, _ options: ValueMap) -> String? { options[key].flatMap { $0.isNull ? nil : $0.pythonString } }

    private static func check(_ options: ValueMap, _ known: [String], _ call: CallContext) throws {
        for name in options.keys.map(\.pythonString) where !known.contains(name) {
            throw ExecutionError("\(call.function) has no argument '\(name)'\(NearestName.hint(name, among: known))")
        }
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
