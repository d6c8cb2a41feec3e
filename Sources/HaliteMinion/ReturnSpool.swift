import HaliteCore
import HaliteHost
import HaliteValue

/// Finished jobs that the master has not confirmed: written down before they are sent, deleted when they are stored.
package struct ReturnSpool: Sendable {
    let directory: String

    package init(directory: String) async throws {
        self.directory = directory
        try await LocalHost().makeDirectories(directory, FileAttributes(mode: 0o700))
    }

    package func add(_ result: JobReturn) async throws {
        try await LocalHost().write(
            "\(directory)/\(result.jobID)", MessagePack.encode(.map(result.map)), FileAttributes(mode: 0o600))
    }

    package func remove(_ jobID: String) async {
        guard JobID(jobID) != nil else { return }
        // What cannot be deleted is sent once more, and the master knows it already.
        try? await LocalHost().remove("\(directory)/\(jobID)")
    }

    /// The bodies of what is left, the oldest first. A damaged file cannot be sent and is left for a person to see.
    package func pending() async -> [ValueMap] {
        var bodies: [ValueMap] = []
        for name in (try? await LocalHost().list(directory)) ?? [] where JobID(name) != nil {
            if let bytes = try? await LocalHost().read("\(directory)/\(name)"), let map = try? MessagePack.decode(bytes).mapValue {
                bodies.append(map)
            }
        }
        return bodies
    }
}
