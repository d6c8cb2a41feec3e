import HaliteValue

/// One paragraph of a `.sources` file: fields with comments before and after them.
struct AptParagraph: Sendable {
    private(set) var tags: [(name: String, value: String)] = []
    var header: [String] = []
    private var footer: [String] = []
    /// The first spelling of each field's name.
    private var spellings: [String: String] = [:]

    init(_ text: String) {
        var rows: [String] = []
        for line in PythonLines.split(text) {
            if line.hasPrefix("#") {
                if rows.isEmpty { header.append(line) } else { footer.append(line) }
            } else {
                rows.append(line)
            }
        }
        for row in rows {
            if let (name, value) = Self.field(row) {
                if let index = tags.firstIndex(where: { $0.name == name }) { tags[index].value = value } else { tags.append((name, value)) }
            } else if !row.isEmpty, !tags.isEmpty {
                tags[tags.count - 1].value += "\n" + row
            }
        }
        for index in tags.indices {
            tags[index].value = tags[index].value.stripped()
            spellings[tags[index].name.lowercased()] = tags[index].name
        }
    }

    private static func field(_ row: String) -> (String, String)? {
        let head = row.prefix { !$0.isWhitespace }
        guard let colon = head.lastIndex(of: ":"), colon != head.startIndex else { return nil }
        return (String(row[..<colon]), String(row[row.index(after: colon)...]).stripped())
    }

    subscript(name: String) -> String? {
        get {
            let name = spellings[name.lowercased()] ?? name
            return tags.first { $0.name == name }?.value
        }
        set {
            if let newValue {
                let known = spellings[name.lowercased()] ?? name
                spellings[name.lowercased()] = known
                if let index = tags.firstIndex(where: { $0.name == known }) { tags[index].value = newValue } else { tags.append((known, newValue)) }
            } else if let known = spellings.removeValue(forKey: name.lowercased()) {
                tags.removeAll { $0.name == known }
            }
        }
    }

    var text: String {
        let comments = header.isEmpty ? "" : header.joined(separator: "\n") + "\n"
        let fields = tags.map { $0.value.isEmpty ? "" : "\($0.name): \($0.value)\n" }.joined()
        return (comments + fields + (footer.isEmpty ? "" : footer.joined(separator: "\n") + "\n")).stripped()
    }
}
