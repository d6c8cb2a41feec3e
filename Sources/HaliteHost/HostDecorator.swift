/// A host that changes or watches what another one does; whatever it does not implement goes to the other.
package protocol HostDecorator: Host {
    var base: any Host { get }
}

extension HostDecorator {
    package func run(_ command: Command) async throws -> CommandResult { try await base.run(command) }
    package func read(_ path: String, limit: Int) async throws -> [UInt8] { try await base.read(path, limit: limit) }
    package func write(_ path: String, _ content: [UInt8], _ attributes: FileAttributes) async throws {
        try await base.write(path, content, attributes)
    }
    package func put(localFile: String, to path: String, _ attributes: FileAttributes) async throws {
        try await base.put(localFile: localFile, to: path, attributes)
    }
    package func copy(_ source: String, to path: String, _ attributes: FileAttributes) async throws {
        try await base.copy(source, to: path, attributes)
    }
    package func overwrite(_ path: String, _ content: [UInt8]) async throws { try await base.overwrite(path, content) }
    package func head(_ path: String, _ count: Int) async throws -> [UInt8] { try await base.head(path, count) }
    package func status(_ path: String, followLinks: Bool) async throws -> FileStatus? {
        try await base.status(path, followLinks: followLinks)
    }
    package func list(_ directory: String) async throws -> [String] { try await base.list(directory) }
    package func readLink(_ path: String) async throws -> String { try await base.readLink(path) }
    package func digest(_ path: String, _ algorithm: HashAlgorithm) async throws -> String { try await base.digest(path, algorithm) }
    package func makeDirectory(_ path: String, _ attributes: FileAttributes) async throws { try await base.makeDirectory(path, attributes) }
    package func makeLink(_ path: String, to target: String) async throws { try await base.makeLink(path, to: target) }
    package func rename(_ path: String, to other: String) async throws { try await base.rename(path, to: other) }
    package func remove(_ path: String) async throws { try await base.remove(path) }
    package func setAttributes(_ path: String, _ attributes: FileAttributes, followLinks: Bool) async throws {
        try await base.setAttributes(path, attributes, followLinks: followLinks)
    }
    package func touch(_ path: String, accessTime: Double?, modificationTime: Double?) async throws {
        try await base.touch(path, accessTime: accessTime, modificationTime: modificationTime)
    }
    package func which(_ program: String) async -> String? { await base.which(program) }
    package func user(named name: String) async throws -> UserEntry? { try await base.user(named: name) }
    package func user(id: Int) async throws -> UserEntry? { try await base.user(id: id) }
    package func group(named name: String) async throws -> GroupEntry? { try await base.group(named: name) }
    package func group(id: Int) async throws -> GroupEntry? { try await base.group(id: id) }
    package func identity() async throws -> HostIdentity { try await base.identity() }
    package func interfaces() async throws -> [NetworkInterface] { try await base.interfaces() }
    package func fileSystemUsage(_ path: String) async throws -> FileSystemUsage { try await base.fileSystemUsage(path) }
    package func link(_ path: String, to existing: String) async throws { try await base.link(path, to: existing) }
    package func exchange(_ path: String, _ bytes: [UInt8], limit: Int, timeout: Duration) async throws -> [UInt8] {
        try await base.exchange(path, bytes, limit: limit, timeout: timeout)
    }
}

/// A host on which new files and programs start with the umask of one state. The umask of this process belongs to all
/// of its threads and is left alone.
package struct UmaskHost: HostDecorator {
    package let base: any Host
    private let umask: Umask

    package init(base: any Host, umask: Umask) {
        self.base = base
        self.umask = umask
    }

    package func run(_ command: Command) async throws -> CommandResult {
        var command = command
        if command.umask == nil { command.umask = umask.text }
        return try await base.run(command)
    }

    package func write(_ path: String, _ content: [UInt8], _ attributes: FileAttributes) async throws {
        try await base.write(path, content, try await masked(path, attributes))
    }

    package func put(localFile: String, to path: String, _ attributes: FileAttributes) async throws {
        try await base.put(localFile: localFile, to: path, try await masked(path, attributes))
    }

    package func copy(_ source: String, to path: String, _ attributes: FileAttributes) async throws {
        try await base.copy(source, to: path, try await masked(path, attributes))
    }

    package func makeDirectory(_ path: String, _ attributes: FileAttributes) async throws {
        var attributes = attributes
        attributes.mode = attributes.mode ?? 0o777 & ~umask.bits
        try await base.makeDirectory(path, attributes)
    }

    package func touch(_ path: String, accessTime: Double?, modificationTime: Double?) async throws {
        let isNew = try await !exists(path)
        try await base.touch(path, accessTime: accessTime, modificationTime: modificationTime)
        if isNew { try await base.setAttributes(path, FileAttributes(mode: 0o666 & ~umask.bits), followLinks: true) }
    }

    private func masked(_ path: String, _ attributes: FileAttributes) async throws -> FileAttributes {
        guard attributes.mode == nil, try await !exists(path) else { return attributes }
        var attributes = attributes
        attributes.mode = 0o666 & ~umask.bits
        return attributes
    }
}

/// Permission bits that new files do not get, written in octal digits.
package struct Umask: Sendable, Equatable {
    package let bits: Int

    /// - Parameter text: octal digits as Python's `int(text, 8)` takes them: `077`, `0o22`.
    package init?(_ text: String) {
        let digits = text.lowercased().hasPrefix("0o") ? String(text.dropFirst(2)) : text
        guard let bits = Int(digits, radix: 8), (0...0o777).contains(bits) else { return nil }
        self.bits = bits
    }

    package var text: String {
        let octal = String(bits, radix: 8)
        return String(repeating: "0", count: max(0, 4 - octal.count)) + octal
    }
}
