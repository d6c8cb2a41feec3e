/// Words an error as Salt does, with the place, the lines around it, and a hint for what is meant most often.
enum YAMLExplanation {
    static func renderError(_ error: YAMLError, text: String, file: String) -> RenderError {
        let line = (error.mark ?? error.contextMark).map { Int($0.line) + 1 } ?? 0
        // Of what is missing at the end the beginning is shown.
        let lineCount = text.utf8.count { $0 == 0x0A } + (text.utf8.last == 0x0A ? 0 : 1)
        let isAtEnd = line > lineCount
        let shown = isAtEnd ? error.contextMark.map { Int($0.line) + 1 } ?? line : line
        return RenderError(
            renderer: "yaml", message: error.message(file: file), file: file, line: line,
            excerpt: RenderError.excerpt(of: text, line: shown), errorClass: errorClass(error.kind), problem: error.problem,
            hint: hint(error, text, line))
    }

    /// What Salt raises: its renderer wraps these three and lets the others through.
    private static func errorClass(_ kind: YAMLError.Kind) -> String {
        switch kind {
        case .scanner, .parser, .constructor: "SaltRenderError"
        default: kind.rawValue
        }
    }

    private static func hint(_ error: YAMLError, _ text: String, _ line: Int) -> String? {
        switch error.problem {
        case "found character that cannot start any token":
            let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            guard line >= 1, line <= lines.count, lines[line - 1].contains("\t") else {
                return "quote a text that begins with this character"
            }
            return "a tab stands where spaces must indent"
        case "could not find expected ':'": return "is a colon missing\(begin(error, " on line ")), or a line above it?"
        case "mapping values are not allowed in this context":
            return "a text that holds ': ' must be quoted, and keys of one map begin in one column"
        case "did not find expected key", "did not find expected '-' indicator": return "the lines of one block begin in one column"
        case "did not find expected ',' or ']'", "did not find expected ',' or '}'":
            return "the bracket\(begin(error, " of line ")) is not closed, or a comma is missing"
        case "found unexpected end of stream": return "the quote\(begin(error, " of line ")) is not closed"
        case let problem where problem.hasPrefix("found unacceptable key"):
            return "are these the braces of a template that was not rendered?"
        default: return error.note
        }
    }

    private static func begin(_ error: YAMLError, _ words: String) -> String {
        error.contextMark.map { words + String($0.line + 1) } ?? ""
    }
}
