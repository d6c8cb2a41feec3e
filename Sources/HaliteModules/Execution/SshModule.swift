import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys that users log in with.
package struct SshModule: ExecutionModule {
    package static let name = "ssh"
    package static let summary = "Keys that users log in with."

    private static let user: Parameter<String> = .required("user", "The user.")
    private static let key: Parameter<String> = .required("key", "The key.")
    private static let config: Parameter<String> = .optional("config", ".ssh/authorized_keys", "The file, below the home unless absolute.")
    private static let more: Parameter<ValueMap> = .keywords("kwargs", "Ignored.")

    package static let functions: [Function] = authorized + knownHosts + ownKeys

    private static let authorized: [Function] = [
        Function("auth_keys", "Return the keys that a user may log in with.", user, config, more, body: keys),
        Function(
            "check_key", "Tell whether a key would be added or updated, or is there.", user, key, .required("enc", "Its kind."),
            .required("comment", "Its remark."), .required("options", "The options in front of it."), config, more, body: check),
        Function(
            "set_auth_key", "Let a user log in with a key.", user, key, .optional("enc", "ssh-rsa", "Its kind."),
            .optional("comment", "", "Its remark."), .optional("options", [String](), "The options in front of it."), config, more,
            body: set),
        Function("rm_auth_key", "Do not let a user log in with a key.", user, key, config, more, body: remove),
    ]

    private static func keys(_ call: CallContext, user: String, config: String, more: ValueMap) async throws -> ValueMap {
        let found = try await AuthorizedKeys(call, user: user, config: config)?.keys() ?? []
        return ValueMap(
            found.map { (.string($0.key), ["enc": .string($0.kind), "comment": .string($0.comment), "options": $0.options.value]) })
    }

    private static func check(
        _ call: CallContext, user: String, key: String, kind: String, comment: String, options: [String], config: String, more: ValueMap
    ) async throws -> String {
        let wanted = AuthorizedKey(name: key, kind: kind, comment: comment, options: options)
        return (try await AuthorizedKeys(call, user: user, config: config)?.compare(wanted) ?? .add).rawValue
    }

    private static func set(
        _ call: CallContext, user: String, key: String, kind: String, comment: String, options: [String], config: String, more: ValueMap
    ) async throws -> String {
        if key.words().count > 1 { return "invalid" }
        let wanted = AuthorizedKey(name: key, kind: kind, comment: comment, options: options)
        return (try await AuthorizedKeys(call, user: user, config: config)?.set(wanted) ?? .failed).rawValue
    }

    private static func remove(_ call: CallContext, user: String, key: String, config: String, more: ValueMap) async throws -> String {
        try await AuthorizedKeys(call, user: user, config: config)?.remove(key) ?? "Key not present"
    }
}
