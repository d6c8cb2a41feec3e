import HaliteCore
import HaliteModuleKit
import HaliteValue

/// `__slot__:salt:module.function(arg, key=value).path.in.result ~ text`: a value that is asked for when the state runs.
struct Slot {
    static let prefix = "__slot__:"
    let text: String

    init(_ text: String) { self.text = text }

    /// The value; a malformed slot stays as it is written.
    func evaluate(_ context: CallContext) async throws -> Value {
        let parts = text.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[1] == "salt", let open = parts[2].firstIndex(of: "(") else { return .string(text) }
        let halves = parts[2].split(separator: "~", maxSplits: 1, omittingEmptySubsequences: false)
        let callText = halves[0]
        guard let close = callText.lastIndex(of: ")"), open < close else { return .string(text) }
        let function = String(callText[..<open]).trimmingSpaces
        let arguments = Self.arguments(String(callText[callText.index(after: open)..<close]))
        var result = try await context.call(function, arguments)
        let path = String(callText[callText.index(after: close)...]).trimmingSpaces
        if path.hasPrefix(".") {
            result = CallContext.traverse(result, String(path.dropFirst()), delimiter: ".") ?? .null
        }
        if halves.count == 2, case .string(let base) = result {
            var appended = String(halves[1]).trimmingSpaces
            if appended.count >= 2, let quote = appended.first, quote == appended.last, quote == "'" || quote == "\"" {
                appended = String(appended.dropFirst().dropLast())
            }
            result = .string(base + appended)
        }
        return result
    }

    /// Splits at commas outside quotes and brackets.
    private static func arguments(_ text: String) -> Arguments {
        var arguments = Arguments()
        var parts: [String] = []
        var current = ""
        var quote: Character?
        var depth = 0
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if "([{".contains(character) {
                depth += 1
            } else if ")]}".contains(character) {
                depth -= 1
            } else if character == ",", depth == 0 {
                parts.append(current)
                current = ""
                continue
            }
            current.append(character)
        }
        parts.append(current)
        for part in parts.map(\.trimmingSpaces) where !part.isEmpty {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if pair.count == 2, pair[0].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
                arguments.keywords[pair[0]] = literal(pair[1].trimmingSpaces)
            } else {
                arguments.positional.append(literal(part))
            }
        }
        return arguments
    }

    private static func literal(_ text: String) -> Value {
        if text.count >= 2, let quote = text.first, quote == text.last, quote == "'" || quote == "\"" {
            return .string(String(text.dropFirst().dropLast()))
        }
        if let number = Int(text) { return .int(number) }
        if let number = Double(text) { return .float(number) }
        switch text {
        case "True", "true": return true
        case "False", "false": return false
        case "None": return .null
        default: return .string(text)
        }
    }
}
