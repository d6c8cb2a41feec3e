import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Runs programs and shell lines.
package struct CmdModule: ExecutionModule {
    package static let name = "cmd"
    package static let summary = "Runs programs and shell lines."

    package static let functions: [Function] = [
        Function("run", "Run a command and return its output and errors in the order they were written.", CommandSettings.self, example: "halite '*' cmd.run 'ls -l /etc'", body: run),
        Function("shell", "Run a line with a shell, also when a template asks.", CommandSettings.self, body: shell),
        Function("run_stdout", "Run a command and return its output alone.", CommandSettings.self, body: runOutput),
        Function("run_stderr", "Run a command and return its errors alone.", CommandSettings.self, body: runErrors),
        Function("run_all", "Run a command and return process id, return code, output and errors.", CommandSettings.self, body: runAll),
        Function("retcode", "Run a command and return its return code.", CommandSettings.self, body: returnCode),
        Function("run_bg", "Start a command and do not wait for it.", CommandSettings.self, body: runBackground),
        Function("script", "Fetch a script, run it and return what run_all returns.", ScriptSettings.self, body: script),
        Function("script_retcode", "Fetch a script, run it and return its return code.", ScriptSettings.self, body: scriptCode),
        Function("which", "Return the path of a program, or nothing.", .required("cmd", "Its name."), body: which),
        Function("which_bin", "Return the first program of a list that the host has.", .required("cmds", "Names."), body: whichFirst),
        Function("has_exec", "Tell whether the host has a program.", .required("cmd", "Its name."), body: hasProgram),
        Function("exec_code", "Run code of a language and return the output.", .required("lang", "The interpreter."), .required("code", "The program."), .optional("cwd", nil as String?, "The working directory."), .optional("args", [String](), "Arguments for the program."), .keywords("kwargs", "What cmd.run_all takes."), body: executeCode),
        Function("exec_code_all", "Run code of a language and return what run_all returns.", .required("lang", "The interpreter."), .required("code", "The program."), .optional("cwd", nil as String?, "The working directory."), .optional("args", [String](), "Arguments for the program."), .keywords("kwargs", "What cmd.run_all takes."), body: executeCodeAll),
        Function("shells", "Return the login shells of the host.", body: shells),
    ]

    private static func run(_ call: CallContext, _ settings: CommandSettings) async throws -> String {
        let outcome = try await settings.run(call, mergesErrors: true)
        let shown = settings.hideOutput ? "" : outcome.output
        if settings.raiseErr, !settings.ignoreRetcode, outcome.code != 0 { throw ExecutionError(shown) }
        return shown
    }

    private static func shell(_ call: CallContext, _ settings: CommandSettings) async throws -> String {
        var settings = settings
        settings.pythonShell = settings.pythonShell ?? true
        return try await run(call, settings)
    }

    private static func runOutput(_ call: CallContext, _ settings: CommandSettings) async throws -> String {
        let outcome = try await settings.run(call, mergesErrors: false)
        return settings.hideOutput ? "" : outcome.output
    }

    private static func runErrors(_ call: CallContext, _ settings: CommandSettings) async throws -> String {
        let outcome = try await settings.run(call, mergesErrors: false)
        return settings.hideOutput ? "" : outcome.errors
    }

    private static func runAll(_ call: CallContext, _ settings: CommandSettings) async throws -> ValueMap {
        var outcome = try await settings.run(call, mergesErrors: false)
        if settings.hideOutput { (outcome.output, outcome.errors) = ("", "") }
        return outcome.map
    }

    private static func returnCode(_ call: CallContext, _ settings: CommandSettings) async throws -> Int {
        try await settings.run(call, mergesErrors: true).code
    }

    private static func runBackground(_ call: CallContext, _ settings: CommandSettings) async throws -> ValueMap {
        var settings = settings
        settings.bg = true
        return ["pid": .int(try await settings.run(call, mergesErrors: true).processID)]
    }

    private static func script(_ call: CallContext, _ settings: ScriptSettings) async throws -> ValueMap {
        try await settings.run(call)
    }

    private static func scriptCode(_ call: CallContext, _ settings: ScriptSettings) async throws -> Value {
        var settings = settings
        settings.template = settings.template ?? "jinja"
        return try await settings.run(call)["retcode"] ?? 1
    }

    private static func which(_ call: CallContext, name: String) async throws -> String? { await call.host.which(name) }

    private static func whichFirst(_ call: CallContext, names: [String]) async throws -> String? {
        for name in names { if let path = await call.host.which(name) { return path } }
        return nil
    }

    private static func hasProgram(_ call: CallContext, name: String) async throws -> Bool { await call.host.which(name) != nil }

    private static func executeCode(
        _ call: CallContext, language: String, code: String, cwd: String?, args: [String], options: ValueMap
    ) async throws -> Value {
        try await executeCodeAll(call, language: language, code: code, cwd: cwd, args: args, options: options)["stdout"] ?? ""
    }

    private static func executeCodeAll(
        _ call: CallContext, language: String, code: String, cwd: String?, args: [String], options: ValueMap
    ) async throws -> ValueMap {
        let path = TemporaryName.make("code")
        let owner = try await TemporaryName.owner(options["runas"]?.stringValue, call)
        try await call.host.write(path, Array(code.utf8), FileAttributes(mode: 0o600, userID: owner))
        var arguments = Arguments(keywords: options)
        arguments.keywords["cmd"] = ([language, path] + args).value
        arguments.keywords["cwd"] = cwd.value
        arguments.keywords["python_shell"] = false
        do {
            let result = try await call.call("cmd.run_all", arguments)
            try await call.host.remove(path)
            return result.mapValue ?? [:]
        } catch {
            try await call.host.remove(path)
            throw error
        }
    }

    private static func shells(_ call: CallContext) async throws -> [String] {
        let text = await call.host.readTextIfPresent("/etc/shells") ?? ""
        return PythonLines.split(text).map { $0.stripped() }.filter { $0.hasPrefix("/") }
    }
}

/// Names of files that live for one call.
enum TemporaryName {
    static func make(_ purpose: String, in directory: String = "/tmp", suffix: String = "") -> String {
        let random = String(UInt64.random(in: .min ... .max), radix: 36)
        return Path.join(directory, ".halite-\(purpose)-\(random)\(suffix)")
    }

    static func owner(_ user: String?, _ call: CallContext) async throws -> Int? {
        guard let user else { return nil }
        guard let entry = try await call.host.user(named: user) else { throw ExecutionError("User '\(user)' is not available") }
        return entry.userID
    }
}
