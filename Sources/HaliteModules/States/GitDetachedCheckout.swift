import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One checkout that stays at a revision, for `git.detached`.
struct GitDetachedCheckout: Sendable {
    let state: StateContext
    let settings: GitState.DetachedSettings

    private var target: String { settings.target }
    private var repository: GitRepository { settings.access.repository(state.call, target) }
    private var isCommit: Bool { settings.rev.utf8.count <= 40 && settings.rev.allSatisfy { $0.isASCII && $0.isHexDigit } }

    func apply() async throws -> StateResult {
        var work = GitCheckout.Progress()
        do { return try await steps(&work) } catch let failure as GitRepository.Failure { return work.failed(state, failure.reason) }
    }

    private func steps(_ work: inout GitCheckout.Progress) async throws -> StateResult {
        let rev = isCommit ? settings.rev.lowercased() : settings.rev
        var head: String?
        var isHere = false
        if try await repository.exists() {
            head = try await repository.head()
            if isCommit {
                isHere = try await repository.answer("describe", "--always", rev) != nil
            } else if let planned = try await setAddress(&work) {
                return planned
            }
        } else if let planned = try await clone(&work) {
            return planned
        }
        if !isHere, settings.fetchRemote {
            if let planned = try await planned("Repository remote \(settings.remote) would be fetched") { return planned }
            try await fetch(&work)
        }
        let commit = try await commit(of: rev)
        if settings.hardReset {
            if let planned = try await planned("Hard reset to HEAD would be performed on \(target)") { return planned }
            try await repository.output("reset", "--hard", "HEAD")
            work.comments.append("Repository was reset to HEAD before checking out revision")
        }
        var new: String?
        if commit != head {
            let changes: ValueMap = ["HEAD": ["old": head.value, "new": .string(commit)]]
            if let planned = try await planned("Commit ID \(commit) would be checked out at \(target)", changes) { return planned }
            try await repository.output(["checkout"] + (settings.forceCheckout ? ["--force"] : []) + [commit], mergingErrors: true)
            work.comments.append("Commit ID \(commit) was checked out at \(target)")
            new = try await repository.head()
        }
        if settings.submodules {
            _ = try await state.whenApplying { try await repository.output("submodule", "update", "--init", "--recursive") }
            work.comments.append(state.text(would: "Submodules would be updated", did: "Submodules were updated"))
        }
        if let new {
            work.changes["HEAD"] = ["old": head.value, "new": .string(new)]
        } else {
            work.comments.append("Already checked out at correct revision")
        }
        return StateResult(name: state.name, result: true, comment: GitText.joined(work.comments), changes: work.changes)
    }

    private func planned(_ comment: String, _ changes: ValueMap = [:]) async throws -> StateResult? {
        try await state.whenPlanning { GitText.planned(state, comment, changes) }
    }

    private func setAddress(_ work: inout GitCheckout.Progress) async throws -> StateResult? {
        let current = try await repository.remotes(redacted: false)[settings.remote]?["fetch"]?.stringValue
        if let current, current.contains(state.name) { return nil }
        if let planned = try await planned("Remote \(settings.remote) would be set to \(state.name)") { return planned }
        let address = try settings.access.address(state.name)
        try await repository.output(["remote", current == nil ? "add" : "set-url", settings.remote, address])
        work.comments.append("Remote \(settings.remote) updated from '\(current.map(GitAddress.redacted) ?? "None")' to '\(state.name)'")
        return nil
    }

    private func clone(_ work: inout GitCheckout.Progress) async throws -> StateResult? {
        let host = state.call.host
        if try await host.isDirectory(target) {
            if settings.forceClone {
                let would =
                    "Target directory \(target) exists. Since force_clone=True, the contents of \(target) would be deleted, and \(state.name) would be cloned into this directory."
                if let planned = try await planned(would) { return planned }
                for name in try await host.list(target) { try await host.remove(Path.join(target, name)) }
                work.changes["forced clone"] = true
            } else if try await !host.list(target).isEmpty {
                throw GitRepository.Failure(GitText.inTheWay(target))
            }
        }
        if let planned = try await planned("Repository \(state.name) would be cloned to \(target)") { return planned }
        let words = ["clone", "--no-checkout"] + (settings.remote == "origin" ? [] : ["--origin", settings.remote])
        try await repository.output(words + ["--", try settings.access.address(state.name), target], inside: false)
        work.comments.append("\(state.name) cloned to \(target)")
        return nil
    }

    private func fetch(_ work: inout GitCheckout.Progress) async throws {
        let references = ["refs/heads/*:refs/remotes/\(settings.remote)/*", "+refs/tags/*:refs/tags/*"]
        do {
            if try await repository.fetch(settings.remote, force: true, references: references).isEmpty { return }
        } catch let failure as GitRepository.Failure {
            throw GitRepository.Failure("Fetch failed:\n\n\(failure)")
        }
        work.comments.append("Remote \(settings.remote) was fetched, resulting in updated refs")
    }

    private func commit(of rev: String) async throws -> String {
        if isCommit {
            guard try await repository.answer("describe", "--always", rev) != nil else { throw GitRepository.Failure("Revision '\(rev)' does not exist") }
            return rev
        }
        for place in ["refs/remotes/\(settings.remote)/\(rev)", "refs/tags/\(rev)"] {
            if let commit = try await repository.commit(of: place) { return commit }
        }
        throw GitRepository.Failure("Revision '\(rev)' does not exist")
    }
}
