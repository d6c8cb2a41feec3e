import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys that users may log in with.
package struct SshAuthState: StateModule {
    package static let name = "ssh_auth"
    package static let summary = "Keys that users may log in with."

    package static let functions: [StateFunction] = [
        StateFunction("present", "A user may log in with a key.", Settings.self, body: present),
        StateFunction("absent", "A user may not log in with a key.", Settings.self, body: absent),
        StateFunction("manage", "A user may log in with these keys alone.", ManageSettings.self, body: manage),
    ]

    struct Settings: ArgumentGroup {
        var user = ""
        var enc = "ssh-rsa"
        var comment = ""
        var source = ""
        var options: [String] = []
        var config = ".ssh/authorized_keys"
        var ignored: Value = .null

        static let fields: [ArgumentField<Settings>] = [
            .field("user", \.user, "The user.", required: true),
            .field("enc", \.enc, "The kind of the key, when the name has none."),
            .field("comment", \.comment, "A remark."),
            .field("source", \.source, "A file of keys."),
            .field("options", \.options, "Options in front of the key."),
            .field("config", \.config, "The file, below the home unless absolute."),
            .field("fingerprint_hash_type", \.ignored, "Without effect."),
        ]
    }

    struct ManageSettings: ArgumentGroup {
        var keys: [String] = []
        var settings = Settings()

        static let fields: [ArgumentField<ManageSettings>] = [
            .field("ssh_keys", \.keys, "The keys.", required: true)
        ] + Settings.fields.map { $0.within(\.settings) }
    }

    /// The keys of the source; nil when it is not there.
    private static func sourceKeys(_ state: StateContext, _ settings: Settings) async throws -> [AuthorizedKey]? {
        let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
        guard let content = try await reader.content(settings.source) else { return nil }
        let keys = AuthorizedKeys.keys(String(decoding: content.bytes, as: UTF8.self))
        if keys.isEmpty { throw ExecutionError("No keys detected in \(settings.source). Is file properly formatted?") }
        return keys
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        do {
            return try await settings.source.isEmpty ? presentOne(state, state.name, settings) : presentAll(state, settings)
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
    }

    private static func presentOne(_ state: StateContext, _ name: String, _ settings: Settings) async throws -> StateResult {
        let key = AuthorizedKey(name: name, kind: settings.enc, comment: settings.comment, options: settings.options)
        let file = try await AuthorizedKeys(state.call, user: settings.user, config: settings.config)
        return try await state.either(would: {
            let comparison = try await file?.compare(key) ?? .add
            if comparison == .exists { return state.unchanged(isPresent(key.key, settings)) }
            let verb = comparison == .add ? "added" : "updated"
            return StateResult(name: state.name, result: nil, comment: "Key \(key.key) for user \(settings.user) is set to be \(verb)")
        }, do: { answer(state, key.key, settings, try await file?.set(key) ?? .failed) })
    }

    private static func presentAll(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let file = try await AuthorizedKeys(state.call, user: settings.user, config: settings.config)
        return try await state.either(would: {
            var sentences: [String] = []
            for key in try await sourceKeys(state, settings) ?? [] {
                let comparison = try await file?.compare(key) ?? .add
                if comparison != .exists { sentences.append("Set to \(comparison.rawValue): \(key.key)\n") }
            }
            if sentences.isEmpty { return state.unchanged("All host keys in file \(settings.source) are already present") }
            return StateResult(name: state.name, result: nil, comment: sentences.joined())
        }, do: {
            guard let keys = try await sourceKeys(state, settings) else {
                return state.failed("Failed to add the ssh key. Source file \(settings.source) is missing")
            }
            var outcomes: [AuthorizedKeys.Outcome] = []
            for var key in keys {
                if !settings.options.isEmpty { key.options = settings.options }
                outcomes.append(try await file?.set(key) ?? .failed)
            }
            let order: [AuthorizedKeys.Outcome] = [.failed, .replace, .new]
            return answer(state, state.name, settings, order.first { outcomes.contains($0) } ?? .unchanged)
        })
    }

    private static func isPresent(_ key: String, _ settings: Settings) -> String {
        "The authorized host key \(key) is already present for user \(settings.user)"
    }

    private static func answer(_ state: StateContext, _ key: String, _ settings: Settings, _ outcome: AuthorizedKeys.Outcome) -> StateResult {
        let subject = "The authorized host key \(key) for user \(settings.user)"
        switch outcome {
        case .new: return StateResult(name: state.name, result: true, comment: "\(subject) was added", changes: [.string(key): "New"])
        case .replace: return StateResult(name: state.name, result: true, comment: "\(subject) was updated", changes: [.string(key): "Updated"])
        case .unchanged: return state.unchanged(isPresent(key, settings))
        case .failed: return state.failed("Failed to add the ssh key. Is the home directory available, and/or does the key file exist?")
        case .invalid: return state.failed("Invalid public ssh key, most likely has spaces or invalid syntax")
        }
    }

    private static func absent(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        do {
            let file = try await AuthorizedKeys(state.call, user: settings.user, config: settings.config)
            if !settings.source.isEmpty { return try await absentAll(state, settings, file) }
            let key = AuthorizedKey(name: state.name, kind: settings.enc, comment: settings.comment, options: settings.options)
            return try await state.either(would: {
                guard let file, try await file.compare(key) != .add else { return state.unchanged("Key is already absent") }
                return StateResult(name: state.name, result: nil, comment: "Key \(key.key) for user \(settings.user) is set for removal")
            }, do: { try await remove(state, [key.key], named: key.key, file) })
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
    }

    private static func absentAll(_ state: StateContext, _ settings: Settings, _ file: AuthorizedKeys?) async throws -> StateResult {
        guard let keys = try await sourceKeys(state, settings) else {
            return state.failed("Failed to remove the ssh key. Source file \(settings.source) is missing")
        }
        return try await state.either(would: {
            let known = await file?.keys().map(\.key) ?? []
            let sentences = keys.filter { known.contains($0.key) }.map { "Set to remove: \($0.key)\n" }
            if sentences.isEmpty { return state.unchanged("All host keys in file \(settings.source) are already absent") }
            return StateResult(name: state.name, result: nil, comment: sentences.joined())
        }, do: { try await remove(state, keys.map(\.key), named: state.name, file) })
    }

    private static func remove(_ state: StateContext, _ keys: [String], named name: String, _ file: AuthorizedKeys?) async throws -> StateResult {
        var isRemoved = false
        for key in keys { if try await file?.remove(key) == "Key removed" { isRemoved = true } }
        if !isRemoved { return state.unchanged("Key not present") }
        return StateResult(name: state.name, result: true, comment: "Key removed", changes: [.string(name): "Removed"])
    }

    private static func manage(_ state: StateContext, _ given: ManageSettings) async throws -> StateResult {
        let settings = given.settings
        // Options, kinds and remarks are words too; none of them is a key.
        let words = Set(given.keys.flatMap { $0.parts(" ") })
        let file = try await AuthorizedKeys(state.call, user: settings.user, config: settings.config)
        let unwanted = (await file?.keys() ?? []).map(\.key).filter { !words.contains($0) }
        var result = try await state.either(would: {
            let comment = unwanted.last.map { "\($0) Key set for removal" } ?? ""
            return StateResult(name: "", result: unwanted.isEmpty ? true : nil, comment: comment)
        }, do: {
            var changes = ValueMap()
            for key in unwanted { changes[.string(key)] = .string(try await file?.remove(key) ?? "Key not present") }
            return StateResult(name: "", result: true, comment: "", changes: changes)
        })
        for name in given.keys {
            let one: StateResult
            do { one = try await presentOne(state, name, settings) } catch let error as ExecutionError { return state.failed("\(error)") }
            for (key, value) in one.changes { result.changes[key] = value }
            if one.changes.isEmpty { result.comment = (result.comment + "\n" + one.comment).stripped() }
            if one.result != true { result.result = one.result }
        }
        return result
    }
}
