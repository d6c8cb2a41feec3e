import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The web server Apache.
package struct ApacheModule: ExecutionModule {
    package static let name = "apache"
    package static let summary = "The web server Apache."
    package static let requires: Requirement = .command("apache2ctl") || .command("apachectl")

    package static let functions: [Function] =
        [
            Function(
                "version", "Return the version.",
                body: { (call: CallContext) async throws -> String in try await lines(call, "-v").first?.parts(": ").last ?? "" }),
            Function("fullversion", "Return the version and how it was built.", body: fullVersion),
            Function("modules", "Return the modules that are loaded.", body: modules),
            Function(
                "servermods", "Return the modules that are part of the server.",
                body: { (call: CallContext) async throws -> [String] in
                    try await lines(call, "-l").filter { $0.contains(".c") }.map { $0.stripped() }
                }),
            Function("directives", "Return the directives that the server knows.", body: directives),
            Function("vhosts", "Return the virtual hosts.", body: hosts),
            Function(
                "signal", "Start, stop, restart, graceful or graceful-stop the server; configtest, status or fullstatus.",
                .optional("signal", nil as String?, "What to do."), body: signal),
            Function(
                "useradd", "Add a user to a password file.", .required("pwfile", "The file."), .required("user", "The user."),
                .required("password", "The password."), .optional("opts", "", "Letters of htpasswd's options."),
                body: { (call: CallContext, file: String, user: String, password: String, options: String) async throws -> ValueMap in
                    try await WebutilModule.add(call, file, user, password, options, nil).map
                }),
            Function(
                "userdel", "Remove a user from a password file.", .required("pwfile", "The file."), .required("user", "The user."),
                body: { (call: CallContext, file: String, user: String) async throws -> Value in
                    try await call.call("webutil.userdel", .string(file), .string(user))
                }),
            Function(
                "server_status", "Return the counters of the module status.", .optional("profile", "default", "Which settings."),
                body: serverStatus),
            Function(
                "config", "Return the text of a configuration, and write it.", .required("name", "The file."),
                .required("config", "A list of directives and sections."), .optional("edit", true, "Write it."), body: config),
        ] + ApachePart.allCases.flatMap(\.functions)

    static func program(_ call: CallContext) -> String {
        ["Debian", "Suse"].contains(call.grains["os_family"]?.stringValue ?? "") ? "apache2ctl" : "apachectl"
    }

    static func run(_ call: CallContext, _ words: [String], merged: Bool = false) async throws -> CommandOutcome {
        var settings = CommandSettings()
        settings.cmd = .list(words.map { .string($0) })
        return try await settings.run(call, mergesErrors: merged)
    }

    private static func lines(_ call: CallContext, _ option: String) async throws -> [String] {
        PythonLines.split(try await run(call, [program(call), option], merged: true).output)
    }

    private static func fullVersion(_ call: CallContext) async throws -> ValueMap {
        var compiled: [String] = []
        var result: ValueMap = ["compiled_with": []]
        for line in try await lines(call, "-V") {
            let pair = line.parts(": ")
            if pair.count > 1 {
                result[.string(pair[0].stripped().lowercased().replacing(" ", with: "_"))] = .string(pair[1].stripped())
            } else if line.contains(" -D") {
                let text = line.stripped()
                compiled.append(text.hasPrefix("-D ") ? String(text.dropFirst(3)).stripped() : line)
            }
        }
        result["compiled_with"] = compiled.value
        return result
    }

    private static func modules(_ call: CallContext) async throws -> ValueMap {
        let lines = try await lines(call, "-M")
        func named(_ mark: String) -> Value { lines.filter { $0.contains(mark) }.compactMap { $0.words().first }.value }
        return ["static": named("(static)"), "shared": named("(shared)")]
    }

    private static func directives(_ call: CallContext) async throws -> ValueMap {
        let text = try await run(call, [program(call), "-L"], merged: true).output.replacing("\n\t", with: "\t")
        return ValueMap(
            PythonLines.split(text).filter { !$0.isEmpty }.map { line in
                let parts = line.parts("\t")
                return (.string(parts[0]), .string(parts.dropFirst().joined(separator: "\n")))
            })
    }

    private static func hosts(_ call: CallContext) async throws -> ValueMap {
        var result = ValueMap()
        var current = ""
        for words in try await lines(call, "-S").map({ $0.words() }) where !words.isEmpty {
            func plain(_ text: String) -> Value { .string(text.replacing("(", with: "").replacing(")", with: "")) }
            if words.count > 3, words[1...3].joined(separator: " ") == "is a NameVirtualHost" {
                current = words[0]
                result[.string(current)] = [:]
            } else if words.count > 3, words[0] == "default", var host = result[current]?.mapValue {
                host["default"] = ["vhost": .string(words[2]), "conf": plain(words[3])]
                result[.string(current)] = .map(host)
            } else if words.count > 4, words[0] == "port", var host = result[current]?.mapValue {
                host[.string(words[3])] = ["vhost": .string(words[3]), "conf": plain(words[4]), "port": .string(words[1])]
                result[.string(current)] = .map(host)
            }
        }
        return result
    }

    private static func signal(_ call: CallContext, signal: String?) async throws -> Value {
        guard let signal else { return .null }
        let words: [String]
        switch signal {
        case "start", "stop", "restart", "graceful", "graceful-stop": words = ["-k", signal]
        case "configtest", "status", "fullstatus": words = [signal]
        default: return .null
        }
        let outcome = try await run(call, [program(call)] + words)
        if !outcome.errors.isEmpty { return .string(outcome.errors.stripped()) }
        if outcome.code == 0 || !outcome.output.isEmpty, !outcome.output.isEmpty { return .string(outcome.output.stripped()) }
        return .string("Command: \"\(([program(call)] + words).joined(separator: " "))\" completed successfully!")
    }

    private static func serverStatus(_ call: CallContext, profile: String) async throws -> Value {
        func setting(_ name: String, _ fallback: Value) async throws -> Value {
            try await call.call("config.get", .string("apache.server-status:\(profile):\(name)"), fallback)
        }
        var query = HTTPQuery()
        query.url = try await setting("url", "http://localhost/server-status").pythonString + "?auto"
        query.username = try await setting("user", "").stringValue.flatMap { $0.isEmpty ? nil : $0 }
        query.password = try await setting("pass", "").stringValue
        query.options["http_request_timeout"] = try await setting("timeout", 5)
        let answer = try await query.run(call)
        guard answer["error"] == nil, let text = answer["body"]?.stringValue else { return "error" }
        var result: ValueMap = ["Scoreboard": [:]]
        var board = ValueMap("_SRWKDCLGI.".map { (.string(String($0)), .int(0)) })
        for line in PythonLines.split(text) {
            let pair = line.parts(":", maxSplits: 1).map { $0.stripped() }
            guard pair.count == 2 else { continue }
            if pair[0] == "Scoreboard" {
                for mark in pair[1] { board[.string(String(mark))] = .int((board[String(mark)]?.intValue ?? 0) + 1) }
            } else {
                result[.string(pair[0])] = Int(pair[1]).map { .int($0) } ?? Double(pair[1]).map { .float($0) } ?? .string(pair[1])
            }
        }
        result["Scoreboard"] = .map(board)
        return .map(result)
    }

    private static func config(_ call: CallContext, name: String, config: [ValueMap], edit: Bool) async throws -> String {
        let text = try ApacheText.text(config)
        if edit { try await call.host.write(name, Array(("# This file is managed by Salt.\n" + text).utf8), FileAttributes()) }
        return text
    }
}

/// Apache's configuration out of data, as Salt writes it.
enum ApacheText {
    static func text(_ config: [ValueMap]) throws -> String {
        try config.compactMap(\.first).map { try part($0.value, $0.key.pythonString) }.joined(separator: "\n")
    }

    private static func part(_ value: Value, _ slot: String) throws -> String {
        switch value {
        case .string(let text): return slot.isEmpty ? text : "\(slot) \(text)"
        case .list(let items):
            guard let own = items.last(where: { $0["this"] != nil })?["this"] else {
                return try items.map { try part($0, slot) + "\n" }.joined()
            }
            var text = "<\(slot) \(own.pythonString)>\n"
            for case .map(let item) in items {
                for (key, value) in item where key != "this" { text += try part(value, key.pythonString) + "\n" }
            }
            return text + "</\(slot)>\n"
        case .map(let section):
            guard let own = section["this"] else {
                throw ExecutionError("Apache section container \"<\(slot)>\" expects attribute. Specify it using key \"this\".")
            }
            var text = "<\(slot) \(own.pythonString)>\n"
            for (key, value) in section where key != "this" {
                switch value {
                case .string(let plain): text += "\(key.pythonString) \(plain)\n"
                case .list, .map: text += try part(value, key.pythonString) + "\n"
                default: break
                }
            }
            return text + "</\(slot)>\n"
        default: return ""
        }
    }
}
