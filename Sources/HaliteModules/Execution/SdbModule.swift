import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Values that lie elsewhere, by `sdb://profile/key`.
package struct SdbModule: ExecutionModule {
    package static let name = "sdb"
    package static let summary = "Values that lie elsewhere, by sdb://profile/key."

    private static let signs = "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)"

    package static let functions: [Function] = [
        Function("get", "Return a value.", .required("uri", "sdb://profile/key."), .optional("strict", false, "Fail when it is no such address."), example: "halite '*' sdb.get sdb://secrets/password", body: get),
        Function("set", "Set a value.", .required("uri", "sdb://profile/key."), .required("value", "The value."), body: set),
        Function("delete", "Remove a value.", .required("uri", "sdb://profile/key."), body: delete),
        Function(
            "get_or_set_hash", "Return a value, a random one that is set when there is none.", .required("uri", "sdb://profile/key."),
            .optional("length", 8, "Its length."), .optional("chars", signs, "The signs to choose from."), body: getOrSet),
    ]

    static func get(_ call: CallContext, address: Value, strict: Bool) async throws -> Value {
        do {
            return try await SecretDatabase(address.stringValue ?? "", call).get()
        } catch let refusal as SecretDatabase.Refusal {
            if strict { throw ExecutionError(refusal.text) }
            return address
        }
    }

    private static func set(_ call: CallContext, address: String, value: Value) async throws -> Value {
        guard let place = try? SecretDatabase(address, call) else { return false }
        return try await place.set(value)
    }

    private static func delete(_ call: CallContext, address: String) async throws -> Value {
        guard let place = try? SecretDatabase(address, call) else { return false }
        throw ExecutionError("the sdb driver \(place.profile["driver"]?.pythonString ?? "") cannot delete")
    }

    private static func getOrSet(_ call: CallContext, address: String, length: Int, signs: String) async throws -> Value {
        guard address.hasPrefix(SecretDatabase.scheme) else { return false }
        let found = try await get(call, address: .string(address), strict: false)
        if found.isTruthy { return found }
        let made = try await call.call("random.get_str", .int(length), .string(signs))
        _ = try await set(call, address: address, value: made)
        return made
    }
}
