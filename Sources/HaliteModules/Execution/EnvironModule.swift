import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The environment of the minion, and what a run adds to it for later commands.
package struct EnvironModule: ExecutionModule {
    package static let name = "environ"
    package static let summary = "The environment of the minion, and what a run adds to it for later commands."

    package static let functions: [Function] = [
        Function("get", "Return one variable.", .required("key", "Its name."), .optional("default", "" as Value, "What to return when it is absent."), body: get),
        Function("has_value", "Tell whether a variable is set, and to what.", .required("key", "Its name."), .optional("value", nil as String?, "The value to compare with."), body: hasValue),
        Function("item", "Return several variables.", .required("keys", "Their names."), .optional("default", "" as Value, "What to return for those that are absent."), body: item),
        Function("items", "Return all variables.", body: items),
        Function(
            "setval", "Set a variable for later commands of this run.", .required("key", "Its name."),
            .required("val", "Its value; False unsets it."), .optional("false_unsets", false, "False removes it rather than emptying it."),
            .optional("permanent", false, "Windows only."), body: setValue),
        Function(
            "setenv", "Set variables for later commands of this run.", .required("environ", "Names to values."),
            .optional("false_unsets", false, "False removes a variable rather than emptying it."),
            .optional("clear_all", false, "Remove all others."), .optional("update_minion", false, "Kept for compatibility."),
            .optional("permanent", false, "Windows only."), body: setAll),
    ]

    private static func variables(_ call: CallContext) async throws -> [String: String] {
        var variables = try await call.host.identity().environment
        for (key, value) in call.memory["environ"]?.mapValue ?? [:] { variables[key.pythonString] = value.stringValue }
        return variables
    }

    private static func setValue(_ call: CallContext, key: String, value: Value, unsets: Bool, permanent: Bool) async throws -> Value {
        let result: Value
        switch value {
        case .bool(false): result = unsets ? .null : ""
        case .string: result = value
        default: return false
        }
        var all = call.memory["environ"]?.mapValue ?? [:]
        all[key] = result
        call.memory["environ"] = .map(all)
        return result
    }

    private static func setAll(
        _ call: CallContext, values: ValueMap, unsets: Bool, clears: Bool, updates: Bool, permanent: Bool
    ) async throws -> ValueMap {
        var set = ValueMap()
        if clears {
            for key in try await variables(call).keys where values[key] == nil {
                set[.string(key)] = try await setValue(call, key: key, value: false, unsets: unsets, permanent: permanent)
            }
        }
        for (key, value) in values {
            set[key] = try await setValue(call, key: key.pythonString, value: value, unsets: unsets, permanent: permanent)
        }
        return set
    }

    private static func get(_ call: CallContext, key: String, fallback: Value) async throws -> Value {
        try await variables(call)[key].map { .string($0) } ?? fallback
    }

    private static func hasValue(_ call: CallContext, key: String, value: String?) async throws -> Bool {
        guard let found = try await variables(call)[key] else { return false }
        return value.map { $0 == found } ?? true
    }

    private static func item(_ call: CallContext, keys: [String], fallback: Value) async throws -> ValueMap {
        let all = try await variables(call)
        return ValueMap(keys.map { (.string($0), all[$0].map { .string($0) } ?? fallback) })
    }

    private static func items(_ call: CallContext) async throws -> ValueMap {
        ValueMap(try await variables(call).sorted { $0.key < $1.key }.map { (.string($0.key), .string($0.value)) })
    }
}
