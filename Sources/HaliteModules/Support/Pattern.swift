import HaliteCore
import HaliteModuleKit

/// Python's regular expressions with Python's complaints about them.
enum Pattern {
    static func compile(_ pattern: String, _ flags: PythonRegex.Flags = []) throws -> PythonRegex {
        try explained { try PythonRegex.compile(pattern, flags) }
    }

    /// Whether a pattern is found anywhere in a text.
    static func found(_ pattern: String, in text: String) throws -> Bool { try explained { try PythonRegex.compile(pattern, []).matches(text) } }

    /// Runs something that may find fault with a pattern or a replacement.
    static func explained<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as RegexError {
            throw ExecutionError(RegexFault.message(error))
        }
    }
}
