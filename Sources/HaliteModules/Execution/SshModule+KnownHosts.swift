import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys of hosts that ssh trusts.
extension SshModule {
    private static let hashType: Parameter<String?> = .optional(
        "fingerprint_hash_type", nil, "The digest of fingerprints, by default sha256.")
    private static let file: Parameter<String?> = .optional("config", nil, "The file, below the home unless absolute.")
    private static let port: Parameter<Int?> = .optional("port", nil, "The port of ssh.")

    static let knownHosts: [Function] = [
        Function(
            "get_known_host_entries", "Return the known keys of a host.", .required("user", "Whose file."),
            .required("hostname", "The host."), file,
            port, hashType, body: known),
        Function(
            "recv_known_host_entries", "Ask a host for its keys.", .required("hostname", "The host."),
            .optional("enc", nil as String?, "One kind alone."),
            port, .optional("hash_known_hosts", true, "Hash the names."), .optional("timeout", 5, "Seconds."), hashType,
            example: "halite '*' ssh.recv_known_host_entries git.example.net enc=ed25519", body: receive),
        Function(
            "check_known_host", "Tell whether a host's key would be added or updated, or is there.",
            .optional("user", nil as String?, "Whose file."),
            .optional("hostname", nil as String?, "The host."), .optional("key", nil as String?, "The key."),
            .optional("fingerprint", nil as String?, "Its fingerprint."), file, port, hashType, body: check),
        Function("set_known_host", "Trust a host's key.", KnownHostSettings.self, body: setKnown),
        Function(
            "rm_known_host", "Trust no key of a host.", .optional("user", nil as String?, "Whose file."),
            .optional("hostname", nil as String?, "The host."), file, port, body: removeKnown),
        Function(
            "hash_known_hosts", "Hash the names in a file of known hosts.", .optional("user", nil as String?, "Whose file."), file,
            body: hash),
    ]

    struct KnownHostSettings: ArgumentGroup {
        var user: String?
        var hostname: String?
        var fingerprint: String?
        var key: String?
        var port: Int?
        var enc: String?
        var config: String?
        var hashes = true
        var timeout = 5
        var hashType: String?

        static let fields: [ArgumentField<KnownHostSettings>] =
            [.field("user", \.user, "Whose file."), .field("hostname", \.hostname, "The host.")] + common
        static let common: [ArgumentField<KnownHostSettings>] = [
            .field("fingerprint", \.fingerprint, "The fingerprint that one of its keys must have."),
            .field("key", \.key, "The key; else the host is asked."),
            .field("port", \.port, "The port of ssh."),
            .field("enc", \.enc, "The kind of the key."),
            .field("config", \.config, "The file, below the home unless absolute."),
            .field("hash_known_hosts", \.hashes, "Hash the names."),
            .field("timeout", \.timeout, "Seconds to wait for the host."),
            .field("fingerprint_hash_type", \.hashType, "The digest of fingerprints, by default sha256."),
        ]
    }

    /// Salt gives errors as data.
    private static func explained(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let failure as KnownHosts.Failure { return failure.value }
    }

    private static func required(_ host: String?) throws -> String {
        guard let host, !host.isEmpty else { throw KnownHosts.Failure(reason: "hostname argument required") }
        return host
    }

    private static func list(_ entries: [KnownHosts.Entry]) -> Value { entries.isEmpty ? .null : .list(entries.map(\.value)) }

    private static func known(
        _ call: CallContext, user: String?, host: String, config: String?, port: Int?, hashType: String?
    ) async throws -> Value {
        try await explained {
            list(try await KnownHosts(call, user: user, config: config, hashType: hashType).entries(host, port: port))
        }
    }

    private static func receive(
        _ call: CallContext, host: String, kind: String?, port: Int?, hashed: Bool, timeout: Int, hashType: String?
    ) async throws -> Value {
        list(try await KnownHosts.received(call, host, kind: kind, port: port, hashed: hashed, timeout: timeout, hashType: hashType))
    }

    private static func check(
        _ call: CallContext, user: String?, host: String?, key: String?, fingerprint: String?, config: String?, port: Int?,
        hashType: String?
    ) async throws -> Value {
        try await explained {
            let hosts = try await KnownHosts(call, user: user, config: config, hashType: hashType)
            return .string(try await hosts.check(try required(host), key: key, fingerprint: fingerprint, port: port))
        }
    }

    private static func setKnown(_ call: CallContext, _ settings: KnownHostSettings) async throws -> Value {
        try await explained { try await set(call, settings) }
    }

    private static func set(_ call: CallContext, _ settings: KnownHostSettings) async throws -> Value {
        let host = try required(settings.hostname)
        let port = settings.port
        if let port, port != 22, settings.hashes {
            throw KnownHosts.Failure(reason: "argument port can not be used in conjunction with argument hash_known_hosts")
        }
        let hosts = try await KnownHosts(call, user: settings.user, config: settings.config, hashType: settings.hashType)
        let stored = try await hosts.entries(host, port: port)
        let keys = stored.filter { settings.enc == nil || $0.kind == settings.enc }.map(\.key)
        let exists: Value = ["status": "exists", "keys": keys.value]
        let isOther =
            stored.isEmpty || settings.fingerprint.map { print in !stored.contains { $0.fingerprint == print } } ?? false
            || settings.key.map { !keys.contains($0) } ?? false
        let asks = !isOther && settings.key == nil && settings.fingerprint == nil
        if !isOther, !asks { return exists }
        var new: [KnownHosts.Entry]
        if let key = settings.key, !key.isEmpty {
            new = [KnownHosts.Entry(host: host, kind: settings.enc ?? KnownHosts.Entry.noKind, key: key)]
        } else {
            new = try await KnownHosts.received(
                call, host, kind: settings.enc, port: port, hashed: settings.hashes, timeout: settings.timeout, hashType: settings.hashType)
            if new.isEmpty { throw KnownHosts.Failure(reason: "Unable to receive remote host keys") }
            if let print = settings.fingerprint, !print.isEmpty, !new.contains(where: { $0.fingerprint == print }) {
                throw KnownHosts.Failure(
                    reason: "Remote host public keys found but none of their fingerprints match the one you have provided")
            }
            if asks, Set(new.map(\.key)) == Set(keys) { return exists }
        }
        let lines = new.indices.map { index in
            let entry = new[index]
            let isPlain = settings.hashes || port == nil || port == 22 || entry.host.contains(":")
            if !isPlain { new[index].port = port }
            return "\(isPlain ? entry.host : "[\(entry.host)]:\(port ?? 22)") \(entry.kind) \(entry.key)"
        }
        try await hosts.replace(host, kind: settings.enc, port: port, lines: lines)
        if settings.key != nil, settings.hashes { _ = try await hosts.hash() }
        return ["status": "updated", "old": list(stored), "new": .list(new.map(\.value))]
    }

    private static func removeKnown(_ call: CallContext, user: String?, host: String?, config: String?, port: Int?) async throws -> Value {
        try await explained {
            let hosts = try await KnownHosts(call, user: user, config: config)
            return ["status": "removed", "comment": .string(try await hosts.remove(try required(host), port: port))]
        }
    }

    private static func hash(_ call: CallContext, user: String?, config: String?) async throws -> Value {
        try await explained {
            ["status": "updated", "comment": .string(try await KnownHosts(call, user: user, config: config).hash())]
        }
    }
}
