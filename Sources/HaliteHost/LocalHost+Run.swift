import Glibc
import Subprocess
import SystemPackage

extension LocalHost {
    package func run(_ command: Command) async throws -> CommandResult {
        guard let program = command.arguments.first else { throw HostError(.noSuchProgram, "an empty command line") }
        guard let path = await which(program) else {
            throw HostError(.noSuchProgram, "no program '\(program)' in the path of this host")
        }
        if let directory = command.workingDirectory, try await !isDirectory(directory) {
            throw HostError(.noSuchFile, "the working directory '\(directory)' does not exist")
        }
        var executable = path
        var arguments = Array(command.arguments.dropFirst())
        if let umask = command.umask {
            // The text of the script is fixed; the data are its arguments.
            arguments = ["-c", "umask \"$0\" && exec \"$@\"", umask, path] + arguments
            executable = "/bin/sh"
        }
        let configuration = Configuration(
            executable: .path(FilePath(executable)),
            arguments: Arguments(executablePathOverride: command.umask == nil ? program : "sh", remainingValues: arguments),
            environment: environment(for: command),
            workingDirectory: command.workingDirectory.map { FilePath($0) },
            platformOptions: try await platformOptions(for: command))
        guard let timeout = command.timeout else { return try await collect(configuration, command) }
        return try await collect(configuration, command, timeout: timeout)
    }

    private func environment(for command: Command) -> Environment {
        let pairs = command.environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        let updates = Dictionary(pairs) { _, last in last }
        return command.clearEnvironment
            ? .custom(updates.compactMapValues { $0 })
            : .inherit.updating(updates)
    }

    /// A process group of its own, so that a timeout ends the grandchildren too; the user with all groups.
    private func platformOptions(for command: Command) async throws -> PlatformOptions {
        var options = PlatformOptions()
        options.createSession = true
        if let name = command.user {
            guard let entry = try await user(named: name) else { throw HostError(.noSuchUser, "no user '\(name)' on this host") }
            options.userID = uid_t(entry.userID)
            options.groupID = gid_t(entry.groupID)
            options.supplementaryGroups = LocalHost.groups(of: name, primary: gid_t(entry.groupID))
        }
        if let name = command.group {
            guard let entry = try await group(named: name) else { throw HostError(.noSuchUser, "no group '\(name)' on this host") }
            options.groupID = gid_t(entry.groupID)
        }
        return options
    }

    private static func groups(of user: String, primary: gid_t) -> [gid_t] {
        var count: Int32 = 64
        while true {
            var list = Array(repeating: gid_t(0), count: Int(count))
            let room = count
            if getgrouplist(user, primary, &list, &count) >= 0 { return Array(list.prefix(Int(count))) }
            if count <= room { return [primary] }
        }
    }

    /// The run itself; with a timeout, whoever comes first of the program's end and the clock decides.
    private func collect(_ configuration: Configuration, _ command: Command, timeout: Duration) async throws -> CommandResult {
        try await withThrowingTaskGroup(of: CommandResult?.self) { group in
            group.addTask { try await collect(configuration, command) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            if let first = try await group.next(), let result = first { return result }
            return CommandResult(processID: 0, exitCode: -Int(SIGKILL), standardOutput: [], standardError: [], timedOut: true)
        }
    }

    private func collect(_ configuration: Configuration, _ command: Command) async throws -> CommandResult {
        var configuration = configuration
        configuration.platformOptions.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))]
        let limit = command.outputLimit
        do {
            if let input = command.standardInput {
                if command.mergesErrors {
                    let result = try await Subprocess.run(configuration, input: .array(input), output: .bytes(limit: limit), error: .combinedWithOutput)
                    return CommandResult(result.processIdentifier, result.terminationStatus, result.standardOutput, [])
                }
                let result = try await Subprocess.run(configuration, input: .array(input), output: .bytes(limit: limit), error: .bytes(limit: limit))
                return CommandResult(result.processIdentifier, result.terminationStatus, result.standardOutput, result.standardError)
            }
            if command.mergesErrors {
                let result = try await Subprocess.run(configuration, output: .bytes(limit: limit), error: .combinedWithOutput)
                return CommandResult(result.processIdentifier, result.terminationStatus, result.standardOutput, [])
            }
            let result = try await Subprocess.run(configuration, output: .bytes(limit: limit), error: .bytes(limit: limit))
            return CommandResult(result.processIdentifier, result.terminationStatus, result.standardOutput, result.standardError)
        } catch let error as SubprocessError {
            throw HostError(.other, "cannot run \(command.arguments[0]): \(error)")
        }
    }
}

extension CommandResult {
    fileprivate init(_ process: ProcessIdentifier, _ status: TerminationStatus, _ output: [UInt8], _ errors: [UInt8]) {
        let code: Int =
            switch status {
            case .exited(let code): Int(code)
            case .signaled(let signal): -Int(signal)
            }
        self.init(processID: Int(process.value), exitCode: code, standardOutput: output, standardError: errors)
    }
}
