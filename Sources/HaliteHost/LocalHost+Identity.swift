import Glibc

extension LocalHost {
    package func identity() async throws -> HostIdentity {
        var names = utsname()
        uname(&names)
        var environment: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
            entry = entry.advanced(by: 1)
        }
        var directory = [CChar](repeating: 0, count: 4096)
        let here = getcwd(&directory, directory.count) == nil ? "/" : LocalHost.text(directory)
        return HostIdentity(
            kernel: LocalHost.text(names.sysname), nodeName: LocalHost.text(names.nodename),
            kernelRelease: LocalHost.text(names.release), kernelVersion: LocalHost.text(names.version),
            machine: LocalHost.text(names.machine), userID: Int(geteuid()), groupID: Int(getegid()),
            processID: Int(getpid()), workingDirectory: here, environment: environment)
    }

    package func interfaces() async throws -> [NetworkInterface] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { throw HostError.last("list", "the network interfaces") }
        defer { freeifaddrs(first) }
        var found: [NetworkInterface] = []
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            let name = String(cString: entry.ifa_name)
            // An alias such as eth0:1 belongs to the interface in front of the colon.
            let base = name.split(separator: ":").first.map(String.init) ?? name
            if !found.contains(where: { $0.name == base }) {
                found.append(NetworkInterface(name: base, isUp: entry.ifa_flags & UInt32(IFF_UP) != 0))
            }
            guard let index = found.firstIndex(where: { $0.name == base }), let address = entry.ifa_addr else { continue }
            switch Int32(address.pointee.sa_family) {
            case AF_PACKET: found[index].hardwareAddress = LocalHost.hardwareAddress(address)
            case AF_INET:
                let text = LocalHost.numeric(address)
                let prefix = LocalHost.prefixLength(entry.ifa_netmask)
                // The union member is the peer on point-to-point links, which have no broadcast address.
                let hasBroadcast = entry.ifa_flags & UInt32(IFF_BROADCAST) != 0
                let broadcast = hasBroadcast ? entry.ifa_ifu.ifu_broadaddr.map { LocalHost.numeric($0) } : nil
                found[index].ipv4.append(InterfaceAddress(address: text, prefixLength: prefix, broadcast: broadcast, label: name))
            case AF_INET6:
                let text = LocalHost.numeric(address).split(separator: "%").first.map(String.init) ?? ""
                found[index].ipv6.append(
                    InterfaceAddress(address: text, prefixLength: LocalHost.prefixLength(entry.ifa_netmask), label: name))
            default: break
            }
        }
        return found
    }

    package func fileSystemUsage(_ path: String) async throws -> FileSystemUsage {
        var info = statvfs()
        guard statvfs(path, &info) == 0 else { throw HostError.last("stat the file system of", path) }
        return FileSystemUsage(
            blockSize: Int(info.f_frsize), blocks: Int(info.f_blocks), freeBlocks: Int(info.f_bfree),
            availableBlocks: Int(info.f_bavail), inodes: Int(info.f_files), freeInodes: Int(info.f_ffree),
            availableInodes: Int(info.f_favail), maximumNameLength: Int(info.f_namemax))
    }

    package func link(_ path: String, to existing: String) async throws {
        guard Glibc.link(existing, path) == 0 else { throw HostError.last("link", path) }
    }

    private static func text<Tuple>(_ characters: Tuple) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func numeric(_ address: UnsafeMutablePointer<sockaddr>) -> String {
        let isIPv6 = Int32(address.pointee.sa_family) == AF_INET6
        let size = isIPv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        var buffer = [CChar](repeating: 0, count: 128)
        getnameinfo(address, socklen_t(size), &buffer, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST)
        return text(buffer)
    }

    private static func hardwareAddress(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
        // struct sockaddr_ll, which Glibc does not export: the length stands at byte 11, the address behind it.
        let raw = UnsafeRawBufferPointer(start: address, count: 20)
        let length = min(Int(raw[11]), 8)
        guard length > 0 else { return nil }
        return raw[12..<12 + length].map { Digest.text([$0]) }.joined(separator: ":")
    }

    private static func prefixLength(_ mask: UnsafeMutablePointer<sockaddr>?) -> Int {
        guard let mask else { return 0 }
        func ones(_ bytes: UnsafeRawBufferPointer) -> Int { bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
        if Int32(mask.pointee.sa_family) == AF_INET6 {
            return mask.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin6_addr, ones) }
        }
        return mask.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { withUnsafeBytes(of: $0.pointee.sin_addr, ones) }
    }
}

extension LocalHost {
    package func exchange(_ path: String, _ bytes: [UInt8], limit: Int, timeout: Duration) async throws -> [UInt8] {
        try SocketExchange.run(path, bytes, limit: limit, timeout: timeout)
    }
}
