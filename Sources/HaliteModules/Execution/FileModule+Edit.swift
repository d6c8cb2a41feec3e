import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileModule {
    static let editing: [Function] = [
        Function("replace", "Replace a pattern and return what differs.", ReplaceSettings.self, body: replace),
        Function("line", "Change one line and return what differs.", LineSettings.self, body: line),
        Function("blockreplace", "Change a block between markers and return what differs.", BlockSettings.self, body: replaceBlock),
        Function(
            "comment", "Comment lines out and return what differs.", .required("path", "The path."),
            .required("regex", "Matches the lines."), .optional("char", "#", "The comment sign."),
            .optional("backup", ".bak" as Value, "The suffix of a copy, or False."), body: comment),
        Function(
            "uncomment", "Take comments off and return what differs.", .required("path", "The path."),
            .required("regex", "Matches the lines."), .optional("char", "#", "The comment sign."),
            .optional("backup", ".bak" as Value, "The suffix of a copy, or False."), body: uncomment),
        Function(
            "comment_line", "Comment lines out, or take comments off.", .required("path", "The path."),
            .required("regex", "Matches the lines."), .optional("char", "#", "The comment sign."),
            .optional("cmnt", true, "Comment, or take off."), .optional("backup", ".bak" as Value, "The suffix of a copy, or False."),
            body: commentLine),
        Function(
            "sed", "Run sed's substitution on a file.", .required("path", "The path."), .required("before", "What to look for."),
            .required("after", "What to put there."), .optional("limit", "", "Only lines that match this."),
            .optional("backup", ".bak", "The suffix of a copy."), .optional("options", "-r -e", "Options of sed."),
            .optional("flags", "g", "Flags of the substitution."), .keywords("kwargs", "Ignored."), body: sed),
        Function(
            "sed_contains", "Tell whether a text is in a file.", .required("path", "The path."), .required("text", "A regular expression."),
            .keywords("kwargs", "Ignored."), body: sedContains),
    ]

    struct ReplaceSettings: ArgumentGroup {
        var path = ""
        var settings = FileState.ReplaceSettings()
        var dryRun = false
        var searchOnly = false
        var preserveInode = true
        static let fields: [ArgumentField<ReplaceSettings>] =
            [.field("path", \.path, "The path.", required: true)] + FileState.ReplaceSettings.fields.map { $0.within(\.settings) } + [
                .field("dry_run", \.dryRun, "Only tell what would differ."),
                .field("search_only", \.searchOnly, "Only tell whether the pattern is there."),
                .field("preserve_inode", \.preserveInode, "Without effect."),
            ]
    }

    private static func replace(_ call: CallContext, _ settings: ReplaceSettings) async throws -> Value {
        guard try await call.host.status(settings.path) != nil else {
            if settings.settings.ignoreIfMissing { return false }
            throw ExecutionError("File not found: \(settings.path)")
        }
        let replacing = TextReplacement(path: settings.path, settings: settings.settings, call: call)
        if settings.searchOnly {
            let flags = try FileEdits.flags(settings.settings.flags).union(.bytes)
            let content = try await EditedFile.bytes(settings.path, call.host)
            return .bool(try Pattern.compile(settings.settings.pattern, flags).firstMatch(in: content) != nil)
        }
        let edit = try await replacing.edit()
        if edit.isChanged, !settings.dryRun { try await replacing.write(edit) }
        return settings.settings.showChanges ? .string(edit.isChanged ? edit.difference : "") : .bool(edit.isChanged)
    }

    struct LineSettings: ArgumentGroup {
        var path = ""
        var settings = FileState.LineSettings()
        static let fields: [ArgumentField<LineSettings>] =
            [.field("path", \.path, "The path.", required: true)] + FileState.LineSettings.fields.map { $0.within(\.settings) }
    }

    private static func line(_ call: CallContext, _ settings: LineSettings) async throws -> Value {
        guard try await call.host.isFile(settings.path) else {
            if settings.settings.quiet { return false }
            throw ExecutionError("File \"\(settings.path)\" does not exists or is not a file.")
        }
        let edit = try await FileState.lineEdit(settings.path, settings.settings.edit, call.host)
        if edit.isChanged {
            if settings.settings.backup { try await FileState.keepLineBackup(settings.path, call.host) }
            try await edit.write(settings.path, .renamed, call.host)
        }
        return settings.settings.showChanges && edit.isChanged ? .string(edit.difference) : .bool(edit.isChanged)
    }

    struct BlockSettings: ArgumentGroup {
        var path = ""
        var settings = FileState.BlockSettings()
        var dryRun = false
        static let fields: [ArgumentField<BlockSettings>] =
            [.field("path", \.path, "The path.", required: true)] + FileState.BlockSettings.fields.map { $0.within(\.settings) } + [
                .field("dry_run", \.dryRun, "Only tell what would differ.")
            ]
    }

    private static func replaceBlock(_ call: CallContext, _ settings: BlockSettings) async throws -> Value {
        guard try await call.host.status(settings.path) != nil else { throw ExecutionError("File not found: \(settings.path)") }
        var block = settings.settings.block
        // The state leaves it open, the function does not.
        block.appendNewline = block.appendNewline ?? false
        let edit = try await FileState.blockEdit(settings.path, block, call.host)
        if edit.isChanged, !settings.dryRun { try await FileState.writeBlock(edit, settings.path, settings.settings.backup, call.host) }
        return settings.settings.showChanges ? .string(edit.isChanged ? edit.difference : "") : .bool(edit.isChanged)
    }

    private static func comment(_ call: CallContext, path: String, regex: String, sign: String, backup: Value) async throws -> Value {
        try await commentLine(call, path: path, regex: regex, sign: sign, adding: true, backup: backup)
    }

    private static func uncomment(_ call: CallContext, path: String, regex: String, sign: String, backup: Value) async throws -> Value {
        try await commentLine(call, path: path, regex: regex, sign: sign, adding: false, backup: backup)
    }

    private static func commentLine(
        _ call: CallContext, path: String, regex: String, sign: String, adding: Bool, backup: Value
    ) async throws -> Value {
        guard try await call.host.isFile(path) else { throw ExecutionError("File not found: \(path)") }
        let content = try await EditedFile.bytes(path, call.host)
        guard let found = try FileEdits.comment(content, pattern: regex, character: sign, adding: adding) else { return false }
        try await FileState.writeCommented(found.edit, path, backup, call.host)
        return .string(found.difference)
    }

    private static func sed(
        _ call: CallContext, path: String, before: String, after: String, limit: String, backup: String, options: String, flags: String,
        ignored: ValueMap
    ) async throws -> Value {
        guard try await call.host.isFile(path) else { return false }
        func escaped(_ text: String) -> String { text.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "\\/") }
        let script = (limit.isEmpty ? "" : "/\(escaped(limit))/ ") + "s/\(escaped(before))/\(escaped(after))/\(flags)"
        let words = ["sed", "-i" + backup] + (try ShellWords.split(options)) + [script, path]
        let result = try await call.host.run(Command(words))
        call.outcome.returnCode = result.exitCode
        return [
            "pid": .int(result.processID), "retcode": .int(result.exitCode), "stdout": .string(result.text),
            "stderr": .string(result.errorText),
        ]
    }

    private static func sedContains(_ call: CallContext, path: String, pattern: String, ignored: ValueMap) async throws -> Bool {
        guard try await call.host.isFile(path) else { return false }
        return try PythonRegex.compile(pattern, .multiLine).matches(try await call.host.readText(path))
    }
}
