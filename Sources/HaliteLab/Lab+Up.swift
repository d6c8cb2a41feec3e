import Glibc
import HaliteHost

extension Lab {
    /// Makes the network and all hosts, and returns when each has its address and has started its daemons.
    ///
    /// What fails half way is taken down again. What is killed half way is taken down by `down`.
    /// - Parameter progress: gets one line for each step.
    package func up(progress: @Sendable (String) -> Void = { _ in }) async throws {
        guard let definition else { throw LabError(.definition, "lab.yml is needed to make the lab '\(name)'") }
        try await LabRequirements(machine: machine).check()
        try await checkMounts(definition)
        let lock = try LabLock(stateDirectory: options.stateDirectory, lab: name)
        defer { lock.release() }
        try checkIsAbsent()
        let network = NetworkBuilder(machine: machine)
        let links = definition.hosts.indices.map(names.link)
        try await network.checkIsFree(definition.network, links: [names.bridge] + links)
        do {
            try await make(definition, network, progress)
        } catch {
            progress("taking down what was made")
            try? await takeDown(progress: { _ in })
            throw error
        }
    }

    private func checkIsAbsent() throws {
        let entries = try journal.entries()
        if entries.isEmpty { return }
        let isUp = try entries.contains(.ready) && processes().contains { $0.process.isAlive }
        throw LabError(
            .exists,
            isUp
                ? "the lab '\(name)' is already up"
                : "the lab '\(name)' was interrupted or has died, take down what is left of it with 'halite lab down \(name)'")
    }

    private func checkMounts(_ definition: LabDefinition) async throws {
        for host in definition.hosts {
            for mount in host.mounts where try await !machine.isDirectory(mount.source) {
                throw LabError(
                    .definition, "the folder \(mount.source), which '\(host.name)' mounts, does not exist", file: definition.file)
            }
        }
    }

    /// Makes everything, each thing in the journal first; a failure leaves what was made so far.
    func make(_ definition: LabDefinition, _ network: NetworkBuilder, _ progress: @Sendable (String) -> Void) async throws {
        try TextFile.makeDirectories(directory, mode: 0o700)
        try journal.append(.directory(directory))
        let mtu = await network.uplinkMTU()
        progress("network \(definition.network) on \(names.bridge)")
        try journal.append(.link(names.bridge))
        try await network.makeBridge(names.bridge, definition.network, mtu: mtu)
        try journal.append(.table(names.table))
        try await network.makeTable(names.table, definition.network)
        try journal.append(.forwarding)
        try Forwarding(stateDirectory: options.stateDirectory).enable()
        let caches = SharedCaches(options: options)
        try caches.prepare()
        for (index, host) in definition.hosts.enumerated() {
            try await makeHost(host, index, definition, network, caches, mtu: mtu)
            progress("host \(host.name) at \(host.address)")
        }
        try journal.append(.ready)
    }

    private func hideDirectories(upper: String) throws {
        for path in Set(options.hiddenDirectories + [options.configDirectory]) {
            try TextFile.makeDirectories(upper + path)
            guard LinuxCalls.makeOpaque(upper + path) else { throw LabError.system("hide the machine's", path) }
        }
    }

    private func makeHost(
        _ host: LabHost, _ index: Int, _ definition: LabDefinition, _ network: NetworkBuilder, _ caches: SharedCaches, mtu: Int
    ) async throws {
        let folder = directory(of: host.name)
        for part in ["upper", "work", "root"] { try TextFile.makeDirectories(Path.join(folder, part)) }
        try hideDirectories(upper: Path.join(folder, "upper"))
        let specification = HostBuilder(lab: self, definition: definition, mtu: mtu).specification(of: host)
        let path = Path.join(folder, "specification.json")
        try TextFile.write(path, specification.json, mode: 0o600)
        try caches.seed(upper: Path.join(folder, "upper"))
        let waiting = try HostSpawner.spawn(
            [options.executable] + options.initArguments + [path], environment: specification.environment,
            log: Path.join(folder, "init.log"))
        do {
            try journal.append(.process(host: host.name, waiting.identity))
            try journal.append(.link(names.link(index)))
            try await network.makeLink(names.link(index), bridge: names.bridge, process: waiting.identity.id, mtu: mtu)
        } catch {
            waiting.abandon()
            throw error
        }
        do {
            try await BlockingWork.run { try waiting.begin() }
        } catch let error as LabError {
            throw LabError(error.code, "host '\(host.name)': \(error.message)")
        }
    }
}
