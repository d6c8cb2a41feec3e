import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The arguments of `cmd.script`: where the script comes from, and how it runs.
struct ScriptSettings: ArgumentGroup {
    var source = ""
    var args: Value = .null
    var command = CommandSettings()
    var template: String?
    var context: ValueMap = [:]
    var saltenv: String?

    static let fields: [ArgumentField<ScriptSettings>] = [
        .field("source", \.source, "The script: salt://…, an absolute path or a URL.", required: true),
        .field("args", \.args, "Arguments for the script, a text or a list."),
        .field("cwd", \.command.cwd, "The working directory."),
        .field("stdin", \.command.stdin, "Text for standard input."),
        .field("runas", \.command.runas, "The user to run as."),
        .field("group", \.command.group, "The group to run as."),
        .field("shell", \.command.shell, "The shell, by default that of the grain."),
        .field("python_shell", \.command.pythonShell, "Without effect: a script is started itself."),
        .field("env", \.command.env, "Variables to set."),
        .field("template", \.template, "An engine that renders the script first."),
        .field("context", \.context, "Variables for the template."),
        .field("umask", \.command.umask, "The umask, in octal digits."),
        .field("timeout", \.command.timeout, "Seconds after which it is ended."),
        .field("hide_output", \.command.hideOutput, "Return no output."),
        .field("ignore_retcode", \.command.ignoreRetcode, "A code other than 0 is no failure."),
        .field("bg", \.command.bg, "Start it and do not wait."),
        .field("success_retcodes", \.command.successRetcodes, "Codes that count as 0."),
        .field("success_stdout", \.command.successStdout, "Texts in the output that make it a success."),
        .field("success_stderr", \.command.successStderr, "Texts in the errors that make it a success."),
        .field("output_loglevel", \.command.outputLoglevel, "Without effect."),
        .field("use_vt", \.command.useVt, "Without effect."),
        .field("password", \.command.password, "Without effect."),
        .field("saltenv", \.saltenv, "The environment of the source."),
    ]

    /// Puts the script on the host, runs it and takes it away.
    func run(_ call: CallContext) async throws -> ValueMap {
        let missing: ValueMap = ["pid": 0, "retcode": 1, "stdout": "", "stderr": "", "cache_error": true]
        let reader = SourceReader(call: call, saltenv: saltenv ?? call.saltenv)
        guard var content = try await reader.content(source) else { return missing }
        if let template {
            let text = try await call.services.templates.render(
                source: String(decoding: content.bytes, as: UTF8.self), name: source, engine: template, values: context, in: call)
            content.bytes = Array(text.utf8)
        }
        let suffix = Path.name(source).lastIndex(of: ".").map { String(Path.name(source)[$0...]) } ?? ""
        let path = TemporaryName.make("script", in: command.cwd ?? "/tmp", suffix: suffix)
        let owner = try await TemporaryName.owner(command.runas, call)
        try await call.host.write(path, content.bytes, FileAttributes(mode: 0o500, userID: owner))
        var settings = command
        settings.cmd = .list([.string(path)] + (try words()))
        settings.pythonShell = false
        do {
            var outcome = try await settings.run(call, mergesErrors: false)
            if command.hideOutput { (outcome.output, outcome.errors) = ("", "") }
            try await call.host.remove(path)
            return outcome.map
        } catch {
            try await call.host.remove(path)
            throw error
        }
    }

    private func words() throws -> [Value] {
        switch args {
        case .null: []
        case .list(let list): list.map { .string($0.pythonString) }
        default: try ShellWords.split(args.pythonString).map { .string($0) }
        }
    }
}
