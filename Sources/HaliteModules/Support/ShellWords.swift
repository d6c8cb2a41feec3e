import HaliteModuleKit

/// Splits a command line into words as a POSIX shell does, without running one.
enum ShellWords {
    static func split(_ line: String) throws -> [String] {
        var words: [String] = []
        var word = ""
        var open = false
        var quote: Character?
        var characters = Array(line)[...]
        while let next = characters.popFirst() {
            if let mark = quote {
                if next == mark {
                    quote = nil
                } else if next == "\\", mark == "\"", let escaped = characters.first, "\"\\".contains(escaped) {
                    word.append(escaped)
                    characters.removeFirst()
                } else {
                    word.append(next)
                }
                continue
            }
            switch next {
            case "'", "\"":
                quote = next
                open = true
            case "\\":
                guard let escaped = characters.popFirst() else { throw ExecutionError("No escaped character") }
                word.append(escaped)
                open = true
            case " ", "\t", "\n", "\r", "\r\n":
                if open { words.append(word) }
                word = ""
                open = false
            default:
                word.append(next)
                open = true
            }
        }
        if quote != nil { throw ExecutionError("No closing quotation") }
        if open { words.append(word) }
        return words
    }

    /// One word for a shell, quoted when it needs to be.
    static func quote(_ word: String) -> String {
        let safe = word.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: "@%+=:,./-_".utf8.contains(byte)
            }
        }
        if safe, !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\"'\"'") + "'"
    }
}
