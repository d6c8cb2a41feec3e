import Glibc

/// One question to a unix socket and the whole answer: the admin sockets of daemons speak so.
enum SocketExchange {
    /// Sends bytes and reads until the other side is done. Blocks; call it where that is no harm.
    static func run(_ path: String, _ bytes: [UInt8], limit: Int, timeout: Duration) throws -> [UInt8] {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw HostError(.other, "cannot connect to \(path): the path is too long for a socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw HostError.last("open a socket for", path) }
        defer { close(descriptor) }
        // Of each step; the clock below is that of all of them.
        let seconds = max(1, Int(timeout.components.seconds))
        var limitOfStep = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limitOfStep, socklen_t(MemoryLayout<timeval>.size))
        }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard connected == 0 else { throw HostError.last("connect to", path) }
        let end = ContinuousClock.now + timeout
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw HostError.last("write to", path) }
            sent += count
        }
        var answer: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &part, part.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw HostError.last("read from", path) }
            if count == 0 { return answer }
            answer += part[..<count]
            guard answer.count <= limit else { throw HostError(.tooLarge, "\(path) answers with more than \(limit) bytes") }
            guard ContinuousClock.now < end else { throw HostError(.other, "\(path) does not end its answer within \(seconds) seconds") }
        }
    }
}
