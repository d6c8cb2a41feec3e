/// Finds the line on which a nested key of a block-style YAML text stands; only for messages.
enum KeyLines {
    /// The line (from 1) of the deepest key of the path that is found, or nil.
    static func find(_ path: [String], in text: String) -> Int? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var found: Int?
        var start = 0
        var parentIndent = -1
        for key in path {
            guard let (line, indent) = search(key, in: lines, from: start, deeperThan: parentIndent) else { break }
            found = line + 1
            start = line + 1
            parentIndent = indent
        }
        return found
    }

    /// Looks through the block that begins at `start` and ends where the indentation falls back to the parent's.
    private static func search(
        _ key: String, in lines: [Substring], from start: Int, deeperThan parent: Int
    ) -> (line: Int, indent: Int)? {
        var level: Int?
        for number in start..<max(start, lines.count) {
            let content = lines[number].drop { $0 == " " }
            if content.isEmpty || content.hasPrefix("#") { continue }
            let indent = lines[number].count - content.count
            if indent <= parent { return nil }
            level = level ?? indent
            guard indent == level else { continue }
            let name = content.prefix { $0 != ":" }.filter { $0 != "\"" && $0 != "'" }
            if name == key { return (number, indent) }
        }
        return nil
    }
}
