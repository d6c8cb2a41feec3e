import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct SymlinkSettings: ArgumentGroup {
        var target = ""
        var force = false
        var backupname: String?
        var makedirs = false
        var user: String?
        var group: String?
        var mode: FileMode?
        var atomic = false
        var disallowCopyAndUnlink = false
        var inheritUserAndGroup = false
        var followSymlinks = true
        var owner: String?

        static let fields: [ArgumentField<SymlinkSettings>] = [
            .field("target", \.target, "Where the link points to.", required: true),
            .field("force", \.force, "Replace what is in the way."),
            .field("backupname", \.backupname, "Rename what is in the way to this."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("user", \.user, "The owner of the link."),
            .field("group", \.group, "The group of the link."),
            .field("mode", \.mode, "The mode of parents that are made."),
            .field("atomic", \.atomic, "Replace what is in the way in one step."),
            .field("disallow_copy_and_unlink", \.disallowCopyAndUnlink, "Without effect: renames never copy."),
            .field("inherit_user_and_group", \.inheritUserAndGroup, "Keep the owner of an existing link."),
            .field("follow_symlinks", \.followSymlinks, "A broken link counts as absent."),
            .field("owner", \.owner, "The same as user."),
        ]
    }

    static func symlink(_ state: StateContext, _ settings: SymlinkSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        var user = settings.user ?? settings.owner
        var group = settings.group
        let current = try await host.status(path, followLinks: false)
        if settings.inheritUserAndGroup, let current, current.kind == .link {
            if user == nil { user = try await Ownership.userName(current.userID, host) }
            if group == nil { group = try await Ownership.groupName(current.groupID, host) }
        }
        let own = try await state.call.ownAccounts()
        let owner = user ?? own.user
        if group == nil {
            let primary = try await host.user(named: owner)?.groupID
            group = try await primary.asyncMap { try await Ownership.groupName($0, host) } ?? own.group
        }
        let ownership = Ownership(user: Account(owner), group: Account(group ?? own.group))
        if let failure = try await symlinkFailure(state, path, ownership) { return failure }
        return try await SymbolicLink(state: state, path: path, settings: settings, ownership: ownership).apply(current)
    }

    private static func symlinkFailure(_ state: StateContext, _ path: String, _ ownership: Ownership) async throws -> StateResult? {
        let host = state.call.host
        var errors: [String] = []
        if let user = ownership.user, try await Ownership.userID(user, host) == nil { errors.append("User \(user.text) does not exist") }
        if let group = ownership.group, try await Ownership.groupID(group, host) == nil { errors.append("Group \(group.text) does not exist") }
        if !path.hasPrefix("/") { errors.append("Specified file \(path) is not an absolute path") }
        if errors.isEmpty { return nil }
        return state.failed(errors.joined(separator: ". ") + (errors.count > 1 ? "." : ""))
    }

    struct HardlinkSettings: ArgumentGroup {
        var target = ""
        var force = false
        var makedirs = false
        var user: String?
        var group: String?
        var dirMode: FileMode?

        static let fields: [ArgumentField<HardlinkSettings>] = [
            .field("target", \.target, "The file that the link is another name of.", required: true),
            .field("force", \.force, "Replace what is in the way."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("user", \.user, "The owner of parents that are made."),
            .field("group", \.group, "The group of parents that are made."),
            .field("dir_mode", \.dirMode, "The mode of parents that are made."),
        ]
    }

    static func hardlink(_ state: StateContext, _ settings: HardlinkSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        let target = settings.target
        if let failure = relativePathFailure(state, path) { return failure }
        if !target.hasPrefix("/") { return state.failed("Specified target \(target) is not an absolute path") }
        if try await host.isDirectory(path) {
            return state.failed(state.text(would: "Unable to hard link to directory \(path)", did: "Unable to hard link to directory \(path)"))
        }
        guard let wanted = try await host.status(target) else { return state.failed("Target \(target) for hard link does not exist") }
        if wanted.kind == .directory { return state.failed("Unable to hard link from directory \(target)") }
        let current = try await host.status(path, followLinks: false)
        if let current, current.inode == wanted.inode {
            return state.unchanged(
                state.text(
                    would: "The hard link \(path) is presently targetting \(target)",
                    did: "Target of hard link \(path) is already pointing to \(target)"))
        }
        let parent = Path.parent(path) ?? "/"
        let failure: StateResult? = try await state.whenApplying {
            if try await host.isDirectory(parent) || settings.makedirs { return nil }
            return state.failed("Directory \(parent) for hard link is not present")
        }
        if let failure { return failure }
        if current != nil, !settings.force {
            return state.failed(
                state.text(
                    would: "File or directory exists where the hard link \(path) should be. Did you mean to use force?",
                    did: "File exists where the hard link \(path) should be"))
        }
        let would =
            current == nil
            ? "Hard link \(path) to \(target) is set for creation"
            : "The file or directory \(path) is set for removal to make way for a new hard link targeting \(target)"
        return try await state.change(current == nil ? ["new": .string(path)] : [:], would: would, did: "Created new hard link \(path) -> \(target)") {
            let attributes = try await Ownership(
                user: settings.user.map { Account($0) }, group: settings.group.map { Account($0) }, mode: settings.dirMode
            ).attributes(host)
            try await host.makeDirectories(parent, attributes)
            try await host.remove(path)
            try await host.link(path, to: target)
            return current == nil ? ["new": .string(path)] : ["forced": "File for hard link was forcibly replaced", "new": .string(path)]
        }
    }
}

/// One symbolic link with its owner.
private struct SymbolicLink {
    let state: StateContext
    let path: String
    let settings: FileState.SymlinkSettings
    let ownership: Ownership

    private var host: any Host { state.call.host }
    private var accounts: String { "\(ownership.user?.text ?? ""):\(ownership.group?.text ?? "")" }

    func apply(_ current: FileStatus?) async throws -> StateResult {
        let parent = Path.parent(path) ?? "/"
        let hasParent = try await host.isDirectory(parent)
        let failure: StateResult? = try await state.whenApplying {
            hasParent || settings.makedirs ? nil : state.failed("Directory \(parent) for symlink is not present")
        }
        if let failure { return failure }
        var note = ""
        if !hasParent { note = settings.makedirs ? "\n\(parent) will be created" : "\nDirectory \(parent) for symlink is not present" }
        guard let current else {
            return try await make(["new": .string(path)], would: "Symlink \(path) to \(settings.target) is set for creation" + note)
        }
        guard current.kind == .link else { return try await replace(current) }
        let present = try await host.readLink(path)
        if Path.normalised(present) == Path.normalised(settings.target) { return try await owner(current) }
        return try await make(
            ["change": .string(path)], would: "Link \(path) target is set to be changed to \(settings.target)" + note)
    }

    private func owner(_ current: FileStatus) async throws -> StateResult {
        if try await ownership.differences(current, host).isEmpty {
            return state.unchanged(
                state.text(would: "The symlink \(path) is present", did: "Symlink \(path) is present and owned by \(accounts)"))
        }
        let present = "\(try await Ownership.userName(current.userID, host)):\(try await Ownership.groupName(current.groupID, host))"
        let would = "The symlink \(path) is present, but the ownership of the symlink would be changed from \(present) to \(accounts)"
        return try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: would, changes: ["ownership": .string(present)])
        }, do: {
            let outcome = try await ownership.enforce(path, host, followLinks: false)
            if !outcome.problems.isEmpty { return state.failed("Failed to set ownership of symlink \(path) to \(accounts)") }
            return StateResult(
                name: state.name, result: true, comment: "Set ownership of symlink \(path) to \(accounts)",
                changes: ["ownership": .string(accounts)])
        })
    }

    /// Something else is in the way.
    private func replace(_ current: FileStatus) async throws -> StateResult {
        let refused = "File or directory exists where the symlink \(path) should be. Did you mean to use force?"
        let kind = current.kind == .directory ? "Directory" : current.kind == .file ? "File" : "File system entry"
        if let backup = settings.backupname { return try await keep(as: backup) }
        if !settings.force, !settings.atomic {
            return state.failed(state.text(would: refused, did: "\(kind) exists where the symlink \(path) should be"))
        }
        return try await make(
            [:],
            would: "The file or directory \(path) is set for removal to make way for a new symlink targeting \(settings.target)")
    }

    private func keep(as name: String) async throws -> StateResult {
        var backup = name
        if !name.hasPrefix("/") {
            guard !name.contains("/") else { return state.failed("Backupname must be an absolute path or a file name: \(name)") }
            backup = Path.join(Path.parent(path) ?? "/", name)
        }
        if try await host.exists(backup), !settings.force {
            return state.failed("Symlink & backup dest exists and Force not set. \(path) -> \(settings.target) - backup: \(backup)")
        }
        let would = settings.force
            ? "The file or directory \(path) is set for removal to make way for a new symlink targeting \(settings.target)"
            : "File or directory exists where the symlink \(path) should be. Did you mean to use force?"
        return try await state.either(would: {
            StateResult(name: state.name, result: settings.force ? nil : false, comment: would)
        }, do: {
            try await host.remove(backup)
            try await host.rename(path, to: backup)
            return try await make(["new": .string(path)], would: "")
        })
    }

    private func make(_ changes: ValueMap, would: String) async throws -> StateResult {
        let parent = Path.parent(path) ?? "/"
        var isOwned = true
        var result = try await state.change(changes, would: would, did: "Created new symlink \(path) -> \(settings.target)") {
            if try await !host.isDirectory(parent) {
                var owners = ownership
                owners.mode = settings.mode
                try await host.makeDirectories(parent, try await owners.attributes(host))
            }
            // Made beside the place and renamed over it, so that the name always leads somewhere.
            if try await host.isDirectory(path), try await !host.isLink(path) { try await host.remove(path) }
            let temporary = TemporaryName.make("link", in: parent)
            try await host.makeLink(temporary, to: settings.target)
            try await host.rename(temporary, to: path)
            isOwned = try await ownership.enforce(path, host, followLinks: false).problems.isEmpty
            return ["new": .string(path)]
        }
        if !isOwned {
            result.result = false
            result.comment += ", but was unable to set ownership to \(accounts)"
        }
        return result
    }
}

extension Optional {
    func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async rethrows -> Result? {
        if let self { return try await transform(self) }
        return nil
    }
}
