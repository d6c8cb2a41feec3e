/// Who acts on a host, and what system it is: what `uname`, `id` and the environment tell.
package struct HostIdentity: Sendable, Equatable {
    package var kernel: String
    package var nodeName: String
    package var kernelRelease: String
    package var kernelVersion: String
    package var machine: String
    package var userID: Int
    package var groupID: Int
    package var processID: Int
    package var workingDirectory: String
    package var environment: [String: String]

    package init(
        kernel: String = "", nodeName: String = "", kernelRelease: String = "", kernelVersion: String = "",
        machine: String = "", userID: Int = 0, groupID: Int = 0, processID: Int = 0, workingDirectory: String = "/",
        environment: [String: String] = [:]
    ) {
        self.kernel = kernel
        self.nodeName = nodeName
        self.kernelRelease = kernelRelease
        self.kernelVersion = kernelVersion
        self.machine = machine
        self.userID = userID
        self.groupID = groupID
        self.processID = processID
        self.workingDirectory = workingDirectory
        self.environment = environment
    }
}

/// One address of a network interface.
package struct InterfaceAddress: Sendable, Equatable {
    package var address: String
    package var prefixLength: Int
    package var broadcast: String?
    /// The name the address carries, such as `eth0:1`.
    package var label: String
    package init(address: String, prefixLength: Int, broadcast: String? = nil, label: String = "") {
        self.address = address
        self.prefixLength = prefixLength
        self.broadcast = broadcast
        self.label = label
    }
}

/// A network interface with its addresses.
package struct NetworkInterface: Sendable, Equatable {
    package var name: String
    package var isUp: Bool
    /// The hardware address, lower case with colons; nil when it has none.
    package var hardwareAddress: String?
    package var ipv4: [InterfaceAddress]
    package var ipv6: [InterfaceAddress]
    package init(
        name: String, isUp: Bool, hardwareAddress: String? = nil, ipv4: [InterfaceAddress] = [], ipv6: [InterfaceAddress] = []
    ) {
        self.name = name
        self.isUp = isUp
        self.hardwareAddress = hardwareAddress
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }
}

/// How full a file system is.
package struct FileSystemUsage: Sendable, Equatable {
    package var blockSize: Int
    package var blocks: Int
    package var freeBlocks: Int
    package var availableBlocks: Int
    package var inodes: Int
    package var freeInodes: Int
    package var availableInodes: Int
    package var maximumNameLength: Int
    package init(
        blockSize: Int, blocks: Int, freeBlocks: Int, availableBlocks: Int, inodes: Int = 0, freeInodes: Int = 0,
        availableInodes: Int = 0, maximumNameLength: Int = 255
    ) {
        self.blockSize = blockSize
        self.blocks = blocks
        self.freeBlocks = freeBlocks
        self.availableBlocks = availableBlocks
        self.inodes = inodes
        self.freeInodes = freeInodes
        self.availableInodes = availableInodes
        self.maximumNameLength = maximumNameLength
    }
}

// What a host answers by running the system's own programs; a host that knows a shorter way has its own.
extension Host {
    package func identity() async throws -> HostIdentity {
        func line(_ arguments: String...) async throws -> String { try await run(Command(arguments)).text }
        var environment: [String: String] = [:]
        for entry in try await run("env").lines {
            let pair = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
        }
        return HostIdentity(
            kernel: try await line("uname", "-s"), nodeName: try await line("uname", "-n"),
            kernelRelease: try await line("uname", "-r"), kernelVersion: try await line("uname", "-v"),
            machine: try await line("uname", "-m"), userID: Int(try await line("id", "-u")) ?? 0,
            groupID: Int(try await line("id", "-g")) ?? 0, workingDirectory: try await line("pwd"), environment: environment)
    }

    package func interfaces() async throws -> [NetworkInterface] {
        var found: [NetworkInterface] = []
        for line in try await run("ip", "-o", "link", "show").lines {
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 2 else { continue }
            let name = words[1].split(whereSeparator: { ":@".contains($0) }).first.map(String.init) ?? words[1]
            let ether = words.firstIndex { $0.hasPrefix("link/") }.flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
            let flags = words[2].dropFirst().dropLast().split(separator: ",")
            found.append(NetworkInterface(name: name, isUp: flags.contains("UP"), hardwareAddress: ether))
        }
        for line in try await run("ip", "-o", "addr", "show").lines {
            let words = line.split(separator: " ").map(String.init)
            guard words.count > 3, let index = found.firstIndex(where: { $0.name == words[1] }) else { continue }
            let parts = words[3].split(separator: "/").map(String.init)
            let broadcast = words.firstIndex(of: "brd").flatMap { $0 + 1 < words.count ? words[$0 + 1] : nil }
            let address = InterfaceAddress(
                address: parts[0], prefixLength: parts.count > 1 ? Int(parts[1]) ?? 32 : 32, broadcast: broadcast, label: words[1])
            if words[2] == "inet" { found[index].ipv4.append(address) } else if words[2] == "inet6" { found[index].ipv6.append(address) }
        }
        return found
    }

    package func fileSystemUsage(_ path: String) async throws -> FileSystemUsage {
        let result = try await run("stat", "-f", "-c", "%S %b %f %a %c %d %l", path)
        let numbers = result.text.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 7 else { throw HostError(.other, "cannot stat the file system of \(path)") }
        return FileSystemUsage(
            blockSize: numbers[0], blocks: numbers[1], freeBlocks: numbers[2], availableBlocks: numbers[3],
            inodes: numbers[4], freeInodes: numbers[5], availableInodes: numbers[5], maximumNameLength: numbers[6])
    }

    package func link(_ path: String, to existing: String) async throws {
        let result = try await run("ln", "--", existing, path)
        if !result.succeeded { throw HostError(.other, result.errorText) }
    }
}
