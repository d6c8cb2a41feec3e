import HaliteValue

/// One thing that a lab makes on the machine, written down before it is made.
package enum JournalEntry: Sendable, Equatable {
    /// A folder of the lab, with everything in it.
    case directory(String)
    /// A network interface: the bridge or the machine's end of a pair.
    case link(String)
    /// A table of nftables in the family `ip`.
    case table(String)
    /// Forwarding between interfaces was switched on for the first lab of this state directory.
    case forwarding
    /// Process 1 of a host. Everything in the host lives and dies with it, its mounts and namespaces too.
    case process(host: String, ProcessIdentity)
    /// All is made.
    case ready

    var value: Value {
        switch self {
        case .directory(let path): ["kind": "directory", "path": .string(path)]
        case .link(let name): ["kind": "link", "name": .string(name)]
        case .table(let name): ["kind": "table", "name": .string(name)]
        case .forwarding: ["kind": "forwarding"]
        case .process(let host, let process):
            [
                "kind": "process", "host": .string(host), "pid": .int(process.id), "start": .int(process.startTime),
                "boot": .string(process.boot),
            ]
        case .ready: ["kind": "ready"]
        }
    }

    /// Nil for what this version does not know.
    init?(_ value: Value) {
        switch value["kind"]?.stringValue {
        case "directory":
            guard let path = value["path"]?.stringValue else { return nil }
            self = .directory(path)
        case "link":
            guard let name = value["name"]?.stringValue else { return nil }
            self = .link(name)
        case "table":
            guard let name = value["name"]?.stringValue else { return nil }
            self = .table(name)
        case "forwarding": self = .forwarding
        case "process":
            guard let host = value["host"]?.stringValue, let id = value["pid"]?.intValue,
                let start = value["start"]?.intValue, let boot = value["boot"]?.stringValue
            else { return nil }
            self = .process(host: host, ProcessIdentity(id: id, startTime: start, boot: boot))
        case "ready": self = .ready
        default: return nil
        }
    }
}
