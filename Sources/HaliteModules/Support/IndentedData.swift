import HaliteValue

/// Data as people read them in a comment: keys in order, lists with dashes; Salt's `nested` outputter without colours.
enum IndentedData {
    static func text(_ data: Value) -> String { lines(data, 0).joined(separator: "\n") }

    private static func lines(_ data: Value, _ indent: Int) -> [String] {
        let blank = String(repeating: " ", count: indent)
        switch data {
        case .map(let map):
            let keys = map.keys.sorted { $0.pythonString.utf8.lexicographicallyPrecedes($1.pythonString.utf8) }
            return (indent > 0 ? [blank + "----------"] : [])
                + keys.flatMap { [blank + $0.pythonString + ":"] + lines(map[$0] ?? .null, indent + 4) }
        case .list(let list):
            return list.flatMap { item -> [String] in
                if item.mapValue != nil || item.listValue != nil { return [blank + "|_"] + lines(item, indent + 2) }
                return [blank + "- " + item.pythonString]
            }
        case .string(""): return []
        default: return data.pythonString.parts("\n").map { blank + $0 }
        }
    }
}
