import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct RecurseSettings: ArgumentGroup {
        var source: [String] = []
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
            .field("sym_mode", \.symMode, "Without effect on Linux."),
            .field("template", \.template, "The engine that renders the files."),
            .field("context", \.context, "Variables for templates."),
            .field("replace", \.replace, "Write files also when they are there."),
            .field("defaults", \.defaults, "Variables under those of the context."),
            .field("include_empty", \.includeEmpty, "Make folders that hold no file."),
            .field("backup", \.backup, "minion keeps old content in the cache."),
            .field("include_pat", \.includePat, "Only these: globs or E@regex."),
            .field("exclude_pat", \.excludePat, "Not these: globs or E@regex."),
            .field("maxdepth", \.maxdepth, "How far below."),
            .field("keep_symlinks", \.keepSymlinks, "Without effect: links of the source are copied as files."),
            .field("force_symlinks", \.forceSymlinks, "Without effect."),
            .field("merge", \.merge, "Lay all sources over one another."),
            .field("owner", \.owner, "The same as user."),
            .field("mode", \.mode, "Not allowed here."),
            .field("show_changes", \.showChanges, "Show what differs."),
            .field("follow_symlinks", \.followSymlinks, "Change what links point to."),
        ]
    }

    static func recurse(_ state: StateContext, _ settings: RecurseSettings) async throws -> StateResult {
        let path = try await path(state)
        if !settings.mode.isNull {
            return state.failed("'mode' is not allowed in 'file.recurse'. Please use 'file_mode' and 'dir_mode'.")
        }
        var settings = settings
        settings.user = settings.user ?? settings.owner
        let own = Ownership(user: settings.user, group: settings.group, mode: settings.dirMode)
        if let failure = try await missingAccountFailure(state, own) { return failure }
        if let failure = relativePathFailure(state, path) { return failure }
        do {
            return try await RecursiveCopy(state: state, path: path, settings: settings).apply()
        } catch let error as ExecutionError {
            return state.failed("Recurse failed: \(error)")
        }
    }
}

/// A folder of the file server laid out on the host.
struct RecursiveCopy: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.RecurseSettings

    private var host: any Host { state.call.host }

    private struct Layout {
        /// Destination to source, in the order of paths.
        var files: [(path: String, source: String)] = []
        var folders: Set<String> = []
        var kept: Set<String> = []
    }

    func apply() async throws -> StateResult {
        let layout = try await layout(try await sources())
        if try await host.status(path) != nil, try await !host.isDirectory(path) {
            return state.failed("The path \(path) exists and is not a directory")
        }
        _ = try await state.whenApplying { () -> Bool? in
            if try await host.isDirectory(path) { return true }
            let own = Ownership(user: settings.user, group: settings.group, mode: settings.dirMode)
            try await host.makeDirectories(path, try await own.attributes(host))
            return true
        }
        var summary = Summary()
        for folder in layout.folders.sorted() { summary.add(folder, try await manageFolder(folder)) }
        for file in layout.files { summary.add(file.path, try await manageFile(file.path, file.source)) }
        if settings.clean { try await clean(layout, &summary) }
        return summary.result(state, path)
    }

    /// The sources that exist: the first alone, unless they are merged.
    private func sources() async throws -> [(path: String, saltenv: String)] {
        let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
        var found: [(path: String, saltenv: String)] = []
        for source in settings.source {
            var text = source
            while text.hasSuffix("/"), text != "salt://" { text.removeLast() }
            guard text.hasPrefix("salt://") else { throw ExecutionError("Invalid source '\(text)' (must be a salt:// URI)") }
            let place = reader.saltPath(text)
            let prefix = place.path.isEmpty ? "" : place.path + "/"
            let files = try await state.call.services.files.list(saltenv: place.saltenv)
            let folders = try await state.call.services.files.emptyDirectories(saltenv: place.saltenv)
            if files.contains(where: { $0.hasPrefix(prefix) }) || folders.contains(where: { $0 == place.path || $0.hasPrefix(prefix) }) { found.append(place) }
        }
        if found.isEmpty { throw ExecutionError("none of the specified sources were found") }
        return settings.merge ? found : [found[0]]
    }

    private func layout(_ sources: [(path: String, saltenv: String)]) async throws -> Layout {
        var layout = Layout()
        let filter = PathFilter(include: settings.includePat, exclude: settings.excludePat)
        func admitted(_ full: String, _ prefix: String) throws -> String? {
            guard full.hasPrefix(prefix) else { return nil }
            let relative = String(full.dropFirst(prefix.count))
            if ("/" + relative + "/").contains("/../") || relative.isEmpty { return nil }
            if let most = settings.maxdepth, relative.count(where: { $0 == "/" }) > most { return nil }
            return try filter.admits(relative) ? relative : nil
        }
        for source in sources {
            let prefix = source.path.isEmpty ? "" : source.path + "/"
            for file in try await state.call.services.files.list(saltenv: source.saltenv) {
                guard let relative = try admitted(file, prefix) else { continue }
                let destination = Path.join(path, relative)
                if layout.kept.contains(destination) { continue }
                layout.kept.insert(destination)
                layout.files.append((destination, "salt://\(file)" + (source.saltenv == state.call.saltenv ? "" : "?saltenv=\(source.saltenv)")))
                if let parent = Path.parent(destination) { layout.folders.insert(parent) }
            }
            guard settings.includeEmpty else { continue }
            for folder in try await state.call.services.files.emptyDirectories(saltenv: source.saltenv) {
                guard let relative = try admitted(folder, prefix) else { continue }
                layout.folders.insert(Path.join(path, relative))
                layout.kept.insert(Path.join(path, relative))
            }
        }
        return layout
    }

    private func nested(_ name: String) -> StateContext {
        StateContext(call: state.call, name: name, id: state.id, sls: state.sls, low: state.low)
    }

    private func manageFolder(_ folder: String) async throws -> StateResult {
        var inner = FileState.DirectorySettings()
        (inner.user, inner.group, inner.dirMode, inner.makedirs) = (settings.user, settings.group, settings.dirMode, true)
        if settings.clean, let status = try await host.status(folder), status.kind != .directory {
            return try await replaceEntry(folder, would: "Replacing \(folder) with a directory", did: "Replaced file with a directory") {
                try await FileState.directory(nested(folder), inner)
            }
        }
        return try await FileState.directory(nested(folder), inner)
    }

    private func manageFile(_ file: String, _ source: String) async throws -> StateResult {
        var inner = FileState.ManagedSettings()
        inner.source = .string(source)
        (inner.user, inner.group, inner.mode, inner.makedirs) = (settings.user, settings.group, settings.fileMode, true)
        (inner.template, inner.context, inner.defaults) = (settings.template, settings.context, settings.defaults)
        (inner.replace, inner.backup, inner.showChanges) = (settings.replace, settings.backup, settings.showChanges)
        inner.followSymlinks = settings.followSymlinks
        if settings.clean, settings.replace, try await host.isDirectory(file) {
            return try await replaceEntry(file, would: "Replacing directory \(file) with a file", did: "Replaced directory with a new file") {
                try await FileState.managed(nested(file), inner)
            }
        }
        return try await FileState.managed(nested(file), inner)
    }

    private func replaceEntry(
        _ entry: String, would: String, did: String, then manage: () async throws -> StateResult
    ) async throws -> StateResult {
        try await nested(entry).either(would: {
            StateResult(name: entry, result: nil, comment: would)
        }, do: {
            try await host.remove(entry)
            return try await manage()
        })
    }

    private func clean(_ layout: Layout, _ summary: inout Summary) async throws {
        let required = try await KeptFiles.collect(state, folder: path, require: settings.require)
        let visits = try await FolderWalk.visits(path, host)
        let removals = try KeptFiles.removals(
            visits, below: path, kept: layout.kept.union(layout.folders).union(required), filter: PathFilter(exclude: settings.excludePat))
        if removals.isEmpty { return }
        let result = try await nested(path).change(["removed": removals.value], would: removals.joined(separator: "\n"), did: "") {
            for entry in removals { try await host.remove(entry) }
            return nil
        }
        summary.addRemovals(removals, result)
    }

    /// The results of all files and folders as one.
    private struct Summary {
        var changes = ValueMap()
        var outcome: Bool? = true
        var comments: [(String, [String])] = []

        mutating func add(_ path: String, _ result: StateResult) {
            if result.result == false || outcome == true { outcome = result.result }
            if result.result != true, !result.comment.isEmpty { comment(path, [result.comment]) }
            if !result.changes.isEmpty { changes[.string(path)] = .map(result.changes) }
        }

        mutating func addRemovals(_ removals: [String], _ result: StateResult) {
            if result.result == nil {
                if outcome == true { outcome = nil }
                comment("removed", removals)
            } else {
                changes["removed"] = removals.value
            }
        }

        private mutating func comment(_ path: String, _ texts: [String]) {
            if let index = comments.firstIndex(where: { $0.0 == path }) { comments[index].1 += texts } else { comments.append((path, texts)) }
        }

        func result(_ state: StateContext, _ path: String) -> StateResult {
            var text = comments.map { "\n#### \($0.0) ####\n\($0.1.joined(separator: "\n"))" }.joined(separator: "\n").stripped()
            if text.isEmpty { text = "Recursively updated \(path)" }
            if changes.isEmpty, outcome == true { text = "The directory \(path) is in the correct state" }
            return StateResult(name: path, result: outcome, comment: text, changes: changes)
        }
    }
}
