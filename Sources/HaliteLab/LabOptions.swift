/// Where a lab keeps its things and what its hosts start.
package struct LabOptions: Sendable {
    /// One folder for each lab below it: journal, upper layers, logs.
    package var stateDirectory = "/var/lib/halite/labs"
    /// Packages that hosts have downloaded, for the hosts to come.
    package var packageCache = "/var/cache/halite/packages"
    /// The program that becomes process 1 of each host and is seen inside as `/usr/local/bin/halite`.
    package var executable: String
    /// Its arguments before the path of the specification; the command must call `LabInit.run`.
    package var initArguments = ["lab-init"]
    /// Started in the master's host; restarted when they end.
    package var masterCommand: [String] = ["halite", "master"]
    /// Started in every other host.
    package var minionCommand: [String] = ["halite", "minion"]
    /// The folder of the configuration inside the hosts.
    package var configDirectory = "/etc/halite"
    /// Folders of the machine that hosts begin without: keys, caches and logs of a Halite or Salt on the machine itself.
    package var hiddenDirectories = ["/etc/halite", "/etc/salt", "/var/lib/halite", "/var/cache/halite", "/var/log/halite", "/var/cache/salt"]
    /// Variables that hosts take over from this process beside the fixed ones.
    package var inheritedVariables = [
        "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    ]
    /// The same for all variables that begin so: settings of pip.
    package var inheritedPrefixes = ["PIP_"]

    package init(executable: String) { self.executable = executable }

    /// The variables of every program that a host starts.
    func environment(of process: [String: String]) -> [String: String] {
        var variables = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "USER": "root",
            "LOGNAME": "root", "SHELL": "/bin/bash", "LANG": "C.UTF-8",
        ]
        for (name, value) in process
        where inheritedVariables.contains(name) || inheritedPrefixes.contains(where: { name.hasPrefix($0) }) {
            variables[name] = value
        }
        return variables
    }
}
