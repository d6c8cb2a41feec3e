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

    /// Tells an edit, or writes it.
    private static func apply(
        _ state: StateContext, _ path: String, _ edit: FileEdit, backup: Value, shows: Bool, would: String
    ) async throws -> StateResult {
        guard edit.isChanged else { return state.unchanged("No changes needed to be made") }
        return try await state.change(
            ["diff": shows ? .string(edit.difference) : true], would: would, did: "Changes were made"
        ) {
            try await edit.write(path, backup: suffix(backup), state.call.host)
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

    static func replace(_ state: StateContext, _ settings: ReplaceSettings) async throws -> StateResult {
        let path = try await path(state)
        if let failure = try await missingFileFailure(state, path) {
            return settings.ignoreIfMissing && failure.comment.contains("file not found")
                ? state.unchanged("No changes needed to be made") : failure
        }
        let bytes = try await state.call.host.read(path)
        guard TextContent.isText(bytes) else { throw ExecutionError("Cannot perform string replacements on a binary file: \(path)") }
        let edit = try FileEdits.replace(bytes, settings.replacement)
        return try await apply(
            state, path, edit, backup: settings.backup, shows: settings.showChanges, would: "Changes would have been made")
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

    static func line(_ state: StateContext, _ settings: LineSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        var own = ManagedSettings()
        (own.create, own.user, own.group, own.mode, own.replace) = (settings.create, settings.user, settings.group, settings.fileMode, false)
        _ = try await managed(state, own)
        if let failure = try await missingFileFailure(state, path) { return failure }
        if settings.edit.mode == nil { return state.failed("Mode was not defined. How to process the file?") }
        if settings.edit.mode?.lowercased() != "delete", settings.edit.content == nil {
            return state.failed("Content can only be empty if mode is ['delete']")
        }
        let edit = try settings.edit.apply(try await host.readText(path))
        guard edit.isChanged else { return state.unchanged("No changes needed to be made") }
        return try await state.change(
            ["diff": settings.showChanges ? .string(edit.difference) : true], would: "Changes would be made", did: "Changes were made"
        ) {
            var suffix: String?
            if settings.backup { suffix = "." + (try await host.run("date", "+%Y-%m-%d-%H-%M-%S").text) }
            try await edit.write(path, backup: suffix, host)
            return nil
        }
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

    private static func search(_ text: String, _ pattern: String) throws -> Bool {
        try PythonRegex.compile(pattern, .multiLine).matches(text)
    }

    static func comment(_ state: StateContext, _ settings: CommentSettings) async throws -> StateResult {
        let path = try await path(state)
        if let failure = try await missingFileFailure(state, path) { return failure }
        let text = try await state.call.host.readText(path)
        let core = try PythonRegex.compile("^(\\(\\?[iLmsux]\\))?\\^?(.*?)\\$?$").substitute("\\2", in: settings.regex, count: 1)
        let commented = settings.char + core
        if try !search(text, "^(?!\\s*\(settings.char))\\s*\(core)") {
            if try search(text, commented) { return state.unchanged("Pattern already commented") }
            if settings.ignoreMissing { return state.unchanged("Pattern not found and ignore_missing set to True") }
            return state.failed("\(core): Pattern not found")
        }
        return try await commentResult(
            state, path, text, settings, adding: true, check: commented, did: "Commented lines successfully",
            failed: "Expected commented lines not found")
    }

    static func uncomment(_ state: StateContext, _ settings: CommentSettings) async throws -> StateResult {
        let path = try await path(state)
        if let failure = try await missingFileFailure(state, path) { return failure }
        let text = try await state.call.host.readText(path)
        var core = settings.regex
        while core.hasPrefix("^") { core.removeFirst() }
        let bare = "^[ \t]*\(core)"
        if try !search(text, "\(settings.char)[ \t]*\(core)") {
            if try search(text, bare) { return state.unchanged("Pattern already uncommented") }
            return state.failed("\(settings.regex): Pattern not found")
        }
        return try await commentResult(
            state, path, text, settings, adding: false, check: bare, did: "Uncommented lines successfully",
            failed: "Expected uncommented lines not found")
    }

    private static func commentResult(
        _ state: StateContext, _ path: String, _ text: String, _ settings: CommentSettings, adding: Bool, check: String, did: String,
        failed: String
    ) async throws -> StateResult {
        let edit = try FileEdits.comment(text, pattern: settings.regex, character: settings.char, adding: adding) ?? FileEdit(old: text, new: text)
        var result = try await state.change([.string(path): "updated"], would: "File \(path) is set to be updated", did: did) {
            if edit.isChanged { try await edit.write(path, backup: suffix(settings.backup), state.call.host) }
            return edit.isChanged ? ["diff": .string(edit.difference)] : [:]
        }
        if result.result == true, try !search(String(decoding: edit.new, as: UTF8.self), check) {
            result.result = false
            result.comment = failed
        }
        return result
    }

    // MARK: - blockreplace

    struct BlockSettings: ArgumentGroup {
        var block = FileEdits.Block()
        var source: SourceTexts = SourceTexts()
        var backup: Value = ".bak"
        var showChanges = true

        static let fields: [ArgumentField<BlockSettings>] = [
            .field("marker_start", \.block.start, "The line in front of the block."),
            .field("marker_end", \.block.end, "The line behind it."),
            .field("source", \.source.source, "A template whose text goes into the block."),
            .field("source_hash", \.source.ignored, "Without effect."),
            .field("template", \.source.template, "The engine of the template."),
            .field("sources", \.source.sources, "Several templates."),
            .field("source_hashes", \.source.ignored, "Without effect."),
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

    static func blockReplace(_ state: StateContext, _ settings: BlockSettings) async throws -> StateResult {
        let path = try await path(state)
        if let failure = settings.source.failure(state) { return failure }
        if let failure = try await missingFileFailure(state, path) { return failure }
        var block = settings.block
        for text in Accumulators.texts(state, path) { block.content += block.content.isEmpty ? text : "\n" + text }
        for text in try await settings.source.texts(state) { block.content += text }
        do {
            let edit = try FileEdits.replaceBlock(try await state.call.host.readText(path), block)
            return try await apply(
                state, path, edit, backup: settings.backup, shows: settings.showChanges, would: "Changes would be made")
        } catch let error as ExecutionError {
            return state.failed("Encountered error managing block: \(error). See the log for details.")
        }
    }
}

/// Templates whose text an edit puts into a file.
struct SourceTexts: Sendable {
    var source: String?
    var sources: [String] = []
    var template = "jinja"
    var defaults: Value = .null
    var context: Value = .null
    var ignored: Value = .null

    var isEmpty: Bool { source == nil && sources.isEmpty }

    func failure(_ state: StateContext) -> StateResult? {
        source != nil && !sources.isEmpty ? state.failed("source and sources are mutually exclusive") : nil
    }

    func texts(_ state: StateContext) async throws -> [String] {
        let reader = SourceReader(call: state.call, saltenv: state.call.saltenv)
        var found: [String] = []
        for place in source.map({ [$0] }) ?? sources {
            guard let content = try await reader.content(place) else { throw ExecutionError("Failed to load template file \(place)") }
            found.append(
                try await state.call.services.templates.render(
                    source: String(decoding: content.bytes, as: UTF8.self), name: place, engine: template,
                    values: FileState.variables(defaults, context), in: state.call))
        }
        return found
    }
}
