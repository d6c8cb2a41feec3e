import HaliteCore
import HaliteValue

/// Brings what an `http://` or `https://` URL holds into a file, by the host's own `curl`.
///
/// The program knows the host's proxies and certificates and streams to the disk. All settings go to it on its standard
/// input: passwords and tokens in an argument list could be read by every user of the host.
package struct WebDownload: Sendable {
    package let url: WebURL
    package var headers: [(name: String, value: String)] = []
    /// In the place of those in the URL.
    package var credentials: (user: String, password: String)?
    package var verifiesCertificates = true
    /// Off where headers are meant for one host alone.
    package var followsRedirects = true
    /// The settings of the minion or master: proxies, time-outs, limits.
    private let options: ValueMap

    private static let redirects = 10
    /// Salt's own limit, `http_max_body`.
    private static let bytesLimit = 100 << 30

    package init(_ url: WebURL, options: ValueMap) {
        self.url = url
        self.options = options
    }

    /// What the server says about a content that was saved.
    package struct Answer: Sendable {
        /// The `ETag`, by which the server knows this content again.
        package let tag: String?
        /// Whether it is the one whose tag was sent, and so was not sent again.
        package let isKnown: Bool
    }

    /// Saves to a path; what was there stays when this fails. Parents must be there.
    /// - Parameter tag: the `ETag` of what is there, which need not be sent again.
    @discardableResult
    package func save(to path: String, on host: any Host, unlessTagged tag: String? = nil) async throws(WebError) -> Answer {
        let part = path + ".part"
        var request = self
        if let tag { request.headers.append(("If-None-Match", tag)) }
        do {
            let answer = try await request.run(output: part, options: [], on: host)
            // An empty part that stays is overwritten by the next download.
            if answer.isKnown { try? await host.remove(part) } else { try await host.rename(part, to: path) }
            return answer
        } catch {
            try? await host.remove(part)
            throw error as? WebError ?? WebError("\(error)")
        }
    }

    /// Whether the server has it; nothing is brought. One that cannot be asked has nothing, as under Salt.
    package func exists(on host: any Host) async -> Bool {
        (try? await run(output: "/dev/null", options: ["head"], on: host)) != nil
    }

    private func run(output: String, options: [String], on host: any Host) async throws -> Answer {
        guard await host.which("curl") != nil else {
            throw WebError("the program 'curl', which http(s) sources need, is not in the path of the host")
        }
        var command = Command(["curl", "--disable", "--config", "-"])
        command.standardInput = Array(try configuration(output: output, options).utf8)
        command.outputLimit = 1 << 20
        command.timeout = .seconds(setting("http_request_timeout") ?? 3600)
        return try check(try await host.run(command))
    }

    private func check(_ result: CommandResult) throws(WebError) -> Answer {
        if result.timedOut { throw WebError("no answer within \(setting("http_request_timeout") ?? 3600) seconds") }
        switch result.exitCode {
        // 47: too many redirects; the last of them is the answer.
        case 0, 47: break
        // In the words of Salt, which are Python's.
        case 6: throw WebError("[Errno -2] Name or service not known")
        case 7: throw WebError("[Errno 111] Connection refused")
        default:
            // `curl: (28) Connection timed out …`
            let text = result.errorText
            throw WebError(text.firstRange(of: ") ").map { String(text[$0.upperBound...]) } ?? "curl ended with \(result.exitCode)")
        }
        // The headers of all answers, redirects included: the last one counts.
        let lines = result.text.split { $0 == "\n" || $0 == "\r\n" }
        let start = lines.lastIndex { $0.hasPrefix("HTTP/") } ?? lines.startIndex
        let words = (lines.isEmpty ? "" : lines[start]).split(separator: " ", maxSplits: 2).map(String.init)
        let status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        let isKnown = status == 304 && headers.contains { $0.name == "If-None-Match" }
        guard isKnown || (200..<300).contains(status) else {
            throw WebError("HTTP \(status): \(words.count > 2 ? words[2] : WebError.phrase(status))", status: status)
        }
        let tag = lines[start...].first { $0.lowercased().hasPrefix("etag:") }.map { line in
            String(line.dropFirst(5).drop { $0 == " " })
        }
        return Answer(tag: tag, isKnown: isKnown)
    }

    private func setting(_ key: String) -> Int? { options[key]?.doubleValue.map { Int($0) } }

    /// The lines of a configuration file of curl.
    private func configuration(output: String, _ more: [String]) throws(WebError) -> String {
        var lines = more + [
            "silent", "show-error", "globoff", "max-redirs = \(Self.redirects)", "proto = \"=http,https\"",
            "proto-redir = \"=http,https\"", "connect-timeout = \(setting("http_connect_timeout") ?? 20)",
            "max-filesize = \(setting("http_max_body") ?? Self.bytesLimit)", "dump-header = \"-\"",
        ]
        if followsRedirects { lines.append("location") }
        func add(_ name: String, _ value: String) throws(WebError) { lines.append("\(name) = \(try Self.quoted(value))") }
        try add("url", url.text)
        try add("output", output)
        if let (user, password) = credentials ?? url.user.map({ ($0, url.password ?? "") }) { try add("user", "\(user):\(password)") }
        for header in headers { try add("header", "\(header.name): \(header.value)") }
        if !verifiesCertificates || options["verify_ssl"] == false { lines.append("insecure") }
        if let bundle = options["ca_bundle"]?.stringValue { try add("cacert", bundle) }
        try addProxy(add)
        return lines.joined(separator: "\n") + "\n"
    }

    private func addProxy(_ add: (String, String) throws(WebError) -> Void) throws(WebError) {
        if let names = options["no_proxy"]?.listValue { try add("noproxy", names.map(\.pythonString).joined(separator: ",")) }
        guard let host = options["proxy_host"]?.stringValue, !host.isEmpty else { return }
        try add("proxy", "http://\(host):\(setting("proxy_port") ?? 8080)")
        guard let user = options["proxy_username"]?.stringValue, !user.isEmpty else { return }
        try add("proxy-user", "\(user):\(options["proxy_password"]?.stringValue ?? "")")
    }

    /// A value in quotes; one that could end the line is refused.
    private static func quoted(_ text: String) throws(WebError) -> String {
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw WebError("a URL, header or path holds a control character")
        }
        var result = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}

/// Why a download failed, in the words of the server or of curl.
package struct WebError: Error, CustomStringConvertible, Equatable {
    package let description: String
    /// The status of the answer when there was one.
    package let status: Int?

    package init(_ description: String, status: Int? = nil) {
        self.description = description
        self.status = status
    }

    static func phrase(_ status: Int) -> String {
        let phrases = [
            400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
            407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone", 429: "Too Many Requests",
            500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
        ]
        return phrases[status] ?? "Unknown"
    }
}
