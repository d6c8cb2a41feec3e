import HaliteHost

/// Bridge, links and address translation, made and taken away with `ip` and `nft`.
struct NetworkBuilder {
    let machine: any Host
    /// Runs each command; a test stops here as a killed process would.
    var running: @Sendable (Command) async throws -> CommandResult

    init(machine: any Host) {
        self.machine = machine
        running = { try await machine.run($0) }
    }

    /// The interface with the machine's way out, and the size of its packets.
    func uplinkMTU() async -> Int {
        guard let routes = await machine.readTextIfPresent("/proc/net/route") else { return 1500 }
        for line in routes.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: "\t")
            guard fields.count > 7, fields[1] == "00000000", fields[7] == "00000000" else { continue }
            let text = await machine.readTextIfPresent("/sys/class/net/\(fields[0])/mtu") ?? ""
            return Int(text.prefix { $0 != "\n" }) ?? 1500
        }
        return 1500
    }

    /// Refuses a network that is in use here, or interfaces that somebody else made.
    func checkIsFree(_ network: LabNetwork, links: [String]) async throws {
        // Routes within the network, then those that contain it.
        for relation in ["root", "match"] {
            let routes = try await run(["ip", "-4", "route", "show", relation, network.description]).lines
            if let route = routes.first(where: { !$0.isEmpty && !$0.hasPrefix("default") }) {
                throw LabError(.exists, "the network \(network) is in use on this machine (\(route)), choose another in lab.yml")
            }
        }
        for link in links where try await machine.exists("/sys/class/net/\(link)") {
            throw LabError(.exists, "a network interface named '\(link)' already exists, choose another name for the lab")
        }
    }

    func makeBridge(_ name: String, _ network: LabNetwork, mtu: Int) async throws {
        try await run(["ip", "link", "add", name, "mtu", "\(mtu)", "type", "bridge"])
        try await run(["ip", "address", "add", "\(network.gateway)/\(network.prefixLength)", "dev", name])
        try await run(["ip", "link", "set", name, "up"])
    }

    /// A pair with one end on the bridge and the other as `eth0` in the namespace of a process.
    func makeLink(_ name: String, bridge: String, process: Int, mtu: Int) async throws {
        try await run([
            "ip", "link", "add", name, "mtu", "\(mtu)", "type", "veth", "peer", "name", "eth0", "mtu", "\(mtu)", "netns", "\(process)",
        ])
        try await run(["ip", "link", "set", name, "master", bridge, "up"])
    }

    /// Hides the hosts behind the machine's address, and keeps their packets small enough for the way out.
    func makeTable(_ name: String, _ network: LabNetwork) async throws {
        let rules = """
            table ip \(name) {
                chain masquerading {
                    type nat hook postrouting priority srcnat
                    ip saddr \(network) ip daddr != \(network) masquerade
                }
                chain clamping {
                    type filter hook forward priority mangle
                    ip saddr \(network) tcp flags syn tcp option maxseg size set rt mtu
                }
            }

            """
        var command = Command(["nft", "-f", "-"])
        command.standardInput = Array(rules.utf8)
        try await run(command)
    }

    func removeLink(_ name: String) async throws {
        guard try await machine.exists("/sys/class/net/\(name)") else { return }
        let result = try await running(Command(["ip", "link", "delete", name]))
        // The pair of a host goes with its namespace, perhaps just now.
        if !result.succeeded, try await machine.exists("/sys/class/net/\(name)") {
            throw LabError(.failed, "cannot remove the interface \(name): \(result.errorText)")
        }
    }

    func removeTable(_ name: String) async throws {
        let listed = try await run(["nft", "list", "tables", "ip"]).lines
        guard listed.contains("table ip \(name)") else { return }
        try await run(["nft", "delete", "table", "ip", name])
    }

    @discardableResult
    private func run(_ arguments: [String]) async throws -> CommandResult { try await run(Command(arguments)) }

    @discardableResult
    private func run(_ command: Command) async throws -> CommandResult {
        let result = try await running(command)
        guard result.succeeded else {
            throw LabError(.failed, "'\(command.arguments.joined(separator: " "))' failed: \(result.errorText)")
        }
        return result
    }
}
