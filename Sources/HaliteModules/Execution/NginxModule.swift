import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The web server nginx.
package struct NginxModule: ExecutionModule {
    package static let name = "nginx"
    package static let summary = "The web server nginx."
    package static let requires: Requirement = .command("nginx")

    package static let functions: [Function] = [
        Function(
            "version", "Return the version.",
            body: { (call: CallContext) async throws -> String in
                let line = try await run(call, "-v", merged: true).output.parts("\n")[0]
                return line.parts("/").last ?? line
            }),
        Function("build_info", "Return how it was built.", body: buildInfo),
        Function("configtest", "Check the configuration.", body: test),
        Function(
            "signal", "Start it, or send it a signal: reopen, stop, quit or reload.",
            .optional("signal", nil as String?, "The signal, or start."), body: signal),
        Function(
            "status", "Return the counters of the module stub_status.", .optional("url", "http://127.0.0.1/status", "Where it answers."),
            body: status),
    ]

    private static func run(_ call: CallContext, _ words: String..., merged: Bool = false) async throws -> CommandOutcome {
        var settings = CommandSettings()
        settings.cmd = .list((["nginx"] + words).map { .string($0) })
        return try await settings.run(call, mergesErrors: merged)
    }

    private static func buildInfo(_ call: CallContext) async throws -> ValueMap {
        var info: [Value] = []
        var result: ValueMap = ["info": []]
        for line in PythonLines.split(try await run(call, "-V", merged: true).output) {
            guard line.hasPrefix("configure argument") else {
                info.append(.string(line))
                continue
            }
            // Each argument with its quotes, which may hold spaces.
            var arguments: [String] = []
            var isQuoted = false
            var current = ""
            for character in line {
                if character == "'" { isQuoted.toggle() }
                if character == " ", !isQuoted {
                    if !current.isEmpty { arguments.append(current) }
                    current = ""
                } else {
                    current.append(character)
                }
            }
            if !current.isEmpty { arguments.append(current) }
            result["build arguments"] = arguments.dropFirst(2).map { $0 }.value
        }
        result["info"] = .list(info)
        return result
    }

    private static func test(_ call: CallContext) async throws -> ValueMap {
        let outcome = try await run(call, "-t")
        if outcome.code != 0 { return ["comment": "Syntax Error", "stderr": .string(outcome.errors), "result": false] }
        return ["comment": "Syntax OK", "stdout": .string(outcome.errors), "result": true]
    }

    private static func signal(_ call: CallContext, signal: String?) async throws -> Value {
        guard let signal, ["start", "reopen", "stop", "quit", "reload"].contains(signal) else { return .null }
        let outcome = signal == "start" ? try await run(call) : try await run(call, "-s", signal)
        if !outcome.errors.isEmpty { return .string(outcome.errors.stripped()) }
        if outcome.code == 0, !outcome.output.isEmpty { return .string(outcome.output.stripped()) }
        let program = await call.host.which("nginx") ?? "nginx"
        return .string("Command: \"\(program)\(signal == "start" ? "" : " -s \(signal)")\" completed successfully!")
    }

    private static func status(_ call: CallContext, url: String) async throws -> Value {
        var query = HTTPQuery()
        query.url = url
        let answer = try await query.run(call)
        if let error = answer["error"]?.stringValue { throw ExecutionError(error) }
        let lines = PythonLines.split(answer["body"]?.stringValue ?? "")
        guard lines.count == 4 else { return .null }
        let numbers = lines.joined(separator: " ").words().compactMap { Int($0) }
        guard numbers.count == 7 else { return .null }
        let names = ["active connections", "accepted", "handled", "requests", "reading", "writing", "waiting"]
        return .map(ValueMap(zip(names, numbers).map { (.string($0), .int($1)) }))
    }
}
