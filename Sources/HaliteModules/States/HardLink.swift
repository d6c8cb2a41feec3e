import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One hard link.
struct HardLink: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.HardlinkSettings
    let owners: LinkOwners

    private var host: any Host { state.call.host }
    private var target: String { settings.target }

    func foresee() async throws -> StateResult {
        func result(_ outcome: Bool?, _ comment: String, _ changes: ValueMap = [:]) -> StateResult {
            StateResult(name: path, result: outcome, comment: comment, changes: changes)
        }
        guard let wanted = try await host.status(target) else { return result(false, "Target \(target) for hard link does not exist") }
        if wanted.kind == .directory { return result(false, "Unable to hard link from directory \(target)") }
        if try await host.isDirectory(path) { return result(false, "Unable to hard link to directory \(path)") }
        if try await host.status(path) == nil {
            return result(nil, "Hard link \(path) to \(target) is set for creation", ["new": .string(path)])
        }
        if try await isHardLink() {
            if try await isSame() { return result(true, "The hard link \(path) is presently targetting \(target)") }
            return result(nil, "Link \(path) target is set to be changed to \(target)", ["change": .string(path)])
        }
        if settings.force {
            return result(nil, "The file or directory \(path) is set for removal to make way for a new hard link targeting \(target)")
        }
        return result(false, "File or directory exists where the hard link \(path) should be. Did you mean to use force?")
    }

    func make() async throws -> StateResult {
        if try await host.isDirectory(path) { return state.failed("Unable to hard link to directory \(path)") }
        if try await host.isDirectory(target) { return state.failed("Unable to hard link from directory \(target)") }
        if try await host.status(target) == nil { return state.failed("Target \(target) for hard link does not exist") }
        let parent = Path.parent(path) ?? "/"
        if try await !host.isDirectory(parent) {
            guard settings.makedirs else { return state.failed("Directory \(parent) for hard link is not present") }
            do {
                try await NewFolders.make(parent, Ownership(user: owners.user, group: owners.group, mode: settings.dirMode), host)
            } catch let error as HostError {
                throw ExecutionError(error.pythonText)
            }
        }
        var changes = ValueMap()
        if try await host.isFile(path), try await !isHardLink() {
            guard settings.force else { return state.failed("File exists where the hard link \(path) should be") }
            changes["forced"] = "File for hard link was forcibly replaced"
            try await host.remove(path)
        }
        let isOther = try await isHardLink()
        if isOther, try await isSame() { return state.unchanged("Target of hard link \(path) is already pointing to \(target)") }
        // A broken link is neither a hard link nor there; Salt's system then refuses.
        do {
            if isOther { try await host.remove(path) }
            try await host.link(path, to: target)
        } catch let error as HostError {
            let reason = "Could not create '\(path)': [Errno \(error.number ?? 0)] \(error.reason): '\(target)' -> '\(path)'"
            let what = isOther ? "Unable to set target of hard link" : "Unable to create new hard link"
            return StateResult(name: path, result: false, comment: "\(what) \(path) -> \(target): \(reason)", changes: changes)
        }
        changes["new"] = .string(path)
        let comment = isOther ? "Set target of hard link \(path) -> \(target)" : "Created new hard link \(path) -> \(target)"
        return StateResult(name: path, result: true, comment: comment, changes: changes)
    }

    private func isHardLink() async throws -> Bool { (try await host.status(path, followLinks: false)?.linkCount ?? 0) > 1 }

    private func isSame() async throws -> Bool {
        guard let here = try await host.status(path, followLinks: false), let there = try await host.status(target, followLinks: false)
        else {
            return false
        }
        return here.inode == there.inode
    }
}
