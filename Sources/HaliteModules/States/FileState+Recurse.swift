import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct RecurseSettings: ArgumentGroup {
        var source: Value = .null
        var keepSource = true
        var clean = false
        var require: Value = .null
        var user: Account?
        var group: Account?
        var dirMode: FileMode?
        var fileMode: String?
        var symMode: FileMode?
        var template: String?
        var context: Value = .null
        var replace = true
        var defaults: Value = .null
        var includeEmpty = false
        var backup: Value = .null
        var includePat: [String] = []
        var excludePat: [String] = []
        var maxdepth: Int?
        var keepSymlinks = false
        var forceSymlinks = false
        var merge = false
        var owner: Account?
        var ignored: Value = .null
        var mode: Value = .null
        var showChanges = true
        var followSymlinks = true

        static let fields: [ArgumentField<RecurseSettings>] = [
            .field("source", \.source, "A folder of the file server: salt://…; the first of a list that exists.", required: true),
            .field("keep_source", \.keepSource, "Keep the cached copies."),
            .field("clean", \.clean, "Remove what the source has not."),
            .field("require", \.require, "States whose files clean keeps."),
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("dir_mode", \.dirMode, "The mode of folders."),
            .field("file_mode", \.fileMode, "The mode of files, or keep."),
            .field("sym_mode", \.symMode, "The mode of parents that links need."),
            .field("template", \.template, "The engine that renders the files."),
            .field("context", \.context, "Variables for templates."),
            .field("replace", \.replace, "Write files also when they are there."),
            .field("defaults", \.defaults, "Variables under those of the context."),
            .field("include_empty", \.includeEmpty, "Make folders that hold no file."),
            .field("backup", \.backup, "minion keeps old content in the cache."),
            .field("include_pat", \.includePat, "Only these: globs or E@regex."),
            .field("exclude_pat", \.excludePat, "Not these: globs or E@regex."),
            .field("maxdepth", \.maxdepth, "How far below."),
            .field("keep_symlinks", \.keepSymlinks, "Links of the source stay links."),
            .field("force_symlinks", \.forceSymlinks, "Replace what is in the way of links."),
            .field("merge", \.merge, "Lay all sources over one another."),
            .field("owner", \.owner, "The same as user."),
            .field("win_owner", \.ignored, "For Windows; without effect here."),
            .field("win_perms", \.ignored, "For Windows; without effect here."),
            .field("win_deny_perms", \.ignored, "For Windows; without effect here."),
            .field("win_inheritance", \.ignored, "For Windows; without effect here."),
            .field("mode", \.mode, "Not allowed here."),
            .field("show_changes", \.showChanges, "Show what differs."),
            .field("follow_symlinks", \.followSymlinks, "Change what links point to."),
        ]
    }

    static func recurse(_ state: StateContext, _ given: RecurseSettings) async throws -> StateResult {
        let path = try await path(state)
        let state = state.named(path)
        if !given.mode.isNull {
            return state.failed("'mode' is not allowed in 'file.recurse'. Please use 'file_mode' and 'dir_mode'.")
        }
        var settings = given
        settings.user = settings.user ?? settings.owner
        let own = Ownership(user: settings.user, group: settings.group, mode: settings.dirMode)
        if let failure = try await missingAccountFailure(state, own) { return failure }
        if let failure = relativePathFailure(state, path) { return failure }
        let copy = RecursiveCopy(state: state, path: path, settings: settings)
        let layout: RecursiveLayout
        do {
            layout = try await copy.layout()
        } catch let error as ExecutionError {
            return state.failed("Recurse failed: \(error)")
        }
        return try await copy.apply(layout)
    }
}
