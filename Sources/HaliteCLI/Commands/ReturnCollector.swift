import HaliteValue

/// Shows the returns of a job as they come and remembers what the exit code needs.
struct ReturnCollector {
    let output: OutputArguments
    let options: OutputOptions
    let isStatic: Bool
    let verbose: Bool

    private var minions: [String] = []
    private var open: Set<String> = []
    private var collected = ValueMap()
    private var suggested: String?
    private var failed: [String] = []
    private var missing: [(minion: String, reason: String)] = []
    private let progress = ProgressLine()

    init(output: OutputArguments, options: OutputOptions, isStatic: Bool, verbose: Bool) {
        self.output = output
        self.options = options
        self.isStatic = isStatic
        self.verbose = verbose
    }

    /// For `--async` and `--preview-target`.
    func announce(_ line: ValueMap, preview: Bool) throws {
        switch line["type"]?.stringValue {
        case "job":
            if preview {
                try output.emit(output.outputter("nested", options).render(line["minions"] ?? [], options))
            } else if line["minions"]?.listValue?.isEmpty ?? true {
                throw noMatch()
            } else {
                Terminal.print("Executed command with job ID: \(line["jid"]?.pythonString ?? "")")
            }
        case "error": throw CommandError(line["message"]?.pythonString ?? "")
        default: return
        }
    }

    private func noMatch() -> CommandError {
        Terminal.print("No minions matched the target. No command was sent, no jid was assigned.")
        return CommandError("ERROR: No return received", code: 2)
    }

    mutating func take(_ line: ValueMap) throws {
        switch line["type"]?.stringValue {
        case "job":
            minions = (line["minions"]?.listValue ?? []).map(\.pythonString)
            open = Set(minions)
            if minions.isEmpty { throw noMatch() }
            if verbose { Terminal.print("Executing job with jid \(line["jid"]?.pythonString ?? "")\n-------------------------------------------\n") }
            showProgress()
        case "return":
            let minion = line["id"]?.pythonString ?? ""
            open.remove(minion)
            if (line["retcode"]?.intValue ?? 0) != 0 || line["success"] == .bool(false) { failed.append(minion) }
            suggested = line["out"]?.stringValue ?? suggested
            try show(minion, line["return"] ?? .null, line)
        case "missing":
            let minion = line["id"]?.pythonString ?? ""
            open.remove(minion)
            missing.append((minion, line["reason"]?.pythonString ?? "No response"))
            showProgress()
        case "error": throw CommandError(line["message"]?.pythonString ?? "the master reported an error")
        default: return
        }
    }

    private mutating func show(_ minion: String, _ value: Value, _ line: ValueMap) throws {
        if isStatic {
            collected[minion] = value
        } else {
            progress.clear()
            var options = options
            options.retcode = line["retcode"]?.intValue ?? 0
            options.details[minion] = ReturnDetails(
                jid: line["jid"]?.stringValue, function: line["fun"]?.stringValue, retcode: line["retcode"]?.intValue)
            try output.emit(output.outputter(line["out"]?.stringValue ?? "nested", options).render(.map([.string(minion): value]), options))
        }
        showProgress()
    }

    private func showProgress() {
        guard !open.isEmpty else { return progress.clear() }
        let names = open.sorted()
        progress.show("waiting for \(open.count) of \(minions.count): \(names.prefix(5).joined(separator: " "))\(names.count > 5 ? " ..." : "")")
    }

    /// What is left to say, and the exit code: 0 only when every minion returned and nothing failed.
    mutating func finish(summary: Bool) throws {
        progress.clear()
        if isStatic {
            for (minion, reason) in missing { collected[minion] = .string("Minion did not return. [\(reason)]") }
            try output.emit(output.outputter(suggested, options).render(.map(collected), options))
        } else {
            for (minion, reason) in missing {
                try output.emit(output.outputter("no_return", options).render(.map([.string(minion): .string("Minion did not return. [\(reason)]")]), options))
            }
        }
        if summary { printSummary() }
        if !failed.isEmpty || !missing.isEmpty {
            if missing.isEmpty { Terminal.error("ERROR: Minions returned with non-zero exit code") } else {
                Terminal.error("ERROR: \(missing.count) of \(minions.count) minions did not return: \(missing.map(\.minion).joined(separator: ", "))")
            }
            throw ExitStatus(code: 1)
        }
    }

    private func printSummary() {
        Terminal.print(
            """
            -------------------------------------------
            Summary
            -------------------------------------------
            # of minions targeted: \(minions.count)
            # of minions returned: \(minions.count - missing.count)
            # of minions that did not return: \(missing.count)
            # of minions with errors: \(failed.count)
            -------------------------------------------
            """)
    }
}
