import HaliteValue

/// Matches `os:Debian`, `roles:web`, `a:b:*` against grains or a pillar, as Salt does.
///
/// Since the pattern itself may hold the delimiter, the deepest path is tried first and then shorter ones.
package struct DataMatcher: Sendable {
    package enum Style: Sendable { case glob, regex, exact }

    private let expression: String
    private let delimiter: String
    private let style: Style

    package init(_ expression: String, delimiter: String = ":", style: Style = .glob) {
        self.expression = expression
        self.delimiter = delimiter
        self.style = style
    }

    package func matches(_ data: ValueMap) -> Bool { matches(.map(data), expression, delimiter) }

    private func matches(_ data: Value, _ expression: String, _ delimiter: String) -> Bool {
        let parts = DataPath.split(expression, delimiter)
        guard parts.count > 1 else { return false }
        for index in stride(from: parts.count - 1, to: 0, by: -1) {
            let key = parts[..<index].joined(separator: delimiter)
            let found: Value?
            let pattern: String
            if key == "*" {
                (found, pattern) = (data, expression)
            } else {
                found = DataPath.traverse(data, key, delimiter: delimiter)
                pattern = parts[index...].joined(separator: delimiter)
            }
            guard let found else { continue }
            switch found {
            case .map(let map): if !map.isEmpty, matches(map, pattern) { return true }
            case .list(let list): if list.contains(where: { matches(member: $0, pattern) }) { return true }
            default: if compare(found, pattern) { return true }
            }
        }
        return false
    }

    private func matches(member: Value, _ pattern: String) -> Bool {
        if case .map(let map) = member, matches(map, pattern) { return true }
        return compare(member, pattern)
    }

    /// A dictionary matches by its keys, by what is within, and with `*:` by what is anywhere below.
    private func matches(_ map: ValueMap, _ text: String) -> Bool {
        let isWildcard = text.hasPrefix("*:")
        let pattern = isWildcard ? String(text.dropFirst(2)) : text
        if pattern == "*" || map[pattern] != nil { return true }
        if map.keys.contains(where: { compare($0, pattern) }) { return true }
        if matches(.map(map), pattern, ":") { return true }
        guard isWildcard else { return false }
        return map.values.contains { value in
            switch value {
            case .map(let inner): matches(inner, pattern)
            case .list(let list): list.contains { compare($0, pattern) }
            default: compare(value, pattern)
            }
        }
    }

    /// Both sides are compared in lower case; Salt lowers regular expressions too.
    private func compare(_ value: Value, _ pattern: String) -> Bool {
        let text = value.pythonString.lowercased()
        let pattern = pattern.lowercased()
        switch style {
        case .glob: return GlobPattern(pattern).matches(text)
        case .exact: return Array(text.utf8) == Array(pattern.utf8)
        case .regex: return (try? PythonRegex.compile(pattern).matches(text, .start)) ?? false
        }
    }
}
