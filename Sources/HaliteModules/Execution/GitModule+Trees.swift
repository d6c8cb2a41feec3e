import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Settings by pattern, work trees and what is less often done to a repository.
extension GitModule {
    static let furtherFunctions: [Function] =
        ["config_get_regexp", "config_get_regex"].map { name in
            Function(
                name, "Return the settings whose names match.", .required("key", "A regular expression."),
                .optional("value_regex", nil as String?, "One for the values."), .optional("cwd", nil as String?, "The repository."), user,
                .keywords("kwargs", "global."), body: configurationMatching)
        } + [
            Function(
                "config_unset", "Remove a setting.", .required("key", "The setting."), .optional("value_regex", nil as String?, "Only values that match."),
                .optional("cwd", nil as String?, "The repository."), user, .keywords("kwargs", "global, all."), body: configurationUnset),
            Function("discard_local_changes", "Take a path back to what is in the index.", cwd, .optional("path", ".", "The path."), user, more) { (call: CallContext, cwd: String, path: String, user: String?, more: ValueMap) async throws -> String in
                try await run(call, cwd, user, more, ["checkout", "--", path], mergingErrors: true)
            },
            Function("rm", "Remove a file from the next commit.", cwd, .required("filename", "The file."), options, user, more) { (call: CallContext, cwd: String, file: String, opts: String, user: String?, more: ValueMap) async throws -> String in
                try await run(call, cwd, user, more, ["rm"] + ShellWords.split(opts) + ["--", file])
            },
            Function("stash", "Put local changes aside, or take them back.", cwd, .optional("action", "save", "save, pop, apply, list and so on."), options, user, more) { (call: CallContext, cwd: String, action: String, opts: String, user: String?, more: ValueMap) async throws -> String in
                try await run(call, cwd, user, more, ["stash", action] + ShellWords.split(opts))
            },
            Function("rebase", "Put the branch on top of another revision.", cwd, .optional("rev", "master", "The revision."), options, user, more) { (call: CallContext, cwd: String, rev: String, opts: String, user: String?, more: ValueMap) async throws -> String in
                let words = try ShellWords.split(opts)
                if words.contains(where: { $0 == "-i" || $0 == "--interactive" }) { throw ExecutionError("Interactive rebases are not supported") }
                return try await run(call, cwd, user, more, ["rebase"] + words + ShellWords.split(rev))
            },
            Function(
                "archive", "Write the files of a revision into an archive.", cwd, .required("output", "The archive."), .optional("rev", "HEAD", "The revision."),
                .optional("prefix", nil as String?, "Put before each name; by default the folder's name."), user, .keywords("kwargs", "format."), body: archive),
            Function("remote_refs", "Return the references of a remote with their commits.", .required("url", "The remote."), .optional("heads", false, "Branches alone."), .optional("tags", false, "Tags alone."), user, .keywords("kwargs", "filter, identity, https_user, https_pass."), body: remoteReferences),
            Function("merge_tree", "Return how a merge would come out.", cwd, .required("ref1", "A revision."), .required("ref2", "Another."), .optional("base", nil as String?, "Where they part."), user, more, body: mergeTree),
            Function("list_worktrees", "Return the work trees.", cwd, .optional("stale", false, "Those whose folders are gone alone."), user, .keywords("kwargs", "all: also those."), body: listTrees),
            Function(
                "worktree_add", "Add a work tree.", cwd, .required("worktree_path", "Its folder."), .optional("ref", nil as String?, "What to check out."),
                .optional("reset_branch", false, "Move a branch that is there."), .optional("force", false, "Also for a branch that is checked out elsewhere."),
                .optional("detach", false, "Without a branch."), options, user, .keywords("kwargs", "branch."), body: addTree),
            Function("worktree_prune", "Forget work trees whose folders are gone.", cwd, .optional("dry_run", false, "Only tell."), .optional("verbose", true, "Tell."), .optional("expire", nil as String?, "Those older than this."), options, user, more, body: pruneTrees),
            Function("worktree_rm", "Remove the folder of a work tree.", cwd, user, body: removeTree),
        ]

    private static func configurationMatching(
        _ call: CallContext, key: String, pattern: String?, cwd: String?, user: String?, more: ValueMap
    ) async throws -> ValueMap {
        try await failing { try await configuration(call, cwd, user, more).matching(key, pattern) }
    }

    private static func configurationUnset(
        _ call: CallContext, key: String, pattern: String?, cwd: String?, user: String?, more: ValueMap
    ) async throws -> Bool {
        let configuration = try configuration(call, cwd, user, more)
        let result = try await failing { try await configuration.unset(key, pattern, all: more["all"]?.isTruthy ?? false) }
        switch result.exitCode {
        case 0: return true
        case 1: throw ExecutionError("Section or key is invalid")
        case 5:
            guard try await failing({ try await configuration.values(key) }) != nil else { throw ExecutionError("Key '\(key)' does not exist") }
            throw ExecutionError(
                "Multiple values exist for key '\(key)'" + (pattern == nil ? "" : " and value_regex matches multiple values"))
        case 6: throw ExecutionError("The value_regex is invalid")
        default:
            let text = result.errorText
            throw ExecutionError(
                "Failed to unset key '\(key)', git config returned exit code \(result.exitCode)" + (text.isEmpty ? "" : "; " + text))
        }
    }

    private static func archive(
        _ call: CallContext, cwd: String, output: String, rev: String, prefix: String?, user: String?, more: ValueMap
    ) async throws -> Bool {
        var words = ["archive"]
        if prefix != "" { words += ["--prefix", prefix ?? Path.name(cwd) + "/"] }
        if let format = more["format"] { words += ["--format", format.pythonString] }
        try await run(call, cwd, user, more, words + ["--output", output, rev])
        return true
    }

    private static func remoteReferences(
        _ call: CallContext, url: String, heads: Bool, tags: Bool, user: String?, more: ValueMap
    ) async throws -> ValueMap {
        let address = try GitAddress.authenticated(url, user: more["https_user"]?.stringValue, password: more["https_pass"]?.stringValue)
        let words = ["ls-remote"] + (heads ? ["--heads"] : []) + (tags ? ["--tags"] : []) + ["--", address] + (more["filter"].map { [$0.pythonString] } ?? [])
        let text = try await run(call, "/", user, more, words, inside: false)
        return ValueMap(
            PythonLines.split(text).compactMap { line in
                let words = line.words()
                return words.count == 2 ? (.string(words[1]), .string(words[0])) : nil
            })
    }

    private static func mergeTree(
        _ call: CallContext, cwd: String, first: String, second: String, base: String?, user: String?, more: ValueMap
    ) async throws -> String {
        let found: String
        if let base {
            found = base
        } else {
            do { found = try await run(call, cwd, user, more, ["merge-base", first, second]) } catch is ExecutionError {
                throw ExecutionError("Unable to determine merge base for \(first) and \(second)")
            }
        }
        return try await run(call, cwd, user, more, ["merge-tree", found, first, second])
    }

    private static func listTrees(_ call: CallContext, cwd: String, stale: Bool, user: String?, more: ValueMap) async throws -> ValueMap {
        let all = more["all"]?.isTruthy ?? false
        if all, stale { throw ExecutionError("'all' and 'stale' cannot both be set to True") }
        var trees = ValueMap()
        for block in try await run(call, cwd, user, more, ["worktree", "list", "--porcelain"]).parts("\n\n") {
            var data: [String: String] = [:]
            for line in PythonLines.split(block) {
                let words = line.stripped().parts(" ", maxSplits: 1)
                if words.count == 2 { data[words[0]] = words[1] } else if words[0] == "detached" { data["branch"] = "detached" }
            }
            guard let path = data["worktree"], let head = data["HEAD"], let branch = data["branch"] else { continue }
            let isStale = try await !call.host.isDirectory(path)
            guard all || isStale == stale else { continue }
            var tree: ValueMap = ["stale": .bool(isStale), "HEAD": .string(head), "detached": .bool(branch == "detached")]
            if branch == "detached" {
                tree["branch"] = .null
                let tags = PythonLines.split(try await run(call, cwd, user, more, ["tag", "--points-at", head]))
                if !tags.isEmpty { tree["tags"] = tags.value }
            } else {
                tree["branch"] = .string(branch.hasPrefix("refs/heads/") ? String(branch.dropFirst(11)) : branch)
            }
            trees[.string(path)] = .map(tree)
        }
        return trees
    }

    private static func addTree(
        _ call: CallContext, cwd: String, path: String, ref: String?, resets: Bool, force: Bool, detach: Bool, opts: String, user: String?,
        more: ValueMap
    ) async throws -> String {
        let branch = more["branch"]?.stringValue
        if branch != nil, detach { throw ExecutionError("Only one of 'branch' and 'detach' is allowed") }
        var words = ["worktree", "add"]
        if detach {
            words.append("--detach")
        } else {
            words += [resets ? "-B" : "-b", branch ?? Path.name(path)] + (force ? ["--force"] : [])
        }
        words += try ShellWords.split(opts) + [path] + (ref.map { [$0] } ?? [])
        return try await run(call, cwd, user, more, words, mergingErrors: true)
    }

    private static func pruneTrees(
        _ call: CallContext, cwd: String, dry: Bool, verbose: Bool, expire: String?, opts: String, user: String?, more: ValueMap
    ) async throws -> String {
        var words = ["worktree", "prune"] + (dry ? ["--dry-run"] : []) + (verbose ? ["--verbose"] : [])
        if let expire { words += ["--expire", expire] }
        // What is pruned is told on standard error by newer versions of git, on standard output by older ones.
        return try await run(call, cwd, user, more, words + ShellWords.split(opts), mergingErrors: true)
    }

    private static func removeTree(_ call: CallContext, cwd: String, user: String?) async throws -> Bool {
        guard try await call.host.exists(cwd) else { throw ExecutionError("\(cwd) does not exist") }
        guard try await repository(call, cwd, user, [:]).isWorkTree() else { throw ExecutionError("\(cwd) is not a git worktree") }
        try await call.host.remove(cwd)
        return true
    }
}
