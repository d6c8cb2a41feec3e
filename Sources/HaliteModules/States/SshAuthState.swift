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
    ]

    struct Settings: ArgumentGroup {
        var user = ""
        var enc = "ssh-rsa"
        var comment = ""
        var source: String?
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

    /// A line of an authorized_keys file.
    private struct Key: Equatable {
        var options: String
        var kind: String
        var key: String
        var comment: String

        /// Reads a whole line; nil for remarks and for what is no key.
        init?(_ line: String) {
            let pattern = "^(.*?)\\s?((?:sk-)?(?:ssh\\-|ecds)[\\w@.-]+)\\s+(\\S+)(?:\\s+(.*))?$"
            guard !line.hasPrefix("#"), let regex = try? PythonRegex.compile(pattern), let match = try? regex.search(line),
                let kind = match.text(2, of: line), let key = match.text(3, of: line)
            else { return nil }
            (options, self.kind, self.key) = (match.text(1, of: line) ?? "", kind, key)
            comment = (match.text(4, of: line) ?? "").stripped()
        }

        /// A name that is a whole line or the key alone.
        init(name: String, _ settings: Settings) {
            if let parsed = Key(name) {
                self = parsed
                return
            }
            let words = name.words()
            options = settings.options.joined(separator: ",")
            kind = settings.enc
            key = words.first ?? ""
            comment = words.count > 1 ? words.dropFirst().joined(separator: " ") : settings.comment
        }

        var line: String { [options, kind, key, comment].filter { !$0.isEmpty }.joined(separator: " ") }
        /// The text is base64 of something.
        var isValid: Bool { !key.isEmpty && Base64.decode(key)?.isEmpty == false }
    }

    private static func file(_ state: StateContext, _ settings: Settings) async throws -> (path: String, user: UserEntry)? {
        guard let user = try await state.call.host.user(named: settings.user) else { return nil }
        let path = settings.config
            .split(separator: "%h", omittingEmptySubsequences: false).joined(separator: user.home)
            .split(separator: "%u", omittingEmptySubsequences: false).joined(separator: user.name)
        return (Path.join(user.home, path), user)
    }

    private static func keys(_ state: StateContext, _ settings: Settings) async throws -> [Key]? {
        guard let source = settings.source, !source.isEmpty else { return [Key(name: state.name, settings)] }
        let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
        guard let content = try await reader.content(source) else { return nil }
        return PythonLines.split(String(decoding: content.bytes, as: UTF8.self)).compactMap { Key($0) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let host = state.call.host
        guard let keys = try await keys(state, settings) else {
            return state.failed("Failed to add the ssh key. Source file \(settings.source ?? "") is missing")
        }
        if keys.contains(where: { !$0.isValid }) { return state.failed("Invalid public ssh key, most likely has spaces or invalid syntax") }
        guard let (path, user) = try await file(state, settings) else {
            return try await state.either(would: {
                StateResult(name: state.name, result: nil, comment: "Key \(keys.first?.key ?? "") for user \(settings.user) is set to be added")
            }, do: { state.failed("Failed to add the ssh key. Is the home directory available, and/or does the key file exist?") })
        }
        var lines = PythonLines.split(await host.readTextIfPresent(path) ?? "")
        var changes = ValueMap()
        for key in keys {
            if let index = lines.firstIndex(where: { Key($0)?.key == key.key }) {
                if Key(lines[index]) == key { continue }
                lines[index] = key.line
                changes[.string(key.key)] = "Updated"
            } else {
                lines.append(key.line)
                changes[.string(key.key)] = "New"
            }
        }
        let shown = keys.first?.key ?? state.name
        if changes.isEmpty {
            if let source = settings.source, !source.isEmpty { return state.unchanged("All host keys in file \(source) are already present") }
            return state.unchanged("The authorized host key \(shown) is already present for user \(settings.user)")
        }
        let isNew = changes.contains { $0.value == "New" }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Key \(shown) for user \(settings.user) is set to be \(isNew ? "added" : "updated")")
        }, do: {
            try await write(lines, path, user, host)
            return StateResult(
                name: state.name, result: true,
                comment: "The authorized host key \(shown) for user \(settings.user) was \(isNew ? "added" : "updated")", changes: changes)
        })
    }

    private static func write(_ lines: [String], _ path: String, _ user: UserEntry, _ host: any Host) async throws {
        let folder = Path.parent(path) ?? "/"
        if try await !host.isDirectory(folder) {
            try await host.makeDirectories(folder, FileAttributes(mode: 0o700, userID: user.userID, groupID: user.groupID))
        }
        let isNew = try await !host.exists(path)
        let attributes = isNew ? FileAttributes(mode: 0o600, userID: user.userID, groupID: user.groupID) : FileAttributes()
        try await host.write(path, Array(lines.map { $0 + "\n" }.joined().utf8), attributes)
    }

    private static func absent(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let host = state.call.host
        guard let keys = try await keys(state, settings) else { return state.failed("Failed to remove the ssh key. Source file \(settings.source ?? "") is missing") }
        guard let (path, user) = try await file(state, settings) else { return state.failed("User \(settings.user) does not exist") }
        let lines = PythonLines.split(await host.readTextIfPresent(path) ?? "")
        let unwanted = Set(keys.map(\.key))
        let kept = lines.filter { line in !(Key(line).map { unwanted.contains($0.key) } ?? false) }
        let shown = keys.first?.key ?? state.name
        if kept.count == lines.count {
            return state.unchanged(state.text(would: "Key is already absent", did: lines.isEmpty ? "Authorized keys file \(path) not present" : "Key not present"))
        }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Key \(shown) for user \(settings.user) is set for removal")
        }, do: {
            try await write(kept, path, user, host)
            let changes = ValueMap(keys.map { (.string($0.key), "Removed") })
            return StateResult(name: state.name, result: true, comment: "Key removed", changes: changes)
        })
    }
}
