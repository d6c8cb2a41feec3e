import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct TextSettings: ArgumentGroup {
        var text: Value = .null
        var makedirs = false
        var source = SourceTexts()
        var ignoreWhitespace = true
        var header = false
        var showChanges = true

        static let fields: [ArgumentField<TextSettings>] = [
            .field("text", \.text, "The lines, one text or a list."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("source", \.source.source, "A template whose text is put there."),
            .field("source_hash", \.source.ignored, "Without effect."),
            .field("template", \.source.template, "The engine of the template."),
            .field("sources", \.source.sources, "Several templates."),
            .field("source_hashes", \.source.ignored, "Without effect."),
            .field("defaults", \.source.defaults, "Variables under those of the context."),
            .field("context", \.source.context, "Variables for templates."),
            .field("ignore_whitespace", \.ignoreWhitespace, "Lines that differ in white space alone are there."),
            .field("header", \.header, "The lines must be the first ones."),
            .field("show_changes", \.showChanges, "Show what differs."),
        ]

        func chunks(_ state: StateContext) async throws -> [String] {
            if !source.isEmpty { return try await source.texts(state) }
            switch text {
            case .list(let list): return list.map(\.pythonString)
            default: return [text.pythonString]
            }
        }
    }

    /// A pattern that finds lines whatever their white space is.
    static func whitespacePattern(_ text: String) -> String {
        let space = "(?:[\\s]+)?"
        let lines = PythonLines.split(text).map { line in
            space + pieces(line, keepsQuotes: text.contains("'") && text.contains("\"")).map { PythonRegex.escape($0) }.joined(separator: space) + space
        }
        return "(?m)^" + lines.joined() + "$"
    }

    /// The words of a line. With both kinds of quotes in a text, Salt keeps white space in double quotes as it is.
    private static func pieces(_ line: String, keepsQuotes: Bool) -> [String] {
        guard keepsQuotes else { return line.words() }
        var found: [String] = []
        var current = ""
        var isQuoted = false
        for character in line {
            if character == "\"" { isQuoted.toggle() }
            if character.isWhitespace, !isQuoted {
                if !current.isEmpty { found.append(current) }
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { found.append(current) }
        return found
    }

    /// Makes parents and an empty file; a result ends the state.
    private static func prepare(_ state: StateContext, _ path: String, _ settings: TextSettings) async throws -> StateResult? {
        if let failure = settings.source.failure(state) { return failure }
        if let failure = relativePathFailure(state, path) { return failure }
        if try await state.call.host.status(path) != nil { return nil }
        var touch = TouchSettings()
        touch.makedirs = settings.makedirs
        let result = try await Self.touch(state, touch)
        // Salt tells of the file that is missing, not of the folder that could not be made.
        return result.result == false ? state.failed("\(path): file not found") : result.result == nil ? result : nil
    }

    static func append(_ state: StateContext, _ settings: TextSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        if let result = try await prepare(state, path, settings) { return result }
        let text = try await host.readText(path)
        var lines: [String] = []
        for chunk in try await settings.chunks(state) {
            let pattern = settings.ignoreWhitespace ? whitespacePattern(chunk) : chunk
            if try PythonRegex.compile(pattern, .multiLine).matches(text) { continue }
            lines += PythonLines.split(chunk)
        }
        if lines.isEmpty { return state.unchanged("File \(path) is in correct state") }
        let old = PythonLines.split(text)
        let changes = textChanges(old, old + lines, text, settings.showChanges, joined: "\n")
        return try await state.change(changes, would: "File \(path) is set to be updated", did: "Appended \(lines.count) lines") {
            let start = text.isEmpty || text.hasSuffix("\n") ? "" : "\n"
            let new = text + start + lines.map { $0 + "\n" }.joined()
            try await FileEdit(old: text, new: new).write(path, backup: nil, host)
            return nil
        }
    }

    static func prepend(_ state: StateContext, _ settings: TextSettings) async throws -> StateResult {
        let path = try await path(state)
        let host = state.call.host
        if let result = try await prepare(state, path, settings) { return result }
        let text = try await host.readText(path)
        var lines: [String] = []
        for chunk in try await settings.chunks(state) {
            if !settings.header, try PythonRegex.compile(whitespacePattern(chunk), .multiLine).matches(text) { continue }
            lines += PythonLines.split(chunk)
        }
        let old = PythonLines.split(text, keepEnds: true)
        let head = old.prefix(lines.count).flatMap { PythonLines.split($0) }
        if lines.isEmpty || (settings.header && head == lines) { return state.unchanged("File \(path) is in correct state") }
        let new = lines.map { $0 + "\n" } + old
        let changes = textChanges(old, new, text, settings.showChanges, joined: "")
        return try await state.change(changes, would: "File \(path) is set to be updated", did: "Prepended \(lines.count) lines") {
            try await FileEdit(old: text, new: new.joined()).write(path, backup: nil, host)
            return nil
        }
    }

    private static func textChanges(_ old: [String], _ new: [String], _ text: String, _ shows: Bool, joined: String) -> ValueMap {
        if !TextContent.isText(Array(text.utf8)) { return ["diff": "Replace binary file"] }
        if !shows { return ["diff": "<show_changes=False>"] }
        return ["diff": .string(UnifiedDiff.lines(old, new).joined(separator: joined))]
    }
}
