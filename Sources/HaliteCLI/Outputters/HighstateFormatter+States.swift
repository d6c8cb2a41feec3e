import HaliteValue

extension HighstateFormatter {
    enum Form { case hidden, terse, full }

    /// How the options want a state shown.
    func form(of state: StateResultData, isChanged: Bool) throws(OutputMisfit) -> Form {
        let mode = options.stateOutput.lowercased()
        if mode.hasPrefix("filter") {
            let result = state.result.pythonString
            if options.filterTerse.contains(result) { return .terse }
            return options.filterExclude.contains(result) ? .hidden : .full
        }
        if mode.hasPrefix("terse") { return .terse }
        if mode.hasPrefix("mixed"), !state.hasFailed { return .terse }
        if mode.hasPrefix("changes"), state.isSuccess, !isChanged { return .terse }
        return .full
    }

    /// The parts of the tag; the modes `..._id` show the ID in place of the name.
    private func parts(_ state: StateResultData) throws(OutputMisfit) -> [String] {
        var parts = try state.parts
        if options.stateOutput.lowercased().hasSuffix("_id") { parts[2] = parts[1] }
        return parts
    }

    func fullLines(_ state: StateResultData, changes: String, colour: Palette.Colour) throws(OutputMisfit) -> [String] {
        let parts = try parts(state)
        var lines = ["      ID: \(parts[1])", "Function: \(parts[0]).\(parts[3])"]
        if parts[1] != parts[2] { lines.append("    Name: \(parts[2])") }
        lines.append("  Result: \(state.result.pythonString)")
        lines.append(" Comment: \(try state.comment)")
        if options.outputProfile, let start = state.fields["start_time"] {
            let duration = state.fields["duration"] ?? ""
            lines.append(" Started: \(start.pythonString)")
            lines.append("Duration: " + (duration == "" ? "" : duration.pythonString + " ms"))
        }
        return [palette.paint(colour, "----------")] + lines.map { "    " + palette.paint(colour, $0) }
            + [palette.paint(colour, "     Changes:   " + changes)]
    }

    // MARK: Changes

    /// The text behind `Changes:`, and whether the state changed anything.
    func changesText(of state: StateResultData, level: Int, path: [Value]) throws(OutputMisfit) -> (text: String, isChanged: Bool) {
        let changes = try state.changes
        if let name = state.fields["name"]?.stringValue, ["state.orch", "state.orchestrate", "state.sls"].contains(name) {
            let margin = OutputText.spaces(14 * level)
            let lines = OutputText.parts("\n" + (try text(changes, level: level + 1, path: path + ["changes"])), at: "\n")
            return (lines.map { margin + $0 }.joined(separator: "\n"), true)
        }
        guard changes.isTruthy else { return ("", false) }
        guard case .map(let map) = changes else { return ("Invalid Changes data: \(changes.pythonString)", true) }
        if let result = map["ret"], !result.isNull, map["out"] == "highstate" {
            return try highstateChanges(result, path: path + ["changes", "ret"])
        }
        return ("\n" + NestedOutputter.text(changes, options, indent: 14, retcode: 0), true)
    }

    /// The results of the minions on which `salt.state` ran states.
    private func highstateChanges(_ result: Value, path: [Value]) throws(OutputMisfit) -> (text: String, isChanged: Bool) {
        guard case .map(let hosts) = result else { throw OutputMisfit() }
        var text = ""
        var isChanged = false
        for (name, states) in hosts {
            let part = try host(name, states, level: 1, path: path + [name])
            text += "\n" + OutputText.lines(part.text).map { OutputText.spaces(14) + $0 }.joined(separator: "\n")
            isChanged = isChanged || part.isChanged
        }
        return (text, isChanged)
    }

    // MARK: Terse lines

    func terseLine(_ state: StateResultData, colour: Palette.Colour) throws(OutputMisfit) -> String {
        let parts = try parts(state)
        var word = try state.changes.isTruthy ? "Changed" : "Clean"
        if state.hasFailed { word = "Failed" }
        if state.result.isNull { word = "Differs" }
        let function = parts[parts.count - 1]
        switch options.stateTabular {
        case .off:
            let times = try timing(state).map { " - Started: \($0.start) - Duration: \($0.duration) ms" } ?? ""
            return (try warnings(state) ?? "") + " \(palette(colour)) Name: \(parts[2]) - Function: \(parts[0]).\(function)"
                + " - Result: \(word)\(times)\(palette(.end))"
        case .on:
            let times = try timing(state).map { "\($0.start) [\(OutputText.right($0.duration, 7)) ms] " } ?? ""
            return (try warnings(state).map { $0 + "\n" } ?? "") + palette(colour) + times + OutputText.right(parts[0], 10) + "."
                + OutputText.left(function, 10) + " " + OutputText.left(word, 7) + "   Name: \(parts[2])" + palette(.end)
        case .format(let format):
            let fields: [Value] = [
                .string(palette(colour)), .string(parts[2]), .string(parts[0]), .string(function), .string(word),
                .string(palette(.end)), .map(state.fields),
            ]
            return try FieldFormat.text(format, fields)
        }
    }

    private func warnings(_ state: StateResultData) throws(OutputMisfit) -> String? {
        try state.warnings.map { palette(.lightRed) + "Warnings:\n" + $0.joined(separator: "\n") + palette(.end) }
    }

    private func timing(_ state: StateResultData) throws(OutputMisfit) -> (start: String, duration: String)? {
        guard options.outputProfile, let start = state.fields["start_time"] else { return nil }
        guard let duration = state.fields["duration"] else { throw OutputMisfit() }
        return (start.pythonString, duration.pythonString)
    }
}
