import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

extension FileState {
    struct TextSettings: ArgumentGroup {
        var text: Value = .null
        var makedirs: Value = false
        var source = SourceTexts()
        var ignoreWhitespace = true
        var header = false
        var showChanges = true

        private static let common: [ArgumentField<TextSettings>] = [
            .field("text", \.text, "The lines, one text or a list."),
            .field("makedirs", \.makedirs, "Make missing parents."),
            .field("source", \.source.source, "A template whose text is put there."),
            .field("source_hash", \.source.sourceHash, "Without effect."),
            .field("template", \.source.template, "The engine of the template."),
            .field("sources", \.source.sources, "Several templates."),
            .field("source_hashes", \.source.sourceHashes, "Without effect."),
            .field("defaults", \.source.defaults, "Variables under those of the context."),
            .field("context", \.source.context, "Variables for templates."),
        ]

        static let fields =
            common + [
                .field("ignore_whitespace", \.ignoreWhitespace, "Lines that differ in white space alone are there."),
                .field("header", \.header, "The lines must be the first ones."),
                .field("show_changes", \.showChanges, "Show what differs."),
            ]
    }

    static func append(_ given: StateContext, _ settings: TextSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.append") }
        let adding = AddedText(state: state, path: path, settings: settings)
        if let result = try await adding.prepare() { return result }
        let content: [UInt8]
        let lines: [String]
        switch try await settings.source.texts(state) {
        case .failed(let result): return result
        case .texts(let texts):
            content = try await adding.content()
            do {
                lines = try await adding.missingLines(texts, ignoringWhitespace: settings.ignoreWhitespace)
            } catch is BinaryFileError {
                return state.failed("No text found to append. Nothing appended")
            }
        }
        let old = PythonLines.split(TextContent.text(content))
        if lines.isEmpty { return state.unchanged("File \(path) is in correct state") }
        let new = AddedText.appended(lines, to: content)
        let changes = AddedText.changes(old, old + lines, content, settings.showChanges, separator: "\n")
        return try await state.change(changes, would: "File \(path) is set to be updated", did: "Appended \(lines.count) lines") {
            try await FileEdit(old: content, new: new).write(path, .inside, state.call.host)
            return nil
        }
    }

    static func prepend(_ given: StateContext, _ settings: TextSettings) async throws -> StateResult {
        let path = try await path(given)
        let state = given.named(path)
        if path.isEmpty { return state.failed("Must provide name to file.prepend") }
        let adding = AddedText(state: state, path: path, settings: settings)
        if let result = try await adding.prepare() { return result }
        let content: [UInt8]
        let lines: [String]
        switch try await settings.source.texts(state) {
        case .failed(let result): return result
        case .texts(let texts):
            content = try await adding.content()
            lines = try await adding.missingLines(texts, ignoringWhitespace: settings.header ? nil : true)
        }
        let old = PythonLines.split(TextContent.text(content), keepEnds: true)
        let head = old.prefix(lines.count).flatMap { PythonLines.split($0) }
        if lines.isEmpty || (settings.header && head == lines) { return state.unchanged("File \(path) is in correct state") }
        let new = lines.map { $0 + "\n" } + old
        let changes = AddedText.changes(old, new, content, settings.showChanges, separator: "")
        return try await state.change(changes, would: "File \(path) is set to be updated", did: "Prepended \(lines.count) lines") {
            let bytes = lines.flatMap { Array($0.utf8) + [0x0A] } + content
            try await FileEdit(old: content, new: bytes).write(path, .inside, state.call.host)
            return nil
        }
    }
}
