import Glibc
import HaliteJinja

/// `dns_check`: the first address of a name that answers on a port.
enum NameCheck {
    private static let patience: Int32 = 2_000

    static func run(_ arguments: [JinjaValue?]) throws -> JinjaValue {
        let name = try arguments.text(0)
        let port = try arguments.integer(1, default: 0)
        let wantsSix = arguments.value(3)
        var found: [String] = []
        if wantsSix.isNull {
            found = reachable(name, port, AF_UNSPEC)
        } else if try wantsSix.isTrue() {
            found = reachable(name, port, AF_INET6)
            if found.isEmpty { found = reachable(name, port, AF_INET) }
        } else {
            found = reachable(name, port, AF_INET)
        }
        guard let first = found.first else {
            let safe = try arguments.flag(2)
            throw JinjaError(safe ? "SaltClientError" : "SaltSystemExit", "DNS lookup or connection check of \(name.quoted) failed.")
        }
        return .string(first.utf8.contains(UInt8(ascii: ":")) ? "[\(first)]" : first)
    }

    /// The one address that answers, or else all of them.
    private static func reachable(_ name: String, _ port: Int, _ family: Int32) -> [String] {
        var hints = addrinfo()
        hints.ai_family = family
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, String(port), &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var entry = list
        while let current = entry?.pointee {
            entry = current.ai_next
            var text = [CChar](repeating: 0, count: 256)
            guard getnameinfo(current.ai_addr, current.ai_addrlen, &text, 256, nil, 0, NI_NUMERICHOST) == 0 else { continue }
            let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard !addresses.contains(address) else { continue }
            if answers(current) { return [address] }
            addresses.append(address)
        }
        return addresses
    }

    private static func answers(_ entry: addrinfo) -> Bool {
        let handle = socket(entry.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        if connect(handle, entry.ai_addr, entry.ai_addrlen) == 0 { return true }
        guard errno == EINPROGRESS else { return false }
        var waiting = pollfd(fd: handle, events: Int16(POLLOUT), revents: 0)
        guard poll(&waiting, 1, patience) == 1 else { return false }
        var status: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(handle, SOL_SOCKET, SO_ERROR, &status, &size) == 0 && status == 0
    }
}
