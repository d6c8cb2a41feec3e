import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Devices, links with several names, attributes, and the parts of `file.managed` that are functions of their own.
extension FileModule {
    private static func path() -> Parameter<String> { .required("path", "The path.") }
    private static func place() -> Parameter<String> { .required("name", "The path.") }

    static let special: [Function] = [
        Function("is_hardlink", "Tell whether a file has several names.", path(), body: isHardLink),
        Function(
            "is_chrdev", "Tell whether a path is a character device.", place(),
            body: { (call: CallContext, path: String) async throws -> Bool in try await call.host.status(path)?.kind == .character }),
        Function(
            "is_blkdev", "Tell whether a path is a block device.", place(),
            body: { (call: CallContext, path: String) async throws -> Bool in try await call.host.status(path)?.kind == .block }),
        Function(
            "is_fifo", "Tell whether a path is a pipe.", place(),
            body: { (call: CallContext, path: String) async throws -> Bool in try await call.host.status(path)?.kind == .pipe }),
        Function("get_devmm", "Return the numbers of a device.", place(), body: deviceNumbers),
        Function(
            "mknod", "Make a device or a pipe.", place(), .required("ntype", "c, b or p."), .optional("major", 0, "The major number."),
            .optional("minor", 0, "The minor number."), .optional("user", nil as Account?, "The owner."),
            .optional("group", nil as Account?, "The group."), .optional("mode", FileMode(text: "0600"), "The mode."), body: makeNode),
        Function(
            "mknod_fifo", "Make a pipe.", place(), .optional("user", nil as Account?, "The owner."),
            .optional("group", nil as Account?, "The group."), .optional("mode", FileMode(text: "0660"), "The mode."), body: makePipe),
        Function("lsattr", "Return the attributes of files.", path(), body: attributes),
        Function(
            "chattr", "Add or remove attributes of files.", .rest("files", "The paths."),
            .keywords("kwargs", "operator: add or remove; attributes; flags; version."), body: changeAttributes),
        Function("get_selinux_context", "Return the SELinux context of a file.", path(), body: label),
        Function(
            "restorecon", "Set the SELinux context of a file to the policy's.", path(), .optional("recursive", false, "Of all below, too."),
            body: restoreLabel),
        Function(
            "makedirs_perms", "Make a folder with its parents, each with an owner and a mode.", place(),
            .optional("user", nil as Account?, "The owner."), .optional("group", nil as Account?, "The group."),
            .optional("mode", FileMode(text: "0755"), "The mode."), body: makeFolders),
        Function(
            "check_perms", "Set owner, group and mode where they differ, and tell what did.", place(),
            .required("ret", "A result to go on with, or nothing."), .required("user", "The owner."), .required("group", "The group."),
            .required("mode", "The mode."), .optional("attrs", nil as String?, "Attributes of the file system."),
            .optional("follow_symlinks", false, "Look at what a link points to."), .keywords("kwargs", "seuser, serole, setype, serange."),
            body: checkPermissions),
        Function(
            "get_source_sum", "Return the digest that a source must have.", .optional("file_name", "", "The path of the file."),
            .optional("source", "", "Its source."), .optional("source_hash", nil as String?, "The digest, or a file of digests."),
            .optional("source_hash_name", nil as String?, "The name to look for."), .optional("saltenv", "base", "The environment."),
            .keywords("kwargs", "Ignored."), body: sourceSum),
        Function(
            "source_list", "Return the first source that exists, and its hash.", .required("source", "One source or a list."),
            .required("source_hash", "Its hash."), .required("saltenv", "The environment."), body: sourceList),
        Function(
            "apply_template_on_contents", "Render a text.", .required("contents", "The text."), .required("template", "The engine."),
            .required("context", "Variables."), .required("defaults", "Variables under those."), .required("saltenv", "The environment."),
            body: render),
        Function(
            "seek_write", "Write into the middle of a file.", path(), .required("data", "What to write."), .required("offset", "Where."),
            body: seekWrite),
        Function(
            "psed", "Replace a pattern in a file, with a copy beside it.", path(), .required("before", "A regular expression."),
            .required("after", "What to put there."), .optional("limit", "", "Without effect."),
            .optional("backup", ".bak", "The suffix of the copy."), .optional("flags", "gMS", "g, I, M, S, X."),
            .keywords("kwargs", "escape_all, multi."), body: substitute),
        Function(
            "patch", "Apply a patch.", .required("originalfile", "The file or folder."), .required("patchfile", "The patch."),
            .optional("options", "" as Value, "Options of patch."), .optional("dry_run", false, "Only try."), body: applyPatch),
    ]

    private static func isHardLink(_ call: CallContext, path: String) async throws -> Value {
        if !path.hasPrefix("/") { throw ExecutionError("Path to file must be absolute.") }
        // Salt answers with what it knows of a path that is not there: nothing.
        guard let status = try await call.host.status(path, followLinks: false) else { return [:] }
        return .bool(status.linkCount > 1)
    }

    private static func deviceNumbers(_ call: CallContext, path: String) async throws -> [Int] {
        guard let kind = try await call.host.status(path)?.kind, kind == .character || kind == .block else { return [0, 0] }
        return try await call.host.run("stat", "-L", "-c", "%Hr %Lr", path).text.split(separator: " ").compactMap { Int($0) }
    }

    private static func makeNode(
        _ call: CallContext, path: String, type: String, major: Int, minor: Int, user: Account?, group: Account?, mode: FileMode
    ) async throws -> ValueMap {
        guard ["c", "b", "p"].contains(type) else {
            throw ExecutionError("Node type unavailable: '\(type)'. Available node types are character ('c'), block ('b'), and pipe ('p').")
        }
        var settings = FileState.NodeSettings()
        (settings.ntype, settings.major, settings.minor, settings.user, settings.group, settings.mode) = (
            type, major, minor, user, group, mode
        )
        let word = type == "c" ? "Character device" : type == "b" ? "Block device" : "Fifo pipe"
        if try await call.host.exists(path) {
            return [
                "name": .string(path), "changes": [:], "comment": .string("File \(path) exists and cannot be overwritten"), "result": false,
            ]
        }
        let owners = Ownership(user: user, group: group, mode: mode)
        try await DeviceNode(path: path, settings: settings, owners: owners, host: call.host).make()
        return ["name": .string(path), "changes": ["new": .string("\(word) \(path) created.")], "comment": "", "result": true]
    }

    private static func makePipe(_ call: CallContext, path: String, user: Account?, group: Account?, mode: FileMode) async throws
        -> ValueMap
    {
        try await makeNode(call, path: path, type: "p", major: 0, minor: 0, user: user, group: group, mode: mode)
    }

    private static func attributes(_ call: CallContext, path: String) async throws -> Value {
        guard await call.host.which("lsattr") != nil else { return .null }
        if try await call.host.status(path) == nil { throw ExecutionError("File or directory does not exist: \(path)") }
        let result = try await call.host.run(Command(["lsattr", path]))
        var found = ValueMap()
        for line in result.text.split(separator: "\n") where !line.hasPrefix("lsattr: ") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { found[String(words[1])] = words[0].filter { $0 != "-" }.map { String($0) }.value }
        }
        return .map(found)
    }

    private static func changeAttributes(_ call: CallContext, files: [Value], options: ValueMap) async throws -> Bool {
        guard let operation = options["operator"]?.stringValue, ["add", "remove"].contains(operation) else {
            throw ExecutionError("Need an operator: 'add' or 'remove' to modify attributes.")
        }
        guard let letters = options["attributes"]?.stringValue else { throw ExecutionError("Need attributes: [aAcCdDeijPsStTu]") }
        var command = ["chattr", (operation == "add" ? "+" : "-") + letters]
        if let flags = options["flags"]?.stringValue { command.append("-\(flags)") }
        if let version = options["version"] { command += ["-v", version.pythonString] }
        let result = try await call.host.run(Command(command + files.map(\.pythonString)))
        return result.text.isEmpty && result.errorText.isEmpty
    }

    private static func label(_ call: CallContext, path: String) async throws -> String {
        let result = try await call.host.run(Command(["stat", "-c", "%C", path]))
        return result.succeeded ? result.text : "No selinux context information is available for \(path)"
    }

    private static func restoreLabel(_ call: CallContext, path: String, recursive: Bool) async throws -> Bool {
        try await call.host.run(Command(["restorecon", recursive ? "-FR" : "-F", path])).succeeded
    }

    private static func makeFolders(_ call: CallContext, path: String, user: Account?, group: Account?, mode: FileMode?) async throws
        -> Value
    {
        if try await call.host.exists(path) { throw ExecutionError("[Errno 17] File exists: '\(path)'") }
        try await NewFolders.make(path, Ownership(user: user, group: group, mode: mode), call.host)
        return .null
    }

    private static func checkPermissions(
        _ call: CallContext, path: String, given: Value, user: Account?, group: Account?, mode: FileMode?, attrs: String?, follow: Bool,
        more: ValueMap
    ) async throws -> Value {
        guard let status = try await call.host.status(path, followLinks: follow) else { throw ExecutionError("Path not found: \(path)") }
        let owners = Ownership(user: user, group: group, mode: mode)
        var permissions: ValueMap = [
            "luser": user?.value.intValue != nil ? .int(status.userID) : .string(try await Ownership.userName(status.userID, call.host)),
            "lgroup": group?.value.intValue != nil
                ? .int(status.groupID) : .string(try await Ownership.groupName(status.groupID, call.host)),
            "lmode": .string(status.modeText),
        ]
        for (key, value) in try await owners.differences(status, call.host) { permissions["c\(key.pythonString)"] = value }
        var outcome = try await owners.enforce(path, call.host, followLinks: follow)
        if let attrs {
            let flags = try await FileFlags.enforce(path, attrs, call)
            for (key, value) in flags.changes { outcome.changes[key] = value }
            outcome.problems += flags.problems
        }
        var result = given.isTruthy ? given.mapValue ?? [:] : ["name": .string(path), "changes": [:], "result": true]
        var changes = result["changes"]?.mapValue ?? [:]
        for (key, value) in outcome.changes { changes[key] = value }
        result["changes"] = .map(changes)
        let before = result["comment"]?.stringValue ?? ""
        result["comment"] = .string(((before.isEmpty ? [] : [before]) + outcome.problems).joined(separator: "; "))
        if !outcome.problems.isEmpty { result["result"] = false }
        return [.map(result), .map(permissions)]
    }

    private static func sourceSum(
        _ call: CallContext, file: String, source: String, hash: String?, name: String?, saltenv: String, ignored: ValueMap
    ) async throws -> ValueMap {
        let reader = SourceReader(call: call, saltenv: saltenv)
        do {
            let found = try await SourceHash.find(hash ?? "", source: source, name: file, entry: name, reader: reader)
            return ["hash_type": .string(found.algorithm.rawValue), "hsum": .string(found.digest)]
        } catch let error as SourceHash.Invalid {
            throw ExecutionError(error.description)
        }
    }

    private static func sourceList(_ call: CallContext, source: Value, hash: Value, saltenv: String) async throws -> [Value] {
        var call = call
        call.saltenv = saltenv
        let chosen = try await ManagedSource(call: call, path: "", hashText: hash.isNull ? nil : hash.pythonString).choose(source)
        return [.string(chosen.source), chosen.hash.map { .string($0) } ?? hash]
    }

    private static func render(
        _ call: CallContext, contents: String, template: String, context: Value, defaults: Value, saltenv: String
    ) async throws -> Value {
        guard SaltEngines.known.contains(template) else {
            return ["result": false, "comment": .string("Specified template format \(template) is not supported")]
        }
        var call = call
        call.saltenv = saltenv
        return .string(
            try await call.services.templates.render(
                source: contents, name: "contents", engine: template, values: FileState.variables(defaults, context), in: call))
    }

    private static func seekWrite(_ call: CallContext, path: String, data: String, offset: Int) async throws -> Int {
        var content = try await call.host.read(path)
        let bytes = Array(data.utf8)
        let start = max(0, offset)
        if content.count < start + bytes.count { content += [UInt8](repeating: 0, count: start + bytes.count - content.count) }
        content.replaceSubrange(start..<(start + bytes.count), with: bytes)
        try await FileEdit(old: [], new: content).write(path, .inside, call.host)
        return bytes.count
    }

    private static func substitute(
        _ call: CallContext, path: String, before: String, after: String, limit: String, backup: String, flags: String, more: ValueMap
    ) async throws -> Value {
        let content = try await call.host.read(path)
        try await Backup.beside(path, suffix: backup, keepsOwner: false, call.host)
        var options: PythonRegex.Flags = .bytes
        for letter in flags where letter != "g" {
            guard let flag = PythonRegex.Flags(name: String(letter)) else { throw ExecutionError("'\(letter)'") }
            options.formUnion(flag)
        }
        let result = try Pattern.explained {
            try Pattern.compile(before, options).substitute(after, in: content, count: flags.contains("g") ? 0 : 1).result
        }
        try await FileEdit(old: content, new: result).write(path, .inside, call.host)
        return .null
    }

    private static func applyPatch(_ call: CallContext, original: String, patch: String, options: Value, dry: Bool) async throws -> ValueMap
    {
        guard let program = await call.host.which("patch") else {
            throw ExecutionError("patch executable not found. Is the distribution's patch package installed?")
        }
        let words = try options.listValue.map { $0.map(\.pythonString) } ?? ShellWords.split(options.pythonString)
        let isFolder = try await call.host.isDirectory(original)
        let result = try await call.host.run(Command(FilePatch.command(program, words, patch, original, isFolder: isFolder, dry: dry)))
        call.outcome.returnCode = result.exitCode
        return FilePatch.shown(result)
    }
}
