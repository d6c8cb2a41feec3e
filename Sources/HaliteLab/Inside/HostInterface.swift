/// The network of a host, configured from inside: loopback, its address, the way out.
struct HostInterface {
    private let specification: HostSpecification

    init(_ specification: HostSpecification) { self.specification = specification }

    func configure() throws {
        try ip("link", "set", "lo", "up")
        try ip("link", "set", "eth0", "mtu", "\(specification.mtu)")
        try ip("address", "add", specification.address, "dev", "eth0")
        try ip("link", "set", "eth0", "up")
        try ip("route", "add", "default", "via", specification.gateway)
    }

    private func ip(_ arguments: String...) throws {
        let process = try ChildProcess(["ip"] + arguments, environment: specification.environment)
        let code = process.wait()
        guard code == 0 else {
            throw LabError(.failed, "'ip \(arguments.joined(separator: " "))' ended with \(code) in the host \(specification.hostName)")
        }
    }
}
