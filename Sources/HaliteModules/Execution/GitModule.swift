import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Works with git repositories through the git program.
package struct GitModule: ExecutionModule {
    package static let name = "git"
    package static let summary = "Works with git repositories."
    package static let requires: Requirement = .command("git")

    private static let folder = Parameter<String>.required("cwd", "The work tree.")
    private static let user = Parameter<String?>.optional("user", nil, "The user to work as.")
    private static let identity = Parameter<String?>.optional("identity", nil, "A private key for ssh.")
    private static let options = Parameter<String>.optional("opts", "", "Further options of git.")

    package static let functions: [Function] = [
        Function("version", "Tells the version of git.") { context in
            String(try await context.host.run("git", "--version").text.split(separator: " ").dropFirst(2).first ?? "")
        },
        Function(
            "clone", "Clones a repository.", .required("cwd", "The work tree to make."), .required("url", "Where from."),
            .optional("name", String?.none, "The name of the folder below cwd."), options, user, identity,
            example: "halite '*' git.clone /srv/site https://example.com/site.git", body: clone),
        Function("checkout", "Checks out a branch, a tag or a commit.", folder, .optional("rev", String?.none, "What to check out."),
            .optional("force", false, "Throw away local changes."), options, user, body: checkout),
        Function("fetch", "Fetches from a remote.", folder, .optional("remote", String?.none, "The remote."), options, user, identity) {
            context, folder, remote, options, user, identity in
            _ = try await git(context, ["fetch"] + words(options) + (remote.map { [$0] } ?? []), folder, user, identity)
            return ValueMap()
        },
        Function("pull", "Pulls from the remote of the branch.", folder, options, user, identity) { context, folder, options, user, identity in
            try await git(context, ["pull"] + words(options), folder, user, identity)
        },
        Function("rev_parse", "Tells the commit of a name.", folder, .required("rev", "The name."), user) { context, folder, revision, user in
            try await git(context, ["rev-parse", "--verify", revision], folder, user)
        },
        Function("revision", "Tells the commit of a name.", folder, .optional("rev", "HEAD", "The name."), .optional("short", false, "Abbreviate it."), user) {
            context, folder, revision, short, user in
            try await git(context, ["rev-parse"] + (short ? ["--short"] : []) + ["--verify", revision], folder, user)
        },
        Function("current_branch", "Tells the branch that is checked out.", folder, user) { context, folder, user in
            try await git(context, ["rev-parse", "--abbrev-ref", "HEAD"], folder, user)
        },
        Function("list_branches", "Lists the branches.", folder, .optional("remote", false, "Those of the remotes."), user) {
            context, folder, remote, user in
            let text = try await git(context, ["for-each-ref", "--format=%(refname:short)", remote ? "refs/remotes/" : "refs/heads/"], folder, user)
            return text.split(separator: "\n").map(String.init)
        },
        Function("describe", "Names a commit by the nearest tag.", folder, .optional("rev", "HEAD", "The commit."), user) { context, folder, revision, user in
            try await git(context, ["describe", "--always", revision], folder, user)
        },
        Function("status", "Tells what is changed in the work tree.", folder, user, body: status),
        Function("remote_get", "Tells the addresses of a remote.", folder, .optional("remote", "origin", "The remote."), user) {
            context, folder, remote, user in
            let fetch = try await git(context, ["remote", "get-url", remote], folder, user)
            let push = try await git(context, ["remote", "get-url", "--push", remote], folder, user)
            return ["fetch": .string(fetch), "push": .string(push)] as ValueMap
        },
        Function("config_get", "Tells a setting.", .required("key", "The setting."), .optional("cwd", String?.none, "The work tree."),
            .optional("global", false, "The user's own settings."), user, body: setting),
    ]

    private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    /// Runs git; a failure is an error with what git said.
    static func git(
        _ context: CallContext, _ arguments: [String], _ folder: String?, _ user: String?, _ identity: String? = nil
    ) async throws -> String {
        var command = Command(["git"] + arguments)
        command.workingDirectory = folder
        command.user = user
        // Nobody is there to be asked for a password.
        command.environment["GIT_TERMINAL_PROMPT"] = "0"
        if let user, let entry = try await context.host.user(named: user) { command.environment["HOME"] = entry.home }
        if let identity {
            guard !identity.contains("'") else { throw ExecutionError("the path of the identity holds a quote") }
            command.environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes -o IdentitiesOnly=yes -i '\(identity)'"
        }
        let result = try await context.host.run(command)
        guard result.succeeded else {
            throw ExecutionError("Command 'git \(arguments.joined(separator: " "))' failed: \(result.errorText.isEmpty ? result.text : result.errorText)")
        }
        return result.text
    }

    private static func clone(
        _ context: CallContext, _ folder: String, _ url: String, _ name: String?, _ options: String, _ user: String?, _ identity: String?
    ) async throws -> Bool {
        let target = name.map { Path.join(folder, $0) } ?? folder
        _ = try await git(context, ["clone"] + words(options) + ["--", url, target], nil, user, identity)
        return true
    }

    private static func checkout(
        _ context: CallContext, _ folder: String, _ revision: String?, _ force: Bool, _ options: String, _ user: String?
    ) async throws -> String {
        var arguments = ["checkout"] + (force ? ["--force"] : []) + words(options)
        if let revision { arguments.append(revision) }
        return try await git(context, arguments, folder, user)
    }

    private static func status(_ context: CallContext, _ folder: String, _ user: String?) async throws -> ValueMap {
        let names: [Character: String] = ["M": "modified", "A": "new", "D": "deleted", "?": "untracked"]
        var map = ValueMap()
        for entry in try await git(context, ["status", "-z", "--porcelain"], folder, user).split(separator: "\0") {
            guard let letter = entry.first(where: { $0 != " " }), let name = names[letter] else { continue }
            map[name] = .list((map[name]?.listValue ?? []) + [.string(String(entry.dropFirst(3)))])
        }
        return map
    }

    private static func setting(_ context: CallContext, _ key: String, _ folder: String?, _ global: Bool, _ user: String?) async throws -> String? {
        do {
            return try await git(context, ["config"] + (global ? ["--global"] : []) + ["--get", key], folder, user)
        } catch {
            // A setting that is not there is no failure.
            return nil
        }
    }
}
