import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Git repositories.
package struct GitModule: ExecutionModule {
    package static let name = "git"
    package static let summary = "Git repositories."
    package static let requires: Requirement = .command("git")

    static let cwd: Parameter<String> = .required("cwd", "The folder of the repository.")
    static let options: Parameter<String> = .optional("opts", "", "Options of git.")
    static let user: Parameter<String?> = .optional("user", nil, "The user to run as.")
    static let more: Parameter<ValueMap> = .keywords("kwargs", "identity; the rest is ignored.")

    package static let functions: [Function] = [
        Function("clone", "Clone a repository.", cwd, .required("url", "Where it is."), .optional("name", nil as String?, "The folder's name below cwd."), options, user, more, body: clone),
        Function("checkout", "Check a revision out.", cwd, .optional("rev", nil as String?, "The revision."), .optional("force", false, "Throw local changes away."), options, user, more, body: checkout),
        Function("pull", "Fetch and merge.", cwd, options, user, more, body: { (call: CallContext, cwd: String, opts: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["pull"] + ShellWords.split(opts)) }),
        Function("fetch", "Fetch from a remote and return what is new.", cwd, .optional("remote", nil as String?, "The remote."), .optional("force", false, "Take what the remote has rewritten."), .optional("refspecs", [String](), "What to fetch."), options, user, more, body: fetch),
        Function("push", "Push to a remote.", cwd, .optional("remote", nil as String?, "The remote."), .optional("ref", nil as String?, "What to push."), options, user, more, body: push),
        Function("init", "Make a repository.", cwd, .optional("bare", false, "Without a checkout."), options, user, more, body: initialise),
        Function("add", "Put a file into the next commit.", cwd, .required("filename", "The file."), options, user, more, body: add),
        Function("commit", "Commit.", cwd, .required("message", "The message."), options, user, more, body: commit),
        Function("reset", "Reset.", cwd, options, user, more, body: { (call: CallContext, cwd: String, opts: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["reset"] + ShellWords.split(opts)) }),
        Function("merge", "Merge.", cwd, .optional("rev", nil as String?, "The revision."), options, user, more, body: merge),
        Function("merge_base", "Return the commit where revisions part, or tell whether one comes before the other.", cwd, .optional("refs", [String](), "The revisions."), .optional("is_ancestor", false, "Tell whether the first comes before the second."), options, user, more, body: mergeBase),
        Function("status", "Return what differs from the last commit.", cwd, user, more, body: status),
        Function("diff", "Return the differences.", cwd, .optional("item1", nil as String?, "A revision."), .optional("item2", nil as String?, "Another."), options, user, more, body: diff),
        Function("branch", "Make, change or delete a branch.", cwd, .optional("name", nil as String?, "The branch."), options, user, more, body: branch),
        Function("tag", "Make, change or delete a tag.", cwd, .required("name", "The tag."), .optional("ref", "HEAD", "What it marks."), options, user, more, body: tag),
        Function("submodule", "Run a command on submodules.", cwd, .required("command", "Such as update."), options, user, more, body: submodule),
        Function("symbolic_ref", "Return what a name such as HEAD stands for.", cwd, .required("ref", "The name."), options, user, more, body: symbolicReference),
        Function("rev_parse", "Return the commit of a revision.", cwd, .optional("rev", nil as String?, "The revision."), options, user, more, body: revisionParse),
        Function("revision", "Return the commit of a revision, short or not.", cwd, .optional("rev", "HEAD", "The revision."), .optional("short", false, "Short."), user, more, body: revision),
        Function("current_branch", "Return the branch that is checked out.", cwd, user, more, body: { (call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["rev-parse", "--abbrev-ref", "HEAD"]) }),
        Function("describe", "Return how a revision is described.", cwd, .optional("rev", "HEAD", "The revision."), user, more, body: { (call: CallContext, cwd: String, rev: String, user: String?, more: ValueMap) async throws -> String in try await run(call, cwd, user, more, ["describe", "--always", rev]) }),
        Function("list_branches", "Return the branches.", cwd, .optional("remote", false, "Those of remotes."), user, more, body: { (call: CallContext, cwd: String, remote: Bool, user: String?, more: ValueMap) async throws -> [String] in try await names(call, cwd, user, more, remote ? "refs/remotes/" : "refs/heads/") }),
        Function("list_tags", "Return the tags.", cwd, user, more, body: { (call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> [String] in try await names(call, cwd, user, more, "refs/tags/") }),
        Function("remotes", "Return the remotes with their places.", cwd, user, more, body: remotes),
        Function("remote_get", "Return the places of a remote.", cwd, .optional("remote", "origin", "The remote."), user, more, body: remote),
        Function("remote_set", "Set the place of a remote.", cwd, .required("url", "The place."), .optional("remote", "origin", "The remote."), user, more, body: setRemote),
        Function("ls_remote", "Return the names and commits of a remote.", .optional("cwd", nil as String?, "The folder of the repository."), .optional("remote", "origin", "The remote or its place."), .optional("ref", nil as String?, "Only this name."), options, user, more, body: listRemote),
        Function("config_get", "Return a setting.", .required("key", "The setting."), .optional("cwd", nil as String?, "The repository."), user, .keywords("kwargs", "global, all."), body: configurationGet),
        Function("config_set", "Set a setting and return its values.", .required("key", "The setting."), .optional("value", nil as String?, "Its value."), .optional("multivar", nil as [String]?, "Its values, where it has several."), .optional("cwd", nil as String?, "The repository."), user, .keywords("kwargs", "global."), body: configurationSet),
        Function("is_worktree", "Tell whether a folder is in a work tree that was added to a repository elsewhere.", cwd, user, more, body: { (call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> Bool in try await repository(call, cwd, user, more).isWorkTree() }),
        Function("version", "Return git's version.", .optional("versioninfo", false, "As numbers."), body: version),
    ] + furtherFunctions

    static func repository(_ call: CallContext, _ cwd: String, _ user: String?, _ more: ValueMap) -> GitRepository {
        let identity = more["identity"].map { $0.listValue?.map(\.pythonString) ?? [$0.pythonString] } ?? []
        return GitRepository(call: call, folder: cwd, user: user, identity: identity)
    }

    /// Runs git and returns what it prints; a failure is the caller's.
    @discardableResult
    static func run(
        _ call: CallContext, _ cwd: String, _ user: String?, _ more: ValueMap, _ words: [String], inside: Bool = true, mergingErrors: Bool = false
    ) async throws -> String {
        try await failing { try await repository(call, cwd, user, more).output(words, inside: inside, mergingErrors: mergingErrors) }
    }

    static func failing<Result>(_ work: () async throws -> Result) async throws -> Result {
        do { return try await work() } catch let failure as GitRepository.Failure { throw ExecutionError("\(failure)") }
    }

    private static func clone(_ call: CallContext, cwd: String, url: String, name: String?, opts: String, user: String?, more: ValueMap) async throws -> Bool {
        let address = try GitAddress.authenticated(url, user: more["https_user"]?.stringValue, password: more["https_pass"]?.stringValue)
        if name != nil { try await call.host.makeDirectories(cwd) }
        try await run(call, cwd, user, more, ["clone"] + ShellWords.split(opts) + ["--", address, name ?? cwd], inside: name != nil)
        return true
    }

    private static func checkout(_ call: CallContext, cwd: String, rev: String?, force: Bool, opts: String, user: String?, more: ValueMap) async throws -> String {
        let options = try ShellWords.split(opts)
        if rev == nil, !options.contains("-b"), !options.contains("-B") { throw ExecutionError("'rev' argument is required unless -b or -B in opts") }
        return try await run(call, cwd, user, more, ["checkout"] + (force ? ["--force"] : []) + options + (rev.map { [$0] } ?? []), mergingErrors: true)
    }

    private static func fetch(
        _ call: CallContext, cwd: String, remote: String?, force: Bool, references: [String], opts: String, user: String?, more: ValueMap
    ) async throws -> ValueMap {
        let options = try ShellWords.split(opts)
        return try await failing {
            try await repository(call, cwd, user, more).fetch(remote, force: force, options: options, references: references.flatMap { $0.parts(",") })
        }
    }

    private static func push(_ call: CallContext, cwd: String, remote: String?, ref: String?, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["push"] + ShellWords.split(opts) + [remote, ref].compactMap { $0 })
    }

    private static func initialise(_ call: CallContext, cwd: String, bare: Bool, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["init"] + (bare ? ["--bare"] : []) + ShellWords.split(opts) + [cwd], inside: false)
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

    private static func mergeBase(
        _ call: CallContext, cwd: String, references: [String], isAncestor: Bool, opts: String, user: String?, more: ValueMap
    ) async throws -> Value {
        let references = references.flatMap { $0.parts(",") }.map { $0.stripped() }
        guard isAncestor else {
            return .string(PythonLines.split(try await run(call, cwd, user, more, ["merge-base"] + ShellWords.split(opts) + references)).first ?? "")
        }
        guard references.count == 2 else { throw ExecutionError("Two refs/commits are required if 'is_ancestor' is True") }
        return .bool(try await failing { try await repository(call, cwd, user, more).isAncestor(references[0], of: references[1]) })
    }

    private static func status(_ call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> ValueMap {
        let names: [String: String] = ["M": "modified", "A": "new", "D": "deleted", "??": "untracked"]
        var found = ValueMap()
        for line in try await run(call, cwd, user, more, ["status", "-z", "--porcelain"]).parts("\0") where line.count > 3 {
            let state = line.prefix(2).split(separator: " ").joined()
            let key = Value.string(names[state] ?? state)
            found[key] = .list((found[key]?.listValue ?? []) + [.string(String(line.dropFirst(3)))])
        }
        return found
    }

    private static func diff(_ call: CallContext, cwd: String, first: String?, second: String?, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["diff"] + ShellWords.split(opts) + [first, second].compactMap { $0 })
    }

    private static func branch(_ call: CallContext, cwd: String, name: String?, opts: String, user: String?, more: ValueMap) async throws -> Bool {
        try await run(call, cwd, user, more, ["branch"] + ShellWords.split(opts) + (name.map { [$0] } ?? []))
        return true
    }

    private static func tag(_ call: CallContext, cwd: String, name: String, reference: String, opts: String, user: String?, more: ValueMap) async throws -> String {
        let options = try ShellWords.split(opts)
        let isDeleting = options.contains("-d") || options.contains("--delete")
        return try await run(call, cwd, user, more, ["tag"] + options + [name] + (isDeleting ? [] : [reference]))
    }

    private static func submodule(_ call: CallContext, cwd: String, command: String, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["submodule", command] + ShellWords.split(opts))
    }

    private static func symbolicReference(_ call: CallContext, cwd: String, name: String, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["symbolic-ref"] + ShellWords.split(opts) + [name])
    }

    private static func revisionParse(_ call: CallContext, cwd: String, rev: String?, opts: String, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["rev-parse"] + ShellWords.split(opts) + (rev.map { [$0] } ?? []))
    }

    private static func revision(_ call: CallContext, cwd: String, rev: String, short: Bool, user: String?, more: ValueMap) async throws -> String {
        try await run(call, cwd, user, more, ["rev-parse"] + (short ? ["--short"] : []) + [rev])
    }

    private static func names(_ call: CallContext, _ cwd: String, _ user: String?, _ more: ValueMap, _ place: String) async throws -> [String] {
        try await failing { try await repository(call, cwd, user, more).names(below: place) }
    }

    private static func remotes(_ call: CallContext, cwd: String, user: String?, more: ValueMap) async throws -> ValueMap {
        try await failing { try await repository(call, cwd, user, more).remotes(redacted: more["redact_auth"] != false) }
    }

    private static func remote(_ call: CallContext, cwd: String, remote: String, user: String?, more: ValueMap) async throws -> Value {
        guard let found = try await remotes(call, cwd: cwd, user: user, more: more)[remote] else {
            throw ExecutionError("Remote '\(remote)' not present in git checkout located at \(cwd)")
        }
        return found
    }

    private static func setRemote(_ call: CallContext, cwd: String, url: String, remote: String, user: String?, more: ValueMap) async throws -> Value {
        let known = try await remotes(call, cwd: cwd, user: user, more: more)[remote] != nil
        try await run(call, cwd, user, more, ["remote", known ? "set-url" : "add", remote, url])
        return try await Self.remote(call, cwd: cwd, remote: remote, user: user, more: more)
    }

    private static func listRemote(
        _ call: CallContext, cwd: String?, remote: String, reference: String?, opts: String, user: String?, more: ValueMap
    ) async throws -> ValueMap {
        let words = try ShellWords.split(opts) + [remote] + (reference.map { [$0] } ?? [])
        let found = try await failing { try await repository(call, cwd ?? "/", user, more).remoteReferences(words, inside: cwd != nil) }
        return ValueMap(found.map { (.string($0.name), .string($0.commit)) })
    }

    static func configuration(_ call: CallContext, _ cwd: String?, _ user: String?, _ more: ValueMap) throws -> GitConfiguration {
        let isGlobal = more["global"]?.isTruthy == true
        if !isGlobal, cwd == nil { throw ExecutionError("'cwd' argument required unless global=True") }
        return GitConfiguration(repository: repository(call, cwd ?? "/", user, more), isGlobal: isGlobal, isInside: cwd != nil)
    }

    private static func configurationGet(_ call: CallContext, key: String, cwd: String?, user: String?, more: ValueMap) async throws -> Value {
        let values = try await failing { try await configuration(call, cwd, user, more).values(key) }
        return more["all"]?.isTruthy == true ? values.value : (values.map { $0.last ?? "" }).value
    }

    private static func configurationSet(
        _ call: CallContext, key: String, value: String?, values: [String]?, cwd: String?, user: String?, more: ValueMap
    ) async throws -> [String] {
        guard let wanted = values ?? value.map({ [$0] }) else { throw ExecutionError("One of 'value' and 'multivar' is required") }
        return try await failing {
            let configuration = try configuration(call, cwd, user, more)
            try await configuration.set(key, wanted)
            return try await configuration.values(key) ?? []
        }
    }

    private static func version(_ call: CallContext, asNumbers: Bool) async throws -> Value {
        let text = try await call.host.run("git", "--version").text.words().last ?? ""
        return asNumbers ? .list(text.parts(".").compactMap { Int($0).map { .int($0) } }) : .string(text)
    }
}
