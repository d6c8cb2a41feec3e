import HaliteCore
import HaliteModuleKit

/// `file.line`: one line put in, kept, changed or taken out.
struct LineEdit: Sendable {
    var content: String?
    var match: String?
    var mode: String?
    var location: String?
    var before: String?
    var after: String?
    var indent = true

    func apply(_ old: [UInt8]) throws -> FileEdit {
        let mode = mode?.lowercased()
        guard let mode else { throw ExecutionError("Mode was not defined. How to process the file?") }
        guard ["insert", "ensure", "delete", "replace"].contains(mode) else { throw ExecutionError("Unknown mode: \"\(mode)\"") }
        guard mode == "delete" || content != nil else { throw ExecutionError("Content can only be empty if mode is \"delete\"") }
        try TextContent.checkUTF8(old)
        var lines = TextContent.lines(old)
        // An empty last line stands for the end behind the last line feed.
        if let last = lines.last, !Self.lineEnd(last).isEmpty { lines.append("") }
        if old.isEmpty, mode == "delete" || mode == "replace" { lines = [] }
        lines = try edited(lines, mode)
        for index in lines.indices where Self.lineEnd(lines[index]).isEmpty && index + 1 < lines.count {
            let previous = index > 1 ? index - 1 : 1
            lines[index] = Self.withEnd(of: lines.indices.contains(previous) ? lines[previous] : "\n", lines[index])
        }
        if lines.last == "" { lines.removeLast() }
        let joined = lines.joined()
        if Array(joined.utf8) == old { return FileEdit(old: old, new: old) }
        return FileEdit(old: old, oldLines: TextContent.lines(old), newLines: lines)
    }

    private static func lineEnd(_ line: String) -> String {
        let scalars = line.unicodeScalars
        if scalars.suffix(2).elementsEqual("\r\n".unicodeScalars) { return "\r\n" }
        return scalars.last == "\n" || scalars.last == "\r" ? String(Character(scalars.last ?? "\n")) : ""
    }

    private static func withEnd(of source: String, _ line: String) -> String {
        let end = lineEnd(source)
        return line.rightStripped() + (end.isEmpty ? "\n" : end)
    }

    private static func bare(_ line: String) -> String {
        var scalars = line.unicodeScalars
        while let last = scalars.last, last == "\r" || last == "\n" { scalars.removeLast() }
        return String(scalars)
    }

    /// The lines that a pattern or the text itself is found in; nil without a pattern.
    private static func found(_ lines: [String], _ pattern: String?) throws -> [String]? {
        guard let pattern, !pattern.isEmpty, !lines.isEmpty else { return nil }
        let regex: PythonRegex
        do {
            regex = try Pattern.compile(pattern, .dotAll)
        } catch let error as ExecutionError {
            throw ExecutionError("\(error.description): '\(pattern)'")
        }
        return try lines.filter { line in try regex.matches(line) || line.holds(pattern) }
    }

    private func once(_ lines: [String], _ word: String) throws -> String {
        guard lines.count == 1, let line = lines.first else {
            throw ExecutionError("Found \(lines.count > 1 ? "more than" : "less than") expected occurrences in \"\(word)\" expression")
        }
        return line
    }

    /// The new line with the white space of the one beside it.
    private func indented(like source: String, _ line: String) -> String {
        guard indent else { return line }
        return String(source.unicodeScalars.prefix { $0 == " " || $0 == "\t" })
            + String(line.unicodeScalars.drop { $0.properties.isWhitespace })
    }

    private func edited(_ lines: [String], _ mode: String) throws -> [String] {
        var lines = lines
        let text = content ?? ""
        let given = match.flatMap { $0.isEmpty ? nil : $0 }
        let wanted = given ?? (before == nil && after == nil ? content : match)
        let after = try Self.found(lines, after)
        let before = try Self.found(lines, before)
        let match = try Self.found(lines, wanted)
        switch mode {
        case "delete": if let first = match?.first { lines.removeAll { $0 == first } }
        case "replace":
            if let first = match?.first, let index = lines.firstIndex(of: first) { lines[index] = indented(like: first, text) }
        case "insert": try insert(&lines, text, before, after)
        default: try ensure(&lines, text, before, after)
        }
        return lines
    }

    private func insert(_ lines: inout [String], _ text: String, _ before: [String]?, _ after: [String]?) throws {
        if before == nil, after == nil, location == nil {
            throw ExecutionError("On insert either \"location\" or \"before/after\" conditions are required.")
        }
        if let location, !location.isEmpty, location != "end", location != "start" { return }
        if location == "end" {
            lines.append(lines.last.map { indented(like: $0, text) } ?? text)
        } else if location == "start" {
            lines.insert(lines.first.map { Self.withEnd(of: $0, text) } ?? text + "\n", at: 0)
        } else if let before, !before.isEmpty, let after, !after.isEmpty {
            let last = try once(before, "before")
            _ = try once(after, "after")
            guard let index = lines.firstIndex(of: last) else { return }
            lines.insert(indented(like: lines[index], text), at: index)
        } else if let after, !after.isEmpty {
            guard let index = lines.firstIndex(of: try once(after, "after")) else { return }
            if index + 1 >= lines.count || Self.bare(lines[index + 1]) != Self.bare(text) {
                lines.insert(indented(like: lines[index], text), at: index + 1)
            }
        } else if let before, !before.isEmpty {
            guard let index = lines.firstIndex(of: try once(before, "before")) else { return }
            let previous = index > 0 ? lines[index - 1] : lines[lines.count - 1]
            if Self.bare(previous) != Self.bare(text) { lines.insert(indented(like: lines[index], text), at: index) }
        } else {
            throw ExecutionError("Neither before or after was found in file")
        }
    }

    private func ensure(_ lines: inout [String], _ text: String, _ before: [String]?, _ after: [String]?) throws {
        if let before, !before.isEmpty, let after, !after.isEmpty {
            let first = lines.firstIndex(of: try once(after, "after")) ?? 0
            let last = lines.firstIndex(of: try once(before, "before")) ?? 0
            if lines.contains(where: { String($0.unicodeScalars.drop { $0.properties.isWhitespace }) == text }) { return }
            if first + 1 == last {
                lines.insert(indented(like: lines[first], text), at: first + 1)
            } else if first + 2 == last {
                lines[first + 1] = indented(like: lines[first], text)
            } else {
                throw ExecutionError("Found more than one line between boundaries \"before\" and \"after\".")
            }
        } else if let before, !before.isEmpty {
            guard let index = lines.firstIndex(of: try once(before, "before")) else { return }
            if index == 0 || Self.bare(lines[index - 1]) != Self.bare(text) {
                lines.insert(indented(like: lines[index > 0 ? index - 1 : lines.count - 1], text), at: index)
            }
        } else if let after, !after.isEmpty {
            guard let index = lines.firstIndex(of: try once(after, "after")) else { return }
            if index + 1 >= lines.count || Self.bare(lines[index + 1]) != Self.bare(text) {
                lines.insert(indented(like: lines[index], text), at: index + 1)
            }
        } else {
            throw ExecutionError("Wrong conditions? Unable to ensure line without knowing where to put it before and/or after.")
        }
    }
}
