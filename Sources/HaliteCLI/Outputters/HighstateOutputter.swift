import HaliteValue

/// The results of states: one block for each state in the order of the run, then a summary for each minion.
package enum HighstateOutputter: Outputter {
    package static let name = "highstate"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        let formatter = HighstateFormatter(options)
        guard let text = try? formatter.text(data, level: 1, path: []) else {
            return NestedOutputter.render(formatter.traces.applied(to: data), options)
        }
        return OutputText.trimmedEnd(text)
    }
}

/// Writes what one run returned. Salt's quirks are kept, as seen in release 3008.5.
struct HighstateFormatter {
    let options: OutputOptions
    let palette: Palette
    let traces = HighstateTraces()

    init(_ options: OutputOptions) {
        self.options = options
        palette = Palette(options)
    }

    /// All minions, one below the other.
    /// - Parameters:
    ///   - level: how deep this run stands in an orchestration, counted from 1.
    ///   - path: the keys under which the data lie in those of the command.
    func text(_ data: Value, level: Int, path: [Value]) throws(OutputMisfit) -> String {
        var path = path
        let data = compressed(try withoutEnvelope(data, &path), path)
        switch data {
        case .string(let text): return text
        case .null: return "None"
        case .map(let minions):
            var texts: [String] = []
            for (minion, states) in try withoutRetcode(minions, path) {
                texts.append(try host(minion, states, level: level, path: path + [minion]).text)
            }
            return texts.joined(separator: "\n")
        default: throw OutputMisfit()
        }
    }

    /// Takes the results out of what runners wrap around them.
    private func withoutEnvelope(_ data: Value, _ path: inout [Value]) throws(OutputMisfit) -> Value {
        var data = data
        for key: Value in ["return", "data"] {
            guard let inner = data.mapValue?[key] else { continue }
            data = inner
            path.append(key)
        }
        guard case .map(let map) = data, map.count == 1, case .map(let job) = map[0].value, job["jid"] != nil, job["fun"] != nil
        else { return data }
        guard let result = job["return"] else { return data }
        guard case .map(let wrapped) = result else { throw OutputMisfit() }
        guard let inner = wrapped["data"] else { return data }
        path += [map[0].key, "return", "data"]
        return inner
    }

    private func compressed(_ data: Value, _ path: [Value]) -> Value {
        guard options.compressIDs else { return data }
        let (compressed, gathered) = StateIDCompression.compressed(data)
        traces.addGathered(gathered, path)
        return compressed
    }

    /// An orchestration's exit code stands among the minions.
    private func withoutRetcode(_ minions: ValueMap, _ path: [Value]) throws(OutputMisfit) -> ValueMap {
        var minions = minions
        var masters = 0
        for key in minions.keys {
            guard case .string(let name) = key else { throw OutputMisfit() }
            if name.hasSuffix("_master") { masters += 1 }
        }
        if masters == 1, minions.removeValue(forKey: "retcode") != nil { traces.addRetcodeRemoved(path) }
        return minions
    }

    /// One minion's part, and whether it changed anything.
    func host(_ host: Value, _ data: Value, level: Int, path: [Value]) throws(OutputMisfit) -> (text: String, isChanged: Bool) {
        var report = HostReport()
        switch data {
        case .int, .big, .bool: addPlain([data.pythonString], to: &report)
        case .string(let text): addPlain(OutputText.lines(text), to: &report)
        case .list(let errors): addErrors(errors, to: &report)
        case .map(let states):
            try addStates(states, level: level, path: path, to: &report)
            addSummary(host, to: &report)
        case .null, .float, .bytes: break
        }
        let name = OutputText.shown(host, stripColours: options.stripColours)
        let lines = [palette.paint(report.colour, name + ":")] + report.lines
        return (lines.joined(separator: "\n"), report.changedCount > 0)
    }

    /// What `salt.function` returned, which always counts as a change.
    private func addPlain(_ lines: [String], to report: inout HostReport) {
        report.changedCount = 1
        for line in lines { report.lines.append(palette.paint(.green, "    " + line)) }
        report.colour = .cyan
    }

    /// The errors of a compilation.
    private func addErrors(_ errors: [Value], to report: inout HostReport) {
        report.colour = .lightRed
        report.lines.append("    " + palette.paint(.lightRed, "Data failed to compile:"))
        for error in errors {
            let text = options.stripColours ? OutputText.shown(OutputText.decoded(error), stripColours: true) : error.pythonString
            report.lines.append(palette.paint(.lightRed, "----------\n    " + text))
        }
    }

    private func addStates(_ states: ValueMap, level: Int, path: [Value], to report: inout HostReport) throws(OutputMisfit) {
        var results: [StateResultData] = []
        for (tag, info) in states {
            guard case .map(let fields) = info else { continue }
            if !fields.isEmpty, fields["__run_num__"] == nil, tag != "changes" {
                report.lines.insert(PrettyPrinter.text(info), at: 0)
                report.lines.insert(Self.lostOrder, at: 0)
            }
            if fields["result"] != nil { results.append(StateResultData(tag: tag, fields: fields)) }
        }
        let order = results.map { $0.fields["__run_num__"] ?? 0 }
        _ = try KeyOrder.sorted(order)
        let places = results.indices.sorted { a, b in
            let before = KeyOrder.precedes(order[a], order[b]) ?? false
            return before || (a < b && !(KeyOrder.precedes(order[b], order[a]) ?? false))
        }
        for place in places { try add(results[place], level: level, path: path + [results[place].tag], to: &report) }
    }

    private static let lostOrder =
        "The State execution failed to record the order in which all states were executed. The state return missing data is:"

    private func add(_ state: StateResultData, level: Int, path: [Value], to report: inout HostReport) throws(OutputMisfit) {
        let compressed = options.compressIDs ? StateIDCompression.count(ofTag: state.tag.pythonString) : 1
        try report.count(state, times: compressed)
        let changes = try changesText(of: state, level: level, path: path)
        if changes.isChanged {
            report.changedCount += compressed > 1 ? try state.compressedChangesCount : 1
        }
        if state.isSuccess, !changes.isChanged, options.outputDiff || !options.stateVerbose { return }

        var colour: Palette.Colour = changes.isChanged ? .cyan : .green
        if let alarm = state.alarm {
            colour = alarm
            report.colour = alarm
        }
        switch try form(of: state, isChanged: changes.isChanged) {
        case .hidden: break
        case .terse: report.lines.append(try terseLine(state, colour: colour))
        case .full:
            report.lines += try fullLines(state, changes: changes.text, colour: colour)
            traces.addShown(path)
            if let warnings = try state.warnings {
                report.warningCount += 1
                let text = TextWrapper(width: 80, indent: 14).fill(warnings.joined(separator: "\n"))
                report.lines.append("   " + palette.paint(.lightRed, " Warnings: " + text.drop { $0 == " " }))
            }
        }
    }
}
