import Glibc

/// A process that cannot be confused with a later one of the same number.
package struct ProcessIdentity: Sendable, Hashable {
    package let id: Int
    /// Clock ticks since the boot.
    let startTime: Int
    /// The kernel's identifier of the boot.
    let boot: String

    /// What runs now under that number; nil when nothing does, or only what is left of it until it is waited for.
    static func current(_ id: Int) -> ProcessIdentity? {
        guard let text = TextFile.read("/proc/\(id)/stat"),
            // The name in parentheses may hold spaces and parentheses itself.
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let start = Int(fields[19]), fields[0] != "Z", fields[0] != "X" else { return nil }
        return ProcessIdentity(id: id, startTime: start, boot: bootIdentifier)
    }

    static var bootIdentifier: String {
        String((TextFile.read("/proc/sys/kernel/random/boot_id") ?? "").prefix { $0 != "\n" })
    }

    package var isAlive: Bool { ProcessIdentity.current(id) == self }

    /// Ends it, first politely; true when it is gone.
    func end(patience: Duration = .seconds(4)) async -> Bool {
        guard isAlive else { return true }
        kill(pid_t(id), SIGTERM)
        if await isGone(within: patience) { return true }
        if isAlive { kill(pid_t(id), SIGKILL) }
        return await isGone(within: .seconds(10))
    }

    private func isGone(within limit: Duration) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + limit
        while true {
            // When it is a child of this process, nobody else collects it.
            waitpid(pid_t(id), nil, WNOHANG)
            if !isAlive { return true }
            if clock.now > deadline { return false }
            try? await clock.sleep(for: .milliseconds(20))
        }
    }
}
