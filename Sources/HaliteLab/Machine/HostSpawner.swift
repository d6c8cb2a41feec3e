import Glibc

/// Starts process 1 of a host in namespaces of its own.
enum HostSpawner {
    /// A process that waits for the word to begin.
    struct Waiting: Sendable {
        let identity: ProcessIdentity
        fileprivate let control: Int32

        /// Lets it begin, and returns when the host is ready. Blocks; a failure is what the host said.
        func begin() throws {
            defer { close(control) }
            var byte: UInt8 = 1
            guard send(control, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { throw LabError.system("wake", "the host") }
            let answer = String(decoding: TextFile.readAll(control), as: UTF8.self)
            if answer == "ready" { return }
            throw LabError(.failed, answer.isEmpty ? "the host ended before it was ready" : answer)
        }

        /// Gives up: the process ends, because nobody can wake it any more.
        func abandon() { close(control) }
    }

    /// - Parameters:
    ///   - arguments: the command line of process 1.
    ///   - log: where its standard output and error go.
    static func spawn(_ arguments: [String], environment: [String: String], log: String) throws -> Waiting {
        let (mine, its) = try controlSockets()
        defer { close(its) }
        do {
            let id = try inNewNamespaces {
                let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
                let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
                defer {
                    close(output)
                    close(null)
                }
                let descriptors = [(null, 0), (output, 1), (output, 2), (its, LabInit.control)]
                return try ChildProcess(arguments, environment: environment, descriptors: descriptors, ownSession: true).id
            }
            guard let identity = ProcessIdentity.current(Int(id)) else {
                throw LabError(.failed, "process 1 of the host ended at once, see \(log)")
            }
            return Waiting(identity: identity, control: mine)
        } catch {
            close(mine)
            throw error
        }
    }

    /// Both ends far above the numbers that the child gets, so that no copy overwrites a source.
    private static func controlSockets() throws -> (Int32, Int32) {
        var ends: [Int32] = [0, 0]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw LabError.system("make", "a pair of sockets") }
        defer { for end in ends { close(end) } }
        let high = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 100) }
        guard high.allSatisfy({ $0 >= 0 }) else { throw LabError.system("make", "a pair of sockets") }
        return (high[0], high[1])
    }

    /// Namespaces belong to a thread and go to the processes that it starts: a thread of its own leaves this process as it is.
    private static func inNewNamespaces(_ start: @escaping @Sendable () throws -> pid_t) throws -> pid_t {
        let work = SpawnThread(start)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<SpawnThread>.fromOpaque(argument).takeUnretainedValue().run()
                return nil
            }, Unmanaged.passUnretained(work).toOpaque())
        guard code == 0 else { throw LabError(.failed, "cannot start a thread: \(String(cString: strerror(code)))") }
        pthread_join(thread, nil)
        guard let result = work.result else { throw LabError(.failed, "the thread for the host ended early") }
        return try result.get()
    }
}

/// What the thread does and its result; the joining thread reads it only after the end of the other.
private final class SpawnThread {
    private let start: () throws -> pid_t
    private(set) var result: Result<pid_t, any Error>?

    init(_ start: @escaping () throws -> pid_t) { self.start = start }

    func run() {
        guard LinuxCalls.unshare([.mount, .process, .hostName, .ipc, .network]) else {
            result = .failure(LabError.system("make", "namespaces"))
            return
        }
        result = Result { try start() }
    }
}
