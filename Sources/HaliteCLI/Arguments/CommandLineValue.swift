import HaliteCore
import HaliteRender
import HaliteValue

/// Reads the words of a command line as Salt does: each is YAML, with exceptions for texts that YAML would damage.
package enum CommandLineValue {
    /// The value of one word. A word that is no YAML is a text; there are no errors.
    package static func parse(_ text: String) -> Value {
        let trimmed = OutputText.trimmed(text)
        if ["", "---", "..."].contains(trimmed) { return .string(text) }
        // YAML would drop the underscores of `2024_01_31`.
        if text.utf8.contains(UInt8(ascii: "_")), trimmed.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) {
            return .string(text)
        }
        // YAML folds lines and tabs.
        if text.utf8.contains(where: { $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }) { return .string(text) }
        if text == "None" { return .null }
        guard let value = try? YAML.load(text) else { return .string(text) }
        let isPlain = isPlainEnough(value, text: text)
        return isPlain ? value : .string(text)
    }

    /// The positional and the keyword arguments; of two keywords with one name the last counts.
    /// - Parameter unparsed: names of keywords whose values stay texts (`--no-parse`).
    package static func arguments(_ words: [String], unparsed: Set<String> = []) -> Arguments {
        var arguments = Arguments()
        for word in words {
            if let (name, value) = keyword(word) {
                arguments.keywords[name] = unparsed.contains(name) ? .string(value) : parse(value)
            } else {
                arguments.positional.append(withoutJobID(parse(word)))
            }
        }
        // A map with `__kwarg__` among the words gives keywords too, as it would when the minion reads the job.
        return Arguments(jobForm: arguments.jobForm)
    }

    /// Splits `name=value`. A name begins with a letter or `_` and goes on with those, digits, `.` and `-`; `==` makes no
    /// keyword, nor does a value of several lines.
    package static func keyword(_ word: String) -> (name: String, value: String)? {
        let scalars = word.unicodeScalars
        guard let first = scalars.first, isWord(first), first.properties.generalCategory != .decimalNumber else { return nil }
        guard let equals = scalars.firstIndex(where: { !isWord($0) && $0 != "." && $0 != "-" }), scalars[equals] == "=" else { return nil }
        var value = scalars[scalars.index(after: equals)...]
        guard value.first != "=" else { return nil }
        // One line end at the very end is dropped.
        if value.last == "\n" { value.removeLast() }
        return value.contains("\n") ? nil : (String(scalars[..<equals]), String(value))
    }

    /// Whether the value of a word counts: lists and maps only in brackets, a comment or a tag never.
    private static func isPlainEnough(_ value: Value, text: String) -> Bool {
        let hasComment = text.utf8.contains(UInt8(ascii: "#"))
        switch value {
        case .map: return hasComment || text.hasPrefix("{")
        case .list: return hasComment || text.hasPrefix("[")
        case .null: return !hasComment && text != "!"
        case .string(let read): return !hasComment && !(read.isEmpty && (text == "|" || text == "!"))
        case .bool, .int, .big, .float: return true
        case .bytes: return hasComment
        }
    }

    /// A positional number of twenty digits is a job's id, which is a text.
    private static func withoutJobID(_ value: Value) -> Value {
        switch value {
        case .int, .big:
            let text = value.pythonString
            return text.utf8.count == 20 && text.utf8.allSatisfy(isDigit) ? .string(text) : value
        default: return value
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Python's `\w`.
    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "_" { return true }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: return true
        default: return scalar.properties.numericType != nil
        }
    }
}
