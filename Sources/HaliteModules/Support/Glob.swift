import HaliteCore
import HaliteValue

/// Shell patterns as Python's `fnmatch` reads them: `*` crosses slashes.
enum Glob {
    static func matches(_ pattern: String, _ text: String) -> Bool {
        if pattern == "*" { return true }
        guard let regex = try? PythonRegex.compile(translate(pattern), .dotAll) else { return false }
        return (try? regex.matches(text, .whole)) ?? false
    }

    static func isPattern(_ text: String) -> Bool { text.utf8.contains { "*?[".utf8.contains($0) } }

    private static func translate(_ pattern: String) -> String {
        let scalars = Array(pattern.unicodeScalars)
        var output = ""
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": output += ".*"
            case "?": output += "."
            case "[":
                var end = index
                if end < scalars.count, scalars[end] == "!" { end += 1 }
                if end < scalars.count, scalars[end] == "]" { end += 1 }
                while end < scalars.count, scalars[end] != "]" { end += 1 }
                if end >= scalars.count {
                    output += "\\["
                    continue
                }
                var members = scalars[index..<end].map { $0 == "\\" ? "\\\\" : String(Character($0)) }
                if members.first == "!" { members[0] = "^" } else if members.first == "^" { members[0] = "\\^" }
                output += "[" + members.joined() + "]"
                index = end + 1
            default: output += PythonRegex.escape(String(Character(scalar)))
            }
        }
        return output
    }
}

/// Which paths below a folder a state looks at: `include_pat` and `exclude_pat`, globs or `E@regex`.
struct PathFilter: Sendable {
    var include: [String] = []
    var exclude: [String] = []

    func admits(_ path: String) throws -> Bool {
        if !include.isEmpty, try !include.contains(where: { try Self.matches($0, path) }) { return false }
        return try !exclude.contains { try Self.matches($0, path) }
    }

    private static func matches(_ pattern: String, _ path: String) throws -> Bool {
        guard pattern.hasPrefix("E@") else { return Glob.matches(pattern, path) }
        return try PythonRegex.compile(String(pattern.dropFirst(2))).matches(path)
    }
}
