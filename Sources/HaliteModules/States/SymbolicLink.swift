import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One symbolic link with its owner.
struct SymbolicLink: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.SymlinkSettings
    let owners: LinkOwners

    private var host: any Host { state.call.host }
    private var parent: String { Path.parent(path) ?? "/" }

    func apply(_ current: FileStatus?) async throws -> StateResult {
        try await state.either(would: { try await foresee(current) }, do: { try await make(current) })
    }

    // MARK: - Under test=True

    private func foresee(_ current: FileStatus?) async throws -> StateResult {
        var result = try await foreseen(current)
        if try await !host.isDirectory(parent) {
            result.comment += settings.makedirs ? "\n\(parent) will be created" : "\nDirectory \(parent) for symlink is not present"
        }
        return result
    }

    private func foreseen(_ current: FileStatus?) async throws -> StateResult {
        func result(_ outcome: Bool?, _ comment: String, _ changes: ValueMap = [:]) -> StateResult {
            StateResult(name: path, result: outcome, comment: comment, changes: changes)
        }
        guard let current else { return result(nil, "Symlink \(path) to \(settings.target) is set for creation", ["new": .string(path)]) }
        guard current.kind == .link else {
            if settings.force {
                return result(
                    nil, "The file or directory \(path) is set for removal to make way for a new symlink targeting \(settings.target)")
            }
            return result(false, "File or directory exists where the symlink \(path) should be. Did you mean to use force?")
        }
        guard try await host.readLink(path) == settings.target else {
            return result(nil, "Link \(path) target is set to be changed to \(settings.target)", ["change": .string(path)])
        }
        if try await owners.own(current, host) { return result(true, "The symlink \(path) is present") }
        let present = "\(try await Ownership.userName(current.userID, host)):\(try await Ownership.groupName(current.groupID, host))"
        return result(
            nil, "The symlink \(path) is present, but the ownership of the symlink would be changed from \(present) to \(owners.text)",
            ["ownership": .string(present)])
    }

    // MARK: - Doing it

    private func make(_ current: FileStatus?) async throws -> StateResult {
        if try await !host.isDirectory(parent) {
            guard settings.makedirs else { return state.failed("Directory \(parent) for symlink is not present") }
            do {
                try await NewFolders.make(parent, Ownership(user: owners.user, group: owners.group, mode: settings.mode), host)
            } catch let error as HostError {
                throw ExecutionError(error.pythonText)
            }
        }
        if let current, current.kind == .link {
            // Salt removes a link with another target, whatever else is asked for.
            if Path.normalised(try await host.readLink(path)) == Path.normalised(settings.target) { return try await own(current) }
            return try await put()
        }
        guard let current else { return try await put() }
        if let backup = settings.backupname {
            if let failure = try await keep(as: backup) { return failure }
            return try await put()
        }
        if !settings.force, !settings.atomic {
            let kind = current.kind == .directory ? "Directory" : current.kind == .file ? "File" : "File system entry"
            return state.failed("\(kind) exists where the symlink \(path) should be")
        }
        if current.kind == .directory {
            let refusal =
                settings.atomic ? "Could not create '\(path)'" : "[Errno 21] Is a directory: '\(path)'"
            return state.failed("Unable to create new symlink \(path) -> \(settings.target): \(refusal)")
        }
        return try await put()
    }

    private func own(_ current: FileStatus) async throws -> StateResult {
        if try await owners.own(current, host) { return state.unchanged("Symlink \(path) is present and owned by \(owners.text)") }
        if try await setOwners() {
            return StateResult(
                name: path, result: true, comment: "Set ownership of symlink \(path) to \(owners.text)",
                changes: ["ownership": .string(owners.text)])
        }
        return state.failed("Failed to set ownership of symlink \(path) to \(owners.text)")
    }

    private func setOwners() async throws -> Bool {
        _ = try await owners.ownership.enforce(path, host, followLinks: false)
        guard let status = try await host.status(path, followLinks: false) else { return false }
        return try await owners.own(status, host)
    }

    private func keep(as name: String) async throws -> StateResult? {
        var backup = name
        if !name.hasPrefix("/") {
            guard !name.contains("/") else { return state.failed("Backupname must be an absolute path or a file name: \(name)") }
            backup = Path.join(Path.parent(Path.normalised(path)) ?? "/", name)
        }
        if try await host.exists(backup) {
            guard settings.force else {
                return state.failed("Symlink & backup dest exists and Force not set. \(path) -> \(settings.target) - backup: \(backup)")
            }
            try await host.remove(backup)
        }
        do {
            try await FileCopies.move(path, to: backup, host)
        } catch let error as HostError {
            return state.failed("Unable to rename \(path) to backup \(backup) -> : \(error.pythonText)")
        }
        return nil
    }

    private func put() async throws -> StateResult {
        // Made beside the place and renamed over it, so that the name always leads somewhere.
        let temporary = TemporaryName.make("link", in: parent)
        do {
            try await host.makeLink(temporary, to: settings.target)
            try await host.rename(temporary, to: path)
        } catch is HostError {
            try await host.remove(temporary)
            return state.failed("Unable to create new symlink \(path) -> \(settings.target): Could not create '\(path)'")
        }
        var result = StateResult(
            name: path, result: true, comment: "Created new symlink \(path) -> \(settings.target)", changes: ["new": .string(path)])
        if try await !setOwners() {
            result.result = false
            result.comment += ", but was unable to set ownership to \(owners.text)"
        }
        return result
    }
}
