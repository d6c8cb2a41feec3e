import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    /// A failure unless there is something at an absolute path.
    static func missingFileFailure(_ state: StateContext, _ path: String) async throws -> StateResult? {
        if let failure = relativePathFailure(state, path) { return failure }
        return try await state.call.host.status(path) == nil ? state.failed("\(path): file not found") : nil
    }

    /// `False`, an empty text or nothing keep no copy.
    static func suffix(_ backup: Value) -> String? { backup.isTruthy ? backup.pythonString : nil }

    /// Tells an edit, or makes it.
    static func tell(
        _ state: StateContext, _ edit: FileEdit, shows: Bool, would: String, write: () async throws -> Void
    ) async throws -> StateResult {
        guard edit.isChanged else { return state.unchanged("No changes needed to be made") }
        return try await state.change(["diff": shows ? .string(edit.difference) : true], would: would, did: "Changes were made") {
            try await write()
            return nil
        }
    }

    // MARK: - replace

    struct ReplaceSettings: ArgumentGroup {
        var pattern = ""
        var repl: Value = ""
        var count = 0
        var flags: Value = 8
        var bufsize: Value = .null
        var appendIfNotFound = false
        var prependIfNotFound = false
        var notFoundContent: String?
        var backup: Value = ".bak"
        var showChanges = true
        var ignoreIfMissing = false
        var backslashLiteral = false
        var encoding: Value = .null

        static let fields: [ArgumentField<ReplaceSettings>] = [
            .field("pattern", \.pattern, "A regular expression.", required: true),
            .field("repl", \.repl, "What to put in its place; \\1 stands for a group.", required: true),
            .field("count", \.count, "Replace at most so many; 0 replaces all."),
            .field("flags", \.flags, "Such as MULTILINE, or a list of them."),
            .field("bufsize", \.bufsize, "Without effect."),
            .field("append_if_not_found", \.appendIfNotFound, "Put it at the end when nothing matches."),
            .field("prepend_if_not_found", \.prependIfNotFound, "Put it at the start when nothing matches."),
            .field("not_found_content", \.notFoundContent, "What to put there then."),
            .field("backup", \.backup, "The suffix of a copy of the old file, or False."),
            .field("show_changes", \.showChanges, "Show what differs."),
            .field("ignore_if_missing", \.ignoreIfMissing, "A file that is not there is no failure."),
            .field("backslash_literal", \.backslashLiteral, "Backslashes stand for themselves."),
            .field("encoding", \.encoding, "Without effect: files are UTF-8."),
        ]

        var replacement: FileEdits.Replacement {
            FileEdits.Replacement(
                pattern: pattern, replacement: repl.pythonString, count: count, flags: flags, appendIfNotFound: appendIfNotFound,
                prependIfNotFound: prependIfNotFound, notFoundContent: notFoundContent, backslashLiteral: backslashLiteral)
        }
    }

    static func replace(_ given: StateContext, _ settings: ReplaceSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.replace") }
        if let failure = try await missingFileFailure(state, path) {
            return settings.ignoreIfMissing && failure.comment.contains("file not found")
                ? state.unchanged("No changes needed to be made") : failure
        }
        let replacing = TextReplacement(path: path, settings: settings, call: state.call)
        let edit = try await replacing.edit()
        return try await tell(state, edit, shows: settings.showChanges, would: "Changes would have been made") {
            try await replacing.write(edit)
        }
    }

    // MARK: - line

    struct LineSettings: ArgumentGroup {
        var edit = LineEdit()
        var showChanges = true
        var backup = false
        var quiet = false
        var create = false
        var user: Account?
        var group: Account?
        var fileMode: String?

        static let fields: [ArgumentField<LineSettings>] = [
            .field("content", \.edit.content, "The line."),
            .field("match", \.edit.match, "The line to change or take out; by default the content."),
            .field("mode", \.edit.mode, "ensure, insert, replace or delete."),
            .field("location", \.edit.location, "start or end, for insert."),
            .field("before", \.edit.before, "The line behind it."),
            .field("after", \.edit.after, "The line in front of it."),
            .field("show_changes", \.showChanges, "Show what differs."),
            .field("backup", \.backup, "Keep a copy of the old file."),
            .field("quiet", \.quiet, "Without effect."),
            .field("indent", \.edit.indent, "Take the white space of the line beside it."),
            .field("create", \.create, "Make the file when it is not there."),
            .field("user", \.user, "The owner."),
            .field("group", \.group, "The group."),
            .field("file_mode", \.fileMode, "The mode."),
        ]
    }

    static func line(_ given: StateContext, _ settings: LineSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        let host = state.call.host
        if path.isEmpty { return state.failed("Must provide name to file.line") }
        var own = ManagedSettings()
        (own.create, own.user, own.group, own.mode, own.replace) = (
            settings.create, settings.user, settings.group, settings.fileMode, false
        )
        _ = try await managed(state, own)
        if let failure = try await missingFileFailure(state, path) { return failure }
        if settings.edit.mode == nil { return state.failed("Mode was not defined. How to process the file?") }
        if settings.edit.mode?.lowercased() != "delete", settings.edit.content == nil {
            return state.failed("Content can only be empty if mode is ['delete']")
        }
        let edit = try await lineEdit(path, settings.edit, host)
        return try await tell(state, edit, shows: settings.showChanges, would: "Changes would be made") {
            if settings.backup { try await keepLineBackup(path, host) }
            try await edit.write(path, .renamed, host)
        }
    }

    static func lineEdit(_ path: String, _ edit: LineEdit, _ host: any Host) async throws -> FileEdit {
        guard try await host.isFile(path) else {
            throw ExecutionError("File \"\(try await host.resolved(path))\" does not exists or is not a file.")
        }
        return try edit.apply(try await host.read(path))
    }

    /// A copy beside the file with the time in its name.
    static func keepLineBackup(_ path: String, _ host: any Host) async throws {
        let time = try await host.run("date", "+%Y-%m-%d-%H-%M-%S").text
        try await Backup.beside(try await host.resolved(path), suffix: ".\(time)", keepsOwner: false, host)
    }

    // MARK: - comment and uncomment

    struct CommentSettings: ArgumentGroup {
        var regex = ""
        var char = "#"
        var backup: Value = ".bak"
        var ignoreMissing = false

        static let fields: [ArgumentField<CommentSettings>] = [
            .field("regex", \.regex, "Matches the lines, without the comment sign.", required: true),
            .field("char", \.char, "The comment sign."),
            .field("backup", \.backup, "The suffix of a copy of the old file, or False."),
            .field("ignore_missing", \.ignoreMissing, "No line that matches is no failure."),
        ]
    }

    private static func search(_ content: [UInt8], _ pattern: String) throws -> Bool {
        try Pattern.compile(pattern, [.multiLine, .bytes]).firstMatch(in: content) != nil
    }

    static func comment(_ given: StateContext, _ settings: CommentSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.comment") }
        if let failure = try await missingFileFailure(state, path) { return failure }
        let content = try await EditedFile.bytes(path, state.call.host)
        let core = try Pattern.compile("^(\\(\\?[iLmsux]\\))?\\^?(.*?)\\$?$").substitute("\\2", in: settings.regex)
        let commented = settings.char + core
        if try !search(content, "^(?!\\s*\(settings.char))\\s*\(core)") {
            if try search(content, commented) { return state.unchanged("Pattern already commented") }
            if settings.ignoreMissing { return state.unchanged("Pattern not found and ignore_missing set to True") }
            return state.failed("\(core): Pattern not found")
        }
        return try await commentResult(
            state, path, content, settings, adding: true, check: commented, did: "Commented lines successfully",
            failed: "Expected commented lines not found")
    }

    static func uncomment(_ given: StateContext, _ settings: CommentSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.uncomment") }
        if let failure = try await missingFileFailure(state, path) { return failure }
        let content = try await EditedFile.bytes(path, state.call.host)
        var core = settings.regex
        while core.hasPrefix("^") { core.removeFirst() }
        let bare = "^[ \t]*\(core)"
        if try !search(content, "\(settings.char)[ \t]*\(core)") {
            if try search(content, bare) { return state.unchanged("Pattern already uncommented") }
            return state.failed("\(settings.regex): Pattern not found")
        }
        return try await commentResult(
            state, path, content, settings, adding: false, check: bare, did: "Uncommented lines successfully",
            failed: "Expected uncommented lines not found")
    }

    private static func commentResult(
        _ state: StateContext, _ path: String, _ content: [UInt8], _ settings: CommentSettings, adding: Bool, check: String, did: String,
        failed: String
    ) async throws -> StateResult {
        try await state.either(
            would: {
                StateResult(name: path, result: nil, comment: "File \(path) is set to be updated", changes: [.string(path): "updated"])
            },
            do: {
                let found = try FileEdits.comment(content, pattern: settings.regex, character: settings.char, adding: adding)
                let edit = found?.edit ?? FileEdit(old: content, new: content)
                if found != nil { try await writeCommented(edit, path, settings.backup, state.call.host) }
                let isFound = try search(edit.new, check)
                return StateResult(
                    name: path, result: isFound, comment: isFound ? did : failed,
                    changes: edit.isChanged ? ["diff": .string(edit.difference)] : [:])
            })
    }

    /// The old file itself becomes the copy, with its owner.
    static func writeCommented(_ edit: FileEdit, _ path: String, _ backup: Value, _ host: any Host) async throws {
        if let suffix = suffix(backup) { try await Backup.beside(try await host.resolved(path), suffix: suffix, host) }
        try await edit.write(path, .renamed, host)
    }

    // MARK: - blockreplace

    struct BlockSettings: ArgumentGroup {
        var block = BlockEdit()
        var source: SourceTexts = SourceTexts()
        var backup: Value = ".bak"
        var showChanges = true

        static let fields: [ArgumentField<BlockSettings>] = [
            .field("marker_start", \.block.start, "The line in front of the block."),
            .field("marker_end", \.block.end, "The line behind it."),
            .field("source", \.source.source, "A template whose text goes into the block."),
            .field("source_hash", \.source.sourceHash, "Without effect."),
            .field("template", \.source.template, "The engine of the template."),
            .field("sources", \.source.sources, "Several templates."),
            .field("source_hashes", \.source.sourceHashes, "Without effect."),
            .field("defaults", \.source.defaults, "Variables under those of the context."),
            .field("context", \.source.context, "Variables for templates."),
            .field("content", \.block.content, "The block itself."),
            .field("append_if_not_found", \.block.appendIfNotFound, "Put it at the end when there are no markers."),
            .field("prepend_if_not_found", \.block.prependIfNotFound, "Put it at the start when there are no markers."),
            .field("backup", \.backup, "The suffix of a copy of the old file, or False."),
            .field("show_changes", \.showChanges, "Show what differs."),
            .field("append_newline", \.block.appendNewline, "Put a line feed in front of the last marker."),
            .field("insert_before_match", \.block.insertBefore, "Put it in front of the first line that matches."),
            .field("insert_after_match", \.block.insertAfter, "Put it behind the first line that matches."),
        ]
    }

    static func blockReplace(_ given: StateContext, _ settings: BlockSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.blockreplace") }
        if let failure = settings.source.failure(state) { return failure }
        if let failure = try await missingFileFailure(state, path) { return failure }
        var block = settings.block
        for text in Accumulators.texts(state, path) { block.content += block.content.isEmpty ? text : "\n" + text }
        switch try await settings.source.texts(state) {
        case .failed(let result): return result
        case .texts(let texts): block.content += texts.joined()
        }
        do {
            let edit = try await blockEdit(path, block, state.call.host)
            return try await tell(state, edit, shows: settings.showChanges, would: "Changes would be made") {
                try await writeBlock(edit, path, settings.backup, state.call.host)
            }
        } catch let error as ExecutionError {
            return state.failed("Encountered error managing block: \(error). See the log for details.")
        }
    }

    static func blockEdit(_ path: String, _ block: BlockEdit, _ host: any Host) async throws -> FileEdit {
        try block.check()
        if try await host.isDirectory(path) { throw ExecutionError("Failed to read from \(path): [Errno 21] Is a directory: '\(path)'") }
        return try block.apply(try await host.read(path))
    }

    /// `False` alone keeps no copy; Salt replaces a link by a file.
    static func writeBlock(_ edit: FileEdit, _ path: String, _ backup: Value, _ host: any Host) async throws {
        if backup != .bool(false) { try await Backup.beside(path, suffix: backup.pythonString, host) }
        try await edit.write(path, .overLink, host)
    }
}
