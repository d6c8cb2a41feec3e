import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Attributes of a file system that `lsattr` shows and `chattr` sets: the argument `attrs`.
enum FileFlags {
    struct Difference: Equatable {
        var added: String
        var removed: String
    }

    private static let letters = Set("aAcCdDeijPsStTu")

    /// The letters of a file; nil where there is no `lsattr`, or the file system has none.
    static func read(_ path: String, _ call: CallContext) async throws -> String? {
        guard await call.host.which("lsattr") != nil else { return nil }
        if try await !call.host.exists(path) { throw ExecutionError("File or directory does not exist: \(path)") }
        let result = try await call.host.run(Command(["lsattr", path]))
        for line in result.text.split(separator: "\n") where !line.hasPrefix("lsattr: ") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2, words[1] == path { return String(words[0].filter { letters.contains($0) }) }
        }
        return ""
    }

    /// What would have to change; nil when nothing does.
    static func difference(_ path: String, _ wanted: String, _ call: CallContext) async throws -> Difference? {
        guard let old = try await read(path, call) else { return nil }
        var new = wanted
        // Extents are the file system's own affair.
        if old.contains("e"), !new.contains("e") { new.append("e") }
        let found = Difference(added: new.filter { !old.contains($0) }, removed: old.filter { !new.contains($0) })
        return found.added.isEmpty && found.removed.isEmpty ? nil : found
    }

    static func enforce(_ path: String, _ wanted: String, _ call: CallContext) async throws -> (changes: ValueMap, problems: [String]) {
        if try await call.host.isDirectory(path) { return ([:], []) }
        guard let difference = try await difference(path, wanted, call) else { return ([:], []) }
        let old = try await read(path, call) ?? ""
        if !difference.added.isEmpty { _ = try await call.host.run(Command(["chattr", "+\(difference.added)", path])) }
        if !difference.removed.isEmpty { _ = try await call.host.run(Command(["chattr", "-\(difference.removed)", path])) }
        var problems: [String] = []
        var new = wanted
        if try await self.difference(path, wanted, call) != nil {
            problems.append("Failed to change attributes to \(wanted)")
            new = try await read(path, call) ?? ""
        }
        return (old == new ? [:] : ["attrs": ["old": .string(old), "new": .string(new)]], problems)
    }
}
