import HaliteValue

/// One line of a hosts file.
struct HostsFile: Sendable, Equatable {
    var address: String
    var names: [String]

    static func parse(_ text: String) -> [HostsFile] {
        PythonLines.split(text).compactMap { line in
            let words = line.parts("#", maxSplits: 1)[0].words()
            return words.count > 1 ? HostsFile(address: words[0], names: Array(words.dropFirst())) : nil
        }
    }
}

/// A hosts file with the lines of one address together, as Salt writes it anew.
struct HostsTable: Sendable {
    struct Entry: Sendable {
        var address: String
        var names: [String] = []
        var comment: String?
    }

    private enum Line: Sendable {
        case entry(Entry)
        case remark(String)
    }

    private var lines: [Line] = []

    init(_ text: String) {
        for line in PythonLines.split(text).map({ $0.stripped() }) where !line.isEmpty {
            if line.hasPrefix("#") {
                lines.append(.remark(line))
                continue
            }
            let parts = line.parts("#", maxSplits: 1)
            let words = parts[0].words()
            guard let address = words.first else { continue }
            change(address) { entry in
                entry.names += words.dropFirst()
                if parts.count > 1 { entry.comment = parts[1].stripped() }
            }
        }
    }

    var entries: [Entry] {
        lines.compactMap { line in
            guard case .entry(let entry) = line else { return nil }
            return entry
        }
    }

    subscript(address: String) -> Entry? { entries.first { $0.address == address } }

    mutating func add(_ address: String, _ name: String) { change(address) { $0.names.append(name) } }
    mutating func setComment(_ address: String, _ comment: String) { change(address) { $0.comment = comment } }

    private mutating func change(_ address: String, _ edit: (inout Entry) -> Void) {
        for index in lines.indices {
            if case .entry(var entry) = lines[index], entry.address == address {
                edit(&entry)
                lines[index] = .entry(entry)
                return
            }
        }
        var entry = Entry(address: address)
        edit(&entry)
        lines.append(.entry(entry))
    }

    var text: String {
        lines.map { line in
            switch line {
            case .remark(let text): text + "\n"
            case .entry(let entry): "\(entry.address)\t\t\(entry.names.joined(separator: " "))" + (entry.comment.map { "\t\t# \($0)" } ?? "") + "\n"
            }
        }.joined()
    }

    var value: ValueMap {
        var map = ValueMap()
        var remarks = 0
        for line in lines {
            switch line {
            case .remark(let text):
                map[.string("comment-\(remarks)")] = [.string(text)]
                remarks += 1
            case .entry(let entry):
                var item: ValueMap = ["aliases": entry.names.value]
                if let comment = entry.comment, !comment.isEmpty { item["comment"] = .string(comment) }
                map[.string(entry.address)] = .map(item)
            }
        }
        return map
    }
}
