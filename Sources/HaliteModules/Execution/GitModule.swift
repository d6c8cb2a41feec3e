import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Git repositories.
package struct GitModule: ExecutionModule {
    package static let name = "git"
    package static let summary = "Git repositories."
    package static let requires: Requirement = .command("git")

    private static let cwd: Parameter<String> = .required("cwd", "The folder of the repository.")
    private static let options: Parameter<String> = .optional("opts", "", "Options of git.")
    private static let user: Parameter<String?> = .optional("user", nil, "The user to run as.")
    private static let more: Parameter<ValueMap> = .keywords("kwargs", "identity; the rest is ignored.")

    package static let functions: [Function] = [
        Function("clone", "Clone a repository.", cwd, .required("url", "Where it is."), .optional("name", nil as String?, "The folder's name below cwd."), options, user, more, body: clone),
        Function("checkout", "Check a revision out.", cwd, .optional("rev", nil as String?, "The revision."), .optional("force", false, "Throw local changes away."), options, user, more, body: checkout),
        Function("pull", "Fetch and merge.", cwd, options, user, more, body: { (call: CallContext, cwd: String, opts: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["pull"] + ShellWords.split(opts)) }),
        Function("fetch", "Fetch from a remote.", cwd, .optional("remote", nil as String?, "The remote."), options, user, more, body: fetch),
        Function("push", "Push to a remote.", cwd, .optional("remote", nil as String?, "The remote."), .optional("ref", nil as String?, "What to push."), options, user, more, body: push),
        Function("init", "Make a repository.", cwd, options, user, more, body: initialise),
        Function("add", "Put a file into the next commit.", cwd, .required("filename", "The file."), options, user, more, body: add),
        Function("commit", "Commit.", cwd, .required("message", "The message."), options, user, more, body: commit),
        Function("reset", "Reset.", cwd, options, user, more, body: { (call: CallContext, cwd: String, opts: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["reset"] + ShellWords.split(opts)) }),
        Function("merge", "Merge.", cwd, .optional("rev", nil as String?, "The revision."), options, user, more, body: merge),
        Function("status", "Return what differs from the last commit.", cwd, user, more, body: status),
        Function("diff", "Return the differences.", cwd, options, user, more, body: { (call: CallContext, cwd: String, opts: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["diff"] + ShellWords.split(opts)) }),
        Function("rev_parse", "Return the commit of a revision.", cwd, .optional("rev", nil as String?, "The revision."), options, user, more, body: revisionParse),
        Function("revision", "Return the commit of a revision, short or not.", cwd, .optional("rev", "HEAD", "The revision."), .optional("short", false, "Short."), user, more, body: revision),
        Function("current_branch", "Return the branch that is checked out.", cwd, user, more, body: { (call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["rev-parse", "--abbrev-ref", "HEAD"]) }),
        Function("describe", "Return how a revision is described.", cwd, .optional("rev", "HEAD", "The revision."), user, more, body: { (call: CallContext, cwd: String, rev: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["describe", rev]) }),
        Function("list_branches", "Return the branches.", cwd, .optional("remote", false, "Those of remotes."), user, more, body: branches),
        Function("list_tags", "Return the tags.", cwd, user, more, body: { (call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> [String] in PythonLines.split(try await run(call, cwd, user, more, ["tag", "--list"])) }),
        Function("remotes", "Return the remotes with their places.", cwd, user, more, body: remotes),
        Function("remote_set", "Set the place of a remote.", cwd, .required("url", "The place."), .optional("remote", "origin", "The remote."), user, more, body: setRemote),
        Function("ls_remote", "Return the names and commits of a remote.", .required("remote", "Its place."), user, more, body: listRemote),
        Function("config_get", "Return a setting.", .required("key", "The setting."), .optional("cwd", nil as String?, "The repository."), user, .keywords("kwargs", "global."), body: configurationGet),
        Function("config_set", "Set a setting and return its values.", .required("key", "The setting."), .required("value", "Its value."), .optional("cwd", nil as String?, "The repository."), user, .keywords("kwargs", "global."), body: configurationSet),
        Function("is_worktree", "Tell whether a folder is in a repository.", cwd, user, more, body: { (call: CallContext, cwd: String, user: String?, _: ValueMap) async throws -> Bool in try await GitRepository(call: call, folder: cwd, user: user).exists() }),
        Function("version", "Return git's version.", .optional("versioninfo", false, "As numbers."), body: version),
    ]

    private static func repository(_ call: CallContext, _ cwd: String, _ user: String?, _ more: ValueMap) -> GitRepository {
        let identity = more["identity"].map { $0.listValue?.map(\.pythonString) ?? [$0.pythonString] } ?? []
        return GitRepository(call: call, folder: cwd, user: user, identity: identity)
    }

    private static func run(_ call: CallContext, _ cwd: String, _ user: String?, _ more: ValueMap, _ words: [String]) async throws -> String {
        let result = try await repository(call, cwd, user, more).command(words)
        guard result.succeeded else {
            throw ExecutionError("Command 'git \(words.joined(separator: " "))' failed: \(result.errorText.isEmpty ? result.text : result.errorText)")
        }
        return result.text.isEmpty ? result.errorText : result.text
    }

    private static func clone(_ call: CallContext, cwd: String, url: String, name: String?, opts: String, user: String?, more: ValueMap) async throws -> Bool {
        let target = name.map { Path.join(cwd, $0) } ?? cwd
        let words = try ["clone"] + ShellWords.split(opts) + ["--", url, target]
        let result = try await repository(call, target, user, more).command(words, inside: false)
        guard result.succeeded else { throw ExecutionError("Command 'git \(words.joined(separator: " "))' failed: \(result.errorText)") }
        return true
    }

    private static func checkout(_ call: CallContext, cwd: String, rev: String?, force: Bool, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["checkout"] + (force ? ["--force"] : []) + ShellWords.split(opts) + (rev.map { [$0] } ?? []))
    }

    private static func fetch(_ call: CallContext, cwd: String, remote: String?, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["fetch"] + ShellWords.split(opts) + (remote.map { [$0] } ?? []))
    }

    private static func push(_ call: CallContext, cwd: String, remote: String?, ref: String?, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["push"] + ShellWords.split(opts) + [remote, ref].compactMap { $0 })
    }

    private static func initialise(_ call: CallContext, cwd: String, opts: String, user: String?, more: ValueMap) async throws -> String {
        let result = try await repository(call, cwd, user, more).command(["init"] + ShellWords.split(opts) + ["--", cwd], inside: false)
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        return result.text
    }

    private static func add(_ call: CallContext, cwd: String, file: String, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["add", "--verbose"] + ShellWords.split(opts) + ["--", file])
    }

    private static func commit(_ call: CallContext, cwd: String, message: String, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["commit", "-m", message] + ShellWords.split(opts))
    }

    private static func merge(_ call: CallContext, cwd: String, rev: String?, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["merge"] + ShellWords.split(opts) + (rev.map { [$0] } ?? []))
    }

    private static func status(_ call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> ValueMap {
        let names: [Substring: String] = ["M": "modified", "A": "new", "D": "deleted", "??": "untracked"]
        var found = ValueMap()
        for line in PythonLines.split(try await run(call, cwd, user, more, ["status", "-z", "--porcelain"]).split(separator: "\0").joined(separator: "\n")) {
            let state = line.prefix(2).split(separator: " ").joined()
            let key = Value.string(names[Substring(state)] ?? state)
            found[key] = .list((found[key]?.listValue ?? []) + [.string(String(line.dropFirst(3)))])
        }
        return found
    }

    private static func revisionParse(_ call: CallContext, cwd: String, rev: String?, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["rev-parse"] + ShellWords.split(opts) + (rev.map { [$0] } ?? []))
    }

    private static func revision(_ call: CallContext, cwd: String, rev: String, short: Bool, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["rev-parse"] + (short ? ["--short"] : []) + [rev])
    }

    private static func branches(_ call: CallContext, cwd: String, remote: Bool, user: String?, more: ValueMap) async throws -> [String] {
        let place = remote ? "refs/remotes/" : "refs/heads/"
        return PythonLines.split(try await run(call, cwd, user, more, ["for-each-ref", "--format", "%(refname:short)", place]))
    }

    private static func remotes(_ call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> ValueMap {
        var found = ValueMap()
        for line in PythonLines.split(try await run(call, cwd, user, more, ["remote", "--verbose"])) {
            let words = line.words()
            guard words.count == 3 else { continue }
            var entry = found[words[0]]?.mapValue ?? [:]
            entry[.string(words[2].filter { !"()".contains($0) })] = .string(words[1])
            found[.string(words[0])] = .map(entry)
        }
        return found
    }

    private static func setRemote(_ call: CallContext, cwd: String, url: String, remote: String, user: String?, more: ValueMap) async throws -> ValueMap {
        let known = try await remotes(call, cwd: cwd, user: user, more: more)
        _ = try await run(call, cwd, user, more, known[remote] == nil ? ["remote", "add", remote, url] : ["remote", "set-url", remote, url])
        return try await remotes(call, cwd: cwd, user: user, more: more)[remote]?.mapValue ?? [:]
    }

    private static func listRemote(_ call: CallContext, url: String, user: String?, more: ValueMap) async throws -> ValueMap {
        let found = try await repository(call, "/", user, more).remoteReferences(url)
        return ValueMap(found.sorted { $0.key < $1.key }.map { (.string($0.key), .string($0.value)) })
    }

    private static func configuration(_ call: CallContext, _ cwd: String?, _ user: String?, _ more: ValueMap, _ words: [String]) async throws -> CommandResult {
        let isGlobal = more["global"]?.isTruthy == true
        if !isGlobal, cwd == nil { throw ExecutionError("'cwd' argument required unless global=True") }
        return try await repository(call, cwd ?? "/", user, more).command(["config"] + (isGlobal ? ["--global"] : ["--local"]) + words, inside: cwd != nil)
    }

    private static func configurationGet(_ call: CallContext, key: String, cwd: String?, user: String?, more: ValueMap) async throws -> Value {
        let result = try await configuration(call, cwd, user, more, ["--get", key])
        return result.succeeded ? .string(result.text) : .null
    }

    private static func configurationSet(_ call: CallContext, key: String, value: String, cwd: String?, user: String?, more: ValueMap) async throws -> [String] {
        let result = try await configuration(call, cwd, user, more, ["--replace-all", key, value])
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        return try await configuration(call, cwd, user, more, ["--get-all", key]).lines
    }

    private static func version(_ call: CallContext, asNumbers: Bool) async throws -> Value {
        let text = try await call.host.run("git", "--version").text.words().last ?? ""
        return asNumbers ? .list(text.parts(".").compactMap { Int($0).map { .int($0) } }) : .string(text)
    }
}
