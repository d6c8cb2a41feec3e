import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Text that `file.append` and `file.prepend` add to a file when it is not there.
struct AddedText: Sendable {
    let state: StateContext
    let path: String
    let settings: FileState.TextSettings

    private var host: any Host { state.call.host }

    /// Makes parents and an empty file; a result ends the state.
    func prepare() async throws -> StateResult? {
        if let failure = settings.source.failure(state) { return failure }
        if settings.makedirs == .bool(true) { try await makeParents() }
        guard let failure = try await FileState.missingFileFailure(state, path) else { return nil }
        var touch = FileState.TouchSettings()
        touch.makedirs = settings.makedirs.isTruthy
        let result = try await FileState.touch(state, touch)
        if let planned = try await state.whenPlanning({ result }) { return planned }
        // Salt tells of the file that is missing, not of the folder that could not be made.
        return try await FileState.missingFileFailure(state, path) == nil ? nil : failure
    }

    private func makeParents() async throws {
        _ = try await state.whenApplying { () -> Bool? in
            guard path.hasPrefix("/"), let parent = Path.parent(path), try await !host.isDirectory(parent) else { return nil }
            do {
                try await NewFolders.make(parent, Ownership(), host)
            } catch let error as HostError {
                throw ExecutionError(error.pythonText)
            }
            return nil
        }
    }

    /// What the file holds, which must be text.
    func content() async throws -> [UInt8] {
        let content = try await EditedFile.read(path, host)
        try TextContent.checkUTF8(content)
        return content
    }

    /// The lines of the texts that the file has not.
    /// - Parameter ignoringWhitespace: nil takes all texts.
    func missingLines(_ sources: [String], ignoringWhitespace: Bool?) async throws -> [String] {
        let chunks: [String]
        if !settings.source.isEmpty {
            chunks = sources
        } else if case .list(let list) = settings.text {
            chunks = list.map(\.pythonString)
        } else {
            chunks = [settings.text.pythonString]
        }
        guard let ignoringWhitespace else { return chunks.flatMap { PythonLines.split($0) } }
        var lines: [String] = []
        for chunk in chunks {
            let pattern = ignoringWhitespace ? try Self.whitespacePattern(chunk) : chunk
            let content = try await EditedFile.bytes(path, host)
            if try Pattern.compile(pattern, [.multiLine, .bytes]).firstMatch(in: content) != nil { continue }
            lines += PythonLines.split(chunk)
        }
        return lines
    }

    /// A pattern that finds lines whatever their white space is.
    private static func whitespacePattern(_ text: String) throws -> String {
        let space = "(?:[\\s]+)?"
        // Quotes hold words together unless the text has both kinds in one place.
        let quotes: Set<Unicode.Scalar>
        if text.holds("'\\\"") {
            quotes = []
        } else if text.holds("'") {
            quotes = ["\""]
        } else {
            quotes = text.holds("\"") ? ["'"] : ["'", "\""]
        }
        let lines = try PythonLines.split(text).map { line in
            space + (try words(line, quotes)).map { PythonRegex.escape($0) }.joined(separator: space) + space
        }
        return "(?m)^" + lines.joined() + "$"
    }

    private static func words(_ line: String, _ quotes: Set<Unicode.Scalar>) throws -> [String] {
        var found: [String] = []
        var current = String.UnicodeScalarView()
        var quote: Unicode.Scalar?
        for scalar in line.unicodeScalars {
            if let open = quote {
                current.append(scalar)
                if scalar == open { quote = nil }
            } else if [" ", "\t", "\r", "\n"].contains(scalar) {
                if !current.isEmpty { found.append(String(current)) }
                current = .init()
            } else {
                if quotes.contains(scalar) { quote = scalar }
                current.append(scalar)
            }
        }
        if quote != nil { throw ExecutionError("No closing quotation") }
        if !current.isEmpty { found.append(String(current)) }
        return found
    }

    static func appended(_ lines: [String], to content: [UInt8]) -> [UInt8] {
        content + (content.isEmpty || content.last == 0x0A ? [] : [0x0A]) + lines.flatMap { Array($0.utf8) + [0x0A] }
    }

    static func changes(_ old: [String], _ new: [String], _ content: [UInt8], _ shows: Bool, separator: String) -> ValueMap {
        if !TextContent.isText(content) { return ["diff": "Replace binary file"] }
        if !shows { return ["diff": "<show_changes=False>"] }
        return ["diff": .string(UnifiedDiff.lines(old, new).joined(separator: separator))]
    }
}
