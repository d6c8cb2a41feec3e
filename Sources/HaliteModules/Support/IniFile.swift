import HaliteCore
import HaliteModuleKit
import HaliteValue

/// A part of an INI file with its options, remarks and parts below, as Salt's module reads and writes it.
final class IniSection {
    enum Entry {
        case text(String)
        case section(IniSection)
    }

    let name: String
    fileprivate let separator: String
    private(set) var entries: [(key: String, entry: Entry)] = []

    init(_ name: String, separator: String) {
        self.name = name
        self.separator = separator
    }

    // MARK: - Reading and changing

    subscript(key: String) -> Entry? { entries.first { $0.key == key }?.entry }

    /// Remarks and unknown lines have names of their own, which users do not see.
    static func isHidden(_ key: String) -> Bool { key.hasPrefix("#") }

    var value: ValueMap {
        ValueMap(entries.filter { !Self.isHidden($0.key) }.map { (.string($0.key), Self.value($0.entry)) })
    }

    private var allValues: ValueMap { ValueMap(entries.map { (.string($0.key), Self.rawValue($0.entry)) }) }

    static func value(_ entry: Entry) -> Value {
        switch entry {
        case .text(let text): .string(text)
        case .section(let section): .map(section.value)
        }
    }

    /// With remarks.
    static func rawValue(_ entry: Entry) -> Value {
        switch entry {
        case .text(let text): .string(text)
        case .section(let section): .map(section.allValues)
        }
    }

    func remove(_ key: String) -> Entry? {
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
        return entries.remove(at: index).entry
    }

    private func set(_ key: String, _ entry: Entry) {
        if let index = entries.firstIndex(where: { $0.key == key }) { entries[index].entry = entry } else { entries.append((key, entry)) }
    }

    /// Puts data in and returns what that changed. A new option takes the place of a remark that holds it.
    func update(_ data: ValueMap) throws -> ValueMap {
        var changes = ValueMap()
        for (key, value) in data {
            let name = key.pythonString
            if case .map(let map) = value {
                let section = IniSection(name, separator: separator)
                _ = try section.update(map)
                try put(name, .section(section), &changes)
            } else {
                try put(name, .text(value.pythonString), &changes)
            }
        }
        return changes
    }

    private func merge(_ other: IniSection) throws -> ValueMap {
        var changes = ValueMap()
        for (key, entry) in other.entries { try put(key, entry, &changes) }
        return changes
    }

    private func put(_ key: String, _ given: Entry, _ changes: inout ValueMap) throws {
        var entry = given
        if case .section(let section) = given {
            let copy = IniSection(key, separator: separator)
            _ = try copy.merge(section)
            entry = .section(copy)
        }
        guard let old = self[key] else {
            changes[.string(key)] = ["before": nil, "after": Self.rawValue(entry)]
            if case .text = entry { try uncomment(key) }
            return set(key, entry)
        }
        switch (old, entry) {
        case (.section(let section), .section(let other)):
            let made = try section.merge(other)
            if !made.isEmpty { changes[.string(key)] = .map(made) }
        case (.section, .text): throw ExecutionError("'str' object has no attribute 'items'")
        case (.text(let before), _):
            if case .text(let after) = entry, before == after { return }
            changes[.string(key)] = ["before": .string(before), "after": Self.rawValue(entry)]
            set(key, entry)
        }
    }

    private func uncomment(_ key: String) throws {
        let index = try entries.firstIndex { name, entry in
            guard name.contains("#comment"), case .text(let text) = entry else { return false }
            return try IniText.option(String(text.drop { $0 == "#" }), separator)?.name == key
        }
        guard let index else { return }
        entries[index] = (key, .text(""))
    }

    // MARK: - Lines

    /// Reads the lines of one part, which holds no header.
    func read(_ text: String) throws {
        let lines = IniText.trimmed(text)
        if lines.isEmpty { return }
        var (remarks, unknowns) = (1, 1)
        var indent = ""
        var ignored = ValueMap()
        for line in lines.parts("\n") {
            if IniText.isRemark(line) {
                try put("#comment\(remarks)", .text(line), &ignored)
                remarks += 1
                continue
            }
            let blank = IniText.indentation(line)
            if !blank.isEmpty, indent.utf8.lexicographicallyPrecedes(blank.utf8), let last = entries.last,
                case .text(let before) = last.entry
            {
                try put(last.key, .text(before + "\n" + line), &ignored)
                continue
            }
            if let option = try IniText.option(line, separator) {
                indent = option.indent
                try put(option.name, .text(option.value), &ignored)
                continue
            }
            try put("#unknown\(unknowns)", .text(line), &ignored)
            unknowns += 1
        }
    }

    /// The lines, each with its end; the parts below stand behind the options.
    func lines(noSpaces: Bool) -> [String] {
        var found: [String] = []
        var below: [IniSection] = []
        let mark = IniText.written(separator, noSpaces: noSpaces)
        for (key, entry) in entries {
            switch entry {
            case .text(let text): found.append(IniText.isRemark(key) ? text + "\n" : "\(key)\(mark)\(text)\n")
            case .section(let section): below.append(section)
            }
        }
        for section in below { found += ["\n[\(section.name)]\n"] + section.lines(noSpaces: noSpaces) }
        return found
    }
}

/// The text of an INI file.
enum IniText {
    /// Headers stand alone in their line; blank lines around them are lost.
    static func parse(_ text: String, separator: String) throws -> IniSection {
        let root = IniSection("", separator: separator)
        let content = PythonLines.split(text).joined(separator: "\n")
        if content.isEmpty { return root }
        let bytes = Array(content.utf8)
        let headers = try Pattern.compile(#"^\s*\[(.+?)\]\s*$"#, .multiLine).allMatches(in: bytes)
        func slice(_ from: Int, _ to: Int) -> String { String(decoding: bytes[from..<to], as: UTF8.self) }
        try root.read(slice(0, headers.first?.range.lowerBound ?? bytes.count))
        for (index, header) in headers.enumerated() {
            let end = index + 1 < headers.count ? headers[index + 1].range.lowerBound : bytes.count
            let section = IniSection(header.text(1, of: bytes) ?? "", separator: separator)
            try section.read(slice(header.range.upperBound, end))
            _ = try root.adopt(section)
        }
        return root
    }

    static func write(_ root: IniSection, noSpaces: Bool) -> String {
        var lines = root.lines(noSpaces: noSpaces)
        if let first = lines.first { lines[0] = String(first.drop { $0 == "\n" }) }
        return lines.joined()
    }

    static func trimmed(_ text: String) -> String {
        var view = text[...].unicodeScalars
        while view.first == "\n" { view.removeFirst() }
        while view.last == "\n" { view.removeLast() }
        return String(view)
    }

    static func indentation(_ line: String) -> String {
        let blank = line.unicodeScalars.prefix { $0.properties.isWhitespace }
        return String(blank).parts("\t").joined(separator: "    ")
    }

    static func isRemark(_ line: String) -> Bool {
        let first = line.unicodeScalars.first { !$0.properties.isWhitespace }
        return first == "#" || first == ";"
    }

    static func option(_ line: String, _ separator: String) throws -> (indent: String, name: String, value: String)? {
        let pattern = #"(\s*)(.+?)\s*(\"# + separator + #")\s*(.*)\s*"#
        let bytes = Array(line.utf8)
        guard let match = try Pattern.compile(pattern).firstMatch(in: bytes, anchor: .start), let name = match.text(2, of: bytes) else {
            return nil
        }
        return ((match.text(1, of: bytes) ?? "").parts("\t").joined(separator: "    "), name, match.text(4, of: bytes) ?? "")
    }

    static func written(_ separator: String, noSpaces: Bool) -> String {
        if separator.utf8.allSatisfy({ $0 == 0x20 }) { return " " }
        let bare = separator.stripped()
        return noSpaces ? bare : " \(bare) "
    }
}

extension IniSection {
    fileprivate func adopt(_ section: IniSection) throws -> ValueMap {
        var changes = ValueMap()
        try put(section.name, .section(section), &changes)
        return changes
    }
}
