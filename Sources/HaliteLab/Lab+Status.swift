import HaliteHost
import HaliteValue

/// What is there of a lab.
package struct LabStatus: Sendable {
    package struct HostStatus: Sendable {
        package let name: String
        package let address: String
        /// The number of its process 1 on the machine; nil when it is not running.
        package let processID: Int?
    }

    package let name: String
    /// All was made. False in the middle of `up`, and for ever when that was killed.
    package let isComplete: Bool
    package let hosts: [HostStatus]

    package var isUp: Bool { isComplete && hosts.allSatisfy { $0.processID != nil } }
}

extension Lab {
    /// Nil when nothing is left of the lab.
    package func status() throws -> LabStatus? {
        let entries = try journal.entries()
        if entries.isEmpty { return nil }
        let hosts = try processes().map { host, process in
            let text = TextFile.read(Path.join(directory(of: host), "specification.json")) ?? ""
            let address = (try? HostSpecification(json: text))?.address.prefix { $0 != "/" } ?? ""
            return LabStatus.HostStatus(name: host, address: String(address), processID: process.isAlive ? process.id : nil)
        }
        return LabStatus(name: name, isComplete: entries.contains(.ready), hosts: hosts)
    }
}
