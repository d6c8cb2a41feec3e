import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

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
                "Invalid re flags: \"\(value.pythonString)\", must be given either as a single flag string, a list of strings, as an integer, or as an re flag"
            )
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

    static func replace(_ old: [UInt8], _ change: Replacement) throws -> (edit: FileEdit, isExtended: Bool) {
        if change.appendIfNotFound, change.prependIfNotFound {
            throw ExecutionError("Only one of append and prepend_if_not_found is permitted")
        }
        let flags = try flags(change.flags).union(.bytes)
        let regex = try Pattern.compile(change.pattern, flags)
        let result = try Pattern.explained { () -> (result: [UInt8], count: Int) in
            guard change.backslashLiteral else { return try regex.substitute(change.replacement, in: old, count: change.count) }
            let literal = Array(change.replacement.utf8)
            return try regex.substitute(in: old, count: change.count) { _ in literal }
        }
        let edit = FileEdit(old: old, new: result.result)
        guard result.count == 0, change.appendIfNotFound || change.prependIfNotFound else { return (edit, false) }
        let content = change.notFoundContent.flatMap { $0.isEmpty ? nil : $0 } ?? change.replacement
        let present = try Pattern.compile("^\(PythonRegex.escape(content))($|(?=\r\n))", flags)
        if try present.firstMatch(in: old) != nil { return (edit, false) }
        let line = (change.notFoundContent ?? change.replacement) + "\n"
        var lines = TextContent.lines(old)
        if change.prependIfNotFound {
            lines.insert(line, at: 0)
        } else {
            if let last = lines.last, last.utf8.last != 0x0A { lines[lines.count - 1] = last + "\n" }
            lines.append(line)
        }
        let gap: [UInt8] = old.isEmpty || old.last == 0x0A ? [] : [0x0A]
        let new = change.prependIfNotFound ? Array(line.utf8) + old : old + gap + Array(line.utf8)
        return (FileEdit(old: old, new: new, oldLines: TextContent.lines(old), newLines: lines), true)
    }

    // MARK: - comment and uncomment

    struct Commenting: Sendable {
        /// The whole text; nil when no line matches.
        var edit: FileEdit
        /// The lines that changed alone, whose difference the function returns.
        var difference: String
    }

    /// Comments the lines that match, or takes the comment off; nil when no line does.
    static func comment(_ old: [UInt8], pattern: String, character: String, adding: Bool) throws -> Commenting? {
        try TextContent.checkUTF8(old)
        let isAnchored = pattern.hasPrefix("^")
        let ends = pattern.hasSuffix("$")
        var core = pattern
        while core.hasPrefix("^") { core.removeFirst() }
        while core.hasSuffix("$") { core.removeLast() }
        let tail = ends ? "$" : ""
        let regex = try Pattern.compile(adding ? "\(isAnchored ? "^" : "")(\(core))\(tail)" : "^\(character)\\s*(\(core))\(tail)")
        var before: [String] = []
        var after: [String] = []
        let lines = try TextContent.lines(old).map { line -> String in
            guard try regex.matches(line, .start) else { return line }
            // Python's lstrip takes away every leading letter of the text.
            let changed = adding ? character + line : String(line.unicodeScalars.drop { character.unicodeScalars.contains($0) })
            before.append(line)
            after.append(changed)
            return changed
        }
        if before.isEmpty { return nil }
        return Commenting(
            edit: FileEdit(old: old, new: lines.flatMap { Array($0.utf8) }), difference: UnifiedDiff.lines(before, after).joined())
    }
}
