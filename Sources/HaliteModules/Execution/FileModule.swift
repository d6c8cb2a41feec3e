import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Reads, writes and looks at files.
package struct FileModule: ExecutionModule {
    package static let name = "file"
    package static let summary = "Reads, writes and looks at files."

    /// What the system refuses is told in Python's words, as Salt does.
    package static let functions: [Function] = (looking + changing + editing + texts + special + backups).map { function in
        function.explaining { error in
            switch error {
            case let error as HostError where error.number != nil: ExecutionError(error.pythonText)
            case let error as BinaryFileError: ExecutionError(error.description)
            default: error
            }
        }
    }

    private static func path(_ text: String = "The path.") -> Parameter<String> { .required("path", text) }
    private static let follow: Parameter<Bool> = .optional("follow_symlinks", true, "Look at what a link points to.")

    // MARK: - Looking

    private static let looking: [Function] = [
        Function(
            "file_exists", "Tell whether there is a file.", path(), example: "halite '*' file.file_exists /etc/motd",
            body: { (call: CallContext, path: String) async throws -> Bool in try await call.host.isFile(path) }),
        Function(
            "directory_exists", "Tell whether there is a folder.", path(),
            body: { (call: CallContext, path: String) async throws -> Bool in try await call.host.isDirectory(path) }),
        Function(
            "path_exists_glob", "Tell whether anything matches a pattern.", path("A pattern."),
            body: { (call: CallContext, pattern: String) async throws -> Bool in try await !PathPattern.expand(pattern, call.host).isEmpty }
        ),
        Function(
            "is_link", "Tell whether a path is a symbolic link.", path(),
            body: { (call: CallContext, path: String) async throws -> Bool in try await call.host.isLink(path) }),
        Function(
            "access", "Tell whether a path is there, or can be read, written or run by its mode.", path(),
            .required("mode", "f, r, w or x."), body: access),
        Function("readdir", "Return what is in a folder.", path(), body: readFolder),
        Function(
            "readlink", "Return where a link points to.", path(), .optional("canonicalize", false, "Follow all links on the way."),
            body: readLink),
        Function("read", "Return the content of a file.", path(), .optional("binary", false, "As bytes."), body: read),
        Function(
            "seek_read", "Return a part of a file.", path(), .required("size", "Bytes."), .required("offset", "Where it begins."),
            body: seekRead),
        Function(
            "stats", "Return what is known of a file.", path(), .optional("hash_type", nil as String?, "A digest to add."), follow,
            body: stats),
        Function("lstat", "Return what is known of a path itself.", path(), body: linkStats),
        Function("get_user", "Return the owner.", path(), follow, body: owner),
        Function("get_uid", "Return the owner's number.", path(), follow, body: ownerID),
        Function("get_group", "Return the group.", path(), follow, body: group),
        Function("get_gid", "Return the group's number.", path(), follow, body: groupID),
        Function("get_mode", "Return the mode.", path(), follow, body: mode),
        Function("user_to_uid", "Return a user's number, or an empty text.", .optional("user", nil as Account?, "The user."), body: userID),
        Function(
            "uid_to_user", "Return a user's name.", .required("uid", "The number."),
            body: { (call: CallContext, id: Int) async throws -> Value in
                try await call.host.user(id: id).map { .string($0.name) } ?? .int(id)
            }),
        Function(
            "group_to_gid", "Return a group's number, or an empty text.", .optional("group", nil as Account?, "The group."),
            body: groupNumber),
        Function("gid_to_group", "Return a group's name.", .required("gid", "The number, or a name."), body: groupName),
        Function(
            "get_hash", "Return the digest of a file.", path(), .optional("form", "sha256", "md5, sha1, sha256, sha384 or sha512."),
            .optional("chunk_size", 65536, "Without effect."), body: digest),
        Function(
            "get_sum", "Return the digest of a file.", path(), .optional("form", "sha256", "md5, sha1, sha256, sha384 or sha512."),
            .optional("chunk_size", 65536, "Without effect."), body: sum),
        Function(
            "check_hash", "Tell whether a file has a digest.", path(),
            .required("file_hash", "The digest, perhaps with its kind in front."), body: checkHash),
        Function(
            "find", "Return the paths below a folder that meet all conditions.", path(),
            .rest("args", "`delete`, which deletes plain files, or `print`."),
            .keywords("kwargs", "name, iname, regex, iregex, type, size, mtime, owner, group, maxdepth, mindepth, grep, delete, print, exec, test."),
            body: { (call: CallContext, path: String, words: [Value], options: ValueMap) async throws -> Value in
                var options = options
                if words.contains("delete") { options["delete"] = "f" } else if words.contains("print") { options["print"] = "path" }
                let finder: FileFinder
                do { finder = try FileFinder(options: options) } catch { return .string("error: \(error)") }
                return .list(try await finder.find(path, call))
            }),
        Function(
            "search", "Tell whether a pattern is in a file.", path(), .required("pattern", "A regular expression."),
            .optional("flags", 8 as Value, "Such as IGNORECASE."), .optional("bufsize", .null as Value, "Without effect."),
            .optional("ignore_if_missing", false, "No file is no error."), .optional("multiline", false, "With MULTILINE."), body: search),
        Function("contains", "Tell whether a text is in a file.", path(), .required("text", "The text."), body: contains),
        Function(
            "contains_regex", "Tell whether a line of a file matches.", path(), .required("regex", "A regular expression."),
            .optional("lchar", "", "Signs to take off the start of lines."), body: containsPattern),
        Function(
            "contains_glob", "Tell whether a line of a file matches a shell pattern.", path(), .required("glob_expr", "The pattern."),
            body: containsGlob),
        Function(
            "grep", "Run grep on files and return what it says.", path("A path or pattern."), .required("pattern", "What to look for."),
            .rest("opts", "Options of grep."), body: grep),
        Function("diskusage", "Return the bytes that a file or folder takes.", path(), body: diskUsage),
        Function("statvfs", "Return what is known of the file system of a path.", path(), body: fileSystem),
        Function(
            "get_diff", "Return how two files differ.", .required("file1", "A path or source."), .required("file2", "A path or source."),
            .optional("saltenv", "base", "The environment of sources."), .optional("show_filenames", true, "With their names."),
            .optional("show_changes", true, "With the lines."), .keywords("kwargs", "Ignored."), body: difference),
    ]

    /// Of a link that leads nowhere the link itself.
    private static func status(_ call: CallContext, _ path: String, follow: Bool = true) async throws -> FileStatus {
        if follow, let status = try await call.host.status(path) { return status }
        guard let status = try await call.host.status(path, followLinks: false) else { throw ExecutionError("Path not found: \(path)") }
        return status
    }

    private static func readFolder(_ call: CallContext, path: String) async throws -> [String] {
        if !path.hasPrefix("/") { throw ExecutionError("Dir path must be absolute.") }
        guard try await call.host.isDirectory(path) else { throw ExecutionError("A valid directory was not specified: \(path)") }
        return [".", ".."] + (try await call.host.list(path))
    }

    private static func access(_ call: CallContext, path: String, mode: String) async throws -> Bool {
        if !path.hasPrefix("/") { throw ExecutionError("Path to link must be absolute.") }
        if !["f", "r", "w", "x"].contains(mode) { throw ExecutionError("Invalid mode specified.") }
        guard let status = try await call.host.status(path) else { return false }
        // The administrator may read and write everything.
        let isRoot = try await call.host.identity().userID == 0
        if isRoot, mode == "r" || mode == "w" { return true }
        switch mode {
        case "f": return true
        case "r": return status.mode & 0o444 != 0
        case "w": return status.mode & 0o222 != 0
        case "x": return status.mode & 0o111 != 0
        default: throw ExecutionError("Invalid mode specified.")
        }
    }

    private static func readLink(_ call: CallContext, path: String, canonical: Bool) async throws -> String {
        if !path.hasPrefix("/") { throw ExecutionError("Path to link must be absolute: \(path)") }
        guard try await call.host.isLink(path) else { throw ExecutionError("A valid link was not specified: \(path)") }
        return canonical ? try await call.host.resolved(path) : try await call.host.readLink(path)
    }

    private static func read(_ call: CallContext, path: String, binary: Bool) async throws -> Value {
        binary ? .bytes(try await call.host.read(path)) : .string(try await call.host.readText(path))
    }

    private static func seekRead(_ call: CallContext, path: String, size: Int, offset: Int) async throws -> String {
        let bytes = try await call.host.read(path).dropFirst(max(0, offset)).prefix(max(0, size))
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func stats(_ call: CallContext, path: String, hash: String?, follow: Bool) async throws -> ValueMap {
        let status = try await status(call, path, follow: follow)
        let kinds: [FileStatus.Kind: String] = [
            .file: "file", .directory: "dir", .link: "link", .socket: "socket", .pipe: "pipe", .block: "block", .character: "char",
        ]
        var found: ValueMap = [
            "inode": .int(status.inode), "uid": .int(status.userID), "gid": .int(status.groupID),
            "group": .string(try await Ownership.groupName(status.groupID, call.host)),
            "user": .string(try await Ownership.userName(status.userID, call.host)), "atime": .float(status.accessTime),
            "mtime": .float(status.modificationTime), "ctime": .float(status.changeTime), "size": .int(status.size),
            "mode": .string(status.modeText),
        ]
        if let hash { found["sum"] = .string(try await digest(call, path: path, form: hash, chunk: 0)) }
        found["type"] = .string(kinds[status.kind] ?? "file")
        found["target"] = .string(follow ? try await call.host.resolved(path) : path)
        return found
    }

    private static func linkStats(_ call: CallContext, path: String) async throws -> ValueMap {
        if !path.hasPrefix("/") { throw ExecutionError("Path to file must be absolute.") }
        guard let status = try await call.host.status(path, followLinks: false) else { return [:] }
        return [
            "st_atime": .float(status.accessTime), "st_ctime": .float(status.changeTime), "st_gid": .int(status.groupID),
            "st_mode": .int(status.mode | status.kind.typeBits), "st_mtime": .float(status.modificationTime),
            "st_nlink": .int(status.linkCount), "st_size": .int(status.size), "st_uid": .int(status.userID),
        ]
    }

    private static func owner(_ call: CallContext, path: String, follow: Bool) async throws -> String {
        try await Ownership.userName(try await status(call, path, follow: follow).userID, call.host)
    }
    private static func ownerID(_ call: CallContext, path: String, follow: Bool) async throws -> Int {
        try await status(call, path, follow: follow).userID
    }
    private static func group(_ call: CallContext, path: String, follow: Bool) async throws -> String {
        try await Ownership.groupName(try await status(call, path, follow: follow).groupID, call.host)
    }
    private static func groupID(_ call: CallContext, path: String, follow: Bool) async throws -> Int {
        try await status(call, path, follow: follow).groupID
    }
    private static func mode(_ call: CallContext, path: String, follow: Bool) async throws -> String {
        try await status(call, path, follow: follow).modeText
    }

    private static func userID(_ call: CallContext, user: Account?) async throws -> Value {
        guard let user else { return .int(try await call.host.identity().userID) }
        return try await Ownership.userID(user, call.host).map { .int($0) } ?? ""
    }

    private static func groupNumber(_ call: CallContext, group: Account?) async throws -> Value {
        guard let group else { return "" }
        return try await Ownership.groupID(group, call.host).map { .int($0) } ?? ""
    }

    private static func groupName(_ call: CallContext, group: Account) async throws -> Value {
        var id = Int(group.text)
        if id == nil { id = try await Ownership.groupID(group, call.host) }
        guard let id else { return "" }
        return try await call.host.group(id: id).map { .string($0.name) } ?? .int(id)
    }

    private static func sum(_ call: CallContext, path: String, form: String, chunk: Int) async throws -> String {
        guard try await call.host.isFile(path) else { return "File not found" }
        return try await digest(call, path: path, form: form, chunk: chunk)
    }

    private static func digest(_ call: CallContext, path: String, form: String, chunk: Int) async throws -> String {
        guard let algorithm = HashAlgorithm(rawValue: form.lowercased()) else { throw ExecutionError("Invalid hash type: \(form)") }
        return try await call.host.digest(path, algorithm)
    }

    private static func checkHash(_ call: CallContext, path: String, hash: String) async throws -> Bool {
        let parts = hash.split(whereSeparator: { ":=".contains($0) }).map(String.init)
        let algorithm = parts.count == 2 ? HashAlgorithm(rawValue: parts[0]) : HashAlgorithm(digestLength: hash.utf8.count)
        guard let algorithm, let wanted = parts.last else {
            throw ExecutionError(
                "Hash \(hash) (length: \(hash.unicodeScalars.count)) could not be matched to a supported hash type. The supported hash types and lengths are: md5 (32), sha1 (40), sha224 (56), sha256 (64), sha384 (96), sha512 (128)"
            )
        }
        return try await call.host.digest(path, algorithm) == wanted.lowercased()
    }

    private static func search(
        _ call: CallContext, path: String, pattern: String, flags: Value, buffer: Value, ignoreMissing: Bool, multiline: Bool
    ) async throws -> Bool {
        guard try await call.host.status(path) != nil else {
            if ignoreMissing { return false }
            throw ExecutionError("File not found: \(path)")
        }
        var flags = try FileEdits.flags(flags).union(.bytes)
        if multiline { flags.insert(.multiLine) }
        return try Pattern.compile(pattern, flags).firstMatch(in: try await EditedFile.bytes(path, call.host)) != nil
    }

    private static func contains(_ call: CallContext, path: String, text: String) async throws -> Bool {
        guard try await call.host.isFile(path), !text.stripped().isEmpty else { return false }
        return try await call.host.readText(path).contains(text.stripped())
    }

    private static func containsPattern(_ call: CallContext, path: String, pattern: String, leading: String) async throws -> Bool {
        guard try await call.host.isFile(path) else { return false }
        let regex = try PythonRegex.compile(pattern)
        return try PythonLines.split(try await call.host.readText(path)).contains { line in
            try regex.matches(leading.isEmpty ? line : String(line.drop { leading.contains($0) }))
        }
    }

    private static func containsGlob(_ call: CallContext, path: String, pattern: String) async throws -> Bool {
        guard try await call.host.isFile(path) else { return false }
        // Salt matches the whole content, and not each line.
        return Glob.matches(pattern, try await call.host.readText(path))
    }

    private static func grep(_ call: CallContext, path: String, pattern: String, options: [Value]) async throws -> ValueMap {
        let words = try options.flatMap { option -> [String] in
            let words = try ShellWords.split(option.pythonString)
            guard words.count < 2 else {
                throw ExecutionError(
                    "Passing multiple command line arguments in a single string is not supported, please pass the following arguments separately: \(option.pythonString)"
                )
            }
            return words
        }
        let files = try await PathPattern.expand(path, call.host)
        let result = try await call.host.run(Command(["grep"] + words + ["--", pattern] + (files.isEmpty ? [path] : files)))
        call.outcome.returnCode = result.exitCode
        return [
            "pid": .int(result.processID), "retcode": .int(result.exitCode), "stdout": .string(result.text),
            "stderr": .string(result.errorText),
        ]
    }

    private static func diskUsage(_ call: CallContext, path: String) async throws -> Int {
        guard let status = try await call.host.status(path) else { return 0 }
        if status.kind != .directory { return status.size }
        var total = 0
        for visit in try await FolderWalk.visits(path, call.host) {
            for name in visit.files { total += try await call.host.status(Path.join(visit.path, name), followLinks: false)?.size ?? 0 }
        }
        return total
    }

    private static func fileSystem(_ call: CallContext, path: String) async throws -> ValueMap {
        let usage = try await call.host.fileSystemUsage(path)
        return [
            "f_bavail": .int(usage.availableBlocks), "f_bfree": .int(usage.freeBlocks), "f_blocks": .int(usage.blocks),
            "f_bsize": .int(usage.blockSize), "f_favail": .int(usage.availableInodes), "f_ffree": .int(usage.freeInodes),
            "f_files": .int(usage.inodes), "f_frsize": .int(usage.blockSize), "f_namemax": .int(usage.maximumNameLength),
        ]
    }

    private static func difference(
        _ call: CallContext, first: String, second: String, saltenv: String, names: Bool, shows: Bool, ignored: ValueMap
    ) async throws -> String {
        let reader = SourceReader(call: call, saltenv: saltenv)
        guard let old = try await reader.content(first), let new = try await reader.content(second) else {
            let missing = try await reader.exists(first) ? second : first
            throw ExecutionError(
                missing.hasPrefix("/") ? "Failed to read \(missing): No such file or directory" : "Failed to cache one or more files")
        }
        if old.bytes == new.bytes { return "" }
        if !shows { return "<show_changes=False>" }
        if !TextContent.isText(old.bytes) || !TextContent.isText(new.bytes) { return TextContent.difference(old.bytes, new.bytes) }
        return UnifiedDiff.text(
            String(decoding: old.bytes, as: UTF8.self), String(decoding: new.bytes, as: UTF8.self),
            names: names ? (first, second) : ("", ""))
    }
}
