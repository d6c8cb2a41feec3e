import HaliteValue

/// Data as Salt's `nested` outputter prints it without colours, for comments that carry data.
enum NestedText {
    static func text(_ value: Value) -> String {
        var lines: [String] = []
        add(value, indent: 0, prefix: "", &lines)
        return lines.joined(separator: "\n").rightStripped()
    }

    private static func add(_ value: Value, indent: Int, prefix: String, _ lines: inout [String]) {
        let space = String(repeating: " ", count: indent)
        switch value {
        case .string(let text):
            for (index, line) in PythonLines.split(text).enumerated() {
                lines.append(space + (index == 0 ? prefix : String(repeating: " ", count: prefix.utf8.count)) + line)
            }
        case .list(let list):
            for item in list {
                if item.listValue != nil || item.mapValue != nil {
                    lines.append(space + "|_")
                    add(item, indent: indent + 2, prefix: item.mapValue == nil ? "- " : "", &lines)
                } else {
                    add(item, indent: indent, prefix: "- ", &lines)
                }
            }
        case .map(let map):
            if indent > 0 { lines.append(space + "----------") }
            for (key, item) in map.sorted(by: { $0.key.pythonString.utf8.lexicographicallyPrecedes($1.key.pythonString.utf8) }) {
                lines.append(space + prefix + key.pythonString + ":")
                add(item, indent: indent + 4, prefix: "", &lines)
            }
        default: lines.append(space + prefix + value.pythonString)
        }
    }
}
