import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Reads the environment of the minion.
package struct EnvironModule: ExecutionModule {
    package static let name = "environ"
    package static let summary = "Reads the environment of the minion."

    package static let functions: [Function] = [
        Function("get", "Return one variable.", .required("key", "Its name."), .optional("default", "" as Value, "What to return when it is absent."), body: get),
        Function("has_value", "Tell whether a variable is set, and to what.", .required("key", "Its name."), .optional("value", nil as String?, "The value to compare with."), body: hasValue),
        Function("item", "Return several variables.", .required("keys", "Their names."), .optional("default", "" as Value, "What to return for those that are absent."), body: item),
        Function("items", "Return all variables.", body: items),
    ]

    private static func variables(_ call: CallContext) async throws -> [String: String] { try await call.host.identity().environment }

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
