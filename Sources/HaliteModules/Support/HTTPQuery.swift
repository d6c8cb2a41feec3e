import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One request of a web server, by the host's own `curl`: the arguments of `http.query` and how they are carried out.
///
/// Everything goes to the program on its standard input, since headers, data and URLs hold passwords and tokens.
struct HTTPQuery: ArgumentGroup {
    var url = ""
    var method = "GET"
    var params: Value = .null
    var data: Value = .null
    var dataFile: String?
    var headerDict: ValueMap = [:]
    var headerList: [String] = []
    var headerFile: String?
    var username: String?
    var password: String?
    var auth: [String] = []
    var decode = false
    var decodeType = "auto"
    var status = false
    var headers = false
    var text = false
    var cookies: Value = .null
    var cookieJar: String?
    var dataRender = false
    var dataRenderer: String?
    var headerRender = false
    var headerRenderer: String?
    var templateDict: ValueMap = [:]
    var test = false
    var testURL: String?
    var caBundle: String?
    var verifySSL: Bool?
    var cert: [String] = []
    var textOut: String?
    var headersOut: String?
    var decodeOut: String?
    var agent: String?
    var raiseError = true
    var formdata = false
    var formdataFieldname: String?
    var formdataFilename: String?
    var decodeBody = true
    var options: ValueMap = [:]
    var unused: Value = .null

    static let fields: [ArgumentField<Self>] = [.field("url", \.url, "The URL.", required: true)] + optional
    static let optional: [ArgumentField<Self>] = [
        .field("method", \.method, "Such as GET or POST."), .field("params", \.params, "What is put behind the URL, as a dictionary."),
        .field("data", \.data, "The content to send: a text, or a dictionary for a form."),
        .field("data_file", \.dataFile, "A file with the content to send."), .field("header_dict", \.headerDict, "Headers."),
        .field("header_list", \.headerList, "Headers, each as one line."), .field("header_file", \.headerFile, "A file with headers."),
        .field("username", \.username, "The user."), .field("password", \.password, "Its password."),
        .field("auth", \.auth, "Both, as a list."),
        .field("decode", \.decode, "Return the answer as data under dict."),
        .field("decode_type", \.decodeType, "json, xml, yaml, plain or auto."),
        .field("status", \.status, "Return the status."), .field("headers", \.headers, "Return the headers."),
        .field("text", \.text, "Return the text."),
        .field("cookies", \.cookies, "Keep cookies."), .field("cookie_jar", \.cookieJar, "The file of the cookies."),
        .field("data_render", \.dataRender, "Render the file of the content."),
        .field("data_renderer", \.dataRenderer, "With this engine."),
        .field("header_render", \.headerRender, "Render the file of the headers."),
        .field("header_renderer", \.headerRenderer, "With this engine."),
        .field("template_dict", \.templateDict, "Values for what is rendered."),
        .field("test", \.test, "Ask nobody, or the URL for tests."),
        .field("test_url", \.testURL, "The URL for tests."), .field("ca_bundle", \.caBundle, "The file of trusted certificates."),
        .field("verify_ssl", \.verifySSL, "Check the server's certificate."),
        .field("cert", \.cert, "The client's certificate, and its key."),
        .field("text_out", \.textOut, "A file for the text."),
        .field("headers_out", \.headersOut, "A file for the headers, which must be there."),
        .field("decode_out", \.decodeOut, "A file for what was decoded."), .field("agent", \.agent, "How the client calls itself."),
        .field("raise_error", \.raiseError, "A status above 399 is an error."),
        .field("formdata", \.formdata, "Send the data as a file of a form."),
        .field("formdata_fieldname", \.formdataFieldname, "The name of the field."),
        .field("formdata_filename", \.formdataFilename, "The name of the file."),
        .field("decode_body", \.decodeBody, "The answer is text."), .field("opts", \.options, "Settings over those of the minion."),
        .field("backend", \.unused, "Without effect: curl asks."), .field("node", \.unused, "Without effect."),
        .field("port", \.unused, "Without effect."),
        .field("cookie_format", \.unused, "Without effect: the file is Mozilla's."), .field("persist_session", \.unused, "Without effect."),
        .field("session_cookie_jar", \.unused, "Without effect."), .field("stream", \.unused, "Without effect."),
        .field("handle", \.unused, "Without effect."),
        .field("hide_fields", \.unused, "Without effect: URLs are not logged."),
        .field("request_interval", \.unused, "Seconds between two requests."),
    ]

    /// The result as `http.query` returns it.
    func run(_ call: CallContext) async throws -> ValueMap {
        if test, testURL == nil { return [:] }
        var settings = call.services.options
        for (key, value) in options { settings[key] = value }
        guard await call.host.which("curl") != nil else {
            throw ExecutionError("http.query needs the program 'curl', which is not in the path of the host")
        }
        var command = Command(["curl", "--disable", "--config", "-"])
        command.standardInput = Array(try await configuration(call, settings).utf8)
        let seconds = settings["http_request_timeout"]?.doubleValue ?? 3600
        command.timeout = .milliseconds(Int(min(seconds, 1_000_000) * 1000))
        let result = try await call.host.run(command)
        var answer: ValueMap = test ? ["test": true] : [:]
        switch result.timedOut ? 28 : result.exitCode {
        case 0, 47: break
        case 6: return failed(&answer, "[Errno -2] Name or service not known")
        case 7: return failed(&answer, "[Errno 111] Connection refused")
        case 28: return failed(&answer, "HTTP 599: Timeout during request", status: 599)
        default:
            let text = result.errorText
            return failed(&answer, text.firstRange(of: ") ").map { String(text[$0.upperBound...]) } ?? "curl ended with \(result.exitCode)")
        }
        guard let response = HTTPResponse(result.standardOutput) else { return failed(&answer, "the answer of the server cannot be read") }
        return try await fill(answer, response, call)
    }

    private func failed(_ answer: inout ValueMap, _ text: String, status code: Int? = nil) -> ValueMap {
        if let code { answer["status"] = .int(code) } else if status { answer["status"] = 0 }
        answer["error"] = .string(text)
        return answer
    }

    private func fill(_ start: ValueMap, _ response: HTTPResponse, _ call: CallContext) async throws -> ValueMap {
        var answer = start
        let body: Value = decodeBody ? .string(String(decoding: response.body, as: UTF8.self)) : .bytes(response.body)
        if raiseError, !(200..<300).contains(response.status), response.status != 304 {
            answer["status"] = .int(response.status)
            answer["error"] = .string("HTTP \(response.status): \(response.reason)")
            answer["body"] = body
            return answer
        }
        answer["body"] = body
        if let textOut { try await call.host.write(textOut, response.body, FileAttributes()) }
        if let headersOut, try await call.host.exists(headersOut) {
            let lines = response.headers.map { "\($0.key.pythonString): \($0.value.pythonString)\n" }
            try await call.host.write(headersOut, Array(lines.joined().utf8), FileAttributes())
        }
        if status { answer["status"] = .int(response.status) }
        if headers { answer["headers"] = .map(response.headers) }
        var wantsText = text
        if decode {
            let type = decodeType == "auto" ? response.decodeType : decodeType
            let content = String(decoding: response.body, as: UTF8.self)
            switch type {
            case "json", "yaml":
                do { answer["dict"] = try await call.services.templates.parse(content, format: type, name: "the answer", in: call) } catch {
                    throw ExecutionError("the answer of the server is no \(type): \(error)")
                }
            case "xml": answer["dict"] = .list(try XMLTree(content).children.map { .map($0.map) })
            case "plain": wantsText = true
            default:
                answer["error"] = .string("Invalid decode_type specified. Valid decode types are: ('json', 'xml', 'yaml', 'plain')")
                return answer
            }
            if let decodeOut { try await call.host.write(decodeOut, response.body, FileAttributes()) }
        }
        if wantsText { answer["text"] = body }
        return answer
    }

    // MARK: - The request

    private func configuration(_ call: CallContext, _ settings: ValueMap) async throws -> String {
        var lines = [
            "silent", "show-error", "globoff", "include", "location", "compressed", "suppress-connect-headers", "max-redirs = 5",
            "proto = \"=http,https\"",
            "proto-redir = \"=http,https\"", "connect-timeout = \(settings["http_connect_timeout"]?.doubleValue.map { Int($0) } ?? 20)",
            "max-filesize = \(settings["http_max_body"]?.intValue ?? 100 << 30)", "write-out = \"\\n%{size_header}\"",
        ]
        func add(_ name: String, _ value: String) { lines.append("\(name) = \(Self.quoted(value))") }
        add("url", testURL.flatMap { test ? $0 : nil } ?? Self.concatenated(url, params))
        if method.uppercased() == "HEAD" { lines.append("head") } else { add("request", method) }
        var given = headerDict
        for line in headerList + (try await fileHeaders(call)) {
            let parts = line.parts(":")
            if parts.count > 1 { given[.string(parts[0].stripped())] = .string(parts[1].stripped()) }
        }
        given["User-agent"] = .string(
            (agent ?? "Salt/\(call.grains["saltversion"]?.pythonString ?? "3008.5")") + (agent == nil ? " http.query()" : ""))
        if let content = try await content(call) {
            add("data-binary", content.text)
            if let type = content.type { given["Content-Type"] = .string(type) }
            let isTyped = given.keys.contains { $0.pythonString.lowercased() == "content-type" }
            if !isTyped, method.uppercased() != "POST" { add("header", "Content-Type:") }
        }
        add("header", "Expect:")
        for (key, value) in given { add("header", try Self.header("\(key.pythonString): \(value.pythonString)")) }
        if let username, let password, auth.isEmpty {
            add("user", "\(username):\(password)")
        } else if auth.count == 2 {
            add("user", "\(auth[0]):\(auth[1])")
        }
        if !(verifySSL ?? settings["verify_ssl"]?.boolValue ?? true) { lines.append("insecure") }
        if let bundle = caBundle ?? settings["ca_bundle"]?.stringValue { add("cacert", bundle) }
        let certificates = cert.isEmpty ? (try? [String](value: settings["cert"] ?? .null)) ?? [] : cert
        if let first = certificates.first { add("cert", first) }
        if certificates.count > 1 { add("key", certificates[1]) }
        if cookies.isTruthy {
            let jar = cookieJar ?? Path.join(settings["cachedir"]?.stringValue ?? "/var/cache/salt/minion", "cookies.txt")
            add("cookie", jar)
            add("cookie-jar", jar)
        }
        if let host = settings["proxy_host"]?.stringValue, !host.isEmpty {
            add("proxy", "http://\(host):\(settings["proxy_port"]?.pythonString ?? "8080")")
            if let user = settings["proxy_username"]?.stringValue, !user.isEmpty {
                add("proxy-user", "\(user):\(settings["proxy_password"]?.pythonString ?? "")")
            }
            if let names = settings["no_proxy"]?.listValue { add("noproxy", names.map(\.pythonString).joined(separator: ",")) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func content(_ call: CallContext) async throws -> (text: String, type: String?)? {
        var text: String?
        if let dataFile {
            text = try await rendered(call, dataFile, dataRender ? dataRenderer ?? "jinja" : nil)
        } else if case .map(let form) = data {
            text = Self.form(form)
        } else if !data.isNull {
            text = data.pythonString
        }
        guard formdata else { return text.map { ($0, nil) } }
        guard let field = formdataFieldname else { throw ExecutionError("formdata_fieldname is required when formdata=True") }
        let mark = "halite\(UInt64.random(in: .min ... .max))"
        let head = "Content-Disposition: form-data; name=\"\(field)\"" + (formdataFilename.map { "; filename=\"\($0)\"" } ?? "")
        return ("--\(mark)\r\n\(head)\r\n\r\n\(text ?? "")\r\n--\(mark)--\r\n", "multipart/form-data; boundary=\(mark)")
    }

    private func fileHeaders(_ call: CallContext) async throws -> [String] {
        guard let headerFile else { return [] }
        return PythonLines.split(try await rendered(call, headerFile, headerRender ? headerRenderer ?? "jinja" : nil))
    }

    private func rendered(_ call: CallContext, _ path: String, _ engine: String?) async throws -> String {
        let text = try await call.host.readText(path)
        guard let engine else { return text }
        return try await call.services.templates.render(
            source: text, name: path, engine: engine.parts("|")[0], values: templateDict, in: call)
    }

    private static func header(_ line: String) throws -> String {
        guard line.unicodeScalars.allSatisfy({ $0.value >= 0x20 || $0 == "\t" }) else { throw ExecutionError("a header holds a line end") }
        return line
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    private static func concatenated(_ url: String, _ params: Value) -> String {
        guard case .map(let map) = params, !map.isEmpty else {
            guard let text = params.stringValue, !text.isEmpty else { return url }
            return url + (url.contains("?") ? "&" : "?") + text
        }
        return url + (url.contains("?") ? (url.hasSuffix("?") || url.hasSuffix("&") ? "" : "&") : "?") + form(map)
    }

    /// A form as Python's `urlencode` writes it.
    static func form(_ map: ValueMap) -> String {
        map.map { "\(escaped($0.key.pythonString))=\(escaped($0.value.pythonString))" }.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: result.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x20: result += "+"
            default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }
}

/// What `curl --include` wrote: the headers of all answers, the content of the last one, and the length of the headers.
struct HTTPResponse: Sendable {
    var status = 0
    var reason = ""
    var headers = ValueMap()
    var body: [UInt8] = []

    init?(_ output: [UInt8]) {
        guard let end = output.lastIndex(of: 0x0A), let length = Int(String(decoding: output[(end + 1)...], as: UTF8.self)), length <= end
        else { return nil }
        body = Array(output[length..<end])
        let lines = String(decoding: output[..<length], as: UTF8.self).split { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        guard let start = lines.lastIndex(where: { $0.hasPrefix("HTTP/") }) else { return nil }
        let words = lines[start].parts(" ", maxSplits: 2)
        status = words.count > 1 ? Int(words[1]) ?? 0 : 0
        reason = words.count > 2 ? words[2] : "Unknown"
        for line in lines[(start + 1)...] {
            let pair = line.parts(":", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let name = pair[0].parts("-").map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }.joined(separator: "-")
            let value = pair[1].stripped()
            headers[.string(name)] = .string(headers[name].map { "\($0.pythonString),\(value)" } ?? value)
        }
    }

    var decodeType: String {
        let type = headers["Content-Type"]?.stringValue ?? "application/json"
        return type.contains("xml") ? "xml" : type.contains("json") ? "json" : type.contains("yaml") ? "yaml" : "plain"
    }
}
