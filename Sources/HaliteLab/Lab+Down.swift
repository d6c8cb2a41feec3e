import HaliteHost

extension Lab {
    /// Takes away everything that the journal names, in whatever state it is; returns false when there was nothing.
    @discardableResult
    package func down(progress: @Sendable (String) -> Void = { _ in }) async throws -> Bool {
        guard try await machine.exists(options.stateDirectory) else { return false }
        let lock = try LabLock(stateDirectory: options.stateDirectory, lab: name)
        defer { lock.release() }
        guard try await machine.exists(directory) else { return false }
        try await takeDown(progress: progress)
        return true
    }

    /// Goes on after a failure, so that as little as possible is left, and throws the first one at the end.
    func takeDown(progress: @Sendable (String) -> Void) async throws {
        let entries = try journal.entries()
        let network = NetworkBuilder(machine: machine)
        var failures: [any Error] = []
        func attempt(_ work: () async throws -> Void) async {
            do { try await work() } catch { failures.append(error) }
        }
        await endHosts(entries, &failures, progress)
        for entry in entries.reversed() {
            switch entry {
            case .link(let link): await attempt { try await network.removeLink(link) }
            case .table(let table): await attempt { try await network.removeTable(table) }
            default: break
            }
        }
        if entries.contains(.forwarding) {
            await attempt {
                let others = try await Lab.all(options, machine: machine).contains { $0 != name }
                try Forwarding(stateDirectory: options.stateDirectory).restore(otherLabs: others)
            }
        }
        await attempt { try MountTable.checkIsFree(below: directory) }
        // As long as something is left, the journal must know of it.
        if let first = failures.first { throw first }
        progress("removing \(directory)")
        try await machine.remove(directory)
    }

    /// All hosts end at the same time; with process 1 go all processes, mounts and namespaces of a host.
    private func endHosts(_ entries: [JournalEntry], _ failures: inout [any Error], _ progress: @Sendable (String) -> Void) async {
        let stubborn = await withTaskGroup(of: String?.self) { group in
            for case .process(let host, let process) in entries {
                group.addTask { await process.end() ? nil : "\(host) (process \(process.id))" }
            }
            return await group.reduce(into: [String]()) { if let host = $1 { $0.append(host) } }
        }
        progress("hosts ended")
        if !stubborn.isEmpty {
            failures.append(LabError(.failed, "these hosts do not end: \(stubborn.sorted().joined(separator: ", "))"))
        }
    }
}
