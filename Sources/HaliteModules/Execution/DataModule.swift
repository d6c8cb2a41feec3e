import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A small store of values that the minion keeps between calls: `datastore` in its cache folder.
package struct DataModule: ExecutionModule {
    package static let name = "data"
    package static let summary = "A small store of values that the minion keeps between calls."

    package static let functions: [Function] = [
        Function("load", "Return all values.", body: { (call: CallContext) async throws -> ValueMap in try await load(call) }),
        Function("items", "Return all values.", body: { (call: CallContext) async throws -> ValueMap in try await load(call) }),
        Function("keys", "Return the names.", body: { (call: CallContext) async throws -> [Value] in try await load(call).map(\.key) }),
        Function("values", "Return the values without their names.", body: { (call: CallContext) async throws -> [Value] in try await load(call).map(\.value) }),
        Function("has_key", "Tell whether there is a value.", .required("key", "Its name."), body: { (call: CallContext, key: Value) async throws -> Bool in try await load(call)[key] != nil }),
        Function("get", "Return a value, or those of several names.", .required("key", "The name, or a list."), .optional("default", .null as Value, "What to return when it is absent."), body: get),
        Function("update", "Set a value.", .required("key", "Its name."), .required("value", "The value."), example: "halite '*' data.update colour blue", body: update),
        Function("cas", "Set a value if it still is what it was.", .required("key", "Its name."), .required("value", "The new value."), .required("old_value", "What it must be."), body: compareAndSet),
        Function("pop", "Return a value and remove it.", .required("key", "Its name."), .optional("default", .null as Value, "What to return when it is absent."), body: pop),
        Function("dump", "Set all values.", .required("new_data", "The values."), body: dump),
        Function("clear", "Remove all values.", body: clear),
    ]

    private static func path(_ call: CallContext) -> String {
        Path.join(call.services.options["cachedir"]?.stringValue ?? "/var/cache/halite/minion", "datastore")
    }

    private static func load(_ call: CallContext) async throws -> ValueMap {
        guard try await call.host.exists(path(call)) else { return [:] }
        return try MessagePack.decode(try await call.host.read(path(call))).mapValue ?? [:]
    }

    private static func store(_ call: CallContext, _ data: ValueMap) async throws {
        if let parent = Path.parent(path(call)) { try await call.host.makeDirectories(parent) }
        try await call.host.write(path(call), MessagePack.encode(.map(data)), FileAttributes(mode: 0o600))
    }

    private static func get(_ call: CallContext, key: Value, fallback: Value) async throws -> Value {
        let data = try await load(call)
        guard let keys = key.listValue else { return data[key] ?? fallback }
        return .list(fallback.isNull ? keys.compactMap { data[$0] } : keys.map { data[$0] ?? fallback })
    }

    private static func update(_ call: CallContext, key: Value, value: Value) async throws -> Bool {
        var data = try await load(call)
        data[key] = value
        try await store(call, data)
        return true
    }

    private static func compareAndSet(_ call: CallContext, key: Value, value: Value, old: Value) async throws -> Bool {
        guard try await load(call)[key] == old else { return false }
        return try await update(call, key: key, value: value)
    }

    private static func pop(_ call: CallContext, key: Value, fallback: Value) async throws -> Value {
        var data = try await load(call)
        let found = data[key]
        data[key] = nil
        try await store(call, data)
        return found ?? fallback
    }

    private static func dump(_ call: CallContext, data: Value) async throws -> Bool {
        guard let map = data.mapValue else { return false }
        try await store(call, map)
        return true
    }

    private static func clear(_ call: CallContext) async throws -> Bool {
        try await call.host.remove(path(call))
        return true
    }
}
