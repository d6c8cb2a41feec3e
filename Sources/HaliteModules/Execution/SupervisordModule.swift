import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Programs that supervisord keeps running.
package struct SupervisordModule: ExecutionModule {
    package static let name = "supervisord"
    package static let summary = "Programs that supervisord keeps running."

    package static let functions: [Function] =
        [
            action("start", "Start a program, a group (group:) or all.", fallback: "all"),
            action("stop", "Stop a program, a group (group:) or all.", fallback: "all"),
            action("restart", "Restart a program, a group (group:) or all.", fallback: "all"),
            action("add", "Take a program of the configuration in.", fallback: nil),
            action("remove", "Take a program out.", fallback: nil),
        ] + [
            Function("reread", "Read the configuration and tell what is new in it.", .optional("user", nil as String?, "The user to run as."), .optional("conf_file", nil as String?, "The configuration."), .optional("bin_env", nil as String?, "A virtualenv or the program."), body: { (call: CallContext, user: String?, file: String?, bin: String?) async throws -> String in try await Supervisor(call: call, user: user, configuration: file, binEnv: bin).say("reread") }),
            Function("update", "Read the configuration and start what is new in it.", .optional("user", nil as String?, "The user to run as."), .optional("conf_file", nil as String?, "The configuration."), .optional("bin_env", nil as String?, "A virtualenv or the program."), .optional("name", nil as String?, "A group alone."), body: update),
            Function("status", "Return the states of programs.", .optional("name", nil as String?, "A program alone."), .optional("user", nil as String?, "The user to run as."), .optional("conf_file", nil as String?, "The configuration."), .optional("bin_env", nil as String?, "A virtualenv or the program."), body: status),
            Function("status_raw", "Return the states of programs as supervisorctl writes them.", .optional("name", nil as String?, "A program alone."), .optional("user", nil as String?, "The user to run as."), .optional("conf_file", nil as String?, "The configuration."), .optional("bin_env", nil as String?, "A virtualenv or the program."), body: statusText),
            Function("status_bool", "Tell whether a program is there, and in a state.", .required("name", "The program."), .optional("expected_state", nil as String?, "Such as RUNNING."), .keywords("kwargs", "user, conf_file, bin_env."), body: isInState),
            Function("custom", "Run any command of supervisorctl.", .required("command", "The command."), .optional("user", nil as String?, "The user to run as."), .optional("conf_file", nil as String?, "The configuration."), .optional("bin_env", nil as String?, "A virtualenv or the program."), body: custom),
        ]

    private static func action(_ name: String, _ summary: String, fallback: String?) -> Function {
        let target: Parameter<String> = fallback.map { .optional("name", $0, "The program.") } ?? .required("name", "The program.")
        return Function(
            name, summary, target, .optional("user", nil as String?, "The user to run as."),
            .optional("conf_file", nil as String?, "The configuration."), .optional("bin_env", nil as String?, "A virtualenv or the program.")
        ) { (call: CallContext, target: String, user: String?, file: String?, bin: String?) async throws -> String in
            var target = target
            // `group:*` and `group:` both mean all of a group; where a group itself is meant, neither may stand.
            if target.hasSuffix(":*") { target.removeLast() }
            if name == "add" || name == "remove", target.hasSuffix(":") { target.removeLast() }
            return try await Supervisor(call: call, user: user, configuration: file, binEnv: bin).say(name, target)
        }
    }

    private static func update(_ call: CallContext, user: String?, file: String?, bin: String?, name: String?) async throws -> String {
        var target = name
        if let name, name.hasSuffix(":*") { target = String(name.dropLast(2)) } else if let name, name.hasSuffix(":") { target = String(name.dropLast()) }
        return try await Supervisor(call: call, user: user, configuration: file, binEnv: bin).say("update", target)
    }

    private static func status(_ call: CallContext, name: String?, user: String?, file: String?, bin: String?) async throws -> ValueMap {
        let programs = try await Supervisor(call: call, user: user, configuration: file, binEnv: bin).programs(name)
        return ValueMap(programs.map { (.string($0.name), ["state": .string($0.state), "reason": .string($0.reason)]) })
    }

    private static func statusText(_ call: CallContext, name: String?, user: String?, file: String?, bin: String?) async throws -> String {
        try await Supervisor(call: call, user: user, configuration: file, binEnv: bin).say("status", name)
    }

    private static func isInState(_ call: CallContext, name: String, expected: String?, options: ValueMap) async throws -> Bool {
        let supervisor = Supervisor(
            call: call, user: options["user"]?.stringValue, configuration: options["conf_file"]?.stringValue, binEnv: options["bin_env"]?.stringValue)
        guard let program = try await supervisor.programs(name).first(where: { $0.name == name }), program.reason != "(no such process)" else { return false }
        return expected == nil || program.state == expected
    }

    private static func custom(_ call: CallContext, command: String, user: String?, file: String?, bin: String?) async throws -> String {
        try await Supervisor(call: call, user: user, configuration: file, binEnv: bin).say(words: try ShellWords.split(command))
    }
}

/// Talks to supervisord through its own client.
struct Supervisor: Sendable {
    let call: CallContext
    var user: String?
    var configuration: String?
    var binEnv: String?

    func say(_ command: String, _ name: String? = nil) async throws -> String { try await say(words: [command] + (name.map { [$0] } ?? [])) }

    func say(words: [String]) async throws -> String {
        var command = Command([try await program()] + (configuration.map { ["-c", $0] } ?? []) + words)
        command.user = user
        let result = try await call.host.run(command)
        call.outcome.returnCode = result.exitCode
        return result.succeeded || result.text.contains("ERROR") ? result.text : "ERROR: \(result.text)"
    }

    private func program() async throws -> String {
        if let binEnv {
            guard try await call.host.isDirectory(binEnv) else { return binEnv }
            let path = Path.join(binEnv, "bin", "supervisorctl")
            if try await call.host.isFile(path) { return path }
        } else if let path = await call.host.which("supervisorctl") {
            return path
        }
        throw ExecutionError("Could not find a `supervisorctl` binary")
    }

    func programs(_ name: String? = nil) async throws -> [(name: String, state: String, reason: String)] {
        // The client's own return code tells that some program does not run, which is no failure here.
        let text = try await say("status", name)
        call.outcome.returnCode = 0
        let lines = text.hasPrefix("ERROR: ") ? String(text.dropFirst(7)) : text
        return PythonLines.split(lines).compactMap { line in
            let words = line.words()
            guard words.count >= 2 else { return nil }
            return (words[0], words[1], words.dropFirst(2).joined(separator: " "))
        }
    }
}
