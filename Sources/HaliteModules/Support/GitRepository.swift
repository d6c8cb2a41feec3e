import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Runs git in a folder of the host.
struct GitRepository: Sendable {
    let call: CallContext
    let folder: String
    var user: String?
    /// Private keys to log in with.
    var identity: [String] = []

    /// A command of git that failed.
    struct Failure: Error, CustomStringConvertible {
        /// What went wrong, without the command line.
        let reason: String
        let description: String

        init(_ text: String, command: [String] = []) {
            let reason = GitAddress.redacted(text)
            let line = "Command '\(GitAddress.redacted("git " + command.joined(separator: " ")))' failed"
            self.reason = reason
            description = command.isEmpty ? reason : line + (reason.isEmpty ? "" : ": \(reason)")
        }
    }

    /// - Parameter inside: whether the command works on this repository.
    func command(_ words: [String], inside: Bool = true, mergingErrors: Bool = false) async throws -> CommandResult {
        if inside, try await !call.host.isDirectory(folder) {
            throw Failure("Specified cwd '\(folder)' either not absolute or does not exist")
        }
        // Repositories that somebody else owns are meant here; git would refuse them otherwise.
        var command = Command(["git"] + (inside ? ["-c", "safe.directory=\(folder)"] : []) + words)
        if inside { command.workingDirectory = folder }
        command.user = user
        command.mergesErrors = mergingErrors
        command.environment["GIT_TERMINAL_PROMPT"] = "0"
        if let user, let home = try await call.host.user(named: user)?.home { command.environment["HOME"] = home }
        if !identity.isEmpty {
            let keys = identity.map { "-i \(ShellWords.quote($0))" }.joined(separator: " ")
            command.environment["GIT_SSH_COMMAND"] = "ssh -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new -o BatchMode=yes \(keys)"
        }
        return try await call.host.run(command)
    }

    /// The output of a command that must succeed.
    @discardableResult
    func output(_ words: [String], inside: Bool = true, mergingErrors: Bool = false) async throws -> String {
        let result = try await command(words, inside: inside, mergingErrors: mergingErrors)
        guard result.succeeded else { throw Failure(mergingErrors ? result.text : result.errorText, command: words) }
        return result.text
    }

    @discardableResult
    func output(_ words: String...) async throws -> String { try await output(words) }

    /// The output, or nil when the command fails.
    func answer(_ words: String...) async throws -> String? {
        let result = try await command(words)
        return result.succeeded && !result.text.isEmpty ? result.text : nil
    }

    // MARK: - What is there

    /// Whether the folder is the top of a repository, a bare one when asked so, or one of several work trees.
    func exists(bare: Bool = false) async throws -> Bool {
        if try await call.host.isDirectory(Path.join(folder, bare ? "refs" : ".git")) { return true }
        return try await isWorkTree()
    }

    /// Whether the folder belongs to a work tree that was added to a repository elsewhere.
    func isWorkTree() async throws -> Bool {
        guard try await call.host.isDirectory(folder), let top = try await answer("rev-parse", "--show-toplevel") else { return false }
        let path = Path.join(top, ".git")
        guard try await call.host.isFile(path) else { return false }
        let words = try await call.host.readText(path).words()
        return words.count > 1 && words[0] == "gitdir:" && words[1].hasPrefix("/")
    }

    func commit(of revision: String) async throws -> String? { try await answer("rev-parse", revision + "^{commit}") }
    func head() async throws -> String? { try await answer("rev-parse", "HEAD^{commit}") }
    func branch() async throws -> String? { try await answer("rev-parse", "--abbrev-ref", "HEAD") }
    func upstream(of branch: String) async throws -> String? { try await answer("rev-parse", "--abbrev-ref", branch + "@{upstream}") }

    /// The short names below a place such as `refs/heads/`.
    func names(below place: String) async throws -> [String] {
        PythonLines.split(try await output("for-each-ref", "--format", "%(refname:short)", place))
    }

    func isAncestor(_ older: String, of newer: String) async throws -> Bool {
        try await command(["merge-base", "--is-ancestor", older, newer]).succeeded
    }

    /// The remotes with their places to fetch from and to push to.
    func remotes(redacted: Bool = true) async throws -> ValueMap {
        var found = ValueMap()
        for line in PythonLines.split(try await output("remote", "--verbose")) {
            let words = line.words()
            guard words.count >= 3 else { continue }
            var entry = found[words[0]]?.mapValue ?? [:]
            entry[.string(words[2].filter { !"()".contains($0) })] = .string(redacted ? GitAddress.redacted(words[1]) : words[1])
            found[.string(words[0])] = .map(entry)
        }
        return found
    }

    /// The names and commits of a remote, in git's order.
    func remoteReferences(_ words: [String], inside: Bool = false) async throws -> [(name: String, commit: String)] {
        PythonLines.split(try await output(["ls-remote"] + words, inside: inside)).compactMap { line in
            let words = line.words()
            return words.count == 2 ? (words[1], words[0]) : nil
        }
    }

    // MARK: - Changes

    /// Fetches and tells what is new, under the names that Salt gives.
    func fetch(_ remote: String?, force: Bool = false, options: [String] = [], references: [String] = []) async throws -> ValueMap {
        let words = ["fetch"] + (force ? ["--force"] : []) + options.filter { $0 != "-f" && $0 != "--force" } + (remote.map { [$0] } ?? []) + references
        return try GitFetchReport.read(try await output(words, mergingErrors: true))
    }
}

/// What `git fetch` says that it has changed.
enum GitFetchReport {
    private static let pattern = #"[\s*]*(?:([0-9a-f]+)\.\.([0-9a-f]+)|\[(?:new (tag|branch)|tag update)\])\s+(.+)->"#

    static func read(_ text: String) throws -> ValueMap {
        let regex = try PythonRegex.compile(pattern)
        var found = ValueMap()
        func append(_ key: String, _ name: String) { found[.string(key)] = .list((found[key]?.listValue ?? []) + [.string(name)]) }
        for line in text.parts("\n") {
            let bytes = Array(line.utf8)
            guard let match = try regex.firstMatch(in: bytes, anchor: .start) else { continue }
            let name = (match.text(4, of: bytes) ?? "").rightStripped()
            if let kind = match.text(3, of: bytes) {
                append(kind == "tag" ? "new tags" : "new branches", name)
            } else if let old = match.text(1, of: bytes), let new = match.text(2, of: bytes) {
                var branches = found["updated branches"]?.mapValue ?? [:]
                branches[.string(name)] = ["old": .string(old), "new": .string(new)]
                found["updated branches"] = .map(branches)
            } else {
                append("updated tags", name)
            }
        }
        return found
    }
}

/// Addresses of repositories with the names and passwords in them.
enum GitAddress {
    /// The address with a name and a password, where it is one of HTTPS.
    static func authenticated(_ address: String, user: String?, password: String?) throws -> String {
        guard user != nil || password != nil else { return address }
        guard address.hasPrefix("https://"), let user else { throw GitRepository.Failure("Basic Auth only supported for HTTPS") }
        return "https://" + encoded(user) + (password.map { ":" + encoded($0) } ?? "") + "@" + address.dropFirst(8)
    }

    /// A text without the names and passwords of addresses in it, as it may be shown.
    static func redacted(_ text: String) -> String {
        guard text.contains("@"), let regex = try? PythonRegex.compile("(https?)://.*@", .ignoreCase) else { return text }
        return (try? regex.substitute(#"\1://<redacted>@"#, in: text)) ?? text
    }

    private static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let character = Character(Unicode.Scalar(byte))
            if byte < 0x80, character.isLetter || character.isNumber || "_.-~".contains(character) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
