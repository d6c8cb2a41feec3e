import HaliteHost

/// Hosts made out of this machine: each has its own processes, host name, network and layer of files.
///
///     let lab = Lab(try await .load("lab.yml", on: LocalHost()), options: LabOptions(executable: path))
///     try await lab.up { print($0) }
///     let code = try Lab.named("campus", options).exec("app1", ["hostname"])
///     try await Lab.named("campus", options).down()
package struct Lab: Sendable {
    package let name: String
    /// Nil when the lab is only known by its name, which is enough for all but `up`.
    package let definition: LabDefinition?
    package let options: LabOptions
    let machine: any Host

    package init(_ definition: LabDefinition, options: LabOptions, machine: any Host = LocalHost()) {
        name = definition.name
        self.definition = definition
        self.options = options
        self.machine = machine
    }

    /// A lab that was made before.
    package static func named(_ name: String, _ options: LabOptions, machine: any Host = LocalHost()) -> Lab {
        Lab(name: name, options: options, machine: machine)
    }

    private init(name: String, options: LabOptions, machine: any Host) {
        self.name = name
        definition = nil
        self.options = options
        self.machine = machine
    }

    /// The names of the labs that have left something on this machine.
    package static func all(_ options: LabOptions, machine: any Host = LocalHost()) async throws -> [String] {
        guard try await machine.isDirectory(options.stateDirectory) else { return [] }
        var names: [String] = []
        for name in try await machine.list(options.stateDirectory)
        where try await machine.isDirectory(Path.join(options.stateDirectory, name)) {
            names.append(name)
        }
        return names
    }

    var directory: String { Path.join(options.stateDirectory, name) }
    var journal: Journal { Journal(path: Path.join(directory, "journal")) }
    var names: LabNames { LabNames(lab: name) }
    func directory(of host: String) -> String { Path.join(directory, "hosts", host) }

    /// Process 1 of each host by the journal, dead or alive.
    func processes() throws -> [(host: String, process: ProcessIdentity)] {
        try journal.entries().compactMap {
            if case .process(let host, let process) = $0 { (host, process) } else { nil }
        }
    }
}
