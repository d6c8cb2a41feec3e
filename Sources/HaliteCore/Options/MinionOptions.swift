import HaliteValue

/// The settings of a minion, with Salt's names.
package struct MinionOptions: Sendable {
    package let id: String
    package let masterAddress: String
    package let masterPort: Int
    /// The fingerprint that the master must show; empty trusts the first one and keeps it.
    package let masterFinger: String
    package let pkiDirectory: String
    package let cacheDirectory: String
    package let fileRoots: ValueMap
    package let pillarRoots: ValueMap
    /// Files and pillar come from this machine.
    package let isLocal: Bool
    /// Grains that the configuration sets.
    package let grains: ValueMap
    package let logLevel: String
    package let startupStates: String
    package let map: ValueMap
    package let warnings: [String]

    package init(_ map: ValueMap, file: String, directory: String, hostName: String) throws(OptionError) {
        var reader = OptionReader(map: map, file: file)
        let identifier = try reader.take("id", default: hostName)
        guard Self.isValid(id: identifier) else {
            throw OptionError("\(file): the minion id '\(identifier)' may hold only letters, digits, '.', '-', '_', ':', '@' and must not begin with a dot")
        }
        id = identifier
        // A list of masters: the first one; failover comes with several masters.
        let masters: [String] = try reader.take("master", default: ["salt"])
        let master = masters.first ?? "salt"
        let parts = master.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        masterAddress = parts[0]
        let port: Int = try reader.take("master_port", default: 4506)
        masterPort = parts.count == 2 ? Int(parts[1]) ?? port : port
        masterFinger = try reader.take("master_finger", default: "")
        pkiDirectory = try reader.take("pki_dir", default: directory + "/pki/minion")
        cacheDirectory = try reader.take("cachedir", default: "/var/cache/halite/minion")
        fileRoots = try reader.take("file_roots", default: ["base": ["/srv/salt"]])
        pillarRoots = try reader.take("pillar_roots", default: ["base": ["/srv/pillar"]])
        isLocal = try reader.take("file_client", default: "remote") == "local"
        grains = try reader.take("grains", default: [:])
        logLevel = try reader.take("log_level", default: "warning")
        startupStates = try reader.take("startup_states", default: "")
        var complete = map
        complete["id"] = .string(id)
        complete["conf_file"] = .string(file)
        complete["master"] = .string(master)
        complete["cachedir"] = .string(cacheDirectory)
        complete["file_roots"] = .map(fileRoots)
        complete["pillar_roots"] = .map(pillarRoots)
        self.map = complete
        warnings = reader.suspiciousKeys()
    }

    /// Ids become file names on the master, so nothing in them may mean a path.
    package static func isValid(id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 255 && !id.hasPrefix(".")
            && id.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || ".-_:@".utf8.contains(byte)
            }
    }
}
