import HaliteValue

/// Minions with the same result together, the largest group first; of states only what changed or failed.
///
/// Times do not count when states are compared, so that a run on many hosts shows the hosts that differ.
package enum SummaryOutputter: Outputter {
    package static let name = "summary"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        guard case .map(let minions) = data else { return NestedOutputter.render(data, options) }
        let palette = Palette(options)
        var groups: [(result: Value, minions: [String])] = []
        var places: [Value: Int] = [:]
        for (minion, result) in minions {
            let result = comparable(result)
            let name = options.stripColours ? OutputText.withoutEscapes(minion.pythonString) : minion.pythonString
            // Types count: `1` and `True` are equal in Python, and yet different returns.
            let key = Value.string(result.pythonRepr)
            if let place = places[key] {
                groups[place].minions.append(name)
            } else {
                places[key] = groups.count
                groups.append((result, [name]))
            }
        }
        let order = groups.indices.sorted { (groups[$1].minions.count, $0) < (groups[$0].minions.count, $1) }
        let parts = order.map { place in
            let group = groups[place]
            let names = group.minions.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ", ")
            let title = "\(names.isEmpty ? "" : "\(group.minions.count) \(group.minions.count == 1 ? "minion" : "minions"): ")\(names)"
            return palette.paint(.cyan, title) + "\n" + body(group.result, options, palette)
        }
        return OutputText.trimmedEnd(parts.joined(separator: "\n"))
    }

    private static let volatile = ["start_time", "duration", "__jid__"]

    /// The result without what differs from run to run.
    private static func comparable(_ result: Value) -> Value {
        guard let states = states(of: result) else { return result }
        return .map(ValueMap(states.map { tag, fields in
            var fields = fields
            for key in volatile { fields.removeValue(forKey: key) }
            return (tag, Value.map(fields))
        }))
    }

    /// The states of a highstate in the order of the run; nil when it is none.
    private static func states(of result: Value) -> [(tag: Value, fields: ValueMap)]? {
        guard case .map(let map) = result, !map.isEmpty else { return nil }
        var states: [(tag: Value, fields: ValueMap)] = []
        for (tag, info) in map {
            guard case .map(let fields) = info, fields["result"] != nil, fields["__run_num__"]?.intValue != nil,
                (try? StateResultData(tag: tag, fields: fields).parts) != nil
            else { return nil }
            states.append((tag, fields))
        }
        return states.sorted { ($0.fields["__run_num__"]?.intValue ?? 0) < ($1.fields["__run_num__"]?.intValue ?? 0) }
    }

    private static func body(_ result: Value, _ options: OutputOptions, _ palette: Palette) -> String {
        guard let states = states(of: result) else {
            return NestedOutputter.text(result, options, indent: 4, retcode: options.retcode)
        }
        var counts = (succeeded: 0, unchanged: 0, changed: 0, failed: 0)
        var lines: [String] = []
        for (tag, fields) in states {
            let state = StateResultData(tag: tag, fields: fields)
            let isChanged = fields["changes"]?.isTruthy ?? false
            counts.changed += isChanged ? 1 : 0
            switch state.result {
            case .bool(false): counts.failed += 1
            case .null:
                counts.succeeded += 1
                counts.unchanged += 1
            default: counts.succeeded += 1
            }
            guard let parts = try? state.parts, isChanged || state.alarm != nil else { continue }
            let word = state.result.isNull ? "Differs" : state.result == false ? "Failed" : "Changed"
            let comment = OutputText.lines(OutputText.trimmed(fields["comment"]?.pythonString ?? "")).first ?? ""
            let text = "\(word): \(parts[1]) (\(parts[0]).\(parts[3]))" + (comment.isEmpty ? "" : ": \(comment)")
            let shown = options.stripColours ? OutputText.withoutEscapes(text) : text
            lines.append("    " + palette.paint(state.alarm ?? .cyan, shown))
        }
        var total = "Succeeded: \(counts.succeeded)"
        let remarks = [("unchanged", counts.unchanged), ("changed", counts.changed)].filter { $0.1 > 0 }.map { "\($0.0)=\($0.1)" }
        if !remarks.isEmpty { total += " (" + remarks.joined(separator: ", ") + ")" }
        total += ", Failed: \(counts.failed)"
        return (lines + ["    " + palette.paint(counts.failed > 0 ? .red : .green, total)]).joined(separator: "\n")
    }
}
