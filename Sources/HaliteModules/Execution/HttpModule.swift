import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Requests of web servers.
package struct HttpModule: ExecutionModule {
    package static let name = "http"
    package static let summary = "Requests of web servers."

    package static let functions: [Function] = [
        Function(
            "query", "Ask a web server and return what it says.", HTTPQuery.self,
            example: "halite '*' http.query http://localhost/ status=True", body: { call, query in try await query.run(call) }),
        Function(
            "wait_for_successful_query", "Ask a web server until it answers without an error.", WaitingQuery.self,
            body: { call, waiting in try await waiting.run(call) }),
        Function(
            "update_ca_bundle", "Fetch a file of trusted certificates, and put others behind it.",
            .optional("target", nil as String?, "The file."), .optional("source", nil as String?, "The URL."),
            .optional("merge_files", [] as [String], "Files with further certificates."), body: updateBundle),
    ]

    struct WaitingQuery: ArgumentGroup {
        var query = HTTPQuery()
        var seconds = 300.0
        var interval = 1.0
        static let fields: [ArgumentField<Self>] =
            [
                .field("url", \.query.url, "The URL.", required: true), .field("wait_for", \.seconds, "How many seconds to try."),
                .field("request_interval", \.interval, "Seconds between two requests."),
            ] + HTTPQuery.optional.filter { $0.argumentName != "request_interval" }.map { $0.within(\.query) }

        func run(_ call: CallContext) async throws -> ValueMap {
            let end = ContinuousClock.now + .milliseconds(Int(min(max(0, seconds), 1_000_000) * 1000))
            while true {
                do {
                    let answer = try await query.run(call)
                    if answer["error"] == nil || ContinuousClock.now > end { return answer }
                } catch {
                    if ContinuousClock.now > end { throw error }
                }
                // Salt asks at once again when no interval is given.
                try await Task.sleep(for: .milliseconds(Int(min(max(0.1, interval), 1000) * 1000)))
            }
        }
    }

    private static let bundleURL = "https://curl.se/ca/cacert.pem"

    private static func updateBundle(_ call: CallContext, target: String?, source: String?, merge: [String]) async throws -> Value {
        let options = call.services.options
        let target = target ?? options["ca_bundle"]?.stringValue ?? "/etc/ssl/certs/ca-certificates.crt"
        var query = HTTPQuery()
        query.url = source ?? options["ca_bundle_url"]?.stringValue ?? bundleURL
        query.text = true
        let answer = try await query.run(call)
        guard var text = answer["text"]?.stringValue else {
            throw ExecutionError(answer["error"]?.pythonString ?? "the server sent no text")
        }
        for file in merge where try await call.host.exists(file) { text += "\n" + (try await call.host.readText(file)) }
        try await call.host.write(target, Array(text.utf8), FileAttributes())
        return .null
    }
}
