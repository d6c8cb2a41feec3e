import Glibc
import HaliteCore
import HaliteHost

extension Lab {
    /// Runs a program in a host with this process's terminal, and returns its exit code. Blocks until it ends.
    package func exec(_ host: String, _ command: [String]) throws -> Int32 {
        // The terminal's signals are for the program; a keyboard interrupt must not end this process before it.
        let interrupt = signal(SIGINT, SIG_IGN)
        let quit = signal(SIGQUIT, SIG_IGN)
        defer {
            signal(SIGINT, interrupt)
            signal(SIGQUIT, quit)
        }
        var environment = try environment(of: host)
        for name in ["TERM", "COLUMNS", "LINES"] { environment[name] = Self.variable(name) }
        return try ChildProcess(entering(host, command), environment: environment).wait()
    }

    /// A login shell in a host.
    package func shell(_ host: String) throws -> Int32 { try exec(host, ["bash", "-l"]) }

    /// Runs a program in a host and collects its output.
    package func run(_ host: String, _ command: [String]) async throws -> CommandResult {
        var outer = Command(try entering(host, command))
        outer.clearEnvironment = true
        outer.environment = try environment(of: host)
        return try await machine.run(outer)
    }

    /// The command line that enters the namespaces of a host.
    private func entering(_ host: String, _ command: [String]) throws -> [String] {
        let processes = try processes()
        guard !processes.isEmpty else { throw LabError(.unknown, "no lab '\(name)' is up") }
        guard let process = processes.first(where: { $0.host == host })?.process else {
            let hint = NearestName.hint(host, among: processes.map(\.host))
            throw LabError(.unknown, "the lab '\(name)' has no host '\(host)'\(hint)")
        }
        guard process.isAlive else { throw LabError(.unknown, "the host '\(host)' of the lab '\(name)' is not running") }
        return ["nsenter", "--target", "\(process.id)", "--mount", "--uts", "--ipc", "--net", "--pid", "--"] + command
    }

    private func environment(of host: String) throws -> [String: String] {
        let path = Path.join(directory(of: host), "specification.json")
        guard let text = TextFile.read(path) else { return options.environment(of: [:]) }
        return try HostSpecification(json: text).environment
    }

    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
