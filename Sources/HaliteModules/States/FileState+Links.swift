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
        var user: Value = .null
        var group: Value = .null
        var mode: FileMode?
        var atomic = false
        var disallowCopyAndUnlink = false
        var inheritUserAndGroup = false
        var followSymlinks = true
        var owner: Value = .null
        var ignored: Value = .null

        static let fields: [ArgumentField<SymlinkSettings>] = [
            .field("target", \.target, "Where the link points to.", required: true),
            .field("force", \.force, "Replace what is in the way."),
            .field("backupname", \.backupname, "Rename what is in the way to this."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("user", \.user, "The owner of the link."),
            .field("group", \.group, "The group of the link."),
            .field("mode", \.mode, "The mode of parents that are made."),
            .field("atomic", \.atomic, "Replace what is in the way in one step."),
            .field("disallow_copy_and_unlink", \.disallowCopyAndUnlink, "Never copy to make the backup."),
            .field("inherit_user_and_group", \.inheritUserAndGroup, "Keep the owner of an existing link."),
            .field("follow_symlinks", \.followSymlinks, "A broken link counts as absent."),
            .field("owner", \.owner, "The same as user."),
            .field("win_owner", \.ignored, "For Windows; without effect here."),
            .field("win_perms", \.ignored, "For Windows; without effect here."),
            .field("win_deny_perms", \.ignored, "For Windows; without effect here."),
            .field("win_inheritance", \.ignored, "For Windows; without effect here."),
        ]
    }

    static func symlink(_ state: StateContext, _ settings: SymlinkSettings) async throws -> StateResult {
        let path = try await path(state)
        let state = state.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.symlink") }
        let host = state.call.host
        var user = settings.user.isNull ? settings.owner : settings.user
        var group = settings.group
        let current = try await host.status(path, followLinks: false)
        if settings.inheritUserAndGroup, let current, current.kind == .link {
            if user.isNull { user = .string(try await Ownership.userName(current.userID, host)) }
            if group.isNull { group = .string(try await Ownership.groupName(current.groupID, host)) }
        }
        let owners = try await LinkOwners.complete(user, group, state.call)
        var errors = try await owners.missing(host)
        if !path.hasPrefix("/") { errors.append("Specified file \(path) is not an absolute path") }
        if let failure = preflightFailure(state, errors) { return failure }
        return try await SymbolicLink(state: state, path: path, settings: settings, owners: owners).apply(current)
    }

    static func preflightFailure(_ state: StateContext, _ errors: [String]) -> StateResult? {
        if errors.isEmpty { return nil }
        return state.failed(errors.joined(separator: ". ") + (errors.count > 1 ? "." : ""))
    }

    struct HardlinkSettings: ArgumentGroup {
        var target = ""
        var force = false
        var makedirs = false
        var user: Value = .null
        var group: Value = .null
        var dirMode: FileMode?
        var owner: Value = .null

        static let fields: [ArgumentField<HardlinkSettings>] = [
            .field("target", \.target, "The file that the link is another name of.", required: true),
            .field("force", \.force, "Replace what is in the way."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("user", \.user, "The owner of parents that are made."),
            .field("group", \.group, "The group of parents that are made."),
            .field("dir_mode", \.dirMode, "The mode of parents that are made."),
            .field("owner", \.owner, "The same as user."),
        ]
    }

    static func hardlink(_ state: StateContext, _ settings: HardlinkSettings) async throws -> StateResult {
        let path = try await path(state)
        let state = state.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.hardlink") }
        let owners = try await LinkOwners.complete(settings.user.isNull ? settings.owner : settings.user, settings.group, state.call)
        var errors = try await owners.missing(state.call.host)
        if !path.hasPrefix("/") { errors.append("Specified file \(path) is not an absolute path") }
        if !settings.target.hasPrefix("/") { errors.append("Specified target \(settings.target) is not an absolute path") }
        if let failure = preflightFailure(state, errors) { return failure }
        let link = HardLink(state: state, path: path, settings: settings, owners: owners)
        return try await state.either(would: { try await link.foresee() }, do: { try await link.make() })
    }
}

/// Owner and group of a link; where a state names none, who runs the minion and that user's own group.
struct LinkOwners: Sendable {
    let user: Account
    let group: Account

    var ownership: Ownership { Ownership(user: user, group: group) }
    var text: String { "\(user.text):\(group.text)" }

    static func complete(_ user: Value, _ group: Value, _ call: CallContext) async throws -> LinkOwners {
        let own = try await call.ownAccounts()
        let user = user.isNull ? .string(own.user) : user
        var group = group
        if group.isNull {
            let primary: Int?
            if case .string(let name) = user { primary = try await call.host.user(named: name)?.groupID } else { primary = nil }
            group = .string(try await Ownership.groupName(primary ?? 0, call.host))
        }
        return LinkOwners(user: try Account(value: user), group: try Account(value: group))
    }

    func missing(_ host: any Host) async throws -> [String] {
        var errors: [String] = []
        if try await Ownership.userID(user, host) == nil { errors.append("User \(user.text) does not exist") }
        if try await Ownership.groupID(group, host) == nil { errors.append("Group \(group.text) does not exist") }
        return errors
    }

    /// Whether a link is theirs, by name as Salt compares.
    func own(_ status: FileStatus, _ host: any Host) async throws -> Bool {
        let (owner, team) = (try await Ownership.userName(status.userID, host), try await Ownership.groupName(status.groupID, host))
        return user.value == .string(owner) && group.value == .string(team)
    }
}
