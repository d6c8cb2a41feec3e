import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A key that a user may log in with.
struct AuthorizedKey: Sendable, Equatable {
    var options: [String]
    var kind: String
    var key: String
    var comment: String

    private static let pattern = #"^(.*?)\s?((?:sk-)?(?:ssh\-|ecds)[\w@.-]+\s.+)$"#

    /// What stands in front of the key, and the key with its kind and remark; nil for a line without a kind.
    private static func parts(_ line: String) -> (options: [String], rest: String)? {
        guard let regex = try? PythonRegex.compile(pattern), let match = try? regex.search(line), let rest = match.text(2, of: line) else { return nil }
        let options = match.text(1, of: line) ?? ""
        return (options.isEmpty ? [] : options.parts(","), rest)
    }

    /// Reads a line of a file of keys; nil for remarks and for what is no key.
    init?(line: String) {
        guard !line.hasPrefix("#"), let parts = Self.parts(line) else { return nil }
        let words = parts.rest.words()
        guard words.count > 1 else { return nil }
        (options, kind, key, comment) = (parts.options, words[0], words[1], words.dropFirst(2).joined(separator: " "))
    }

    /// Reads the name of a state: a whole line, or a key with or without a remark.
    init(name: String, kind: String, comment: String, options: [String]) {
        (self.kind, self.comment, self.options) = (kind, comment, options)
        guard let parts = Self.parts(name) else {
            let words = Self.split(name, 1)
            key = words.first ?? ""
            if words.count > 1 { self.comment = words[1] }
            return
        }
        let words = Self.split(parts.rest, 2)
        if !parts.options.isEmpty { self.options = parts.options }
        self.kind = words[0]
        key = words.count > 1 ? words[1] : ""
        if words.count > 2 { self.comment = words[2] }
    }

    /// The first words, and the rest as it is.
    private static func split(_ text: String, _ count: Int) -> [String] {
        var words: [String] = []
        var rest = text.unicodeScalars[...]
        func skip() { rest = rest.drop { $0.properties.isWhitespace } }
        skip()
        while words.count < count, !rest.isEmpty {
            words.append(String(rest.prefix { !$0.properties.isWhitespace }))
            rest = rest.drop { !$0.properties.isWhitespace }
            skip()
        }
        return rest.isEmpty ? words : words + [String(rest)]
    }

    var line: String { (options.isEmpty ? "" : options.joined(separator: ",") + " ") + "\(kind) \(key) \(comment)\n" }

    /// The text is base64 of something.
    var isValid: Bool { Base64.decode(key)?.isEmpty == false }

    /// The kind as files have it, for the short forms that states may use.
    static func refined(_ kind: String) throws -> String {
        switch kind {
        case "r", "rsa", "ssh-rsa": return "ssh-rsa"
        case "d", "dsa", "dss", "ssh-dss": return "ssh-dss"
        case "e", "ecdsa": return "ecdsa-sha2-nistp256"
        case "ed25519", "ssh-ed25519": return "ssh-ed25519"
        default: break
        }
        let names = ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-ed25519", "rsa-sha2-256", "rsa-sha2-512", "ssh-rsa"]
        let bare = kind.hasPrefix("sk-") ? String(kind.dropFirst(3)) : kind
        let isKnown = names.contains { bare == $0 || bare == $0 + "@openssh.com" || bare == $0 + "-cert-v01@openssh.com" }
        guard isKnown else { throw ExecutionError("Incorrect encryption key type '\(kind)'.") }
        return kind
    }
}

/// The file with the keys of one user.
struct AuthorizedKeys: Sendable {
    enum Comparison: String { case add, update, exists }
    enum Outcome: String {
        case new, replace, unchanged = "no change", failed = "fail", invalid = "Invalid public key"
    }

    let host: any Host
    let user: UserEntry
    let path: String

    /// Nil when there is no such user.
    init?(_ call: CallContext, user name: String, config: String) async throws {
        guard let user = try await call.host.user(named: name) else { return nil }
        let path = config.replacing("%u", with: user.name).replacing("%h", with: user.home).replacing("%%", with: "%")
        (host, self.user, self.path) = (call.host, user, Path.join(user.home, path))
    }

    /// The valid keys of a file.
    static func keys(_ text: String) -> [AuthorizedKey] {
        PythonLines.split(text).compactMap { AuthorizedKey(line: $0.stripped()) }.filter(\.isValid)
    }

    private func lines() async -> [String] {
        PythonLines.split(await host.readTextIfPresent(path) ?? "").map { $0.stripped() }.filter { !$0.isEmpty }
    }

    func keys() async -> [AuthorizedKey] { Self.keys(await host.readTextIfPresent(path) ?? "") }

    func compare(_ key: AuthorizedKey) async throws -> Comparison {
        var key = key
        key.kind = try AuthorizedKey.refined(key.kind)
        guard let known = await keys().last(where: { $0.key == key.key }) else { return .add }
        return known.line == key.line ? .exists : .update
    }

    func set(_ wanted: AuthorizedKey) async throws -> Outcome {
        var key = wanted
        key.kind = try AuthorizedKey.refined(key.kind)
        guard key.isValid else { return .invalid }
        switch try await compare(key) {
        case .exists: return .unchanged
        case .update:
            let lines = await lines().map { AuthorizedKey(line: $0)?.key == key.key ? key.line : $0 + "\n" }
            try await host.write(path, Array(lines.joined().utf8), FileAttributes())
            return .replace
        case .add: return try await append(key) ? .new : .failed
        }
    }

    private func append(_ key: AuthorizedKey) async throws -> Bool {
        if path.hasPrefix(user.home), try await !host.isDirectory(user.home) { return false }
        let folder = Path.parent(path) ?? "/"
        if try await !host.isDirectory(folder) {
            try await host.makeDirectories(folder, FileAttributes(mode: 0o700, userID: user.userID, groupID: user.groupID))
        }
        let old = await host.readTextIfPresent(path)
        let attributes = old == nil ? FileAttributes(mode: 0o600, userID: user.userID, groupID: user.groupID) : FileAttributes()
        let start = old ?? ""
        let end = start.isEmpty || start.utf8.last == UInt8(ascii: "\n") ? "" : "\n"
        try await host.write(path, Array((start + end + key.line).utf8), attributes)
        return true
    }

    /// Removes a key and tells so in Salt's words.
    func remove(_ key: String) async throws -> String {
        guard await keys().contains(where: { $0.key == key }) else { return "Key not present" }
        let kept = await lines().filter { line in
            if line.hasPrefix("#") { return true }
            return AuthorizedKey(line: line).map { $0.key != key } ?? false
        }
        try await host.write(path, Array(kept.map { $0 + "\n" }.joined().utf8), FileAttributes())
        return "Key removed"
    }
}
