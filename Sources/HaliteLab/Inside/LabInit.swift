import Glibc

/// Process 1 of a host: makes its root from the specification, then starts daemons and collects children.
///
/// It starts with namespaces of its own and a socket to its maker. It makes nothing until a byte arrives there, so that a
/// host whose maker died before writing it down ends by itself; then it answers `ready` or what went wrong.
package enum LabInit {
    /// The number of that socket.
    static let control: Int32 = 3

    /// Runs until the host ends; returns its exit code.
    package static func run(_ specificationPath: String) -> Int32 {
        var byte: UInt8 = 0
        guard read(control, &byte, 1) == 1 else { return 1 }
        _ = fcntl(control, F_SETFD, FD_CLOEXEC)
        do {
            guard let text = TextFile.read(specificationPath) else { throw LabError.system("read", specificationPath) }
            let specification = try HostSpecification(json: text)
            try HostRoot(specification).enter()
            try HostInterface(specification).configure()
            report("ready")
            return DaemonKeeper(specification).run()
        } catch {
            report("\(error)")
            return 1
        }
    }

    /// Answers the maker, who reads until the socket is closed.
    private static func report(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(control, bytes, bytes.count)
        close(control)
    }
}
