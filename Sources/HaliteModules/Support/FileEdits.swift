import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The new text of a file and how it differs, worked out before anything is written.
struct FileEdit: Sendable {
    let old: [UInt8]
    var new: [UInt8]

    var isChanged: Bool { old != new }
    var difference: String {
        UnifiedDiff.lines(
            UnifiedDiff.splitLines(String(decoding: old, as: UTF8.self)), UnifiedDiff.splitLines(String(decoding: new, as: UTF8.self))
        ).joined()
    }

    init(old: [UInt8], new: [UInt8]) {
        self.old = old
        self.new = new
    }

    init(old: String, new: String) { self.init(old: Array(old.utf8), new: Array(new.utf8)) }

    /// Writes the new text where a path leads to, keeping owner and mode, and the old text beside it when a suffix is given.
    func write(_ path: String, backup: String?, _ host: any Host) async throws {
        let target = try await host.resolved(path)
        if let backup, !backup.isEmpty { try await Backup.beside(target, suffix: backup, host) }
        try await host.write(target, new, FileAttributes())
    }
}

/// Ways of changing a text that states and functions share.
enum FileEdits {
    /// What `flags` may be: a number, a name or a list of names.
    static func flags(_ value: Value) throws -> PythonRegex.Flags {
        switch value {
        case .int(let number): return PythonRegex.Flags(rawValue: number)
        case .null: return []
        case .string(let name):
            guard let flag = PythonRegex.Flags(name: name) else { throw ExecutionError("Invalid re flag given: \(name)") }
            return flag
        case .list(let list): return try list.reduce(into: []) { $0.formUnion(try flags($1)) }
        default:
            throw ExecutionError(
                "Invalid re flags: \"\(value.pythonString)\", must be given either as a single flag string, a list of strings, as an integer, or as an re flag")
        }
    }

    // MARK: - replace

    struct Replacement: Sendable {
        var pattern: String
        var replacement: String
        var count = 0
        var flags: Value = 8
        var appendIfNotFound = false
        var prependIfNotFound = false
        var notFoundContent: String?
        var backslashLiteral = false
    }

    static func replace(_ old: [UInt8], _ change: Replacement) throws -> FileEdit {
        if change.appendIfNotFound, change.prependIfNotFound { throw ExecutionError("Only one of append and prepend_if_not_found is permitted") }
        let flags = try flags(change.flags).union(.bytes)
        let regex = try PythonRegex.compile(change.pattern, flags)
        let result: (result: [UInt8], count: Int)
        if change.backslashLiteral {
            let literal = Array(change.replacement.utf8)
            result = try regex.substitute(in: old, count: change.count) { _ in literal }
        } else {
            result = try regex.substitute(change.replacement, in: old, count: change.count)
        }
        var edit = FileEdit(old: old, new: result.result)
        var isFound = result.count > 0
        guard change.appendIfNotFound || change.prependIfNotFound else { return edit }
        let content = change.notFoundContent.flatMap { $0.isEmpty ? nil : $0 } ?? change.replacement
        let present = try PythonRegex.compile("^\(PythonRegex.escape(content))($|(?=\r\n))", flags)
        if try present.firstMatch(in: old) != nil { isFound = true }
        if isFound { return edit }
        let line = Array((change.notFoundContent ?? change.replacement).utf8) + [0x0A]
        if change.prependIfNotFound {
            edit.new = line + edit.new
        } else {
            if !edit.new.isEmpty, edit.new.last != 0x0A { edit.new.append(0x0A) }
            edit.new += line
        }
        return edit
    }

    // MARK: - comment and uncomment

    /// Comments the lines that match, or takes the comment off; nil when no line does.
    static func comment(_ text: String, pattern: String, character: String, adding: Bool) throws -> FileEdit? {
        let isAnchored = pattern.hasPrefix("^")
        let ends = pattern.hasSuffix("$")
        var core = pattern
        while core.hasPrefix("^") { core.removeFirst() }
        while core.hasSuffix("$") { core.removeLast() }
        let tail = ends ? "$" : ""
        let regex = try PythonRegex.compile(adding ? "\(isAnchored ? "^" : "")(\(core))\(tail)" : "^\(character)\\s*(\(core))\(tail)")
        var isFound = false
        let lines = try UnifiedDiff.splitLines(text).map { line -> String in
            guard try regex.matches(line, .start) else { return line }
            isFound = true
            if adding { return character + line }
            // Python's lstrip takes away every leading letter of the text.
            return String(line.unicodeScalars.drop { character.unicodeScalars.contains($0) })
        }
        return isFound ? FileEdit(old: text, new: lines.joined()) : nil
    }

    // MARK: - blockreplace

    struct Block: Sendable {
        var start = "#-- start managed zone --"
        var end = "#-- end managed zone --"
        var content = ""
        var appendIfNotFound = false
        var prependIfNotFound = false
        var appendNewline: Bool?
        var insertBefore: String?
        var insertAfter: String?
    }

    static func replaceBlock(_ text: String, _ block: Block) throws -> FileEdit {
        let exclusive = [block.appendIfNotFound, block.prependIfNotFound, block.insertBefore != nil, block.insertAfter != nil]
        if exclusive.count(where: { $0 }) > 1 {
            throw ExecutionError(
                "Only one of append_if_not_found, prepend_if_not_found, insert_before_match, and insert_after_match is permitted")
        }
        let lines = UnifiedDiff.splitLines(text)
        let lineEnd = lines.first.map { $0.unicodeScalars.suffix(2).elementsEqual("\r\n".unicodeScalars) ? "\r\n" : "\n" } ?? "\n"
        var new: [String] = []
        var inBlock = false
        var isFound = false
        for line in lines {
            var keeps = true
            if line.contains(block.start) {
                inBlock = true
            } else if inBlock {
                keeps = false
                if let range = line.firstRange(of: block.end) {
                    inBlock = false
                    isFound = true
                    new += body(block, lineEnd, end: String(line[range.lowerBound...]))
                }
            }
            if keeps { new.append(line) }
        }
        if inBlock { throw ExecutionError("Unterminated marked block. End of file reached before marker_end.") }
        if !isFound { try place(block, lineEnd, lines, &new) }
        return FileEdit(old: text, new: new.joined())
    }

    /// The lines between the markers with the one that ends them.
    private static func body(_ block: Block, _ lineEnd: String, end: String) -> [String] {
        var closing = end
        while let last = closing.unicodeScalars.last, last == "\r" || last == "\n" { closing.unicodeScalars.removeLast() }
        closing += lineEnd
        let content = block.content.split(separator: "\r\n", omittingEmptySubsequences: false).flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }.map(String.init)
        let addsLine = block.appendNewline ?? !block.content.hasSuffix("\n")
        var lines: [String] = content.dropLast().map { String($0) + lineEnd }
        let last = content.last ?? ""
        lines += addsLine ? [last + lineEnd, closing] : [last + closing]
        return lines
    }

    private static func place(_ block: Block, _ lineEnd: String, _ lines: [String], _ new: inout [String]) throws {
        let whole = [block.start + lineEnd] + body(block, lineEnd, end: block.end)
        if block.prependIfNotFound {
            new = whole + new
        } else if block.appendIfNotFound {
            if let last = new.last, !last.hasSuffix(lineEnd) { new[new.count - 1] += lineEnd }
            new += whole
        } else if let pattern = block.insertBefore ?? block.insertAfter {
            let regex = try PythonRegex.compile(pattern)
            guard let index = try lines.firstIndex(where: { try regex.matches($0) }) else {
                throw ExecutionError("Cannot edit marked block. Markers were not found in file.")
            }
            new.insert(contentsOf: whole, at: block.insertBefore != nil ? index : index + 1)
        } else {
            throw ExecutionError("Cannot edit marked block. Markers were not found in file.")
        }
    }
}
