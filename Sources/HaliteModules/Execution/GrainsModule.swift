import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Reads and sets the facts of the host.
package struct GrainsModule: ExecutionModule {
    package static let name = "grains"
    package static let summary = "Reads and sets the facts of the host."

    package static let functions: [Function] = [
        Function("get", "Return one grain, also from within others.", .required("key", "A path such as ip_interfaces:eth0."), .optional("default", "" as Value, "What to return when it is absent."), .optional("delimiter", ":", "What divides the path."), .optional("ordered", true, "Kept for compatibility."), example: "halite '*' grains.get os", body: get),
        Function("fetch", "Return one grain, also from within others.", .required("key", "A path."), .optional("default", "" as Value, "What to return when it is absent."), .optional("delimiter", ":", "What divides the path."), .optional("ordered", true, "Kept for compatibility."), body: get),
        Function("items", "Return all grains.", .optional("sanitize", false, "Hide what identifies the host."), body: items),
        Function("item", "Return several grains.", .rest("args", "Paths."), .keywords("kwargs", "default, delimiter, sanitize."), body: item),
        Function("ls", "Return the names of all grains.", body: list),
        Function("has_value", "Tell whether a grain is there.", .required("key", "A path."), body: hasValue),
        Function("equals", "Tell whether a grain has a value.", .required("key", "A path."), .required("value", "The value."), body: equals),
        Function("filter_by", "Choose from a table by a grain.", .required("lookup_dict", "Patterns of the grain's value, each with a value."), .optional("grain", "os_family", "The grain."), .optional("merge", .null as Value, "A dictionary laid over the choice."), .optional("default", "default" as Value, "The key to take when nothing matches."), .optional("base", .null as Value, "The key of values under the choice."), body: filterBy),
        Function("setval", "Set one grain for good.", .required("key", "Its name."), .required("val", "Its value."), .optional("destructive", false, "Remove it when the value is null."), .optional("refresh_pillar", true, "Compile the pillar anew."), body: setValue),
        Function("setvals", "Set several grains for good.", .required("grains", "A dictionary."), .optional("destructive", false, "Remove those whose value is null."), .optional("refresh_pillar", true, "Compile the pillar anew."), body: setValues),
        Function("set", "Set a grain, also within others.", .required("key", "A path."), .optional("val", "" as Value, "Its value."), .optional("force", false, "Overwrite lists and dictionaries."), .optional("destructive", false, "Remove it when the value is null."), .optional("delimiter", ":", "What divides the path."), body: set),
        Function("append", "Append to a grain that is a list.", .required("key", "A path."), .required("val", "One value or a list."), .optional("convert", false, "Make a list of it first."), .optional("delimiter", ":", "What divides the path."), body: append),
        Function("remove", "Remove from a grain that is a list.", .required("key", "A path."), .required("val", "The value."), .optional("delimiter", ":", "What divides the path."), body: remove),
        Function("delkey", "Remove a grain.", .required("key", "A path."), .optional("force", false, "Also a list or dictionary."), body: deleteKey),
        Function("delval", "Set a grain to null, or remove it.", .required("key", "A path."), .optional("destructive", false, "Remove it."), .optional("force", false, "Also a list or dictionary."), body: deleteValue),
    ]

    private static func get(_ call: CallContext, key: String, fallback: Value, delimiter: String, ordered: Bool) async throws -> Value {
        CallContext.traverse(.map(call.grains), key, delimiter: delimiter) ?? fallback
    }

    private static func items(_ call: CallContext, sanitize: Bool) async throws -> ValueMap {
        sanitize ? sanitized(call.grains) : call.grains
    }

    private static func item(_ call: CallContext, keys: [Value], options: ValueMap) async throws -> ValueMap {
        let delimiter = options["delimiter"]?.stringValue ?? ":"
        var found = ValueMap()
        for key in keys {
            found[key] = CallContext.traverse(.map(call.grains), key.pythonString, delimiter: delimiter) ?? options["default"] ?? ""
        }
        return options["sanitize"]?.isTruthy == true ? sanitized(found) : found
    }

    private static func sanitized(_ grains: ValueMap) -> ValueMap {
        var result = grains
        for key in ["fqdn", "id"] where result[key] != nil { result[.string(key)] = "MINION.DOMAINNAME" }
        for key in ["host", "localhost", "nodename"] where result[key] != nil { result[.string(key)] = "MINION" }
        if result["domain"] != nil { result["domain"] = "DOMAINNAME" }
        if let serial = result["serialnumber"]?.stringValue {
            let kept = serial.count * 3 / 4
            result["serialnumber"] = .string(serial.prefix(kept) + String(repeating: "X", count: serial.count - kept))
        }
        return result
    }

    private static func list(_ call: CallContext) async throws -> [String] {
        call.grains.keys.map(\.pythonString).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func hasValue(_ call: CallContext, key: String) async throws -> Bool {
        CallContext.traverse(.map(call.grains), key) != nil
    }

    private static func equals(_ call: CallContext, key: String, value: Value) async throws -> Bool {
        (CallContext.traverse(.map(call.grains), key) ?? "").pythonString == value.pythonString
    }

    private static func filterBy(
        _ call: CallContext, table: ValueMap, grain: String, merge: Value, defaultKey: Value, base: Value
    ) async throws -> Value {
        try Merging.filter(
            table, found: CallContext.traverse(.map(call.grains), grain), merge: merge, defaultKey: defaultKey, base: base)
    }

    // MARK: - Setting

    private static func setValue(_ call: CallContext, key: String, value: Value, destructive: Bool, refresh: Bool) async throws -> ValueMap {
        try await GrainsFile.set([.string(key): value], destructive: destructive, refreshPillar: refresh, call)
    }

    private static func setValues(_ call: CallContext, grains: ValueMap, destructive: Bool, refresh: Bool) async throws -> ValueMap {
        try await GrainsFile.set(grains, destructive: destructive, refreshPillar: refresh, call)
    }

    private static func append(_ call: CallContext, key: String, value: Value, convert: Bool, delimiter: String) async throws -> Value {
        let current = CallContext.traverse(.map(call.grains), key, delimiter: delimiter) ?? []
        var list: [Value]
        if case .list(let found) = current {
            list = found
        } else if convert {
            list = current.isNull ? [] : [current]
        } else {
            return .string("The key \(key) is not a valid list")
        }
        if list.contains(value) { return .string("The val \(value.pythonString) was already in the list \(key)") }
        if case .list(let values) = value { list += values } else { list.append(value) }
        return try await store(call, key: key, .list(list), delimiter: delimiter)
    }

    private static func remove(_ call: CallContext, key: String, value: Value, delimiter: String) async throws -> Value {
        guard case .list(var list) = CallContext.traverse(.map(call.grains), key, delimiter: delimiter) ?? [] else {
            return .string("The key \(key) is not a valid list")
        }
        guard let index = list.firstIndex(of: value) else { return .string("The val \(value.pythonString) was not in the list \(key)") }
        list.remove(at: index)
        return try await store(call, key: key, .list(list), delimiter: delimiter)
    }

    private static func store(_ call: CallContext, key: String, _ value: Value, delimiter: String) async throws -> Value {
        let path = key.parts(delimiter)
        let changed = Merging.setting(call.grains, at: path, to: value)
        return .map(try await GrainsFile.set([.string(path[0]): changed[path[0]] ?? .null], destructive: false, refreshPillar: true, call))
    }

    private static func deleteKey(_ call: CallContext, key: String, force: Bool) async throws -> ValueMap {
        try await set(call, key: key, value: .null, force: force, destructive: true, delimiter: ":")
    }

    private static func deleteValue(_ call: CallContext, key: String, destructive: Bool, force: Bool) async throws -> ValueMap {
        try await set(call, key: key, value: .null, force: force, destructive: destructive, delimiter: ":")
    }

    private static func set(
        _ call: CallContext, key: String, value: Value, force: Bool, destructive: Bool, delimiter: String
    ) async throws -> ValueMap {
        func answer(_ comment: String, _ result: Bool, changes: ValueMap = [:]) -> ValueMap {
            ["comment": .string(comment), "changes": .map(changes), "result": .bool(result)]
        }
        let existing = CallContext.traverse(.map(call.grains), key, delimiter: delimiter)
        if let existing, existing == value, !(value.isNull && destructive) { return answer("Grain is already set", true) }
        if let existing, !existing.isNull, !force {
            if existing.isContainer {
                return answer("The key '\(key)' exists but is a dict or a list. Use 'force=True' to overwrite.", false)
            }
            if value.isContainer {
                return answer("The key '\(key)' exists and the given value is a dict or a list. Use 'force=True' to overwrite.", false)
            }
        }
        let path = key.parts(delimiter)
        var current: Value = value
        // From the innermost name outwards, as deep as the path goes.
        for depth in stride(from: path.count - 1, to: 0, by: -1) {
            let parent = path[..<depth].joined(separator: delimiter)
            let rest = path[depth]
            switch CallContext.traverse(.map(call.grains), parent, delimiter: delimiter) ?? [:] {
            case .map(var map):
                map[rest] = current.isNull && destructive && depth == path.count - 1 ? nil : current
                current = .map(map)
            case .list(var list):
                var isUpdated = false
                for (index, element) in list.enumerated() {
                    if element == .string(rest) {
                        list[index] = .map([.string(rest): current])
                        isUpdated = true
                    } else if case .map(var map) = element, map[rest] != nil {
                        map[rest] = current
                        list[index] = .map(map)
                        isUpdated = true
                    }
                }
                if !isUpdated { list.append(.map([.string(rest): current])) }
                current = .list(list)
            case let other where other == .string(rest) || force: current = .map([.string(rest): current])
            case let other:
                let message =
                    "The key '\(parent)' value is '\(other.pythonString)', which is different from the provided key '\(rest)'. Use 'force=True' to overwrite."
                return answer(message, false)
            }
        }
        return answer("", true, changes: try await GrainsFile.set([.string(path[0]): current], destructive: destructive, refreshPillar: true, call))
    }
}

extension Value {
    var isContainer: Bool {
        switch self {
        case .list, .map: true
        default: false
        }
    }
}
