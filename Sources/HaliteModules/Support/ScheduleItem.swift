import HaliteCore
import HaliteValue

/// One job of the schedule, made out of the keywords of `schedule.add`.
enum ScheduleItem {
    /// What of a job is shown and compared.
    static let known: Set<String> = [
        "name", "maxrunning", "function", "splay", "range", "when", "once", "once_fmt", "returner", "jid_include", "args", "kwargs", "_seconds",
        "seconds", "minutes", "hours", "days", "enabled", "return_job", "metadata", "cron", "until", "after", "return_config", "return_kwargs",
        "run_on_start", "skip_during_range", "run_after_skip_range",
    ]
    private static let intervals = ["seconds", "minutes", "hours", "days"]

    /// A refusal in Salt's words.
    struct Refusal: Error {
        let comment: String
    }

    static func conflict(_ keywords: ValueMap, words: String) -> String? {
        let hasInterval = intervals.contains { keywords[$0] != nil }
        if hasInterval, keywords["when"] != nil || keywords["cron"] != nil { return words }
        if keywords["when"] != nil, keywords["cron"] != nil { return "Unable to use \"when\" and \"cron\" options together.  Ignoring." }
        return nil
    }

    static func build(_ name: String, _ keywords: ValueMap) throws -> ValueMap {
        guard !name.isEmpty else { throw Refusal(comment: "Job name is required.") }
        if let conflict = conflict(
            keywords, words: "Unable to use \"seconds\", \"minutes\", \"hours\", or \"days\" with \"when\" or \"cron\" options.")
        {
            throw Refusal(comment: conflict)
        }
        guard let function = keywords["function"] else { throw Refusal(comment: "The keyword function is required.") }
        var item: ValueMap = ["function": function]
        for key in intervals + ["return_job", "metadata"] { item[.string(key)] = keywords[key] }
        if let arguments = keywords["job_args"] {
            guard arguments.listValue != nil else { throw Refusal(comment: "job_args is not a list. please correct and try again.") }
            item["args"] = arguments
        }
        if let arguments = keywords["job_kwargs"] {
            guard arguments.mapValue != nil else { throw Refusal(comment: "job_kwargs is not a dict. please correct and try again.") }
            item["kwargs"] = arguments
        }
        item["maxrunning"] = keywords["maxrunning"] ?? 1
        item["name"] = keywords["name"] ?? .string(name)
        item["enabled"] = keywords["enabled"] ?? true
        item["jid_include"] = keywords["jid_include"] ?? true
        if let splay = keywords["splay"] {
            item["splay"] = splay.mapValue.map { ["start": $0["start"] ?? .null, "end": $0["end"] ?? .null] } ?? splay
        }
        for key in [
            "range", "when", "once", "once_fmt", "cron", "returner", "after", "return_config", "return_kwargs", "until", "run_on_start",
            "skip_during_range",
        ] { item[.string(key)] = keywords[key] }
        return item
    }

    /// A job as `schedule.list` shows it: known keys with values, words for truth read as truth.
    static func shown(_ item: ValueMap) -> ValueMap {
        var shown = ValueMap()
        for (key, value) in item where known.contains(key.pythonString) && !value.isNull && key != "_seconds" {
            shown[key] = value == "true" ? true : value == "false" ? false : value
        }
        if shown["enabled"] == nil { shown["enabled"] = true }
        return shown
    }
}
