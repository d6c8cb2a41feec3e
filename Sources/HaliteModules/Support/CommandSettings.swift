import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The arguments that `cmd.*` functions and states share, and how a program is run with them.
struct CommandSettings: ArgumentGroup {
    /// A line for the shell, or a list of words.
    var cmd: Value = ""
    var cwd: String?
    var stdin: String?
    var runas: String?
    var group: String?
    var shell: String?
    var pythonShell: Bool?
    var env: ValueMap = [:]
    var cleanEnv = false
    var template: String?
    var rstrip = true
    var umask: String?
    var timeout: Double?
    var ignoreRetcode = false
    var hideOutput = false
    var redirectStderr: Bool?
    var bg = false
    var raiseErr = false
    var prependPath: String?
    var resetSystemLocale = true
    var successRetcodes: [Int] = []
    var successStdout: [String] = []
    var successStderr: [String] = []
    // Taken and without effect here: they steer Salt's log or its terminal emulation.
    var outputLoglevel: Value = .null
    var outputEncoding: Value = .null
    var logCallback: Value = .null
    var useVt: Value = .null
    var password: Value = .null
    var saltenv: String?
    var binds: Value = .null

    static let fields: [ArgumentField<CommandSettings>] = [
        .field("cmd", \.cmd, "A line for the shell, or a list: a program and its arguments.", required: true),
    ] + options

    static let options: [ArgumentField<CommandSettings>] = [
        .field("cwd", \.cwd, "The working directory; by default the home of the user."),
        .field("stdin", \.stdin, "Text for standard input."),
        .field("runas", \.runas, "The user to run as."),
        .field("group", \.group, "The group to run as."),
        .field("shell", \.shell, "The shell, by default that of the grain."),
        .field("python_shell", \.pythonShell, "Whether a shell reads the line; a call from a template has none by default."),
        .field("env", \.env, "Variables to set."),
        .field("clean_env", \.cleanEnv, "Start with those variables alone."),
        .field("template", \.template, "An engine that renders the line first, such as jinja."),
        .field("rstrip", \.rstrip, "Cut white space off the end of the output."),
        .field("umask", \.umask, "The umask, in octal digits."),
        .field("timeout", \.timeout, "Seconds after which the program and its children are ended."),
        .field("ignore_retcode", \.ignoreRetcode, "A code other than 0 is no failure."),
        .field("hide_output", \.hideOutput, "Return no output."),
        .field("redirect_stderr", \.redirectStderr, "Collect errors into the output."),
        .field("bg", \.bg, "Start it and do not wait."),
        .field("raise_err", \.raiseErr, "Make a failing program an error of the call."),
        .field("prepend_path", \.prependPath, "Directories in front of PATH."),
        .field("reset_system_locale", \.resetSystemLocale, "Run with the locale C."),
        .field("success_retcodes", \.successRetcodes, "Codes that count as 0."),
        .field("success_stdout", \.successStdout, "Texts in the output that make it a success."),
        .field("success_stderr", \.successStderr, "Texts in the errors that make it a success."),
        .field("output_loglevel", \.outputLoglevel, "Without effect."),
        .field("output_encoding", \.outputEncoding, "Without effect."),
        .field("log_callback", \.logCallback, "Without effect."),
        .field("use_vt", \.useVt, "Without effect."),
        .field("password", \.password, "Without effect."),
        .field("saltenv", \.saltenv, "The environment for a template."),
        .field("binds", \.binds, "Without effect."),
    ]
}

/// What came out of a command, in the shape of `cmd.run_all`.
struct CommandOutcome: Sendable {
    var processID: Int
    var code: Int
    var output: String
    var errors: String

    var map: ValueMap {
        ["pid": .int(processID), "retcode": .int(code), "stdout": .string(output), "stderr": .string(errors)]
    }
}

extension CommandSettings {
    /// Runs the command as it is asked for and sets the return code of the call.
    func run(_ call: CallContext, mergesErrors: Bool) async throws -> CommandOutcome {
        if runas == nil, let user = call.runas {
            var settings = self
            settings.runas = user
            return try await settings.run(call, mergesErrors: mergesErrors)
        }
        let command = try await command(call, mergesErrors: redirectStderr ?? mergesErrors)
        if bg {
            // Whoever wants the end of it must not wait for it; nobody cancels it, as with a program that the shell put behind.
            let host = call.host
            Task.detached { _ = try? await host.run(command) }
            return CommandOutcome(processID: 0, code: 0, output: "", errors: "")
        }
        let result: CommandResult
        do {
            result = try await call.host.run(command)
        } catch let error as HostError where error.code == .noSuchProgram {
            throw ExecutionError("Unable to run command '\(commandText)' with the context, reason: \(error.message)")
        }
        if result.timedOut {
            let outcome = CommandOutcome(
                processID: result.processID, code: 1,
                output: "\(commandText) : Timed out after \(Self.number(timeout ?? 0)) seconds", errors: "")
            call.outcome.returnCode = ignoreRetcode ? 0 : 1
            return outcome
        }
        let output = String(decoding: result.standardOutput, as: UTF8.self)
        let errors = String(decoding: result.standardError, as: UTF8.self)
        var code = result.exitCode
        if successRetcodes.contains(code) { code = 0 }
        if successStdout.contains(where: { output.contains($0) }) || successStderr.contains(where: { errors.contains($0) }) { code = 0 }
        call.outcome.returnCode = ignoreRetcode ? 0 : code
        return CommandOutcome(
            processID: result.processID, code: code, output: rstrip ? output.rightStripped() : output,
            errors: rstrip ? errors.rightStripped() : errors)
    }

    var commandText: String {
        if case .list(let words) = cmd { return words.map(\.pythonString).joined(separator: " ") }
        return cmd.pythonString
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : Value.float(value).pythonString
    }

    private func command(_ call: CallContext, mergesErrors: Bool) async throws -> Command {
        let program = shell ?? call.grains["shell"]?.stringValue ?? "/bin/sh"
        var command = Command(try await words(call, shell: program))
        command.mergesErrors = mergesErrors
        command.workingDirectory = try await workingDirectory(call)
        command.standardInput = stdin.map { Array($0.utf8) }
        command.user = runas
        command.group = group
        command.umask = try checkedUmask()
        command.timeout = timeout.map { .milliseconds(Int($0 * 1000)) }
        command.clearEnvironment = cleanEnv
        command.environment = try await environment(call)
        return command
    }

    /// What is run: the words given, or a shell with the line that the user wrote.
    private func words(_ call: CallContext, shell: String) async throws -> [String] {
        if case .list(let list) = cmd {
            let words = list.map(\.pythonString)
            if words.isEmpty { throw ExecutionError("an empty command") }
            // With a shell and a list Python runs the first word as the line; the others become the shell's arguments.
            return words
        }
        var line = cmd.pythonString
        if let template {
            line = try await call.services.templates.render(source: line, name: "cmd", engine: template, values: [:], in: call)
        }
        if usesShell(call) {
            guard await call.host.which(shell) != nil else { throw ExecutionError("The shell \(shell) is not available") }
            return [shell, "-c", line]
        }
        let words = try ShellWords.split(line)
        if words.isEmpty { throw ExecutionError("an empty command") }
        return words
    }

    private func usesShell(_ call: CallContext) -> Bool {
        if let pythonShell { return pythonShell }
        return !call.isNested || call.services.options["cmd_safe"]?.boolValue == false
    }

    private func workingDirectory(_ call: CallContext) async throws -> String {
        if let cwd {
            guard cwd.hasPrefix("/"), try await call.host.isDirectory(cwd) else {
                throw ExecutionError("Specified cwd '\(cwd)' either not absolute or does not exist")
            }
            return cwd
        }
        let home: String?
        if let runas {
            guard let user = try await call.host.user(named: runas) else { throw ExecutionError("User '\(runas)' is not available") }
            home = user.home
        } else {
            let identity = try await call.host.identity()
            home = identity.environment["HOME"]
        }
        if let home, try await call.host.isDirectory(home) { return home }
        return "/"
    }

    private func checkedUmask() throws -> String? {
        guard let umask else { return nil }
        let digits = umask.drop { $0 == "0" }
        if digits.isEmpty { throw ExecutionError("Zero umask is not allowed.") }
        guard Int(digits, radix: 8) != nil else { throw ExecutionError("Invalid umask: '\(umask)'") }
        return umask
    }

    private func environment(_ call: CallContext) async throws -> [String: String?] {
        var variables: [String: String?] = [:]
        // What `environ.setenv` has set for the rest of the run.
        for (key, value) in call.memory["environ"]?.mapValue ?? [:] { variables[key.pythonString] = .some(value.stringValue) }
        for (key, value) in env { variables[key.pythonString] = value.isNull ? "" : value.pythonString }
        if let runas, let user = try await call.host.user(named: runas) {
            variables["USER"] = runas
            variables["LOGNAME"] = variables["LOGNAME"] ?? runas
            variables["HOME"] = user.home
            variables["SHELL"] = variables["SHELL"] ?? user.shell
        }
        if resetSystemLocale {
            for name in Self.localeVariables where variables[name] == nil { variables[name] = "C" }
        }
        if let prependPath {
            let inherited = try await call.host.identity().environment["PATH"]
            let path = variables["PATH"].flatMap { $0 } ?? inherited ?? ""
            variables["PATH"] = prependPath + ":" + path
        }
        // A child must not tell the service manager that the minion is ready.
        if variables["NOTIFY_SOCKET"] == nil { variables["NOTIFY_SOCKET"] = .some(nil) }
        return variables
    }

    private static let localeVariables = [
        "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES", "LC_PAPER", "LC_NAME", "LC_ADDRESS",
        "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION", "LANGUAGE",
    ]
}
