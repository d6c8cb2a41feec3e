import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys of hosts that ssh trusts, or does not.
package struct SshKnownHostsState: StateModule {
    package static let name = "ssh_known_hosts"
    package static let summary = "Keys of hosts that ssh trusts, or does not."

    package static let functions: [StateFunction] = [
        StateFunction("present", "A host's key is trusted.", Settings.self, body: present),
        StateFunction(
            "absent", "No key of a host is trusted.", .required("name", "The host."), .optional("user", nil as String?, "Whose file."),
            .optional("config", nil as String?, "The file, below the home unless absolute."), body: absent),
    ]

    struct Settings: ArgumentGroup {
        var settings = SshModule.KnownHostSettings()
        static let fields: [ArgumentField<Settings>] =
            [.field("user", \.settings.user, "Whose file.")] + SshModule.KnownHostSettings.common.map { $0.within(\.settings) }
    }

    private static let relative = "If not specifying a \"user\", specify an absolute \"config\"."

    private static func file(_ user: String?, _ config: String?) -> String {
        if let config, !config.isEmpty { return config }
        return (user ?? "").isEmpty ? "/etc/ssh/ssh_known_hosts" : ".ssh/known_hosts"
    }

    private static func present(_ state: StateContext, _ given: Settings) async throws -> StateResult {
        var settings = given.settings
        let (name, config) = (state.name, file(settings.user, settings.config))
        if (settings.user ?? "").isEmpty, !config.hasPrefix("/") { return state.failed(relative) }
        settings.config = config
        settings.hostname = name
        let wanted = settings
        return try await state.either(
            would: { try await foresee(state, wanted, config) },
            do: {
                let answer = try await state.call.call("ssh.set_known_host", keywords: arguments(wanted))
                switch answer["status"] {
                case "exists": return state.unchanged("\(name) already exists in \(config)")
                case "error": return state.failed(answer["error"]?.pythonString ?? "")
                default: break
                }
                let first = answer["new"]?.listValue?.first
                func word(_ key: String) -> String { first?[key]?.pythonString ?? "None" }
                let comment =
                    !(wanted.key ?? "").isEmpty
                    ? "\(name)'s key saved to \(config) (key: \(word("key")))"
                    : !(wanted.fingerprint ?? "").isEmpty
                        ? "\(name)'s key saved to \(config) (fingerprint: \(word("fingerprint")))"
                        : wanted.enc.map { "\(name)'s \($0) key saved to \(config) (key: \(word("key")))" }
                            ?? "\(name)'s key(s) saved to \(config)"
                return StateResult(
                    name: name, result: true, comment: comment, changes: ["old": answer["old"] ?? .null, "new": answer["new"] ?? .null])
            })
    }

    private static func arguments(_ settings: SshModule.KnownHostSettings) -> ValueMap {
        [
            "user": settings.user.value, "hostname": settings.hostname.value, "fingerprint": settings.fingerprint.value,
            "key": settings.key.value,
            "port": settings.port.value, "enc": settings.enc.value, "config": settings.config.value,
            "hash_known_hosts": .bool(settings.hashes),
            "timeout": .int(settings.timeout), "fingerprint_hash_type": settings.hashType.value,
        ]
    }

    private static func foresee(_ state: StateContext, _ settings: SshModule.KnownHostSettings, _ config: String) async throws
        -> StateResult
    {
        let name = state.name
        let key = settings.key ?? ""
        if !key.isEmpty, !(settings.fingerprint ?? "").isEmpty {
            return state.failed("Specify either \"key\" or \"fingerprint\", not both.")
        }
        if !key.isEmpty, (settings.enc ?? "").isEmpty { return state.failed("Required argument \"enc\" if using \"key\" argument.") }
        do {
            let hosts = try await KnownHosts(state.call, user: settings.user, config: config, hashType: settings.hashType)
            let answer = try await hosts.check(name, key: settings.key, fingerprint: settings.fingerprint, port: settings.port)
            if answer == "exists" { return state.unchanged("Host \(name) is already in \(config)") }
            let words = answer == "add" ? "added to" : "updated in"
            return StateResult(name: name, result: nil, comment: "Key for \(name) is set to be \(words) \(config)")
        } catch let failure as KnownHosts.Failure {
            return state.failed(failure.reason)
        }
    }

    private static func absent(_ state: StateContext, name: String, user: String?, config given: String?) async throws -> StateResult {
        let config = file(user, given)
        if (user ?? "").isEmpty, !config.hasPrefix("/") { return state.failed(relative) }
        let hosts: KnownHosts
        do { hosts = try await KnownHosts(state.call, user: user, config: config) } catch let failure as KnownHosts.Failure {
            return state.failed(failure.reason)
        }
        let known = try await hosts.entries(name, port: nil)
        if known.isEmpty { return state.unchanged("Host is already absent") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Key for \(name) is set to be removed from \(config)")
            },
            do: {
                do {
                    let comment = try await hosts.remove(name, port: nil)
                    return StateResult(name: name, result: true, comment: comment, changes: ["old": .list(known.map(\.value)), "new": nil])
                } catch let failure as KnownHosts.Failure {
                    return state.failed(failure.reason)
                }
            })
    }
}
