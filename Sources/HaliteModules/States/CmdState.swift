import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Commands that run once, or when something has changed.
package struct CmdState: StateModule {
    package static let name = "cmd"
    package static let summary = "Commands that run once, or when something has changed."

    package static let functions: [StateFunction] = [
        StateFunction("run", "A command is run.", RunSettings.self, body: run),
        StateFunction("wait", "A command is run when something it watches has changed.", RunSettings.self, body: wait),
        StateFunction("watch", "A command is run when something it watches has changed.", RunSettings.self, body: wait),
        StateFunction("script", "A script is fetched and run.", ScriptStateSettings.self, body: script),
        StateFunction("wait_script", "A script is run when something it watches has changed.", ScriptStateSettings.self, body: waitScript),
        StateFunction("mod_watch", "Something that a command watches has changed.", .required("name", "The command."), .optional("sfun", "run", "The watching function."), .keywords("kwargs", "The arguments of that function."), body: watch),
    ]

    struct RunSettings: ArgumentGroup {
        var command = CommandSettings()
        var root: String?
        var stateful: Value = false
        var ignoreTimeout = false

        static let fields: [ArgumentField<RunSettings>] = [
            .field("cwd", \.command.cwd, "The working directory."),
            .field("root", \.root, "Not supported: another root."),
            .field("runas", \.command.runas, "The user to run as."),
            .field("shell", \.command.shell, "The shell, by default that of the grain."),
            .field("env", \.command.env, "Variables to set."),
            .field("prepend_path", \.command.prependPath, "Directories in front of PATH."),
            .field("stateful", \.stateful, "The command tells itself whether it changed something."),
            .field("output_loglevel", \.command.outputLoglevel, "Without effect."),
            .field("hide_output", \.command.hideOutput, "Keep the output out of the changes."),
            .field("timeout", \.command.timeout, "Seconds after which it is ended."),
            .field("ignore_timeout", \.ignoreTimeout, "Ending it is no failure."),
            .field("use_vt", \.command.useVt, "Without effect."),
            .field("success_retcodes", \.command.successRetcodes, "Codes that count as 0."),
            .field("success_stdout", \.command.successStdout, "Texts in the output that make it a success."),
            .field("success_stderr", \.command.successStderr, "Texts in the errors that make it a success."),
            .field("group", \.command.group, "The group to run as."),
            .field("stdin", \.command.stdin, "Text for standard input."),
            .field("umask", \.command.umask, "The umask, in octal digits."),
            .field("clean_env", \.command.cleanEnv, "Start with the given variables alone."),
            .field("template", \.command.template, "An engine that renders the line first."),
            .field("rstrip", \.command.rstrip, "Cut white space off the end of the output."),
            .field("bg", \.command.bg, "Start it and do not wait."),
            .field("python_shell", \.command.pythonShell, "Whether a shell reads the line; it does."),
            .field("ignore_retcode", \.command.ignoreRetcode, "A code other than 0 is no failure of the job."),
            .field("reset_system_locale", \.command.resetSystemLocale, "Run with the locale C."),
            .field("password", \.command.password, "Without effect."),
        ]
    }

    private static func wait(_ state: StateContext, _ settings: RunSettings) async throws -> StateResult { state.unchanged("") }

    static func run(_ state: StateContext, _ settings: RunSettings) async throws -> StateResult {
        let stateful = Stateful(settings.stateful)
        return try await state.either(would: {
            guard let line = stateful.testName else {
                let result = StateResult(
                    name: state.name, result: nil, comment: "Command \"\(state.name)\" would have been executed",
                    changes: ["cmd": .string(state.name)])
                return stateful.isOn ? stateful.reinterpret(result) : result
            }
            var result = try await execute(state, settings, line: line, stateful)
            if result.result == true, !result.changes.isEmpty { result.result = nil }
            return result
        }, do: { try await execute(state, settings, line: state.name, stateful) })
    }

    private static func execute(
        _ state: StateContext, _ settings: RunSettings, line: String, _ stateful: Stateful
    ) async throws -> StateResult {
        if let cwd = settings.command.cwd, try await !state.call.host.isDirectory(cwd) {
            return state.failed("Desired working directory \"\(cwd)\" is not available")
        }
        var command = settings.command
        command.cmd = .string(line)
        command.pythonShell = true
        var outcome: CommandOutcome
        do {
            outcome = try await command.run(state.call, mergesErrors: false)
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        } catch let error as HostError {
            return state.failed("\(error)")
        }
        if settings.ignoreTimeout, outcome.code == 1, outcome.output.contains("Timed out after") { outcome.code = 0 }
        if command.hideOutput { (outcome.output, outcome.errors) = ("", "") }
        let result = StateResult(
            name: state.name, result: outcome.code == 0, comment: "Command \"\(line)\" run", changes: outcome.map)
        return stateful.isOn ? stateful.reinterpret(result) : result
    }

    // MARK: - Scripts

    struct ScriptStateSettings: ArgumentGroup {
        var source: String?
        var script = ScriptSettings()
        var stateful: Value = false
        var defaults: ValueMap = [:]
        var context: ValueMap = [:]

        static let fields: [ArgumentField<ScriptStateSettings>] = [
            .field("source", \.source, "The script: salt://…, an absolute path or a URL; by default the name."),
            .field("template", \.script.template, "The engine that renders the script."),
            .field("cwd", \.script.command.cwd, "The working directory."),
            .field("runas", \.script.command.runas, "The user to run as."),
            .field("shell", \.script.command.shell, "Without effect: a script names its own."),
            .field("env", \.script.command.env, "Variables to set."),
            .field("stateful", \.stateful, "The script tells itself whether it changed something."),
            .field("timeout", \.script.command.timeout, "Seconds after which it is ended."),
            .field("use_vt", \.script.command.useVt, "Without effect."),
            .field("output_loglevel", \.script.command.outputLoglevel, "Without effect."),
            .field("hide_output", \.script.command.hideOutput, "Keep the output out of the changes."),
            .field("defaults", \.defaults, "Variables under those of the context."),
            .field("context", \.context, "Variables for the template."),
            .field("success_retcodes", \.script.command.successRetcodes, "Codes that count as 0."),
            .field("success_stdout", \.script.command.successStdout, "Texts in the output that make it a success."),
            .field("success_stderr", \.script.command.successStderr, "Texts in the errors that make it a success."),
            .field("args", \.script.args, "Arguments for the script."),
            .field("stdin", \.script.command.stdin, "Text for standard input."),
            .field("group", \.script.command.group, "The group to run as."),
            .field("umask", \.script.command.umask, "The umask, in octal digits."),
            .field("bg", \.script.command.bg, "Start it and do not wait."),
            .field("password", \.script.command.password, "Without effect."),
        ]
    }

    private static func waitScript(_ state: StateContext, _ settings: ScriptStateSettings) async throws -> StateResult { state.unchanged("") }

    static func script(_ state: StateContext, _ settings: ScriptStateSettings) async throws -> StateResult {
        let stateful = Stateful(settings.stateful)
        return try await state.either(would: {
            guard stateful.testName != nil else {
                let result = StateResult(name: state.name, result: nil, comment: "Command '\(state.name)' would have been executed")
                return stateful.isOn ? stateful.reinterpret(result) : result
            }
            var result = try await executeScript(state, settings, stateful)
            if result.result == true, !result.changes.isEmpty { result.result = nil }
            return result
        }, do: { try await executeScript(state, settings, stateful) })
    }

    private static func executeScript(
        _ state: StateContext, _ settings: ScriptStateSettings, _ stateful: Stateful
    ) async throws -> StateResult {
        if let cwd = settings.script.command.cwd, try await !state.call.host.isDirectory(cwd) {
            return state.failed("Desired working directory \"\(cwd)\" is not available")
        }
        var script = settings.script
        script.source = settings.source ?? state.name
        script.context = settings.defaults
        for (key, value) in settings.context { script.context[key] = value }
        let words = state.name.parts(" ", maxSplits: 1)
        if !script.args.isTruthy, words.count == 2, state.name.words().count > 1 { script.args = .string(words[1]) }
        let outcome: ValueMap
        do {
            outcome = try await script.run(state.call)
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
        var comment = "Command '\(state.name)' run"
        if outcome["cache_error"]?.isTruthy == true {
            comment = "Unable to cache script \(script.source) from saltenv '\(state.call.saltenv)'"
        }
        let result = StateResult(name: state.name, result: outcome["retcode"] == 0, comment: comment, changes: outcome)
        return stateful.isOn ? stateful.reinterpret(result) : result
    }

    // MARK: - Watching

    private static func watch(_ state: StateContext, name: String, function: String, options: ValueMap) async throws -> StateResult {
        var arguments = Arguments(keywords: options)
        switch function {
        case "wait", "run", "watch": return try await run(state, try RunSettings.bind(&arguments, function: state.call.function))
        case "wait_script", "script":
            return try await script(state, try ScriptStateSettings.bind(&arguments, function: state.call.function))
        default:
            return state.failed(
                "cmd.\(function) does not work with the watch requisite, please use cmd.wait or cmd.wait_script")
        }
    }
}

/// How a command says itself whether it changed something: its last line, or JSON.
private struct Stateful {
    let isOn: Bool
    /// What runs in its place under `test=True`.
    let testName: String?

    init(_ value: Value) {
        if case .list(let list) = value {
            isOn = true
            testName = list.first?["test_name"]?.pythonString
        } else {
            isOn = value == true
            testName = nil
        }
    }

    func reinterpret(_ result: StateResult) -> StateResult {
        var state = result
        let made = result.changes
        state.changes = [:]
        state.comment = ""
        guard let output = made["stdout"]?.stringValue, !output.isEmpty else {
            if let errors = made["stderr"]?.stringValue, !errors.isEmpty { state.comment = errors }
            return state
        }
        var data = ValueMap()
        var before = ""
        if let json = try? Value(jsonText: output) {
            guard case .map(let map) = json else {
                state.comment = "script JSON output must be a JSON object (e.g., {})!"
                state.result = false
                return state
            }
            data = map
        } else {
            let lines = output.rightStripped().parts("\n")
            // Of a single line Salt keeps all but its last letter.
            before = lines.count > 1 ? lines.dropLast().joined(separator: "\n") : String(output.dropLast())
            guard let words = try? ShellWords.split(lines.last ?? ""), words.allSatisfy({ $0.parts("=").count == 2 }) else {
                state.comment = "Failed parsing script output! Stdout must be JSON or a line of name=value pairs."
                state.result = false
                state.changes = made
                return state
            }
            for word in words {
                let pair = word.parts("=")
                data[pair[0]] = .string(pair[1])
            }
        }
        if let comment = data["comment"] {
            state.comment = comment.pythonString
            data["comment"] = nil
        }
        guard ["true", "yes", "1"].contains((data["changed"] ?? "no").pythonString.lowercased()) else { return state }
        for (key, value) in made where data[key] == nil { data[key] = value }
        data["stdout"] = .string(before)
        state.changes = data
        return state
    }
}
