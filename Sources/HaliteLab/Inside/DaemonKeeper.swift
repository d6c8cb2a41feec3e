import Glibc

/// The life of process 1: keeps daemons running, collects every child of the host, ends with all when it is told to.
final class DaemonKeeper {
    private let specification: HostSpecification
    /// Which daemon runs under which number, and since when.
    private var running: [pid_t: (index: Int, since: ContinuousClock.Instant)] = [:]
    /// When a daemon that ended is started again.
    private var due: [Int: ContinuousClock.Instant] = [:]
    private let clock = ContinuousClock()

    init(_ specification: HostSpecification) { self.specification = specification }

    func run() -> Int32 {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        for index in specification.daemons.indices { start(index) }
        while true {
            var wait = timespec(tv_sec: 0, tv_nsec: 500_000_000)
            // With nothing to start again there is nothing to wake up for but signals.
            let signal = due.isEmpty ? sigwaitinfo(&signals, nil) : sigtimedwait(&signals, nil, &wait)
            switch signal {
            case SIGTERM, SIGINT: return end()
            case SIGHUP, SIGUSR1, SIGUSR2: for id in running.keys { kill(id, signal) }
            default: break
            }
            collect()
            for (index, instant) in due where instant <= clock.now { start(index) }
        }
    }

    private func start(_ index: Int) {
        due[index] = nil
        let command = specification.daemons[index]
        guard let name = command.first else { return }
        let log = open("/var/log/halite-lab.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(log)
            close(null)
        }
        do {
            let process = try ChildProcess(
                command, environment: specification.environment, descriptors: [(null, 0), (log, 1), (log, 2)], ownSession: true)
            running[process.id] = (index, clock.now)
        } catch {
            let text = Array("\(name): \(error)\n".utf8)
            _ = write(log, text, text.count)
            due[index] = clock.now + .seconds(10)
        }
    }

    private func collect() {
        while true {
            var status: Int32 = 0
            let id = waitpid(-1, &status, WNOHANG)
            guard id > 0 else { return }
            guard let (index, since) = running.removeValue(forKey: id) else { continue }
            // One that does not last is not started again and again without a pause.
            due[index] = clock.now + (clock.now - since > .seconds(10) ? .zero : .seconds(2))
        }
    }

    /// Asks all processes of the host to end and waits a little; the kernel ends the rest together with this one.
    private func end() -> Int32 {
        kill(-1, SIGTERM)
        let deadline = clock.now + .seconds(2)
        while clock.now < deadline {
            let id = waitpid(-1, nil, WNOHANG)
            if id < 0, errno == ECHILD { break }
            if id == 0 { usleep(10_000) }
        }
        return 0
    }
}
