import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Brings an existing checkout to what its remote has.
struct GitUpdate: Sendable {
    let checkout: GitCheckout
    let goal: GitCheckout.Goal

    private var state: StateContext { checkout.state }
    private var settings: GitState.LatestSettings { checkout.settings }
    private var repository: GitRepository { checkout.repository }
    private var target: String { settings.target }

    /// The checkout as it is found.
    private struct Situation {
        var head: String?
        var branch: String?
        var branches: [String]
        var tags: [String]
        /// Where a merge or a reset starts: the branch that is asked for may be another than the current one.
        var base: String?
        var upstream: String?
        var address: String?
        var hasLocalChanges = false
        var isReached = false
        /// Whether the goal's commit is here already.
        var hasGoal = false
        /// Nil when that is known only after fetching.
        var isFastForward: Bool?
        var changesBranch = false
        var makesBranch = false
    }

    func apply() async throws -> StateResult {
        var work = GitCheckout.Progress()
        do { return try await steps(&work) } catch let failure as GitRepository.Failure { return work.failed(state, failure.reason) }
    }

    private func steps(_ work: inout GitCheckout.Progress) async throws -> StateResult {
        if settings.isBare { return try await fetchBare(&work) }
        var found = try await look()
        if goal.commit == nil {
            if found.head != nil {
                throw GitRepository.Failure("Remote repository is empty, cannot update from a non-empty to an empty repository")
            }
            return upToDate([])
        }
        if found.hasLocalChanges, found.isReached {
            guard settings.forceReset == .always else { return upToDate([], withLocalChanges: true) }
            let planned = try await state.whenPlanning {
                GitText.planned(
                    state,
                    "\(target) is up-to-date, but with uncommitted changes. Since 'force_reset' is set to True, these local changes would be reset. To only reset when there are changes in the remote repository, set 'force_reset' to 'remote-changes'.",
                    ["forced update": true])
            }
            if let planned { return planned }
        }
        try await judge(&found)
        if found.hasGoal, !found.isReached, !settings.updateHead, !found.changesBranch { return state.unchanged(held(found)) }
        if found.isFastForward == false, settings.forceReset == .never { throw notFastForward(found) }
        let plan = found
        if let planned = try await state.whenPlanning({ planned(plan) }) { return planned }
        return try await bring(found, &work)
    }

    // MARK: - Looking

    private func look() async throws -> Situation {
        var found = Situation(
            head: try await repository.head(), branch: try await repository.branch(),
            branches: try await repository.names(below: "refs/heads/"), tags: try await repository.names(below: "refs/tags/"))
        found.base = found.head
        var baseBranch = found.branch
        if let branch = settings.branch, branch != found.branch {
            found.changesBranch = true
            if found.branches.contains(branch) {
                baseBranch = branch
                found.base = try await repository.commit(of: branch)
            } else {
                found.makesBranch = true
                found.base = goal.commit
            }
        }
        if let baseBranch { found.upstream = try await repository.upstream(of: baseBranch) }
        found.address = try await repository.remotes(redacted: false)[settings.remote]?["fetch"]?.stringValue
        found.isReached = goal.isReached(found.head)
        if found.head != nil { found.hasLocalChanges = try await repository.answer("diff", "HEAD") != nil }
        return found
    }

    /// Finds out whether the goal is here, and whether the way to it is a fast-forward.
    private func judge(_ found: inout Situation) async throws {
        if found.hasLocalChanges, settings.forceReset != .forRemoteChanges { found.isFastForward = false }
        guard let commit = goal.commit else { return }
        if goal.kind == .commit, let base = found.base, base.hasPrefix(commit) {
            found.hasGoal = true
        } else if try await repository.commit(of: commit) != nil {
            switch goal.kind {
            case .branch:
                // The commit may be here while the remote's branch has moved on or back.
                if found.address != nil, let name = goal.tracking.name {
                    found.hasGoal = try await repository.answer("rev-parse", name) == commit
                }
            case .tag where found.tags.contains(goal.rev):
                let local = try await repository.commit(of: goal.rev)
                found.hasGoal = local == commit
                if !found.hasGoal, settings.forceReset == .never {
                    throw GitRepository.Failure(
                        "'\(goal.rev)' is a tag, but the remote SHA1 for this tag (\(goal.commit.short)) doesn't match the local SHA1 (\(local.short)). Set 'force_reset' to True to force this update."
                    )
                }
            case .tag, nil: break
            case .commit: found.hasGoal = true
            }
        }
        if found.hasGoal, found.isFastForward != false { found.isFastForward = try await isFastForward(found, commit) }
    }

    private func isFastForward(_ found: Situation, _ commit: String) async throws -> Bool {
        guard let base = found.base else { return true }
        return try await repository.isAncestor(base, of: commit)
    }

    // MARK: - Telling

    private func planned(_ found: Situation) -> StateResult {
        var actions: [String] = []
        var changes = ValueMap()
        let (old, new) = (found.head.short, goal.commit.short)
        let verb = found.isFastForward.map { $0 ? "fast-forwarded" : "hard-reset" } ?? "updated"
        let revision: ValueMap = ["old": found.head.value, "new": goal.commit.value]
        if let address = try? settings.access.address(state.name), address != found.address {
            actions.append(
                "Remote '\(settings.remote)' would be changed from \(found.address.map(GitAddress.redacted) ?? "None") to \(GitAddress.redacted(address))")
            if !found.hasGoal { actions.append("Remote would be fetched") }
            if !found.isReached, settings.updateHead {
                changes["revision"] = .map(revision)
                if found.isFastForward == false { changes["forced update"] = true }
                actions.append("Repository would be \(verb) to \(new)")
            }
        } else {
            if !found.hasGoal { actions.append("Remote '\(settings.remote)' would be fetched") }
            if !found.isReached, settings.updateHead || found.changesBranch { changes["revision"] = .map(revision) }
            if found.makesBranch, let branch = settings.branch {
                actions.append("New branch '\(branch)' would be checked out, with \(goal.place) as a starting point")
                if let name = goal.tracking.name { actions.append("Tracking branch would be set to \(name)") }
            } else if found.changesBranch, let branch = settings.branch {
                actions.append("Branch '\(branch)' would be checked out and \(verb) to \(new)")
            } else if !found.isReached, settings.updateHead {
                let way = found.isFastForward == true ? "fast-forwarded" : settings.forceReset != .never && found.hasGoal ? "hard-reset" : "updated"
                actions.append("Repository would be \(way) from \(old) to \(new)")
            } else if !found.isReached {
                actions.append("Local HEAD (\(old)) does not match \(goal.place) but update_head=False, HEAD would not be updated locally")
            }
            if let step = GitCheckout.tracking(goal.tracking, found.upstream) { actions.append("Tracking branch would be \(step.verb)") }
        }
        if !changes.isEmpty { return GitText.planned(state, GitText.joined(actions), changes) }
        if !found.isReached, !settings.updateHead, !actions.isEmpty { return state.unchanged(GitText.joined(actions)) }
        return upToDate(actions)
    }

    /// What is said when nothing moves, with what was done all the same.
    private func upToDate(_ comments: [String], withLocalChanges: Bool = false, changes: ValueMap = [:]) -> StateResult {
        var comment = "Repository \(target) is up-to-date"
        if withLocalChanges { comment += ", but with uncommitted changes. Set 'force_reset' to True to purge uncommitted changes." }
        if !comments.isEmpty {
            comment += "\n\nChanges \(state.text(would: "that would be ", did: ""))made: \(GitText.joined(comments))"
        }
        return StateResult(name: state.name, result: true, comment: comment, changes: changes)
    }

    private func held(_ found: Situation) -> String {
        let place = goal.isHead ? goal.place.prefix(1).uppercased() + goal.place.dropFirst().lowercased() : goal.place
        return "\(place) is already present and local HEAD (\(found.head.short)) does not match, but update_head=False. HEAD has not been updated locally."
    }

    private func notFastForward(_ found: Situation) -> GitRepository.Failure {
        let (pre, post, local) = (found.base.short, goal.commit.short, found.branch ?? "None")
        let dirty = found.hasLocalChanges
        var hint = ""
        if settings.branch == nil, !goal.isHead, local != goal.rev {
            hint = " The desired rev (\(goal.rev)) differs from the name of the local branch (\(local)), if the desired rev is a branch name then a forced update could possibly be avoided by setting the 'branch' argument to '\(goal.rev)' instead."
        } else if settings.branch == nil, goal.isHead, let theirs = goal.defaultBranch, theirs != local {
            hint = " The default remote branch (\(theirs)) differs from the local branch (\(local)). This could be caused by changing the default remote branch, or if the local branch was manually changed. Rather than forcing an update, it may be advisable to set the 'branch' argument to '\(theirs)' instead. To ensure that this state follows the '\(theirs)' branch instead of the remote HEAD, set the 'rev' argument to '\(theirs)'."
        }
        let way = (dirty && pre != post ? "from \(pre) to \(post)" : "to \(post)")
            + (found.changesBranch ? " (after checking out local branch '\(settings.branch ?? "")')" : "")
        let reason = dirty ? "there are uncommitted changes" : "this is not a fast-forward merge"
        return GitRepository.Failure(
            "Repository would be updated \(way), but \(reason). Set 'force_reset' to True\(dirty ? " (or 'remote-changes')" : "") to force this update\(dirty ? " and discard these changes" : "").\(hint)"
        )
    }

    // MARK: - Doing

    private func bring(_ start: Situation, _ work: inout GitCheckout.Progress) async throws -> StateResult {
        var found = start
        guard let commit = goal.commit else { return upToDate([]) }
        try await setAddress(found.address, &work)
        let step = GitCheckout.tracking(goal.tracking, found.upstream)
        if step != nil, found.branch == nil {
            throw GitRepository.Failure(
                "Cannot set/unset upstream tracking branch, local HEAD refers to nonexistent branch. This may have been caused by cloning a remote repository for which the default branch was renamed or deleted. \(GitText.renamedBranch)"
            )
        }
        if try await compareTags(found.tags, &work) { found.hasGoal = false }
        if !found.hasGoal {
            try await fetch(&work)
            guard try await repository.commit(of: commit) != nil else {
                throw GitRepository.Failure("Fetch did not successfully retrieve rev '\(goal.rev)' from \(state.name)")
            }
            if !found.isReached, !settings.updateHead, !found.changesBranch { return state.unchanged(held(found)) }
            found.isFastForward = try await isFastForward(found, commit)
            if settings.forceReset == .never, found.isFastForward == false || found.hasLocalChanges { throw notFastForward(found) }
        }
        if found.changesBranch, let branch = settings.branch { try await change(to: branch, found, &work) }
        try await discard(found, commit, &work)
        if let step, step.words.first == "--unset-upstream" || checkout.hasBranch(found.branches) {
            try await repository.output(["branch"] + step.words)
            work.comments.append("Tracking branch was \(step.verb)")
        }
        if found.isFastForward == true, !goal.isReached(found.base) { try await forward(commit, &work) }
        if settings.submodules { try await checkout.updateSubmodules() }
        let new = try await repository.head()
        guard goal.isReached(new) else { throw GitRepository.Failure("Failed to update repository") }
        if new == found.head { return upToDate(work.comments, changes: work.changes) }
        work.changes["revision"] = ["old": found.head.value, "new": new.value]
        return StateResult(name: state.name, result: true, comment: GitText.joined(work.comments), changes: work.changes)
    }

    private func setAddress(_ current: String?, _ work: inout GitCheckout.Progress) async throws {
        let wanted = try settings.access.address(state.name)
        if wanted == current { return }
        let shown = GitAddress.redacted(wanted)
        if let current {
            try await repository.output("remote", "set-url", settings.remote, wanted)
            work.comments.append("Remote '\(settings.remote)' changed from \(GitAddress.redacted(current)) to \(shown)")
        } else {
            try await repository.output("remote", "add", settings.remote, wanted)
            work.comments.append("Remote '\(settings.remote)' set to \(shown)")
            work.changes["new"] = .string("\(state.name) => \(settings.remote)")
        }
    }

    /// Removes tags that the remote does not have; tells whether its tags are others.
    private func compareTags(_ local: [String], _ work: inout GitCheckout.Progress) async throws -> Bool {
        let lines = try await repository.remoteReferences(["--tags", settings.remote], inside: true)
        let remote = Set(lines.map(\.name).filter { !$0.contains("^{}") }.map { $0.replacing("refs/tags/", with: "") })
        if remote == Set(local) { return false }
        let new = remote.subtracting(local).sorted()
        if !new.isEmpty { work.changes["new_tags"] = new.value }
        let gone = settings.syncTags ? Set(local).subtracting(remote).sorted() : []
        for tag in gone { try await repository.output("tag", "-d", tag) }
        if !gone.isEmpty {
            work.changes["deleted_tags"] = gone.value
            work.comments.append("The following tags were removed from the local checkout: \(gone.joined(separator: ", "))")
        }
        return true
    }

    private func fetch(_ work: inout GitCheckout.Progress) async throws {
        if try await !fetchReferences().isEmpty { work.comments.append("\(state.name) was fetched, resulting in updated refs") }
    }

    private func fetchReferences() async throws -> ValueMap {
        let (branch, tag, remote) = (settings.refspecBranch, settings.refspecTag, settings.remote)
        let references = settings.fetchTags ? ["refs/heads/\(branch):refs/remotes/\(remote)/\(branch)", "+refs/tags/\(tag):refs/tags/\(tag)"] : []
        do {
            return try await repository.fetch(remote, force: settings.forceFetch, references: references)
        } catch let failure as GitRepository.Failure {
            throw GitRepository.Failure(
                "Fetch failed. Set 'force_fetch' to True to force the fetch if the failure was due to not being able to fast-forward. Output of the fetch command follows:\n\n\(failure.reason)"
            )
        }
    }

    private func change(to branch: String, _ found: Situation, _ work: inout GitCheckout.Progress) async throws {
        if found.hasLocalChanges, !settings.forceCheckout {
            throw GitRepository.Failure(
                "Local branch '\(found.branch ?? "None")' has uncommitted changes. Set 'force_checkout' to True to discard them and proceed.")
        }
        let force = settings.forceCheckout ? ["--force"] : []
        let words = found.makesBranch ? ["-b", branch, goal.revision] : [branch]
        try await repository.output(["checkout"] + force + words, mergingErrors: true)
        work.comments.append(
            found.makesBranch ? "New branch '\(branch)' was checked out, with \(goal.place) as a starting point" : "'\(branch)' was checked out")
    }

    /// Throws away what stands in the way of the goal.
    private func discard(_ found: Situation, _ commit: String, _ work: inout GitCheckout.Progress) async throws {
        if found.isFastForward == false {
            try await repository.output("reset", "--hard", commit)
            work.changes["forced update"] = true
            if found.hasLocalChanges { work.comments.append("Uncommitted changes were discarded") }
            work.comments.append("Repository was hard-reset to \(goal.place)")
        } else if found.hasLocalChanges, settings.forceReset != .never {
            try await repository.output(["checkout", "--", "."], mergingErrors: true)
            work.comments.append("Uncommitted changes were discarded")
        }
    }

    private func forward(_ commit: String, _ work: inout GitCheckout.Progress) async throws {
        guard goal.tracking != .none else {
            try await repository.output("reset", "--hard", goal.rev)
            work.comments.append("Repository was reset to \(goal.rev) (fast-forward)")
            return
        }
        guard try await repository.answer("symbolic-ref", "--quiet", "HEAD") != nil else {
            throw GitRepository.Failure("Unable to fast-forward, HEAD is detached")
        }
        try await repository.output("merge", "--ff-only", commit)
        work.comments.append("Repository was fast-forwarded to \(goal.place)")
    }

    private func fetchBare(_ work: inout GitCheckout.Progress) async throws -> StateResult {
        let head = try await repository.head()
        // Salt joins the sentence as if it were a list of letters; it is one sentence here.
        let planned = try await state.whenPlanning { upToDate(["Bare repository at \(target) would be fetched"]) }
        if let planned { return planned }
        let isChanged = try await !fetchReferences().isEmpty
        work.comments.append("Bare repository at \(target) was fetched" + (isChanged ? ", resulting in updated refs" : ""))
        let new = try await repository.head()
        if new == head { return upToDate(work.comments) }
        return StateResult(
            name: state.name, result: true, comment: GitText.joined(work.comments), changes: ["revision": ["old": head.value, "new": new.value]])
    }
}
