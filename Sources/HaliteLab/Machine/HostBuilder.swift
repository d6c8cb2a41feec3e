import Glibc
import HaliteHost
import HaliteRender
import HaliteValue

/// Makes the specification of a host from the definition of its lab.
struct HostBuilder {
    let lab: Lab
    let definition: LabDefinition
    let mtu: Int

    func specification(of host: LabHost) -> HostSpecification {
        let options = lab.options
        let network = definition.network
        let program = HostSpecification.Mount(source: resolved(options.executable), target: "/usr/local/bin/halite", isReadOnly: true)
        let folders = host.mounts.map { HostSpecification.Mount(source: $0.source, target: $0.target, isReadOnly: true) }
        return HostSpecification(
            hostName: host.name, address: "\(host.address)/\(network.prefixLength)", gateway: "\(network.gateway)", mtu: mtu,
            directory: lab.directory(of: host.name), stateDirectory: options.stateDirectory,
            mounts: [program] + SharedCaches(options: options).mounts + folders, removed: Self.removed,
            files: systemFiles(host) + configuration(host), environment: options.environment(of: Self.environment()),
            daemons: [host.isMaster ? options.masterCommand : options.minionCommand].filter { !$0.isEmpty })
    }

    /// What would say that services must not start, or that systemd is there; and what throws downloads away.
    private static let removed = [
        "/usr/sbin/policy-rc.d", "/usr/bin/systemctl", "/usr/sbin/runlevel", "/etc/apt/apt.conf.d/docker-clean",
        // Without it the index of manuals is not built after each installation, which takes longer than most of them.
        "/var/lib/man-db/auto-update",
    ]

    private func systemFiles(_ host: LabHost) -> [HostSpecification.File] {
        var hosts = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
        for other in definition.hosts { hosts.append("\(other.address) \(other.name)\(other.isMaster ? " salt" : "")") }
        return [
            .init(path: "/etc/hostname", content: host.name + "\n"),
            .init(path: "/etc/hosts", content: hosts.joined(separator: "\n") + "\n"),
            .init(path: "/etc/resolv.conf", content: Self.resolver()),
            .init(path: "/etc/machine-id", content: Self.identifier() + "\n", mode: 0o444),
            // What init scripts and Salt ask a system without systemd for.
            .init(path: "/usr/sbin/runlevel", content: "#!/bin/sh\necho N 2\n", mode: 0o755),
            .init(path: "/etc/apt/apt.conf.d/95halite-lab", content: SharedCaches.aptConfiguration),
            .init(path: SharedCaches.keeper, content: SharedCaches.keeperScript, mode: 0o755),
        ]
    }

    private func configuration(_ host: LabHost) -> [HostSpecification.File] {
        let folder = lab.options.configDirectory
        if host.isMaster {
            var settings: ValueMap = ["id": .string(host.name), "interface": .string(host.address), "auto_accept": true]
            for (key, value) in host.config { settings[key] = value }
            return [.init(path: folder + "/master", content: YAML.dump(.map(settings)))]
        }
        var settings: ValueMap = ["id": .string(host.name)]
        if let master = definition.master { settings["master"] = .string(master.address) }
        for (key, value) in host.config { settings[key] = value }
        var files = [HostSpecification.File(path: folder + "/minion", content: YAML.dump(.map(settings)))]
        if !host.grains.isEmpty { files.append(.init(path: folder + "/grains", content: YAML.dump(.map(host.grains)))) }
        return files
    }

    /// The machine's name servers; with a resolver on the machine's loopback those that it asks itself.
    static func resolver() -> String {
        let own = TextFile.read("/etc/resolv.conf") ?? ""
        let usesLoopback = own.split(separator: "\n").contains { $0.hasPrefix("nameserver 127.") }
        return usesLoopback ? TextFile.read("/run/systemd/resolve/resolv.conf") ?? own : own
    }

    private static func identifier() -> String {
        (0..<4).map { _ in
            let text = String(UInt32.random(in: 0...UInt32.max), radix: 16)
            return String(repeating: "0", count: 8 - text.count) + text
        }.joined()
    }

    private func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") { variables[String(text[..<equals])] = String(text[text.index(after: equals)...]) }
            pointer = pointer.successor()
        }
        return variables
    }
}
