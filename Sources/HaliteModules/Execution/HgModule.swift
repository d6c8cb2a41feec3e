import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Repositories of Mercurial.
package struct HgModule: ExecutionModule {
    package static let name = "hg"
    package static let summary = "Repositories of Mercurial."
    package static let requires: Requirement = .command("hg")

    package static let functions: [Function] = [
        Function("revision", "Return the long hash of a revision.", folder, revision, .optional("short", false, "The short hash instead."), user) { (call: CallContext, cwd: String, rev: String, short: Bool, user: String?) async throws -> String in
            try await hash(call, cwd, rev, short: short, user)
        },
        Function("describe", "Describe a revision by its last tag.", folder, revision, user) { (call: CallContext, cwd: String, rev: String, user: String?) async throws -> String in
            let text = try await run(call, ["log", "-r", rev, "--template", "'{{latesttag}}-{{latesttagdistance}}-{{node|short}}'"], cwd, user).text
            return try await text.isEmpty ? hash(call, cwd, rev, short: true, nil) : text
        },
        Function(
            "archive", "Write an archive of a revision.", folder, .required("output", "The file or folder to write."), revision,
            .optional("fmt", nil as String?, "The kind of archive."), .optional("prefix", nil as String?, "What its paths begin with."), user
        ) { (call: CallContext, cwd: String, output: String, rev: String, kind: String?, prefix: String?, user: String?) async throws -> String in
            let more = (kind.map { ["--type", $0] } ?? []) + (prefix.map { ["--prefix", "\"\($0)\""] } ?? [])
            return try await run(call, ["archive", output, "--rev", rev] + more, cwd, user, mergesErrors: true).text
        },
        Function(
            "pull", "Pull from another repository.", folder, options, user, identity, .optional("repository", nil as String?, "The other repository.")
        ) { (call: CallContext, cwd: String, opts: Value?, user: String?, identity: String?, repository: String?) async throws -> String in
            try await text(call, ["pull"] + ssh(identity) + words(opts) + (repository.map { [$0] } ?? []), cwd, user)
        },
        Function(
            "update", "Update the files to a revision.", folder, .required("rev", "The revision."), .optional("force", false, "Drop changes."), user
        ) { (call: CallContext, cwd: String, rev: String, force: Bool, user: String?) async throws -> String in
            try await text(call, ["update", rev] + (force ? ["-C"] : []), cwd, user)
        },
        Function(
            "clone", "Clone a repository.", folder, .required("repository", "The repository."), options, user, identity,
            example: "halite '*' hg.clone /srv/site https://hg.example.org/site"
        ) { (call: CallContext, cwd: String, repository: String, opts: Value?, user: String?, identity: String?) async throws -> String in
            try await text(call, ["clone", repository, cwd] + words(opts) + ssh(identity), nil, user)
        },
        Function("status", "Return the files that are not as in the repository.", .required("cwd", "The repository, or several."), options, user) { (call: CallContext, cwd: Value, opts: Value?, user: String?) async throws -> ValueMap in
            guard let folders = cwd.listValue else { return try await status(call, cwd.pythonString, opts, user) }
            var found = ValueMap()
            for folder in folders { found[folder] = .map(try await status(call, folder.pythonString, opts, user)) }
            return found
        },
    ]

    private static let folder: Parameter<String> = .required("cwd", "The folder of the repository.")
    private static let revision: Parameter<String> = .optional("rev", "tip", "The revision.")
    private static let user: Parameter<String?> = .optional("user", nil, "The user to run as.")
    private static let options: Parameter<Value?> = .optional("opts", nil, "More options of hg, as one text.")
    private static let identity: Parameter<String?> = .optional("identity", nil, "The private key for ssh.")

    private static func ssh(_ identity: String?) -> [String] { identity.map { $0.isEmpty ? [] : ["--ssh", "ssh -i \($0)"] } ?? [] }
    private static func words(_ options: Value?) -> [String] { options?.stringValue?.words() ?? [] }

    private static func run(
        _ call: CallContext, _ words: [String], _ folder: String?, _ user: String?, mergesErrors: Bool = false
    ) async throws -> CommandResult {
        var command = Command(["hg"] + words)
        command.workingDirectory = folder
        command.user = user
        command.mergesErrors = mergesErrors
        return try await call.host.run(command)
    }

    private static func text(_ call: CallContext, _ words: [String], _ folder: String?, _ user: String?) async throws -> String {
        let result = try await run(call, words, folder, user)
        guard result.succeeded else { throw ExecutionError("Hg command failed: \(result.errorText)") }
        return result.text
    }

    /// Nothing when it is none.
    private static func hash(_ call: CallContext, _ folder: String, _ rev: String, short: Bool, _ user: String?) async throws -> String {
        let result = try await run(call, ["id", "-i", short ? "" : "--debug", "-r", rev], folder, user)
        return result.succeeded ? result.text : ""
    }

    private static let kinds: [Character: String] = [
        "M": "modified", "A": "added", "R": "removed", "C": "clean", "!": "missing", "?": "not tracked", "I": "ignored",
        " ": "origin of the previous file",
    ]

    private static func status(_ call: CallContext, _ folder: String, _ options: Value?, _ user: String?) async throws -> ValueMap {
        var found = ValueMap()
        for line in try await run(call, ["status"] + words(options), folder, user).lines {
            guard let first = line.first, let kind = kinds[first] else { continue }
            found[.string(kind)] = .list((found[kind]?.listValue ?? []) + [.string(String(line.dropFirst(2)))])
        }
        return found
    }
}
