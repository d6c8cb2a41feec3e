import HaliteValue

/// What `lab.yml` describes: a network and the hosts on it.
package struct LabDefinition: Sendable {
    /// Short enough to begin the names of network interfaces.
    package let name: String
    package let network: LabNetwork
    package let hosts: [LabHost]
    /// The file that it was read from; relative paths in it start there.
    package let file: String

    package var master: LabHost? { hosts.first(where: \.isMaster) }

    package func host(named name: String) -> LabHost? { hosts.first { $0.name == name } }
}

/// One host of a lab.
package struct LabHost: Sendable {
    package let name: String
    package let address: String
    /// Runs the master; every other host runs a minion.
    package let isMaster: Bool
    /// Static grains, `roles` among them.
    package let grains: ValueMap
    /// Folders of the machine that are seen read-only inside.
    package let mounts: [LabMount]
    /// Settings for the configuration file of the host's master or minion.
    package let config: ValueMap
}

package struct LabMount: Sendable, Equatable {
    /// An absolute path on this machine.
    package let source: String
    /// An absolute path inside the host.
    package let target: String
}
