import Glibc
import HaliteHost

/// What a lab needs of the machine, looked at before anything is made.
package struct LabRequirements {
    let machine: any Host

    package init(machine: any Host = LocalHost()) { self.machine = machine }

    /// What is missing, in words for the user; empty when a lab can be made.
    package func missing() async -> [String] {
        var missing: [String] = []
        if geteuid() != 0 { missing.append("root: namespaces, mounts and a bridge need it (run it with sudo)") }
        for (program, package) in [("ip", "iproute2"), ("nft", "nftables"), ("nsenter", "util-linux")]
        where await machine.which(program) == nil {
            missing.append("the program '\(program)': install the package \(package)")
        }
        for (namespace, name) in [("mnt", "mount"), ("pid", "process"), ("net", "network"), ("uts", "host name"), ("ipc", "IPC")]
        where access("/proc/self/ns/\(namespace)", F_OK) != 0 {
            missing.append("\(name) namespaces in the kernel")
        }
        let systems = await machine.readTextIfPresent("/proc/filesystems") ?? ""
        if !systems.split(whereSeparator: { $0 == "\n" || $0 == "\t" }).contains("overlay") {
            missing.append("the file system 'overlay' in the kernel (modprobe overlay)")
        }
        if geteuid() == 0, let reason = namespaceRefusal() {
            missing.append("the right to make namespaces: \(reason) (a container needs --privileged)")
        }
        return missing
    }

    package func check() async throws {
        let missing = await missing()
        guard missing.isEmpty else {
            throw LabError(
                .unsupported,
                """
                a lab cannot be made on this machine, it lacks:
                \(missing.map { "  - " + $0 }.joined(separator: "\n"))
                Without it these work: 'halite call --local', 'halite render', a master and minions on real hosts, and the tests.
                """)
        }
    }

    /// Tries it in a thread that ends at once.
    private func namespaceRefusal() -> String? {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { _ in
                LinuxCalls.unshare([.mount, .hostName, .ipc, .network])
                    ? nil : UnsafeMutableRawPointer(bitPattern: Int(errno))
            }, nil)
        guard code == 0 else { return String(cString: strerror(code)) }
        var result: UnsafeMutableRawPointer?
        pthread_join(thread, &result)
        return result.map { String(cString: strerror(Int32(Int(bitPattern: $0)))) }
    }
}
