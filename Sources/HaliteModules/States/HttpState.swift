import HaliteCore
import HaliteModuleKit
import HaliteValue

/// What web servers answer.
package struct HttpState: StateModule {
    package static let name = "http"
    package static let summary = "What web servers answer."

    package static let functions: [StateFunction] = [
        StateFunction("query", "A web server answers with a text or a status.", Settings.self, body: query),
        StateFunction("wait_for_successful_query", "A web server answers so before some time is over.", Settings.self, body: wait),
    ]

    struct Settings: ArgumentGroup {
        var match: String?
        var matchType = "string"
        var status: Value = .null
        var statusType = "string"
        var seconds: Double?
        var interval: Double?
        var query = HTTPQuery()

        static let fields: [ArgumentField<Settings>] =
            [
                .field("match", \.match, "A text in the answer."), .field("match_type", \.matchType, "string, or pcre for a pattern."),
                .field("status", \.status, "The status, or several."),
                .field("status_type", \.statusType, "string, list, or pcre for a pattern."),
                .field("wait_for", \.seconds, "How many seconds to try."),
                .field("request_interval", \.interval, "Seconds between two requests."),
            ] + HTTPQuery.optional.filter { !["status", "request_interval"].contains($0.argumentName) }.map { $0.within(\.query) }
    }

    private static func query(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        guard settings.match != nil || !settings.status.isNull else {
            var result = state.failed(" Either match text (match) or a status code (status) is required.")
            result.extra["data"] = [:]
            return result
        }
        var query = settings.query
        (query.url, query.text, query.status) = (state.name, true, true)
        let request = query
        // Under test=True nobody is asked but the URL that is there for it.
        let planned = try await state.whenPlanning { () async throws -> StateResult in
            var query = request
            query.test = true
            var result = try judge(state, settings, try await query.run(state.call))
            result.result = nil
            result.comment += " (TEST MODE" + (query.testURL.map { ", TEST URL WAS: \($0)" } ?? "") + ")"
            return result
        }
        if let planned { return planned }
        guard let seconds = settings.seconds else { return try judge(state, settings, try await request.run(state.call)) }
        let waiting = HttpModule.WaitingQuery(query: request, seconds: seconds, interval: settings.interval ?? 1)
        return try judge(state, settings, try await waiting.run(state.call))
    }

    private static func judge(_ state: StateContext, _ settings: Settings, _ data: ValueMap) throws -> StateResult {
        var isRight: Bool?
        var words: [String] = []
        let text = data["text"]?.pythonString ?? ""
        if let match = settings.match {
            let isPattern = settings.matchType == "pcre"
            let isFound = isPattern ? try Pattern.found(match, in: text) : match.isEmpty || text.contains(match)
            isRight = isFound
            words.append("Match \(isPattern ? "pattern" : "text") \"\(match)\" was \(isFound ? "" : "not ")found.")
        }
        let code = data["status"]?.pythonString ?? ""
        if !settings.status.isNull {
            let isFound: Bool
            switch settings.statusType {
            case "list":
                let matching = (settings.status.listValue ?? [settings.status]).filter { $0.pythonString == code }
                isFound = !matching.isEmpty
                words += matching.map { "Status \($0.pythonString) was found." }
                if !isFound || isRight == false { words.append("Statuses \(settings.status.pythonString) were not found.") }
            case "pcre":
                isFound = try Pattern.found(settings.status.pythonString, in: code)
                words.append("Status pattern \"\(settings.status.pythonString)\" was \(isFound ? "" : "not ")found.")
            default:
                isFound = settings.status.pythonString == code
                words.append("Status \(settings.status.pythonString) was \(isFound ? "" : "not ")found.")
            }
            isRight = isFound && isRight != false
        }
        return StateResult(name: state.name, result: isRight, comment: words.joined(separator: " "), extra: ["data": .map(data)])
    }

    private static func wait(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let end = ContinuousClock.now + .milliseconds(Int(min(max(0, settings.seconds ?? 300), 1_000_000) * 1000))
        var once = settings
        once.seconds = nil
        while true {
            let result = try await query(state, once)
            if result.result != false || ContinuousClock.now > end { return result }
            try await Task.sleep(for: .milliseconds(Int(min(max(0.1, settings.interval ?? 1), 1000) * 1000)))
        }
    }
}
