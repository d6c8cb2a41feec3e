import Glibc

/// The machine's switch for passing packets on. The first lab of a state directory sets it, the last one sets it back.
struct Forwarding {
    static let setting = "/proc/sys/net/ipv4/ip_forward"
    let stateDirectory: String

    /// Holds what the setting was before the first lab.
    private var memory: String { stateDirectory + "/.forwarding" }

    func enable() throws {
        let value = String((TextFile.read(Forwarding.setting) ?? "0").prefix { $0 != "\n" })
        if value == "1" { return }
        // Remembered first: after a crash in between, the setting is as it was.
        try TextFile.write(memory, value)
        try TextFile.set(Forwarding.setting, "1\n")
    }

    /// Sets it back when no other lab is left.
    func restore(otherLabs: Bool) throws {
        guard !otherLabs, let value = TextFile.read(memory) else { return }
        try TextFile.set(Forwarding.setting, value + "\n")
        unlink(memory)
    }
}
