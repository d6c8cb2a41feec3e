import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One checkout that follows its remote, for `git.latest`.
struct GitCheckout: Sendable {
    let state: StateContext
    let settings: GitState.LatestSettings
    let repository: GitRepository

    var host: any Host { state.call.host }

    /// The remote branch that the local one is to follow.
    enum Tracking: Equatable {
        case keep, none
        case branch(String)

        var name: String? {
            if case .branch(let name) = self { return name }
            return nil
        }
    }

    /// What the remote has.
    struct Goal {
        enum Kind { case branch, tag, commit }

        /// The revision as it is asked for; that of a commit in small letters.
        var rev: String
        var kind: Kind?
        /// Nil for an empty remote and for bare repositories.
        var commit: String?
        var tracking = Tracking.none
        /// The branch that the remote has checked out.
        var defaultBranch: String?
        var hasHead = false

        var isHead: Bool { rev == "HEAD" }

        /// The goal as comments name it.
        var place: String {
            let short = commit.short
            if kind == .commit { return isHead ? "remote HEAD (\(short))" : short }
            return "\(tracking.name ?? rev) (\(short))"
        }

        /// What to give to `git checkout`.
        var revision: String { isHead ? commit ?? rev : tracking.name ?? rev }

        func isReached(_ commit: String?) -> Bool {
            guard let goal = self.commit, let commit else { return self.commit == nil && commit == nil }
            return kind == .commit ? commit.hasPrefix(goal) : commit == goal
        }
    }

    func apply() async throws -> StateResult {
        if settings.rev != "HEAD", settings.isBare { return state.failed("'rev' is not compatible with the 'mirror' and 'bare' arguments") }
        let goal = try await goal()
        if try await repository.exists(bare: settings.isBare) { return try await GitUpdate(checkout: self, goal: goal).apply() }
        return try await clone(goal)
    }

    private func goal() async throws -> Goal {
        let references: [(name: String, commit: String)]
        do {
            references = try await repository.remoteReferences([try settings.access.address(state.name)])
        } catch let failure as GitRepository.Failure {
            throw GitRepository.Failure("Failed to check remote refs: \(failure.reason)")
        }
        let known = Dictionary(references.map { ($0.name, $0.commit) }) { first, _ in first }
        let (rev, head) = (settings.rev, known["HEAD"])
        var goal = Goal(rev: rev, hasHead: head != nil)
        goal.defaultBranch = references.first { $0.commit == head && $0.name.hasPrefix("refs/heads/") }.map { String($0.name.dropFirst(11)) }
        if settings.isBare { return goal }
        if rev == "HEAD" {
            if let head { (goal.commit, goal.kind, goal.tracking) = (head, .commit, .keep) }
        } else if let commit = known["refs/heads/" + rev] {
            (goal.commit, goal.kind, goal.tracking) = (commit, .branch, .branch(settings.remote + "/" + rev))
        } else if let commit = known["refs/tags/\(rev)^{}"] ?? known["refs/tags/\(rev)"] {
            (goal.commit, goal.kind) = (commit, .tag)
        } else if rev.utf8.count <= 40, rev.allSatisfy({ $0.isASCII && $0.isHexDigit }) {
            goal.rev = rev.lowercased()
            (goal.commit, goal.kind) = (goal.rev, .commit)
        }
        if settings.depth != nil, goal.kind != .branch, goal.kind != .tag {
            throw GitRepository.Failure("When 'depth' is used, 'rev' must be set to the name of a branch or tag on the remote repository")
        }
        if goal.commit == nil, rev != "HEAD" {
            throw GitRepository.Failure("No revision matching '\(rev)' exists in the remote repository")
        }
        return goal
    }

    // MARK: - The first time

    private func clone(_ goal: Goal) async throws -> StateResult {
        let target = settings.target
        let arrow: ValueMap = ["new": .string("\(state.name) => \(target)")]
        var changes = ValueMap()
        if try await host.isDirectory(target) {
            if settings.forceClone {
                let planned = try await state.whenPlanning {
                    GitText.planned(
                        state,
                        "Target directory \(target) exists. Since force_clone=True, the contents of \(target) would be deleted, and \(state.name) would be cloned into this directory.",
                        ["forced clone": true, "new": .string("\(state.name) => \(target)")])
                }
                if let planned { return planned }
                for name in try await host.list(target) { try await host.remove(Path.join(target, name)) }
                changes["forced clone"] = true
            } else if try await !host.list(target).isEmpty {
                throw GitRepository.Failure(GitText.inTheWay(target))
            }
        }
        let found = changes
        return try await state.either(
            would: { GitText.planned(state, "Repository \(state.name) would be cloned to \(target)", arrow) },
            do: {
                var work = Progress(changes: found)
                do { return try await clone(goal, &work) } catch let failure as GitRepository.Failure {
                    return work.failed(state, failure.reason)
                }
            })
    }

    private func clone(_ goal: Goal, _ work: inout Progress) async throws -> StateResult {
        let target = settings.target
        var words = ["clone"] + (settings.mirror ? ["--mirror"] : settings.bare ? ["--bare"] : [])
        if settings.remote != "origin" { words += ["--origin", settings.remote] }
        if let depth = settings.depth { words += ["--depth", String(depth), "--branch", settings.rev] }
        do {
            try await repository.output(words + ["--", try settings.access.address(state.name), target], inside: false)
        } catch let failure as GitRepository.Failure {
            throw GitRepository.Failure("Clone failed: \(failure.reason)")
        }
        work.changes["new"] = .string("\(state.name) => \(target)")
        work.comments.append("\(state.name) cloned to \(target)" + (settings.mirror ? " as mirror" : settings.bare ? " as bare repository" : ""))
        if let commit = goal.commit {
            try await checkOut(goal, commit, &work)
            if settings.submodules { try await updateSubmodules() }
        }
        if let new = try await repository.head() { work.changes["revision"] = ["old": .null, "new": .string(new)] }
        return StateResult(name: state.name, result: true, comment: GitText.joined(work.comments), changes: work.changes)
    }

    /// Puts the new work tree at the goal.
    private func checkOut(_ goal: Goal, _ commit: String, _ work: inout Progress) async throws {
        if goal.kind == .tag, try await !repository.names(below: "refs/tags/").contains(goal.rev) {
            throw GitRepository.Failure("Revision '\(goal.rev)' does not exist in clone")
        }
        if let branch = settings.branch, try await !repository.names(below: "refs/heads/").contains(branch) {
            try await repository.output(["checkout", "-b", branch, goal.revision], mergingErrors: true)
            work.comments.append("Branch '\(branch)' checked out, with \(goal.place) as a starting point")
        }
        guard let local = try await repository.branch() ?? (goal.hasHead ? "HEAD" : nil) else {
            throw GitRepository.Failure(
                "Remote HEAD refers to a ref that does not exist. This can happen when the default branch on the remote repository is renamed or deleted. \(GitText.renamedBranch)"
            )
        }
        if try await !goal.isReached(repository.head()) {
            try await repository.output("reset", "--hard", commit)
            work.comments.append("Repository was reset to \(goal.place)")
        }
        let upstream = try await repository.upstream(of: local)
        guard let step = Self.tracking(goal.tracking, upstream) else { return }
        if step.words.first == "--set-upstream-to", try await !hasBranch(repository.names(below: "refs/heads/")) { return }
        try await repository.output(["branch"] + step.words)
        work.comments.append("Tracking branch was \(step.verb)")
    }

    // MARK: - Pieces for both

    /// Whether the branch that is asked for is among the local ones; a new one follows its remote by itself.
    func hasBranch(_ branches: [String]) -> Bool { settings.branch.map { branches.contains($0) } ?? true }

    /// What must be done for the local branch to follow the right one.
    static func tracking(_ wanted: Tracking, _ upstream: String?) -> (verb: String, words: [String])? {
        switch wanted {
        case .keep: nil
        case .none: upstream == nil ? nil : ("unset", ["--unset-upstream"])
        case .branch(let name):
            upstream == name ? nil : (upstream == nil ? "set to \(name)" : "updated to \(name)", ["--set-upstream-to", name])
        }
    }

    func updateSubmodules() async throws {
        do { try await repository.output("submodule", "update", "--init", "--recursive") } catch let failure as GitRepository.Failure {
            throw GitRepository.Failure("Failed to update submodules: \(failure.reason)")
        }
    }

    /// What has been done so far.
    struct Progress {
        var comments: [String] = []
        var changes = ValueMap()

        func failed(_ state: StateContext, _ reason: String) -> StateResult {
            let suffix = comments.isEmpty ? "" : "\n\nChanges already made: \(GitText.joined(comments))"
            return state.failed(reason + suffix, changes: changes)
        }
    }
}

/// Sentences that several states of git share.
enum GitText {
    static let renamedBranch =
        "If you are unable to fix the remote repository, you can work around this by setting the 'branch' argument (which will ensure that the named branch is created if it does not already exist)."

    static func inTheWay(_ target: String) -> String {
        "Target '\(target)' exists, is non-empty and is not a git repository. Set the 'force_clone' option to True to remove this directory's contents and proceed with cloning the remote repository"
    }

    /// One sentence alone has no full stop, several have.
    static func joined(_ comments: [String]) -> String { comments.joined(separator: ". ") + (comments.count > 1 ? "." : "") }

    static func planned(_ state: StateContext, _ comment: String, _ changes: ValueMap) -> StateResult {
        StateResult(name: state.name, result: nil, comment: comment, changes: changes)
    }
}

extension String? {
    /// The first digits of a commit.
    var short: String { self.map { String($0.prefix(7)) } ?? "None" }
}
