import Glibc
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteRender
import HaliteValue

/// A bare copy of a remote repository in the cache, and the trees of its commits laid out as folders.
///
/// Everything is done by the `git` program with lists of arguments. What comes from the configuration or from the remote stands
/// where it cannot be read as an option, and only ordinary protocols are allowed.
struct GitMirror: Sendable {
    let remote: GitRemote
    /// The bare repository.
    private let directory: String
    private let folder: String
    private let log: @Sendable (String) -> Void

    /// The commits of branches and tags.
    struct Refs: Sendable {
        var branches: [String: String] = [:]
        var tags: [String: String] = [:]
    }

    init(_ remote: GitRemote, cache: String, log: @escaping @Sendable (String) -> Void) {
        self.remote = remote
        self.log = log
        folder = Path.join(cache, remote.role.rawValue, Digest.hexadecimal(Array(remote.id.utf8), .sha256))
        directory = Path.join(folder, "mirror")
    }

    static func isHexadecimal(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
        }
    }

    /// The URL without what is secret in it.
    private var shownURL: String {
        guard let scheme = remote.url.firstRange(of: "://"), let at = remote.url[scheme.upperBound...].firstIndex(of: "@") else { return remote.url }
        return String(remote.url[..<scheme.upperBound] + remote.url[remote.url.index(after: at)...])
    }

    // MARK: Fetching

    private static let fetchTimeout = Duration.seconds(300)

    /// Asks the remote when the last time is longer ago than an interval. What it cannot bring is as it was before.
    /// - Throws: when there is nothing to read, neither now nor from before.
    func update(interval: Double) async throws {
        guard await LocalHost().which("git") != nil else {
            throw ExecutionError("\(remote.role.rawValue) needs the program 'git', which is not in the path of this host")
        }
        try check()
        try await LocalHost().makeDirectories(folder, FileAttributes(mode: 0o700))
        return try await FileLock.holding(Path.join(folder, "lock"), what: "\(remote.role.rawValue) remote '\(shownURL)'") {
            if let age = try await age(), age < interval { return }
            try await fetch()
        }
    }

    private func check() throws {
        let url = remote.url
        guard !url.isEmpty, !url.hasPrefix("-"), !url.unicodeScalars.contains(where: { $0.value < 0x20 }), !url.contains("::") else {
            throw ExecutionError("\(remote.role.rawValue) remote '\(shownURL)' is no URL of a repository")
        }
        if remote.text("passphrase") != nil {
            throw ExecutionError("\(remote.role.rawValue) remote '\(shownURL)': keys with a passphrase need an ssh agent; 'passphrase' is not supported")
        }
    }

    private var stamp: String { Path.join(folder, "fetched") }

    private func age() async throws -> Double? {
        guard let status = try await LocalHost().status(stamp) else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 - status.modificationTime
    }

    private func fetch() async throws {
        if try await !LocalHost().isDirectory(Path.join(directory, "objects")) {
            let made = try await git(["init", "--quiet", "--bare", "--", directory], inside: false)
            guard made.succeeded else { throw ExecutionError("cannot make \(directory): \(made.errorText)") }
        }
        var arguments = ["fetch", "--quiet", "--prune", "--force", "--no-write-fetch-head"]
        if remote.depth > 0 { arguments += ["--depth", String(remote.depth)] }
        arguments += ["--", remote.url] + refspecs
        let result = try await git(arguments)
        if result.succeeded {
            return try await LocalHost().touch(stamp, accessTime: nil, modificationTime: nil)
        }
        let reason = result.timedOut ? "no answer within \(Self.fetchTimeout)" : result.errorText
        guard let age = try await age() else {
            throw ExecutionError("\(remote.role.rawValue) remote '\(shownURL)' cannot be fetched: \(reason)")
        }
        log("\(remote.role.rawValue) remote '\(shownURL)' cannot be fetched, going on with what was fetched \(Int(age)) seconds ago: \(reason)")
    }

    /// Refspecs are arguments behind `--`, and only those that write where refs of this mirror belong.
    private var refspecs: [String] {
        let wanted = (remote.names("refspecs") ?? []).filter { spec in
            !spec.hasPrefix("-") && (spec.contains(":refs/remotes/origin/") || spec.contains(":refs/tags/"))
        }
        return wanted.isEmpty ? ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"] : wanted
    }

    // MARK: Reading

    func refs() async throws -> Refs {
        let result = try await git(["for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", "refs/remotes/origin/", "refs/tags/"])
        var refs = Refs()
        for line in result.lines {
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 3 else { continue }
            // An annotated tag is an object of its own; the second is the commit.
            let commit = words[1].isEmpty ? words[0] : words[1]
            if words[2].hasPrefix("refs/remotes/origin/") {
                refs.branches[String(words[2].dropFirst("refs/remotes/origin/".count))] = commit
            } else if words[2].hasPrefix("refs/tags/") {
                refs.tags[String(words[2].dropFirst("refs/tags/".count))] = commit
            }
        }
        refs.branches["HEAD"] = nil
        return refs
    }

    /// The commit that a name means, in the order of `ref_types`; then that of `fallback`.
    func commit(of name: String, in refs: Refs) async throws -> String? {
        for candidate in [name, remote.fallback].compactMap({ $0 }) {
            for type in remote.types {
                switch type {
                case "branch": if let commit = refs.branches[candidate] { return commit }
                case "tag": if let commit = refs.tags[candidate] { return commit }
                default:
                    guard Self.isHexadecimal(candidate), candidate.utf8.count >= 4 else { continue }
                    let result = try await git(["rev-parse", "--quiet", "--verify", "--end-of-options", candidate + "^{commit}"])
                    if result.succeeded { return result.lines.last }
                }
            }
        }
        return nil
    }

    /// The folder that holds the tree of a commit; made beside and renamed, so that it is whole or not there.
    func tree(_ commit: String) async throws -> String {
        let host = LocalHost()
        let path = Path.join(folder, "trees", commit)
        if try await host.isDirectory(path) { return path }
        try await host.makeDirectories(Path.join(folder, "trees"), FileAttributes(mode: 0o700))
        let work = Path.join(folder, "trees", ".new-" + String(UInt64.random(in: .min ... .max), radix: 36))
        try await host.makeDirectory(work, FileAttributes(mode: 0o700))
        do {
            let index: [String: String?] = ["GIT_INDEX_FILE": work + ".index"]
            for arguments in [["read-tree", "--end-of-options", commit], ["checkout-index", "--all", "--force", "--quiet"]] {
                let result = try await git(arguments, workTree: work, environment: index)
                guard result.succeeded else { throw ExecutionError("git \(arguments[0]) of \(commit) failed: \(result.errorText)") }
            }
            try await host.remove(work + ".index")
            try await host.rename(work, to: path)
        } catch {
            try? await host.remove(work)
            try? await host.remove(work + ".index")
            // Somebody else may have made it in between.
            guard try await host.isDirectory(path) else { throw error }
        }
        return path
    }

    /// Removes the trees of commits that no ref means any more, once nobody can be reading them.
    func removeOldTrees(keeping commits: Set<String>) async throws {
        let host = LocalHost()
        let trees = Path.join(folder, "trees")
        guard try await host.isDirectory(trees) else { return }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        for name in try await host.list(trees) where !commits.contains(name) {
            let path = Path.join(trees, name)
            if let status = try await host.status(path), Double(now.tv_sec) - status.changeTime > 86_400 { try await host.remove(path) }
        }
    }

    // MARK: The program

    private func git(
        _ arguments: [String], inside: Bool = true, workTree: String? = nil, environment: [String: String?] = [:]
    ) async throws -> CommandResult {
        let places = (inside ? ["--git-dir=\(directory)"] : []) + (workTree.map { ["--work-tree=\($0)"] } ?? [])
        var command = Command(["git"] + places + ["-c", "core.quotepath=false"] + arguments)
        command.environment = environment.merging(access) { own, _ in own }
        command.timeout = Self.fetchTimeout
        command.outputLimit = 64 << 20
        return try await LocalHost().run(command)
    }

    /// What git needs to know; secrets stand here and not among the arguments, where all users of the host see them.
    private var access: [String: String?] {
        var environment: [String: String?] = [
            "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "file:http:https:ssh:git", "LC_ALL": "C", "LANGUAGE": "C", "GIT_ASKPASS": "true",
        ]
        // What the caller's own repository may have set must not lead elsewhere.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] { environment.updateValue(nil, forKey: name) }
        if remote.setting("ssl_verify") == false { environment["GIT_SSL_NO_VERIFY"] = "true" }
        if let proxy = remote.text("proxy") {
            environment["http_proxy"] = proxy
            environment["https_proxy"] = proxy
        }
        if let key = remote.text("privkey") {
            let quoted = "'" + DataPath.split(key, "'").joined(separator: "'\\''") + "'"
            environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes -o IdentitiesOnly=yes -i \(quoted)"
        }
        if let user = remote.text("user"), remote.url.hasPrefix("https://") || remote.setting("insecure_auth")?.isTruthy == true {
            let pair = Array("\(user):\(remote.text("password") ?? "")".utf8)
            environment["GIT_CONFIG_COUNT"] = "1"
            environment["GIT_CONFIG_KEY_0"] = "http.extraHeader"
            environment["GIT_CONFIG_VALUE_0"] = "Authorization: Basic \(Base64.encode(pair))"
        }
        return environment
    }
}
