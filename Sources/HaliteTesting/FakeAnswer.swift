import HaliteHost

/// What a program of a fake host says to a command.
package struct FakeAnswer: Sendable {
    /// `*` at the end matches whatever follows; elsewhere, or within a word, a part of one word.
    package var command: [String]
    package var result: CommandResult
    /// Counts for one command only.
    package var once = false
    /// The command changes nothing.
    package var isQuery = false
    /// Files that are there afterwards; nil removes one.
    package var files: [String: String?] = [:]

    package init(command: [String], result: CommandResult) {
        self.command = command
        self.result = result
    }

    package init(command: [String], output: String, errors: String, code: Int) {
        self.init(
            command: command,
            result: CommandResult(
                processID: 4711, exitCode: code, standardOutput: Array(output.utf8), standardError: Array(errors.utf8)))
    }

    /// A program counts by its name, whichever folder it was found in.
    func matches(_ arguments: [String]) -> Bool {
        var pattern = command
        var words = arguments
        if let program = words.first, pattern.first?.hasPrefix("/") != true { words[0] = Path.name(program) }
        if pattern.last == "*" {
            pattern.removeLast()
            guard words.count >= pattern.count else { return false }
            words = Array(words.prefix(pattern.count))
        }
        return words.count == pattern.count && zip(pattern, words).allSatisfy(Self.matches)
    }

    private static func matches(_ pattern: String, _ word: String) -> Bool {
        if pattern == "*" || pattern == word { return true }
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        return parts.count > 1 && word.hasPrefix(String(parts[0])) && word.hasSuffix(String(parts[parts.count - 1]))
    }
}
