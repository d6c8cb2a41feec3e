import HaliteCore
import HaliteJinja
import HaliteValue

/// Regular expressions of Python.
enum RegexFilters {
    static let table: [String: JinjaFunction] = [
        "regex_escape": SaltFilter.define("regex_escape", "value") { arguments, _ in
            switch arguments.value(0) {
            case .bytes(let bytes):
                return .bytes(Array(PythonRegex.escape(String(decoding: bytes, as: UTF8.self)).utf8))
            case .string(let text): return .string(PythonRegex.escape(text))
            case .markup(let text): return .markup(PythonRegex.escape(text))
            case .undefined(let undefined): throw undefined.error()
            case let other:
                throw JinjaError(.type, "decoding to str: need a bytes-like object, \(other.typeName) found")
            }
        },
        "regex_search": SaltFilter.define("regex_search", "txt, rgx, ignorecase=, multiline=") { arguments, _ in
            try groups(arguments, .anywhere)
        },
        "regex_match": SaltFilter.define("regex_match", "txt, rgx, ignorecase=, multiline=") { arguments, _ in
            try groups(arguments, .start)
        },
        "regex_replace": SaltFilter.define("regex_replace", "txt, rgx, val, ignorecase=, multiline=") { arguments, context in
            let pattern = try compile(arguments.value(1), arguments, flags: 3)
            let subject = try subject(arguments.value(0))
            let replaced: [UInt8]
            if case .object(let function) = arguments.value(2), function.isCallable {
                throw JinjaError(.type, "regex_replace takes a text to replace with, not a function")
            }
            guard let template = arguments.value(2).text else {
                throw JinjaError(.type, "decoding to str: need a bytes-like object, \(arguments.value(2).typeName) found")
            }
            do {
                replaced = try pattern.substitute(template, in: subject).result
            } catch {
                throw regexError(error)
            }
            return .string(String(decoding: replaced, as: UTF8.self))
        },
    ]

    static let match = SaltFilter.define("test_match", "txt, rgx, ignorecase=, multiline=") { arguments, _ in
        let pattern = try compile(arguments.value(1), arguments, flags: 2)
        let subject = try subject(arguments.value(0))
        do { return .bool(try pattern.firstMatch(in: subject, anchor: .start) != nil) } catch { throw regexError(error) }
    }

    /// The groups of the first match as a tuple, the whole match when there are no groups, None without a match.
    private static func groups(_ arguments: [JinjaValue?], _ anchor: PythonRegex.Anchor) throws -> JinjaValue {
        let pattern = try compile(arguments.value(1), arguments, flags: 2)
        let subject = try subject(arguments.value(0))
        do throws(RegexError) {
            guard let found = try pattern.firstMatch(in: subject, anchor: anchor) else { return .null }
            let range = pattern.groupCount == 0 ? 0...0 : 1...pattern.groupCount
            return .tuple(of: range.map { found.text($0, of: subject).map { .string($0) } ?? .null })
        } catch {
            throw regexError(error)
        }
    }

    private static func compile(_ value: JinjaValue, _ arguments: [JinjaValue?], flags: Int) throws -> PythonRegex {
        var options = PythonRegex.Flags()
        if try arguments.flag(flags) { options.insert(.ignoreCase) }
        if try arguments.flag(flags + 1) { options.insert(.multiLine) }
        guard let pattern = value.text else {
            if case .bytes = value { throw JinjaError(.type, "cannot use a bytes pattern on a string-like object") }
            try value.requireHashable()
            throw JinjaError(.type, "first argument must be string or compiled pattern")
        }
        if let refusal = RegexFault.refusal(of: pattern) { throw JinjaError("error", refusal) }
        do { return try PythonRegex.compile(pattern, options) } catch { throw regexError(error) }
    }

    private static func subject(_ value: JinjaValue) throws -> [UInt8] {
        guard let text = value.text else {
            if case .bytes = value { throw JinjaError(.type, "cannot use a string pattern on a bytes-like object") }
            throw JinjaError(.type, "expected string or bytes-like object, got \(value.typeName.quoted)")
        }
        return Array(text.utf8)
    }

    private static func regexError(_ error: any Error) -> JinjaError {
        guard let error = error as? RegexError else { return JinjaError("error", String(describing: error)) }
        return JinjaError("error", RegexFault.message(error))
    }
}
