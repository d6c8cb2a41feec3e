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
            let name = OutputText.shown(minion, stripColours: options.stripColours)
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
            let title = "\(group.minions.count) \(group.minions.count == 1 ? "minion" : "minions"): \(names)"
            return palette.paint(.cyan, title) + "\n" + body(group.result, options, palette)
        }
        return OutputText.trimmedEnd(parts.joined(separator: "\n"))
    }

    private static let volatile = ["start_time", "duration", "__jid__"]

    /// The result without what differs from run to run.
    private static func comparable(_ result: Value) -> Value {
        guard let states = states(of: result) else { return result }
        var result = ValueMap()
        for (tag, fields) in states {
            var fields = fields
            for key in volatile { fields.removeValue(forKey: key) }
            result[tag] = .map(fields)
        }
        return .map(result)
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
        var counts = Counts()
        var lines: [String] = []
        for (tag, fields) in states {
            let state = StateResultData(tag: tag, fields: fields)
            let isChanged = fields["changes"]?.isTruthy ?? false
            counts.changed += isChanged ? 1 : 0
            if state.hasFailed { counts.failed += 1 } else { counts.succeeded += 1 }
            if state.result.isNull { counts.unchanged += 1 }
            if isChanged || state.alarm != nil { lines.append("    " + line(state, options, palette)) }
        }
        lines.append("    " + palette.paint(counts.failed > 0 ? .red : .green, counts.text))
        return lines.joined(separator: "\n")
    }

    /// One state that changed, failed, or would change.
    private static func line(_ state: StateResultData, _ options: OutputOptions, _ palette: Palette) -> String {
        let word = state.result.isNull ? "Differs" : state.hasFailed ? "Failed" : "Changed"
        let comment = OutputText.lines(OutputText.trimmed(state.fields["comment"]?.pythonString ?? "")).first ?? ""
        let parts = (try? state.parts) ?? []
        let text = "\(word): \(parts[1]) (\(parts[0]).\(parts[3]))" + (comment.isEmpty ? "" : ": \(comment)")
        return palette.paint(state.alarm ?? .cyan, options.stripColours ? OutputText.withoutEscapes(text) : text)
    }

    private struct Counts {
        var succeeded = 0
        var unchanged = 0
        var changed = 0
        var failed = 0

        var text: String {
            let remarks = [("unchanged", unchanged), ("changed", changed)].filter { $0.1 > 0 }.map { "\($0.0)=\($0.1)" }
            let middle = remarks.isEmpty ? "" : " (" + remarks.joined(separator: ", ") + ")"
            return "Succeeded: \(succeeded)\(middle), Failed: \(failed)"
        }
    }
}
