import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileModule {
    static let changing: [Function] = [
        Function(
            "write", "Write lines into a file.", .required("path", "The path."), .rest("args", "The lines."),
            .keywords("kwargs", "args: the lines as a list."), body: write),
        Function(
            "append", "Put lines at the end of a file.", .required("path", "The path."), .rest("args", "The lines."),
            .keywords("kwargs", "args: the lines as a list."), body: append),
        Function(
            "prepend", "Put lines at the start of a file.", .required("path", "The path."), .rest("args", "The lines."),
            .keywords("kwargs", "args: the lines as a list."), body: prepend),
        Function(
            "touch", "Make a file, or set its times.", .required("name", "The path."),
            .optional("atime", .null as Value, "Seconds since 1970."), .optional("mtime", .null as Value, "Seconds since 1970."),
            body: touch),
        Function("truncate", "Cut a file off.", .required("path", "The path."), .required("length", "Bytes to keep."), body: truncate),
        Function(
            "mkdir", "Make a folder with its parents.", .required("dir_path", "The path."),
            .optional("user", nil as Account?, "The owner."), .optional("group", nil as Account?, "The group."),
            .optional("mode", nil as FileMode?, "The mode."), body: makeFolder),
        Function(
            "makedirs", "Make the folder that a path is in.", .required("path", "The path."),
            .optional("user", nil as Account?, "The owner."), .optional("group", nil as Account?, "The group."),
            .optional("mode", nil as FileMode?, "The mode."), body: makeParents),
        Function(
            "remove", "Remove a file, a link or a whole folder.", .required("path", "The path."),
            .keywords("kwargs", "force, without effect."), body: remove),
        Function("rmdir", "Remove an empty folder.", .required("path", "The path."), .keywords("kwargs", "recurse."), body: removeFolder),
        Function(
            "copy", "Copy a file or folder.", .required("src", "The path."), .required("dst", "The copy."),
            .optional("recurse", false, "Folders too."), .optional("remove_existing", false, "Empty the place first."), body: copy),
        Function("rename", "Give a file another path.", .required("src", "The path."), .required("dst", "The other path."), body: rename),
        Function(
            "move", "Move a file or folder.", .required("src", "The path."), .required("dst", "The other path."),
            .keywords("kwargs", "Ignored."), body: move),
        Function(
            "symlink", "Make a symbolic link.", .required("src", "Where it points to."), .required("path", "The link."),
            .optional("force", false, "Replace what is there."), .keywords("kwargs", "Ignored."), body: symlink),
        Function("link", "Make a hard link.", .required("src", "The file."), .required("path", "The link."), body: link),
        Function(
            "chown", "Set owner and group.", .required("path", "The path."), .required("user", "The owner."),
            .optional("group", nil as Account?, "The group."), body: changeOwner),
        Function(
            "lchown", "Set owner and group of a link itself.", .required("path", "The path."), .required("user", "The owner."),
            .optional("group", nil as Account?, "The group."), body: changeLinkOwner),
        Function("chgrp", "Set the group.", .required("path", "The path."), .required("group", "The group."), body: changeGroup),
        Function("set_mode", "Set the mode and return it.", .required("path", "The path."), .required("mode", "The mode."), body: setMode),
    ]

    private static func lines(_ args: [Value], _ options: ValueMap) -> [String] {
        (options["args"].map { $0.listValue ?? [$0] } ?? args).map(\.pythonString)
    }

    /// Writes where a path leads to; other names of the file see it.
    private static func put(_ bytes: [UInt8], _ path: String, _ call: CallContext) async throws {
        try await FileEdit(old: [], new: bytes).write(path, .inside, call.host)
    }

    private static func write(_ call: CallContext, path: String, args: [Value], options: ValueMap) async throws -> String {
        let lines = lines(args, options)
        try await put(Array(lines.map { $0 + "\n" }.joined().utf8), path, call)
        return "Wrote \(lines.count) lines to \"\(path)\""
    }

    private static func append(_ call: CallContext, path: String, args: [Value], options: ValueMap) async throws -> String {
        let lines = lines(args, options)
        try await put(AddedText.appended(lines, to: try await call.host.read(path)), path, call)
        return "Wrote \(lines.count) lines to \"\(path)\""
    }

    private static func prepend(_ call: CallContext, path: String, args: [Value], options: ValueMap) async throws -> String {
        let lines = lines(args, options)
        let old = try await call.host.isFile(path) ? try await call.host.read(path) : []
        try await put(lines.flatMap { Array($0.utf8) + [0x0A] } + old, path, call)
        return "Prepended \(lines.count) lines to \"\(path)\""
    }

    private static func touch(_ call: CallContext, path: String, atime: Value, mtime: Value) async throws -> Bool {
        do {
            try await call.host.touch(path, accessTime: try FileTimes.seconds(atime), modificationTime: try FileTimes.seconds(mtime))
        } catch let error as HostError {
            throw ExecutionError(error.reason)
        }
        return true
    }

    private static func truncate(_ call: CallContext, path: String, length: Int) async throws -> Value {
        var bytes = Array(try await call.host.read(path).prefix(max(0, length)))
        bytes += Array(repeating: 0, count: max(0, length - bytes.count))
        try await put(bytes, path, call)
        return .null
    }

    private static func makeFolder(_ call: CallContext, path: String, user: Account?, group: Account?, mode: FileMode?) async throws -> Bool
    {
        try await call.host.makeDirectories(path, try await Ownership(user: user, group: group, mode: mode).attributes(call.host))
        return true
    }

    private static func makeParents(_ call: CallContext, path: String, user: Account?, group: Account?, mode: FileMode?) async throws
        -> Value
    {
        let parent = Path.parent(path.hasSuffix("/") ? path + "x" : path) ?? "/"
        if try await call.host.isDirectory(parent) { return .string("Directory '\(parent)' already exists") }
        if try await call.host.exists(parent) { return .string("The path '\(parent)' already exists and is not a directory") }
        _ = try await makeFolder(call, path: parent, user: user, group: group, mode: mode)
        return .null
    }

    private static func remove(_ call: CallContext, path: String, options: ValueMap) async throws -> Bool {
        guard path.hasPrefix("/") else { throw ExecutionError("File path must be absolute: \(path)") }
        guard Path.normalised(path) != "/" else { throw ExecutionError("the root cannot be removed") }
        guard try await call.host.exists(path) else { return false }
        do {
            try await call.host.remove(path)
        } catch let error as HostError {
            throw ExecutionError("Could not remove '\(path)': \(error.pythonText)")
        }
        return true
    }

    private static func removeFolder(_ call: CallContext, path: String, options: ValueMap) async throws -> Value {
        if !path.hasPrefix("/") { throw ExecutionError("File path must be absolute.") }
        guard try await call.host.isDirectory(path) else { throw ExecutionError("A valid directory was not specified: \(path)") }
        let outcome = try await EmptyFolders.remove(
            path, recurses: options["recurse"]?.isTruthy == true, olderThan: options["older_than"] ?? .null, call.host)
        guard options["verbose"]?.isTruthy == true else { return .bool(outcome.isDone) }
        return [
            "deleted": outcome.deleted.value, "errors": .list(outcome.errors.map { [.string($0.0), .string($0.1)] }),
            "result": .bool(outcome.isDone),
        ]
    }

    private static func copy(_ call: CallContext, source: String, path: String, recurse: Bool, removeExisting: Bool) async throws -> Bool {
        let host = call.host
        guard source.hasPrefix("/") else { throw ExecutionError("File path must be absolute.") }
        guard let status = try await host.status(source) else { throw ExecutionError("No such file or directory '\(source)'") }
        let isOverFolder = try await host.isDirectory(path)
        do {
            if isOverFolder || status.kind == .directory {
                if !recurse { throw ExecutionError("Cannot copy overwriting a directory without recurse flag set to true!") }
                if removeExisting { try await host.remove(path) }
                if try await host.exists(path) {
                    try await merge(source, path, host)
                } else {
                    try await FileCopies.copy(source, to: path, host)
                }
            } else {
                try await FileEdit(old: [], new: []).replace(path, with: .onHost(source), host)
            }
        } catch is HostError {
            throw ExecutionError("Could not copy '\(source)' to '\(path)'")
        }
        _ = try await host.setAttributes(path, FileAttributes(mode: status.mode, userID: status.userID, groupID: status.groupID))
        return true
    }

    /// Lays a folder over another one.
    private static func merge(_ source: String, _ path: String, _ host: any Host) async throws {
        for visit in try await FolderWalk.visits(source, host) {
            let target = visit.path == source ? path : Path.join(path, FolderWalk.relative(visit.path, to: source))
            try await host.makeDirectories(target)
            for name in visit.files { try await host.copy(Path.join(visit.path, name), to: Path.join(target, name), FileAttributes()) }
        }
    }

    private static func rename(_ call: CallContext, source: String, path: String) async throws -> Bool {
        guard source.hasPrefix("/") else { throw ExecutionError("File path must be absolute.") }
        do {
            try await call.host.rename(source, to: path)
        } catch is HostError {
            throw ExecutionError("Could not rename '\(source)' to '\(path)'")
        }
        return true
    }

    private static func move(_ call: CallContext, source: String, path: String, options: ValueMap) async throws -> Value {
        if options["disallow_copy_and_unlink"]?.isTruthy == true { return .bool(try await rename(call, source: source, path: path)) }
        guard source.hasPrefix("/") else { throw ExecutionError("Source path must be absolute.") }
        guard path.hasPrefix("/") else { throw ExecutionError("Destination path must be absolute.") }
        do {
            let takesIn = try await call.host.isDirectory(path)
            try await FileCopies.move(source, to: takesIn ? Path.join(path, Path.name(source)) : path, call.host)
        } catch let error as HostError {
            throw ExecutionError("Unable to move '\(source)' to '\(path)': [Errno \(error.number ?? 0)] \(error.reason): '\(source)'")
        }
        return ["result": true, "comment": .string("'\(source)' moved to '\(path)'")]
    }

    private static func symlink(_ call: CallContext, target: String, path: String, force: Bool, options: ValueMap) async throws -> Bool {
        let host = call.host
        let isAtomic = options["atomic"]?.isTruthy == true
        guard path.hasPrefix("/") else { throw ExecutionError("Link path must be absolute: \(path)") }
        if try await host.isLink(path) {
            if Path.normalised(try await host.readLink(path)) == Path.normalised(target) { return true }
            if !force, !isAtomic { throw ExecutionError("Found existing symlink: \(path)") }
        } else if try await host.exists(path), !force, !isAtomic {
            throw ExecutionError("Existing path is not a symlink: \(path)")
        }
        let temporary = TemporaryName.make("link", in: Path.parent(path) ?? "/")
        do {
            try await host.makeLink(temporary, to: target)
            try await host.rename(temporary, to: path)
        } catch is HostError {
            try? await host.remove(temporary)
            throw ExecutionError("Could not create '\(path)'")
        }
        return true
    }

    private static func link(_ call: CallContext, source: String, path: String) async throws -> Bool {
        guard source.hasPrefix("/") else { throw ExecutionError("File path must be absolute.") }
        do {
            try await call.host.link(path, to: source)
        } catch let error as HostError {
            throw ExecutionError("Could not create '\(path)': [Errno \(error.number ?? 0)] \(error.reason): '\(source)' -> '\(path)'")
        }
        return true
    }

    private static func setOwner(_ call: CallContext, _ path: String, _ user: Account?, _ group: Account?, follow: Bool) async throws
        -> Value
    {
        var attributes = FileAttributes()
        var errors = ""
        if let user, user.text != "" {
            attributes.userID = try await Ownership.userID(user, call.host)
            if attributes.userID == nil { errors += "User does not exist\n" }
        }
        if let group, group.text != "" {
            attributes.groupID = try await Ownership.groupID(group, call.host)
            if attributes.groupID == nil { errors += "Group does not exist\n" }
        }
        if follow, try await call.host.status(path) == nil {
            guard errors.isEmpty, try await call.host.exists(path) else { return .string(errors + "File not found") }
            try await call.host.setAttributes(path, attributes, followLinks: false)
            return .null
        }
        if !errors.isEmpty { return .string(errors) }
        try await call.host.setAttributes(path, attributes, followLinks: follow)
        return .null
    }

    private static func changeOwner(_ call: CallContext, path: String, user: Account, group: Account?) async throws -> Value {
        try await setOwner(call, path, user, group, follow: true)
    }

    private static func changeLinkOwner(_ call: CallContext, path: String, user: Account, group: Account?) async throws -> Value {
        try await setOwner(call, path, user, group, follow: false)
    }

    private static func changeGroup(_ call: CallContext, path: String, group: Account) async throws -> Value {
        try await setOwner(call, path, nil, group, follow: true)
    }

    private static func setMode(_ call: CallContext, path: String, mode: FileMode) async throws -> String {
        guard try await call.host.status(path) != nil else { throw ExecutionError("\(path): File not found") }
        if mode.bits == nil { return "Invalid Mode \(mode.text.drop { $0 == "0" })" }
        try await call.host.setAttributes(path, FileAttributes(mode: mode.bits))
        return try await call.host.status(path)?.modeText ?? mode.text
    }

    // MARK: - Paths as texts

    static let texts: [Function] = [
        Function(
            "basename", "Return the last part of a path.", .required("path", "The path."),
            body: { (_: CallContext, path: String) async throws -> String in path.parts("/").last ?? "" }),
        Function(
            "dirname", "Return a path without its last part.", .required("path", "The path."),
            body: { (_: CallContext, path: String) async throws -> String in folder(path) }),
        Function(
            "join", "Join parts of a path.", .rest("args", "The parts."),
            body: { (_: CallContext, parts: [Value]) async throws -> String in parts.reduce("") { Path.join($0, $1.pythonString) } }),
        Function(
            "normpath", "Resolve dots in a path.", .required("path", "The path."),
            body: { (_: CallContext, path: String) async throws -> String in Path.normalised(path) }),
        Function("pardir", "Return the name of the folder above.", body: { (_: CallContext) async throws -> String in ".." }),
    ]

    /// As Python's `os.path.dirname`, which keeps nothing of a bare name.
    private static func folder(_ path: String) -> String {
        let parts = path.parts("/")
        let head = parts.dropLast().joined(separator: "/")
        if path.hasPrefix("/"), head.isEmpty { return "/" }
        return head
    }
}
