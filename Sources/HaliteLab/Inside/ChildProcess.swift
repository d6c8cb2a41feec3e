import Glibc

/// A program started without a task or a thread of its own, for process 1 and for terminals.
struct ChildProcess {
    let id: pid_t

    /// Starts a program, looked up in the path of `environment`.
    /// - Parameters:
    ///   - descriptors: what the program gets under which number; `(source, number)`.
    ///   - ownSession: detaches it from the terminal.
    init(
        _ arguments: [String], environment: [String: String], descriptors: [(Int32, Int32)] = [], ownSession: Bool = false
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (source, number) in descriptors { posix_spawn_file_actions_adddup2(&actions, source, number) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Signals are as a program expects them, whatever this process blocks or ignores.
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        if ownSession { flags |= LinuxCalls.spawnInNewSession }
        posix_spawnattr_setflags(&attributes, Int16(flags))

        guard let program = ChildProcess.find(arguments[0], path: environment["PATH"] ?? "/usr/sbin:/usr/bin") else {
            throw LabError(.failed, "no program '\(arguments[0])'")
        }
        var id: pid_t = 0
        let code = ChildProcess.withStrings(arguments) { argv in
            ChildProcess.withStrings(environment.map { "\($0.key)=\($0.value)" }) { variables in
                posix_spawn(&id, program, &actions, &attributes, argv, variables)
            }
        }
        guard code == 0 else { throw LabError(.failed, "cannot start \(program): \(String(cString: strerror(code)))") }
        self.id = id
    }

    /// The exit code, or 128 and the signal, as a shell has it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
        }
        return ChildProcess.exitCode(status)
    }

    static func exitCode(_ status: Int32) -> Int32 {
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }

    static func find(_ name: String, path: String) -> String? {
        if name.contains("/") { return name }
        return path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    private static func withStrings<R>(_ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
        var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("the list ends with nil, so it is never empty") }
            return body(base)
        }
    }
}
