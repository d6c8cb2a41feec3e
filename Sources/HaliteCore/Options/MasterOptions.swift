import HaliteValue

/// The settings of a master, with Salt's names.
package struct MasterOptions: Sendable {
    /// The name under which the master runs its own states: `id`, else the host's name with `_master`.
    package let id: String
    package let interface: String
    /// The one port that minions connect to.
    package let port: Int
    package let pkiDirectory: String
    package let cacheDirectory: String
    package let socketPath: String
    package let fileRoots: ValueMap
    package let pillarRoots: ValueMap
    package let autoAccept: Bool
    package let nodegroups: ValueMap
    /// Hours for which jobs and events are kept.
    package let keepJobs: Double
    package let logLevel: String
    /// Everything as it was written, for `opts` in templates and `config.get`.
    package let map: ValueMap
    package let warnings: [String]

    /// - Parameter directory: where the configuration lies; the default of `pki_dir` is below it.
    package init(_ map: ValueMap, file: String, directory: String, hostName: String) throws(OptionError) {
        var reader = OptionReader(map: map, file: file)
        id = try reader.take("id", default: hostName)
        interface = try reader.take("interface", default: "0.0.0.0")
        port = try reader.take("ret_port", default: 4506)
        pkiDirectory = try reader.take("pki_dir", default: directory + "/pki/master")
        cacheDirectory = try reader.take("cachedir", default: "/var/cache/halite/master")
        socketPath = try reader.take("sock_dir", default: "/run/halite/master") + "/master.sock"
        fileRoots = try reader.take("file_roots", default: ["base": ["/srv/salt"]])
        pillarRoots = try reader.take("pillar_roots", default: ["base": ["/srv/pillar"]])
        autoAccept = try reader.take("auto_accept", default: false)
        nodegroups = try reader.take("nodegroups", default: [:])
        keepJobs = try reader.take("keep_jobs", default: 24.0)
        logLevel = try reader.take("log_level", default: "warning")
        for (name, roots) in [("file_roots", fileRoots), ("pillar_roots", pillarRoots)] {
            for (environment, directories) in roots where directories.listValue == nil && directories.stringValue == nil {
                throw OptionError("\(file): the setting '\(name)', environment '\(environment.pythonString)': expected a list of directories, found \(directories.pythonRepr)")
            }
        }
        var complete = map
        complete["id"] = .string(id)
        complete["file_roots"] = .map(fileRoots)
        complete["pillar_roots"] = .map(pillarRoots)
        complete["cachedir"] = .string(cacheDirectory)
        complete["pki_dir"] = .string(pkiDirectory)
        self.map = complete
        warnings = reader.suspiciousKeys()
    }
}
