import HaliteValue

/// One line of JSON for each minion: `id`, what is known of the return (`jid`, `fun`, `retcode`, `duration`), `return`.
///
/// Unlike `json`, several returns are read one by one, each with what a script asks about it.
package enum JSONLinesOutputter: Outputter {
    package static let name = "jsonl"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        guard case .map(let minions) = data else { return JSONOutputter.withoutBytes(data).json(ensureASCII: false) }
        let lines = minions.map { minion, result in
            let details = options.details[minion.pythonString] ?? ReturnDetails()
            var line: ValueMap = ["id": minion]
            if let jid = details.jid { line["jid"] = .string(jid) }
            if let function = details.function { line["fun"] = .string(function) }
            if let retcode = details.retcode { line["retcode"] = .int(retcode) }
            if let duration = details.duration { line["duration"] = .float(duration) }
            line["return"] = JSONOutputter.withoutBytes(result)
            return Value.map(line).json(ensureASCII: false)
        }
        return lines.joined(separator: "\n")
    }
}
