import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One checkout that follows its remote.
struct GitCheckout {
    let state: StateContext
    let settings: GitState.LatestSettings

    private var repository: GitRepository {
        GitRepository(call: state.call, folder: settings.target, user: settings.user, identity: settings.identity)
    }
    private var host: any Host { state.call.host }
    private var isBare: Bool { settings.bare || settings.mirror }

    /// What the remote has for the revision.
    private struct Goal {
        var commit: String
        /// The branch of that name, or the remote's default one.
        var branch: String?
        var isTag = false
        var label: String
    }

    func apply() async throws -> StateResult {
        let references = try await repository.remoteReferences(state.name)
        let goal = try goal(references)
        guard try await repository.exists() else { return try await clone(goal) }
        return try await update(goal)
    }

    private func goal(_ references: [String: String]) throws -> Goal {
        let rev = settings.rev
        if rev == "HEAD" {
            let head = references["HEAD"] ?? ""
            let branch = references.first { $0.value == head && $0.key.hasPrefix("refs/heads/") }.map { String($0.key.dropFirst(11)) }
            return Goal(commit: head, branch: branch, label: "remote HEAD")
        }
        if let commit = references["refs/heads/\(rev)"] { return Goal(commit: commit, branch: rev, label: "\(settings.remote)/\(rev)") }
        if let commit = references["refs/tags/\(rev)^{}"] ?? references["refs/tags/\(rev)"] {
            return Goal(commit: commit, isTag: true, label: "tag \(rev)")
        }
        let isHash = rev.count >= 7 && rev.allSatisfy(\.isHexDigit)
        guard isHash else { throw GitRepository.Failure(description: "No revision matching '\(rev)' exists in the remote repository") }
        return Goal(commit: references.values.first { $0.hasPrefix(rev) } ?? rev, label: rev)
    }

    // MARK: - The first time

    private func clone(_ goal: Goal) async throws -> StateResult {
        let target = settings.target
        if let status = try await host.status(target), status.kind == .directory, try await !host.list(target).isEmpty {
            guard settings.forceClone else {
                return state.failed(
                    "Target '\(target)' exists, is non-empty and is not a git repository. Set the 'force_clone' option to True to remove this directory's contents and proceed with cloning the remote repository")
            }
        }
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Repository \(state.name) would be cloned to \(target)")
        }, do: {
            if settings.forceClone { for name in try await host.list(existing: target) { try await host.remove(Path.join(target, name)) } }
            var words = ["clone"]
            if settings.mirror { words.append("--mirror") } else if settings.bare { words.append("--bare") }
            if let depth = settings.depth { words += ["--depth", String(depth)] + (goal.branch.map { ["--branch", $0] } ?? []) }
            if settings.remote != "origin" { words += ["--origin", settings.remote] }
            let result = try await repository.command(words + ["--", state.name, target], inside: false)
            guard result.succeeded else { return state.failed("Clone failed: \(result.errorText)") }
            var comments = ["\(state.name) cloned to \(target)" + (settings.mirror ? " as mirror" : settings.bare ? " as bare repository" : "")]
            var changes: ValueMap = ["new": .string("\(state.name) => \(target)")]
            if !isBare {
                comments += try await checkOut(goal)
                changes["revision"] = ["old": .null, "new": .string(try await repository.output("rev-parse", "HEAD"))]
                try await updateSubmodules(&comments)
            }
            return StateResult(name: state.name, result: true, comment: Self.list(comments), changes: changes)
        })
    }

    /// Puts the work tree at the goal; tells what it did beside cloning.
    private func checkOut(_ goal: Goal) async throws -> [String] {
        let current = try await repository.answer("rev-parse", "--abbrev-ref", "HEAD")
        if let branch = settings.branch, branch != current {
            _ = try await repository.output("checkout", "-B", branch, goal.commit)
            return ["Branch '\(branch)' checked out, with \(goal.label) as a starting point"]
        }
        if let branch = goal.branch {
            if branch == current { return [] }
            _ = try await repository.output("checkout", "-B", branch, "--track", "\(settings.remote)/\(branch)")
            return ["Branch '\(branch)' checked out, with \(goal.label) as a starting point"]
        }
        _ = try await repository.output("reset", "--hard", goal.commit)
        return ["Repository was reset to \(goal.label)"]
    }

    private func updateSubmodules(_ comments: inout [String]) async throws {
        guard settings.submodules else { return }
        _ = try await repository.output("submodule", "update", "--init", "--recursive")
        comments.append("Submodules were updated")
    }

    // MARK: - Later

    private func update(_ goal: Goal) async throws -> StateResult {
        let target = settings.target
        let remote = settings.remote
        let url = try await repository.answer("remote", "get-url", remote)
        let head = try await repository.answer("rev-parse", "HEAD") ?? ""
        if isBare { return try await fetchBare(url) }
        let branch = try await repository.answer("rev-parse", "--abbrev-ref", "HEAD")
        let wantedBranch = settings.branch ?? (settings.rev == "HEAD" ? branch : goal.branch ?? branch)
        let dirty = try await !repository.output("status", "--porcelain", "--untracked-files=no").isEmpty
        let forced = settings.forceReset == true || settings.forceReset.pythonString == "remote-changes"
        let isThere = head.hasPrefix(goal.commit) && !goal.commit.isEmpty
        if isThere, url == state.name, wantedBranch == branch, !(dirty && settings.forceReset == true) {
            let note = dirty ? ", but with uncommitted changes. Set 'force_reset' to True to purge uncommitted changes." : ""
            return state.unchanged("Repository \(target) is up-to-date\(note)")
        }
        if !isThere, !settings.updateHead {
            return state.unchanged(
                "\(goal.label.prefix(1).uppercased() + goal.label.dropFirst()) is already present and local HEAD (\(head.prefix(7))) does not match, but update_head=False. HEAD has not been updated locally.")
        }
        if dirty, !forced, wantedBranch == branch, !isThere {
            return state.failed(
                "Repository would be updated from \(head.prefix(7)) to \(goal.commit.prefix(7)), but there are uncommitted changes. Set 'force_reset' to True to force this update and discard these changes.")
        }
        var changes = ValueMap()
        if url != state.name { changes["remotes/\(remote)"] = ["old": url.value, "new": .string(state.name)] }
        if !isThere { changes["revision"] = ["old": .string(head), "new": .string(goal.commit)] }
        let would = "Repository would be updated from \(head.prefix(7)) to \(goal.commit.prefix(7))"
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: isThere ? "Remote '\(remote)' would be set to \(state.name)" : would, changes: changes)
        }, do: { try await move(goal, head: head, branch: branch, wantedBranch: wantedBranch, forced: forced, url: url) })
    }

    private func move(
        _ goal: Goal, head: String, branch: String?, wantedBranch: String?, forced: Bool, url: String?
    ) async throws -> StateResult {
        var comments: [String] = []
        var changes = ValueMap()
        let remote = settings.remote
        if url != state.name {
            _ = url == nil ? try await repository.output("remote", "add", remote, state.name) : try await repository.output("remote", "set-url", remote, state.name)
            changes["remotes/\(remote)"] = ["old": url.value, "new": .string(state.name)]
            comments.append(url.map { "Remote '\(remote)' changed from \($0) to \(state.name)" } ?? "Remote '\(remote)' set to \(state.name)")
        }
        var fetch = ["fetch", remote]
        if settings.fetchTags { fetch.append("--tags") }
        if settings.forceFetch { fetch.append("--force") }
        let fetched = try await repository.command(fetch)
        guard fetched.succeeded else { throw GitRepository.Failure(description: "Fetch failed. \(fetched.errorText)") }
        if !fetched.errorText.isEmpty { comments.append("\(state.name) was fetched, resulting in updated refs") }
        if let wantedBranch, wantedBranch != branch {
            let words = ["checkout"] + (settings.forceCheckout ? ["--force"] : []) + ["-B", wantedBranch, goal.commit]
            let result = try await repository.command(words)
            guard result.succeeded else { throw GitRepository.Failure(description: result.errorText) }
            comments.append("New branch '\(wantedBranch)' was checked out, with \(goal.label) as a starting point")
        } else if forced {
            _ = try await repository.output("reset", "--hard", goal.commit)
            comments.append("Repository was hard-reset to \(goal.label)")
        } else if goal.branch != nil {
            let result = try await repository.command(["merge", "--ff-only", goal.commit])
            guard result.succeeded else {
                throw GitRepository.Failure(
                    description:
                        "Repository would be updated from \(head.prefix(7)) to \(goal.commit.prefix(7)), but this is not a fast-forward merge. Set 'force_reset' to True to force this update.")
            }
            comments.append("Repository was fast-forwarded to \(goal.label)")
        } else {
            _ = try await repository.output("reset", "--hard", goal.commit)
            comments.append("Repository was reset to \(settings.rev)")
        }
        try await updateSubmodules(&comments)
        let new = try await repository.output("rev-parse", "HEAD")
        if new != head { changes["revision"] = ["old": .string(head), "new": .string(new)] }
        return StateResult(name: state.name, result: true, comment: Self.list(comments), changes: changes)
    }

    private func fetchBare(_ url: String?) async throws -> StateResult {
        let target = settings.target
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "Bare repository at \(target) would be fetched")
        }, do: {
            let before = try await repository.output("for-each-ref")
            _ = try await repository.output("fetch", "--prune", settings.remote)
            let isChanged = try await repository.output("for-each-ref") != before
            if !isChanged { return state.unchanged("Repository \(target) is up-to-date") }
            return StateResult(
                name: state.name, result: true, comment: "Bare repository at \(target) was fetched, resulting in updated refs",
                changes: ["refs": "updated"])
        })
    }

    /// One sentence alone, several as a list.
    private static func list(_ comments: [String]) -> String {
        comments.count == 1 ? comments[0] : comments.map { "- \($0)" }.joined(separator: "\n")
    }
}

extension Host {
    /// The names in a folder, none when it is not there.
    func list(existing folder: String) async throws -> [String] { try await isDirectory(folder) ? try await list(folder) : [] }
}
