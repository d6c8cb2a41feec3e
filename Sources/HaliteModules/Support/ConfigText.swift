import HaliteModuleKit
import HaliteValue

/// Sections of `key = value`, as Python's configparser writes and reads them.
enum ConfigText {
    private static let defaults = "DEFAULT"

    static func write(_ data: Value) throws -> String {
        guard case .map(let sections) = data else {
            throw ExecutionError("configparser can only serialize dictionaries, not <class '\(data.typeName)'>")
        }
        var ordered: [(String, ValueMap)] = []
        for (name, values) in sections {
            guard case .map(let map) = values else { throw ExecutionError("'\(values.typeName)' object has no attribute 'items'") }
            ordered.append((name.pythonString, map))
        }
        // The section of defaults comes first, wherever it stands in the data.
        ordered = ordered.filter { $0.0 == defaults } + ordered.filter { $0.0 != defaults }
        var text = ""
        for (name, values) in ordered where !(name == defaults && values.isEmpty) {
            text += "[\(name)]\n"
            for (key, value) in values {
                if value.isNull { throw ExecutionError("option values must be strings") }
                let shown = value.pythonString
                try checkInterpolation(shown)
                text += "\(key.pythonString.lowercased()) = \(shown.parts("\n").joined(separator: "\n\t"))\n"
            }
            text += "\n"
        }
        return text
    }

    private static func checkInterpolation(_ value: String) throws {
        let bare = value.split(separator: "%%", omittingEmptySubsequences: false).joined()
        var rest = bare[...]
        while let percent = rest.firstIndex(of: "%") {
            let behind = rest[rest.index(after: percent)...]
            guard behind.hasPrefix("("), let close = behind.firstRange(of: ")s") else {
                let position = bare.unicodeScalars.distance(from: bare.startIndex, to: percent)
                throw ExecutionError("invalid interpolation syntax in \(Value.string(value).pythonRepr) at position \(position)")
            }
            rest = behind[close.upperBound...]
        }
    }

    /// Values of the section of defaults are in each section.
    static func read(_ text: String, name: String) throws -> ValueMap {
        var sections: [(String, ValueMap)] = []
        var defaultValues = ValueMap()
        var section: String?
        var key: String?
        func put(_ key: String, _ value: String) {
            if section == defaults { defaultValues[key] = .string(value) } else { sections[sections.count - 1].1[key] = .string(value) }
        }
        func value(_ key: String) -> String {
            (section == defaults ? defaultValues[key] : sections.last?.1[key])?.stringValue ?? ""
        }
        let lines = PythonLines.split(text)
        var errors: [String] = []
        /// A line with its end, which the last one may lack.
        func quoted(_ number: Int) -> String {
            let isOpen = number == lines.count - 1 && text.utf8.last != 0x0A
            return Value.string(lines[number] + (isOpen ? "" : "\n")).pythonRepr
        }
        for (number, line) in lines.enumerated() {
            let bare = line.stripped()
            if bare.hasPrefix("#") || bare.hasPrefix(";") { continue }
            if bare.isEmpty { continue }
            if let key, line.unicodeScalars.first?.properties.isWhitespace == true {
                put(key, value(key) + "\n" + bare)
                continue
            }
            if bare.hasPrefix("["), let close = bare.lastIndex(of: "]") {
                let found = String(bare[bare.index(after: bare.startIndex)..<close])
                if found != defaults { sections.append((found, [:])) }
                (section, key) = (found, nil)
                continue
            }
            guard section != nil else {
                throw Serialization.Failure(
                    reason:
                        "File contains no section headers.\nfile: '\(name)', line: \(number + 1)\n\(quoted(number))")
            }
            guard let divider = bare.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
                errors.append("\n\t[line \(number < 9 ? " " : "")\(number + 1)]: \(quoted(number))")
                continue
            }
            let found = String(bare[..<divider]).rightStripped().lowercased()
            put(found, String(bare[bare.index(after: divider)...]).stripped())
            key = found
        }
        if !errors.isEmpty { throw Serialization.Failure(reason: "Source contains parsing errors: '\(name)'\(errors.joined())") }
        return ValueMap(
            sections.map { name, values in
                var all = defaultValues
                for (key, value) in values { all[key] = value }
                return (.string(name), .map(all))
            })
    }
}
