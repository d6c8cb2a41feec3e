import HaliteValue

/// `file.keyvalue`: the values of keys in a text of lines.
struct KeyValueEdit: Sendable {
    var separator = "="
    var append = false
    var prepend = false
    var count = 1
    var uncomment: String?
    var keyIgnoresCase = false
    var valueIgnoresCase = false
    var prune = false

    struct Outcome: Sendable {
        var text: String
        var difference: [String]
        var changed: Int
        var deleted: Int
    }

    /// The line without white space, or without the signs of comments, at its start, as Python's `lstrip` takes them off.
    private func bare(_ line: String) -> String {
        let scalars = line.unicodeScalars
        guard let uncomment else { return String(scalars.drop { $0.properties.isWhitespace }) }
        return String(scalars.drop { uncomment.unicodeScalars.contains($0) })
    }

    func apply(_ text: String, _ pairs: ValueMap) -> Outcome {
        var left: [Value: Int] = [:]
        for key in pairs.keys { left[key] = count }
        var outcome = Outcome(text: "", difference: [], changed: 0, deleted: 0)
        var kept: [String] = []
        var removed: [String] = []
        for line in UnifiedDiff.splitLines(text) {
            let test = keyIgnoresCase ? bare(line).lowercased() : bare(line)
            if prune, !pairs.keys.contains(where: { test.hasPrefix(fold($0.pythonString)) }) {
                removed.append(line)
                continue
            }
            kept.append(edited(line, test, pairs, &left, &outcome))
        }
        let missing = pairs.filter { (left[$0.key] ?? 0) > 0 }
        func newLine(_ pair: (key: Value, value: Value)) -> String { "\(pair.key.pythonString)\(separator)\(pair.value.pythonString)\n" }
        if append, !missing.isEmpty {
            outcome.difference += ["- <EOF>\n"] + missing.map { "+ " + newLine($0) } + ["+ <EOF>\n"]
            kept += missing.map(newLine)
            outcome.changed += missing.count
        } else if prepend, !append, !missing.isEmpty {
            outcome.difference.insert("  <SOF>\n", at: 0)
            for pair in missing {
                outcome.difference.insert("+ " + newLine(pair), at: 1)
                kept.insert(newLine(pair), at: 0)
                outcome.changed += 1
            }
        }
        for line in removed { outcome.difference.insert("- \(line)", at: min(1, outcome.difference.count)) }
        outcome.deleted = removed.count
        outcome.text = kept.joined()
        return outcome
    }

    private func fold(_ key: String) -> String { keyIgnoresCase ? key.lowercased() : key }

    private func edited(
        _ line: String, _ test: String, _ pairs: ValueMap, _ left: inout [Value: Int], _ outcome: inout Outcome
    ) -> String {
        var line = line
        let isUncommented = bare(line).unicodeScalars.count < line.unicodeScalars.count
        let working = isUncommented ? bare(line) : line
        guard let range = working.firstRange(of: separator) else { return line }
        let lineKey = String(working[..<range.lowerBound])
        let lineValue = String(working[range.upperBound...]).stripped()
        for (key, value) in pairs where test.hasPrefix(fold(key.pythonString)) && fold(lineKey) == fold(key.pythonString) {
            let remaining = left[key] ?? 0
            let wanted = value.pythonString.stripped()
            var matches = valueIgnoresCase ? lineValue.lowercased() == wanted.lowercased() : lineValue == wanted
            var needsChange = false
            if isUncommented {
                if remaining > 0 { needsChange = true } else if !matches { matches = true }
            } else if remaining == 0 {
                needsChange = true
            }
            if !matches || needsChange {
                outcome.difference.append("- \(line)")
                line = ""
                if remaining != 0 {
                    line = "\(lineKey)\(separator)\(value.pythonString)\n"
                    let isText = value.stringValue != nil
                    outcome.difference.append(isText ? "+ \(line)" : "+ \(line.rightStripped()) (from \(value.typeName) type)\n")
                }
                outcome.changed += 1
            }
            if remaining > 0 { left[key] = remaining - 1 }
        }
        return line
    }
}
