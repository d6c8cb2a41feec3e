import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys of the host and of its users.
extension SshModule {
    static let ownKeys: [Function] = [
        Function(
            "host_keys", "Return the host's keys.", .optional("keydir", "/etc/ssh", "The folder."),
            .optional("private", true, "Also the private ones."),
            .optional("certs", true, "Also certificates."), body: hostKeys),
        Function(
            "user_keys", "Return the keys in the homes of users.", .optional("user", nil as [String]?, "These users; all by default."),
            .optional("pubfile", nil as Value, "The file of the public key; false for none."),
            .optional("prvfile", nil as Value, "The file of the private key; false for none."),
            example: "halite '*' ssh.user_keys user=root prvfile=False", body: userKeys),
        Function("key_is_encrypted", "Tell whether a private key wants a passphrase.", .required("key", "Its file."), body: isEncrypted),
    ]

    private static func hostKeys(_ call: CallContext, folder: String, withPrivate: Bool, withCertificates: Bool) async throws -> ValueMap {
        let pattern = try Pattern.compile(#"ssh_host_(.+)_key((-cert)?\.pub)?"#)
        var found = ValueMap()
        for file in try await call.host.list(folder) {
            let bytes = Array(file.utf8)
            guard let match = try pattern.firstMatch(in: bytes, anchor: .start) else { continue }
            let suffix = match.text(2, of: bytes)
            if suffix == nil, !withPrivate { continue }
            if match.ranges[3] != nil, !withCertificates { continue }
            let name = (match.text(1, of: bytes) ?? "") + (suffix ?? "")
            found[.string(name)] = .string((await call.host.readTextIfPresent(Path.join(folder, file)) ?? "").stripped())
        }
        return found
    }

    private static func userKeys(_ call: CallContext, users: [String]?, publicFile: Value, privateFile: Value) async throws -> ValueMap {
        let kinds = ["id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"]
        func names(_ given: Value, _ standard: [String]) -> [String] {
            given.isTruthy ? [given.pythonString] : given == false ? [] : standard
        }
        let files = names(publicFile, kinds.map { $0 + ".pub" }) + names(privateFile, kinds)
        var wanted = users ?? []
        if wanted.isEmpty { wanted = (try await call.call("user.list_users")).listValue?.map(\.pythonString) ?? [] }
        var found = ValueMap()
        for user in wanted {
            guard let entry = try await call.host.user(named: user) else { continue }
            var keys = ValueMap()
            for file in files {
                let path = file.hasPrefix("/") ? file : "\(entry.home)/.ssh/\(file)"
                guard let text = await call.host.readTextIfPresent(path) else { continue }
                keys[.string(file.hasPrefix("/") ? Path.name(file) : file)] = .string(text.stripped())
            }
            if !keys.isEmpty { found[.string(user)] = .map(keys) }
        }
        return found
    }

    private static func isEncrypted(_ call: CallContext, file: String) async throws -> Bool {
        guard let text = await call.host.readTextIfPresent(file) else { throw ExecutionError("\(file) does not exist") }
        return try Pattern.compile(#"BEGIN (?:\w+\s)*PRIVATE KEY"#).matches(text) && text.contains("ENCRYPTED")
    }
}
