import Glibc
import HaliteCore
import HaliteHost
import HaliteModuleKit

/// The key of the master, as the configuration names it or as it was at the first contact.
package struct MasterPin: Sendable {
    let directory: String
    let configured: String

    package init(directory: String, configured: String) {
        self.directory = directory
        self.configured = configured
    }

    /// Throws when the master has another key than expected; the first one is kept.
    package func check(_ channel: any MessageChannel) async throws {
        if !configured.isEmpty {
            guard Self.isEqual(configured.lowercased(), channel.peerFingerprint) else {
                throw ExecutionError(
                    "the master's key is \(channel.peerFingerprint), the configuration (master_finger) expects \(configured)")
            }
            return
        }
        let path = directory + "/minion_master.pub"
        let host = LocalHost()
        if try await host.exists(path) {
            let known = try await host.readText(path)
            guard Self.isEqual(known, channel.peerPublicKey) else {
                throw ExecutionError(
                    "the master's key has changed (it is \(channel.peerFingerprint) now); if that is right, delete \(path)")
            }
            return
        }
        try await host.makeDirectories(directory, FileAttributes(mode: 0o700))
        try await host.write(path, Array(channel.peerPublicKey.utf8), FileAttributes(mode: 0o644))
    }

    /// Takes the same time wherever the texts differ.
    static func isEqual(_ left: String, _ right: String) -> Bool {
        let a = Array(left.utf8)
        let b = Array(right.utf8)
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

enum ProcessNumber {
    static let own = Int(getpid())
}
