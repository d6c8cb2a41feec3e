import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct DirectorySettings: ArgumentGroup {
        var user: Account?
        var group: Account?
        var recurse: Value = .null
        var maxDepth: Int?
        var dirMode: FileMode?
        var fileMode: FileMode?
        var makedirs = false
        var clean = false
        var require: Value = .null
        var excludePat: [String] = []
        var followSymlinks = false
        var force = false
        var backupname: String?
        var allowSymlink = true
        var childrenOnly = false
        var mode: FileMode?
        var owner: Account?
        var ignored: Value = .null

        static let fields: [ArgumentField<DirectorySettings>] = [
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("recurse", \.recurse, "What to enforce below: user, group, mode, ignore_files, ignore_dirs, silent."),
            .field("max_depth", \.maxDepth, "How far below."),
            .field("dir_mode", \.dirMode, "The mode of folders."),
            .field("file_mode", \.fileMode, "The mode of files below."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("clean", \.clean, "Remove what no required state manages."),
            .field("require", \.require, "The states whose files clean keeps."),
            .field("exclude_pat", \.excludePat, "What clean keeps: globs or E@regex."),
            .field("follow_symlinks", \.followSymlinks, "Change what links point to."),
            .field("force", \.force, "Replace a file or link in the way."),
            .field("backupname", \.backupname, "Rename what is in the way to this."),
            .field("allow_symlink", \.allowSymlink, "A link to a folder will do."),
            .field("children_only", \.childrenOnly, "Leave the folder itself as it is."),
            .field("mode", \.mode, "The same as dir_mode."),
            .field("owner", \.owner, "The same as user."),
            .field("win_owner", \.ignored, "For Windows; without effect here."),
            .field("win_perms", \.ignored, "For Windows; without effect here."),
            .field("win_deny_perms", \.ignored, "For Windows; without effect here."),
            .field("win_inheritance", \.ignored, "For Windows; without effect here."),
            .field("win_perms_reset", \.ignored, "For Windows; without effect here."),
        ]
    }

    /// What `recurse` asks for.
    struct RecurseSet: Sendable {
        var names: Set<String> = []

        private static let known = ["user", "group", "mode", "ignore_files", "ignore_dirs", "silent"]

        var checksFiles: Bool { !names.contains("ignore_files") }
        var checksFolders: Bool { !names.contains("ignore_dirs") }

        /// Nil when nothing is asked for.
        init?(_ value: Value) throws {
            guard value.isTruthy else { return nil }
            guard case .list(let list) = value else { throw ExecutionError("\"recurse\" must be formed as a list of strings") }
            names = Set(list.map(\.pythonString))
            guard names.isSubset(of: Self.known), !list.contains(where: { $0.mapValue != nil || $0.listValue != nil }) else {
                throw ExecutionError("Types for \"recurse\" limited to \(Self.known.map { "\"\($0)\"" }.joined(separator: ", ")).")
            }
            if names.isSuperset(of: ["ignore_files", "ignore_dirs"]) {
                throw ExecutionError("Must not specify \"recurse\" options \"ignore_files\" and \"ignore_dirs\" at the same time.")
            }
        }

        /// What is enforced below: only what is named.
        func narrowed(_ all: Ownership) -> Ownership {
            Ownership(
                user: names.contains("user") ? all.user : nil, group: names.contains("group") ? all.group : nil,
                mode: names.contains("mode") ? all.mode : nil)
        }
    }

    static func directory(_ state: StateContext, _ given: DirectorySettings) async throws -> StateResult {
        let name = try await path(state)
        let state = state.named(name)
        if name.isEmpty { return state.failed("Must provide name to file.directory") }
        let path = name.hasSuffix("/") && name != "/" ? String(name.dropLast()) : name
        if given.maxDepth != nil, given.clean { return state.failed("Cannot specify both max_depth and clean") }
        var settings = given
        settings.user = settings.user ?? settings.owner
        settings.dirMode = settings.dirMode ?? settings.mode
        settings.fileMode = settings.fileMode ?? settings.dirMode
        let own = Ownership(user: settings.user, group: settings.group, mode: settings.dirMode)
        if let failure = try await missingAccountFailure(state, own) { return failure }
        if let failure = relativePathFailure(state, path) { return failure }
        return try await ManagedFolder(state: state, path: path, settings: settings).apply()
    }
}
