import HaliteJinja
import HaliteValue

/// Paths as Python's `posixpath` treats them.
enum PathText {
    static let join: JinjaFunction = { call in
        var parts = try call.positional.map { normalized(try SaltFilter.text($0)) }
        let invalid = call.keywords.filter { !$0.name.hasPrefix("__") && $0.name != "use_posixpath" }
        if !invalid.isEmpty {
            let names = try invalid.map { "\($0.name)=\(try $0.value.str())" }.joined(separator: ", ")
            throw JinjaError("SaltInvocationError", "The following keyword arguments are not valid: \(names)")
        }
        guard !parts.isEmpty else { return "" }
        var path = parts.removeFirst()
        for part in parts {
            let relative = String(part.drop { $0 == "/" })
            path += path.isEmpty || path.hasSuffix("/") ? relative : "/" + relative
        }
        return .string(normalized(path))
    }

    static func normalized(_ path: String) -> String {
        if path.isEmpty { return "." }
        // Two slashes in front, but not three, mean something of their own.
        let slashes = path.hasPrefix("//") && !path.hasPrefix("///") ? 2 : path.hasPrefix("/") ? 1 : 0
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." || (slashes == 0 && parts.isEmpty) || parts.last == ".." {
                parts.append(part)
            } else if !parts.isEmpty {
                parts.removeLast()
            }
        }
        let result = String(repeating: "/", count: slashes) + parts.joined(separator: "/")
        return result.isEmpty ? "." : result
    }
}
