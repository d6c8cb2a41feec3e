import HaliteValue

/// Everything that process 1 of a host must know, as one JSON file: made on the machine, read inside.
struct HostSpecification: Sendable, Equatable {
    struct File: Sendable, Equatable {
        let path: String
        let content: String
        var mode = 0o644
    }

    struct Mount: Sendable, Equatable {
        let source: String
        let target: String
        let isReadOnly: Bool
    }

    let hostName: String
    /// With the length of the prefix: `10.77.0.11/24`.
    let address: String
    let gateway: String
    let mtu: Int
    /// Holds `upper`, `work` and `root`.
    let directory: String
    /// Hidden inside the host, so that it does not see the layers of the others.
    let stateDirectory: String
    let mounts: [Mount]
    /// Of the machine, but not wanted in the host.
    let removed: [String]
    let files: [File]
    let environment: [String: String]
    /// Command lines that are kept running.
    let daemons: [[String]]

    var json: String {
        Value.map([
            "host": .string(hostName), "address": .string(address), "gateway": .string(gateway), "mtu": .int(mtu),
            "directory": .string(directory), "state": .string(stateDirectory),
            "mounts": .list(mounts.map { ["source": .string($0.source), "target": .string($0.target), "readonly": .bool($0.isReadOnly)] }),
            "removed": .list(removed.map { .string($0) }),
            "files": .list(files.map { ["path": .string($0.path), "content": .string($0.content), "mode": .int($0.mode)] }),
            "environment": .map(ValueMap(environment.sorted { $0.key < $1.key }.map { (.string($0.key), .string($0.value)) })),
            "daemons": .list(daemons.map { .list($0.map { .string($0) }) }),
        ]).json(indent: 1)
    }

    init(json text: String) throws {
        let value = try Value(jsonText: text)
        hostName = try Self.text(value, "host")
        address = try Self.text(value, "address")
        gateway = try Self.text(value, "gateway")
        mtu = value["mtu"]?.intValue ?? 1500
        directory = try Self.text(value, "directory")
        stateDirectory = try Self.text(value, "state")
        mounts = try (value["mounts"]?.listValue ?? []).map {
            Mount(source: try Self.text($0, "source"), target: try Self.text($0, "target"), isReadOnly: $0["readonly"]?.boolValue ?? false)
        }
        removed = (value["removed"]?.listValue ?? []).compactMap(\.stringValue)
        files = try (value["files"]?.listValue ?? []).map {
            File(path: try Self.text($0, "path"), content: try Self.text($0, "content"), mode: $0["mode"]?.intValue ?? 0o644)
        }
        var variables: [String: String] = [:]
        for (name, content) in value["environment"]?.mapValue ?? [:] {
            if let name = name.stringValue, let content = content.stringValue { variables[name] = content }
        }
        environment = variables
        daemons = (value["daemons"]?.listValue ?? []).map { ($0.listValue ?? []).compactMap(\.stringValue) }
    }

    init(
        hostName: String, address: String, gateway: String, mtu: Int, directory: String, stateDirectory: String,
        mounts: [Mount], removed: [String], files: [File], environment: [String: String], daemons: [[String]]
    ) {
        self.hostName = hostName
        self.address = address
        self.gateway = gateway
        self.mtu = mtu
        self.directory = directory
        self.stateDirectory = stateDirectory
        self.mounts = mounts
        self.removed = removed
        self.files = files
        self.environment = environment
        self.daemons = daemons
    }

    private static func text(_ value: Value, _ key: String) throws -> String {
        guard let text = value[key]?.stringValue else {
            throw LabError(.failed, "the specification of a host lacks '\(key)'")
        }
        return text
    }
}
