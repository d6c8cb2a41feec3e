import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Reads settings from the configuration, the grains and the pillar.
package struct ConfigModule: ExecutionModule {
    package static let name = "config"
    package static let summary = "Reads settings from the configuration, the grains and the pillar."

    package static let functions: [Function] = [
        Function("get", "Return one setting, wherever it is defined first.", GetSettings.self, body: get),
        Function("option", "Return one setting of the first place that has it.", .required("value", "Its name."), .optional("default", "" as Value, "What to return when it is absent."), .optional("omit_opts", false, "Leave the configuration out."), .optional("omit_grains", false, "Leave the grains out."), .optional("omit_pillar", false, "Leave the pillar out."), .optional("omit_master", false, "Leave the master's options in the pillar out."), .optional("omit_all", false, "Leave everything out."), .optional("wildcard", false, "The name is a pattern."), body: option),
        Function("merge", "Return one setting, joined from all places that have it.", .required("value", "Its name."), .optional("default", "" as Value, "What to return when it is absent."), .optional("omit_opts", false, "Leave the configuration out."), .optional("omit_master", false, "Leave the master's options in the pillar out."), .optional("omit_pillar", false, "Leave the pillar out."), body: merge),
        Function("items", "Return the whole configuration.", body: { (call: CallContext) async throws -> ValueMap in call.services.options }),
        Function("dot_vals", "Return the settings whose names begin with a word and a dot.", .required("value", "The word."), body: dotValues),
        Function("backup_mode", "Return the way in which changed files are kept.", .optional("backup", "", "What the caller wants."), body: backupMode),
        Function("manage_mode", "Return a file mode with four digits.", .required("mode", "A mode."), body: manageMode),
        Function("valid_fileproto", "Tell whether a URI can be fetched.", .required("uri", "A URI."), body: validProtocol),
    ]

    static let defaults: ValueMap = ["test.foo": "unconfigured", "hosts.file": "/etc/hosts", "aliases.file": "/etc/aliases", "ca.cert_base_path": "/etc/pki"]

    struct GetSettings: ArgumentGroup {
        var key = ""
        var fallback: Value = ""
        var delimiter = ":"
        var merge: String?
        var omitOptions = false
        var omitPillar = false
        var omitMaster = false
        var omitGrains = false

        static let fields: [ArgumentField<GetSettings>] = [
            .field("key", \.key, "A path such as module:setting.", required: true),
            .field("default", \.fallback, "What to return when it is absent."),
            .field("delimiter", \.delimiter, "What divides the path."),
            .field("merge", \.merge, "recurse or overwrite: join what all places have."),
            .field("omit_opts", \.omitOptions, "Leave the configuration out."),
            .field("omit_pillar", \.omitPillar, "Leave the pillar out."),
            .field("omit_master", \.omitMaster, "Leave the master's options in the pillar out."),
            .field("omit_grains", \.omitGrains, "Leave the grains out."),
        ]
    }

    private static func get(_ call: CallContext, _ settings: GetSettings) async throws -> Value {
        let master = call.pillar["master"]?.mapValue ?? [:]
        if let strategy = settings.merge {
            var data = defaults
            for layer in [master, call.pillar, call.grains, call.services.options] {
                data = Merging.merge(data, layer, strategy: strategy == "overwrite" ? "overwrite" : "recurse")
            }
            return CallContext.traverse(.map(data), settings.key, delimiter: settings.delimiter) ?? settings.fallback
        }
        var places: [ValueMap] = []
        if !settings.omitOptions { places.append(call.services.options) }
        if !settings.omitGrains { places.append(call.grains) }
        if !settings.omitPillar { places.append(call.pillar) }
        if !settings.omitMaster { places.append(master) }
        for place in places + [defaults] {
            if let found = CallContext.traverse(.map(place), settings.key, delimiter: settings.delimiter) { return found }
        }
        return settings.fallback
    }

    private static func option(
        _ call: CallContext, name: String, fallback: Value, omitOptions: Bool, omitGrains: Bool, omitPillar: Bool, omitMaster: Bool,
        omitAll: Bool, wildcard: Bool
    ) async throws -> Value {
        var places: [ValueMap] = []
        if !omitAll, !omitOptions { places.append(call.services.options) }
        if !omitAll, !omitGrains { places.append(call.grains) }
        if !omitAll, !omitPillar { places.append(call.pillar) }
        if !omitAll, !omitMaster { places.append(call.pillar["master"]?.mapValue ?? [:]) }
        places.append(defaults)
        if !wildcard { return places.lazy.compactMap { $0[name] }.first ?? fallback }
        var found = ValueMap()
        for place in places.dropLast().reversed() {
            for (key, value) in place where Glob.matches(name, key.pythonString) { found[key] = value }
        }
        for (key, value) in defaults where found[key] == nil && Glob.matches(name, key.pythonString) { found[key] = value }
        return found.isEmpty && fallback.isTruthy ? fallback : .map(found)
    }

    /// Salt's `config.merge`; the mine reads its functions with it.
    static func merged(_ call: CallContext, _ name: String, omitOptions: Bool = false, omitMaster: Bool = false, omitPillar: Bool = false) -> Value? {
        var result: Value?
        var places: [Value?] = []
        if !omitOptions { places.append(call.services.options[name]) }
        if !omitMaster { places.append(call.pillar["master"]?[name]) }
        if !omitPillar { places.append(call.pillar[name]) }
        for case let found? in places {
            switch (result, found) {
            case (nil, _): result = found
            case (.map(let first)?, .map(let second)):
                var joined = second
                for (key, value) in first { joined[key] = value }
                result = .map(joined)
            case (.list(let first)?, .list(let second)): result = .list(first + second)
            default: break
            }
            if case .string? = result { return result }
        }
        return result ?? defaults[name]
    }

    private static func merge(_ call: CallContext, name: String, fallback: Value, omitOptions: Bool, omitMaster: Bool, omitPillar: Bool) async throws -> Value {
        merged(call, name, omitOptions: omitOptions, omitMaster: omitMaster, omitPillar: omitPillar) ?? fallback
    }

    private static func dotValues(_ call: CallContext, name: String) async throws -> ValueMap {
        var found = ValueMap()
        for place in [call.pillar["master"]?.mapValue ?? [:], call.services.options] {
            for (key, value) in place where key.stringValue?.hasPrefix(name + ".") == true { found[key] = value }
        }
        return found
    }

    private static func backupMode(_ call: CallContext, backup: String) async throws -> Value {
        backup.isEmpty ? call.services.options["backup_mode"] ?? "" : .string(backup)
    }

    private static func manageMode(_ call: CallContext, mode: FileMode) async throws -> String { mode.text }

    private static func validProtocol(_ call: CallContext, uri: String) async throws -> Bool {
        ["salt", "http", "https", "ftp", "file", "s3", "swift"].contains(uri.parts(":", maxSplits: 1)[0])
    }
}
