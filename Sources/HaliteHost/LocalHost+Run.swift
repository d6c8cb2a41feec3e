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
        var name = command.umask == nil ? program : "sh"
        var options = PlatformOptions()
        // A process group of its own, so that a timeout ends the grandchildren too.
        options.createSession = true
        if let account = try await account(for: command) {
            if geteuid() == 0, let switcher = await which("setpriv") {
                arguments = account.switches + ["--", executable] + arguments
                (executable, name) = (switcher, "setpriv")
            } else {
                account.apply(to: &options)
            }
        }
        let configuration = Configuration(
            executable: .path(FilePath(executable)),
            arguments: Arguments(executablePathOverride: name, remainingValues: arguments),
            environment: environment(for: command),
            workingDirectory: command.workingDirectory.map { FilePath($0) },
            platformOptions: options)
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

    /// Whom a program runs as.
    ///
    /// `setpriv` changes over where it can. A process with several threads that forks and then calls `setgroups` may wait for
    /// ever in the child: the C library asks all threads that it knows, and one that was just starting is not there any more.
    private struct Account {
        var user: uid_t?
        var group: gid_t?
        var groups: [gid_t]?

        var switches: [String] {
            var switches: [String] = []
            if let user { switches.append("--reuid=\(user)") }
            if let group { switches.append("--regid=\(group)") }
            switches.append(groups.map { "--groups=" + $0.map(String.init).joined(separator: ",") } ?? "--keep-groups")
            return switches
        }

        func apply(to options: inout PlatformOptions) {
            options.userID = user
            options.groupID = group
            options.supplementaryGroups = groups
        }
    }

    private func account(for command: Command) async throws -> Account? {
        guard command.user != nil || command.group != nil else { return nil }
        var account = Account()
        if let name = command.user {
            guard let entry = try await user(named: name) else { throw HostError(.noSuchUser, "no user '\(name)' on this host") }
            account.user = uid_t(entry.userID)
            account.group = gid_t(entry.groupID)
            account.groups = LocalHost.groups(of: name, primary: gid_t(entry.groupID))
        }
        if let name = command.group {
            guard let entry = try await group(named: name) else { throw HostError(.noSuchUser, "no group '\(name)' on this host") }
            account.group = gid_t(entry.groupID)
        }
        return account
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
            if let bytes = command.standardInput {
                let input = FileDescriptorInput.fileDescriptor(try Self.file(holding: bytes), closeAfterSpawningProcess: true)
                if command.mergesErrors {
                    let result = try await Subprocess.run(configuration, input: input, output: .bytes(limit: limit), error: .combinedWithOutput)
                    return CommandResult(result.processIdentifier, result.terminationStatus, result.standardOutput, [])
                }
                let result = try await Subprocess.run(configuration, input: input, output: .bytes(limit: limit), error: .bytes(limit: limit))
                return CommandResult(result.processIdentifier, result.terminationStatus, result.standardOutput, result.standardError)
            }
            if command.mergesErrors {
                let result = try await Subprocess.run(configuration, output: .bytes(limit: limit), error: .combinedWithOutput)
                return CommandResult(result.processIdentifier, result.terminationStatus, result.standardOutput, [])
            }
            let result = try await Subprocess.run(configuration, output: .bytes(limit: limit), error: .bytes(limit: limit))
            return CommandResult(result.processIdentifier, result.terminationStatus, result.standardOutput, result.standardError)
        } catch let error as HostError {
            throw error
        } catch let error as SubprocessError {
            throw HostError(.other, "cannot run \(command.arguments[0]): \(error)")
        }
    }

    /// A nameless file, in memory where the system has such a folder, with the input of a program. A pipe would do, but a program
    /// that ends without reading it would end this process too: after a failed write the library finds its end still open.
    private static func file(holding bytes: [UInt8]) throws(HostError) -> FileDescriptor {
        for folder in ["/dev/shm", "/tmp"] {
            var name = Array("\(folder)/.halite-input-XXXXXX".utf8CString)
            let descriptor = mkstemp(&name)
            if descriptor < 0 { continue }
            unlink(&name)
            // Other programs that start meanwhile must not inherit it.
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            let file = FileDescriptor(rawValue: descriptor)
            if (try? file.writeAll(bytes)) != nil, lseek(descriptor, 0, SEEK_SET) == 0 { return file }
            try? file.close()
        }
        throw HostError(.other, "there is no room for the input of a program: \(String(cString: strerror(errno)))")
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
