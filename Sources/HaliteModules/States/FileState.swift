import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Files, folders and links.
package struct FileState: StateModule {
    package static let name = "file"
    package static let summary = "Files, folders and links."

    package static let functions: [StateFunction] = [
        StateFunction("managed", "A file has a content, an owner and a mode.", ManagedSettings.self, body: managed),
        StateFunction("directory", "A folder is there, with an owner and a mode.", DirectorySettings.self, body: directory),
        StateFunction("recurse", "A folder holds what a folder of the file server holds.", RecurseSettings.self, body: recurse),
        StateFunction("symlink", "A symbolic link points to a target.", SymlinkSettings.self, body: symlink),
        StateFunction("hardlink", "A hard link points to a target.", HardlinkSettings.self, body: hardlink),
        StateFunction("absent", "Nothing is at a path.", .required("name", "The path."), body: absent),
        StateFunction("exists", "Something is at a path; nothing is made.", .required("name", "The path."), body: exists),
        StateFunction("missing", "Nothing is at a path; nothing is removed.", .required("name", "The path."), body: missing),
        StateFunction("append", "A file holds lines, put at its end when they are missing.", TextSettings.self, body: append),
        StateFunction("prepend", "A file holds lines, put at its start when they are missing.", TextSettings.self, body: prepend),
        StateFunction("replace", "A pattern in a file is replaced.", ReplaceSettings.self, body: replace),
        StateFunction("line", "A file has one line in its place.", LineSettings.self, body: line),
        StateFunction("comment", "Lines that match are commented out.", CommentSettings.self, body: comment),
        StateFunction("uncomment", "Lines that match are no comments.", CommentSettings.self, body: uncomment),
        StateFunction("blockreplace", "A block between two markers has a content.", BlockSettings.self, body: blockReplace),
        StateFunction("keyvalue", "Keys in a file have values.", KeyValueSettings.self, body: keyValue),
        StateFunction("touch", "A file is there, with its times set.", TouchSettings.self, body: touch),
        StateFunction("copy", "A file or folder is a copy of another on the host.", CopySettings.self, body: copy),
        StateFunction("rename", "A file has another name.", RenameSettings.self, body: rename),
        StateFunction("serialize", "A file holds data in a format such as YAML or JSON.", SerializeSettings.self, body: serialize),
        StateFunction("accumulated", "Text waits for a state that writes it.", AccumulatedSettings.self, body: accumulated),
        StateFunction("tidied", "Old or large files are removed from a folder.", TidiedSettings.self, body: tidied),
        StateFunction("cached", "A source is in the minion's cache.", CachedSettings.self, body: cached),
        StateFunction(
            "not_cached", "A source is not in the minion's cache.", .required("name", "The source."),
            .optional("saltenv", "base", "Its environment."), body: notCached),
        StateFunction("mknod", "A device or a pipe is there, with an owner and a mode.", NodeSettings.self, body: node),
        StateFunction("pruned", "Empty folders are removed.", PrunedSettings.self, body: pruned),
        StateFunction(
            "retention_schedule", "Of many files only some by their age are kept.", RetentionSettings.self, body: retentionSchedule),
        StateFunction("patch", "A patch is applied to a file or folder.", PatchSettings.self, body: patch),
        StateFunction(
            "shortcut", "A shortcut of Windows; refused here.", .required("name", "The path."), .required("target", "Where it points to."),
            .keywords("kwargs", "Ignored."), body: shortcut),
        StateFunction("decode", "A file holds what a text encodes.", DecodeSettings.self, body: decode),
    ]

    /// A failure unless the path is absolute.
    static func relativePathFailure(_ state: StateContext, _ path: String) -> StateResult? {
        path.hasPrefix("/") ? nil : state.failed("Specified file \(path) is not an absolute path")
    }

    /// The path a state is about: `~` means the home of the user.
    static func path(_ state: StateContext) async throws -> String {
        guard state.name.hasPrefix("~") else { return state.name }
        let rest = state.name.dropFirst().prefix { $0 != "/" }
        let behind = state.name.dropFirst(1 + rest.count)
        let home: String?
        if rest.isEmpty {
            home = try await state.call.host.identity().environment["HOME"]
        } else {
            home = try await state.call.host.user(named: String(rest))?.home
        }
        return home.map { $0 + behind } ?? state.name
    }

    // MARK: - Whether something is there

    private static func absent(_ given: StateContext, name: String) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        let host = state.call.host
        if path.isEmpty { return state.failed("Must provide name to file.absent") }
        if let failure = relativePathFailure(state, path) { return failure }
        if Path.normalised(path) == "/" { return state.failed("Refusing to make \"/\" absent") }
        let target = try await host.status(path)
        let isLink = try await host.isLink(path)
        let isFolder = target?.kind == .directory && !isLink
        // Salt sees files, links and folders; a pipe or a device is not present for it.
        guard isLink || isFolder || target?.kind == .file else { return state.unchanged("File \(path) is not present") }
        let word = isFolder ? "Directory" : "File"
        do {
            return try await state.change(
                ["removed": .string(path)], would: "\(word) \(path) is set for removal", did: "Removed \(word.lowercased()) \(path)"
            ) {
                try await host.remove(path)
                return nil
            }
        } catch let error as HostError {
            return state.failed("Could not remove '\(path)': \(error.pythonText)")
        }
    }

    private static func exists(_ given: StateContext, name: String) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.exists") }
        if try await state.call.host.status(path) == nil { return state.failed("Specified path \(path) does not exist") }
        return state.unchanged("Path \(path) exists")
    }

    private static func missing(_ given: StateContext, name: String) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.missing") }
        if try await state.call.host.status(path) != nil { return state.failed("Specified path \(path) exists") }
        return state.unchanged("Path \(path) is missing")
    }
}
