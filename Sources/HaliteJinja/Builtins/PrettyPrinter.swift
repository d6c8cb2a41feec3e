import HaliteValue

/// Python's `pprint.pformat`: one line where it fits into 80 columns, one element per line otherwise, keys in order.
package enum PrettyPrinter {
    package static func format(_ value: JinjaValue) throws -> String {
        // The whole on one line comes first, and is limited.
        _ = try value.repr()
        return try format(value, indent: 0, allowance: 0, depth: 0)
    }

    private static func format(_ value: JinjaValue, indent: Int, allowance: Int, depth: Int) throws -> String {
        guard depth < 200 else { throw JinjaError(.recursion, "maximum recursion depth exceeded") }
        let line = try flat(value, depth: depth)
        if line.scalarCount <= 80 - indent - allowance { return line }
        switch value {
        case .dict(let dict):
            guard dict.count > 0 else { return line }
            var parts: [String] = []
            let entries = try sorted(dict)
            for (position, entry) in entries.enumerated() {
                let key = try flat(entry.key, depth: depth)
                let isLast = position == entries.count - 1
                let text = try format(
                    entry.value, indent: indent + 1 + key.scalarCount + 2, allowance: isLast ? allowance + 1 : 1, depth: depth + 1)
                parts.append("\(key): \(text)")
            }
            return "{" + parts.joined(separator: ",\n" + String(repeating: " ", count: indent + 1)) + "}"
        case .list(let list): return try items(list.items, "[", "]", indent, allowance, depth)
        case .tuple(let tuple):
            return try items(tuple.items, "(", tuple.items.count == 1 ? ",)" : ")", indent, allowance, depth)
        case .string(let text): return wrapped(text, indent: indent, allowance: allowance, isTop: depth == 0)
        default: return line
        }
    }

    private static func items(
        _ items: [JinjaValue], _ start: String, _ end: String, _ indent: Int, _ allowance: Int, _ depth: Int
    ) throws -> String {
        var parts: [String] = []
        for (position, item) in items.enumerated() {
            let isLast = position == items.count - 1
            parts.append(
                try format(item, indent: indent + 1, allowance: isLast ? allowance + end.utf8.count : 1, depth: depth + 1))
        }
        return start + parts.joined(separator: ",\n" + String(repeating: " ", count: indent + 1)) + end
    }

    private static func sorted(_ dict: JinjaDict) throws -> [JinjaDict.Entry] {
        let entries = dict.entries
        let order = try Sorting.sorted(entries.indices.map { .int($0) }) { position in
            entries[position.integer ?? 0].key
        }
        return order.map { entries[$0.integer ?? 0] }
    }

    private static func flat(_ value: JinjaValue, depth: Int) throws -> String {
        guard depth < 200 else { throw JinjaError(.recursion, "maximum recursion depth exceeded") }
        switch value {
        case .dict(let dict):
            let entries = (try? sorted(dict)) ?? dict.entries
            let parts = try entries.map { "\(try flat($0.key, depth: depth + 1)): \(try flat($0.value, depth: depth + 1))" }
            return "{" + parts.joined(separator: ", ") + "}"
        case .list(let list):
            return "[" + (try list.items.map { try flat($0, depth: depth + 1) }).joined(separator: ", ") + "]"
        case .tuple(let tuple):
            let parts = try tuple.items.map { try flat($0, depth: depth + 1) }
            return "(" + parts.joined(separator: ", ") + (parts.count == 1 ? ",)" : ")")
        default: return try value.repr()
        }
    }

    /// A long text in pieces below each other, parted after white space.
    private static func wrapped(_ text: String, indent: Int, allowance: Int, isTop: Bool) -> String {
        if text.isEmpty { return "''" }
        let lines = PythonSplit.lines(text, keepEnds: true)
        // At the top the pieces stand in parentheses.
        let indent = isTop ? indent + 1 : indent
        let allowance = isTop ? allowance + 1 : allowance
        var chunks: [String] = []
        for (position, line) in lines.enumerated() {
            let isLast = position == lines.count - 1
            let width = 80 - indent - (isLast ? allowance : 0)
            let repr = PythonText.repr(line)
            if repr.scalarCount <= width {
                chunks.append(repr)
                continue
            }
            let parts = pieces(line)
            var current = ""
            for (index, part) in parts.enumerated() {
                let candidate = current + part
                let limit = index == parts.count - 1 && isLast ? 80 - indent - allowance : 80 - indent
                if PythonText.repr(candidate).scalarCount > limit {
                    if !current.isEmpty { chunks.append(PythonText.repr(current)) }
                    current = part
                } else {
                    current = candidate
                }
            }
            if !current.isEmpty { chunks.append(PythonText.repr(current)) }
        }
        if chunks.count == 1 { return chunks[0] }
        let joined = chunks.joined(separator: "\n" + String(repeating: " ", count: indent))
        return isTop ? "(\(joined))" : joined
    }

    /// Words with the white space that follows them.
    private static func pieces(_ line: String) -> [String] {
        var result: [String] = []
        var current = String.UnicodeScalarView()
        var afterSpace = false
        for scalar in line.unicodeScalars {
            let isSpace = PythonSpace.isSpace(scalar)
            if afterSpace, !isSpace {
                result.append(String(current))
                current.removeAll()
            }
            current.append(scalar)
            afterSpace = isSpace
        }
        if !current.isEmpty { result.append(String(current)) }
        return result
    }
}
