/// A machine that modules act upon: this one, one behind ssh, or a recorded one in a test.
///
/// Modules never touch a system in another way, so that each works with an agent, without one, and in tests.
/// Paths are absolute. A path that does not exist is `HostError.noSuchFile` unless the function says otherwise.
package protocol Host: Sendable {
    /// Runs a program to its end. A non-zero exit is a result; a program that cannot be started is an error.
    func run(_ command: Command) async throws -> CommandResult

    /// The content of a file, at most `limit` bytes; more is an error.
    func read(_ path: String, limit: Int) async throws -> [UInt8]
    /// The first bytes of a file, without the rest being read.
    func head(_ path: String, _ count: Int) async throws -> [UInt8]
    /// Writes beside the file, syncs, sets the attributes and renames: the file is old or new, never half.
    func write(_ path: String, _ content: [UInt8], _ attributes: FileAttributes) async throws
    /// Writes into the file itself, so that its other names keep leading to it; not whole when the process dies.
    func overwrite(_ path: String, _ content: [UInt8]) async throws
    /// The same as `write` with the content of a local file of this process, streamed.
    func put(localFile: String, to path: String, _ attributes: FileAttributes) async throws
    /// The same with the content of another file of the host.
    func copy(_ source: String, to path: String, _ attributes: FileAttributes) async throws
    /// Nil when nothing is there.
    func status(_ path: String, followLinks: Bool) async throws -> FileStatus?
    /// The names in a directory, sorted by bytes.
    func list(_ directory: String) async throws -> [String]
    func readLink(_ path: String) async throws -> String
    /// The hexadecimal digest of a file.
    func digest(_ path: String, _ algorithm: HashAlgorithm) async throws -> String

    /// Makes one directory; parents must be there.
    func makeDirectory(_ path: String, _ attributes: FileAttributes) async throws
    func makeLink(_ path: String, to target: String) async throws
    func rename(_ path: String, to other: String) async throws
    /// Removes a file, a link or a whole tree; links are never followed. Nothing there is no error.
    func remove(_ path: String) async throws
    /// Sets what is not nil. Links are followed unless told otherwise.
    func setAttributes(_ path: String, _ attributes: FileAttributes, followLinks: Bool) async throws
    /// Makes the file when it is not there, and sets both times to now or to the given seconds since 1970.
    func touch(_ path: String, accessTime: Double?, modificationTime: Double?) async throws

    /// The full path of a program, or nil.
    func which(_ program: String) async -> String?
    func user(named name: String) async throws -> UserEntry?
    func user(id: Int) async throws -> UserEntry?
    func group(named name: String) async throws -> GroupEntry?
    func group(id: Int) async throws -> GroupEntry?

    /// Who acts, and what system this is.
    func identity() async throws -> HostIdentity
    func interfaces() async throws -> [NetworkInterface]
    func fileSystemUsage(_ path: String) async throws -> FileSystemUsage
    /// Makes a hard link.
    func link(_ path: String, to existing: String) async throws
    /// Sends bytes to a unix socket and returns what comes until the other side closes, at most `limit` bytes.
    func exchange(_ path: String, _ bytes: [UInt8], limit: Int, timeout: Duration) async throws -> [UInt8]
}

extension Host {
    /// Runs a program with arguments.
    package func run(_ arguments: String...) async throws -> CommandResult { try await run(Command(arguments)) }

    package func read(_ path: String) async throws -> [UInt8] { try await read(path, limit: 256 << 20) }

    package func head(_ path: String, _ count: Int) async throws -> [UInt8] { Array(try await read(path).prefix(count)) }

    package func readText(_ path: String) async throws -> String { String(decoding: try await read(path), as: UTF8.self) }

    /// The text of a file, or nil when it cannot be read: for facts that a system may not have.
    package func readTextIfPresent(_ path: String) async -> String? {
        guard let bytes = try? await read(path) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    package func copy(_ source: String, to path: String, _ attributes: FileAttributes) async throws {
        try await write(path, try await read(source), attributes)
    }

    package func overwrite(_ path: String, _ content: [UInt8]) async throws { try await write(path, content, FileAttributes()) }

    package func status(_ path: String) async throws -> FileStatus? { try await status(path, followLinks: true) }
    package func exists(_ path: String) async throws -> Bool { try await status(path, followLinks: false) != nil }
    package func isFile(_ path: String) async throws -> Bool { try await status(path)?.kind == .file }
    package func isDirectory(_ path: String) async throws -> Bool { try await status(path)?.kind == .directory }
    package func isLink(_ path: String) async throws -> Bool { try await status(path, followLinks: false)?.kind == .link }

    package func setAttributes(_ path: String, _ attributes: FileAttributes) async throws {
        try await setAttributes(path, attributes, followLinks: true)
    }

    /// The path without links, `.` and `..`; parts that do not exist stay as they are.
    package func resolved(_ path: String) async throws -> String {
        var done = ""
        var parts = path.split(separator: "/").map(String.init)[...]
        var links = 0
        while let part = parts.popFirst() {
            if part == "." { continue }
            if part == ".." {
                done = Path.parent(done) ?? ""
                if done == "/" { done = "" }
                continue
            }
            let next = done + "/" + part
            guard try await isLink(next), links < 40 else {
                done = next
                continue
            }
            links += 1
            let target = try await readLink(next)
            if target.hasPrefix("/") { done = "" }
            parts = target.split(separator: "/").map(String.init) + parts
        }
        return done.isEmpty ? "/" : done
    }

    /// Makes a directory and its parents; those that are there stay as they are.
    package func makeDirectories(_ path: String, _ attributes: FileAttributes = FileAttributes()) async throws {
        if try await isDirectory(path) { return }
        if let parent = Path.parent(path), parent != path { try await makeDirectories(parent, attributes) }
        do {
            try await makeDirectory(path, attributes)
        } catch let error as HostError where error.code == .exists {
            // Somebody else made it in between.
        }
    }
}

/// Texts of POSIX paths.
package enum Path {
    /// `/a/b` of `/a/b/c`; nil for the root.
    package static func parent(_ path: String) -> String? {
        let bytes = Array(path.utf8)
        var end = bytes.count
        while end > 1, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }
        if end <= 1 { return nil }
        while end > 0, bytes[end - 1] != UInt8(ascii: "/") { end -= 1 }
        if end == 0 { return nil }
        while end > 1, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// `c` of `/a/b/c`.
    package static func name(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    /// Joins as Python's `os.path.join`: an absolute part starts anew.
    package static func join(_ base: String, _ parts: String...) -> String {
        parts.reduce(base) { path, part in
            if part.hasPrefix("/") || path.isEmpty { return part }
            return path.hasSuffix("/") ? path + part : path + "/" + part
        }
    }

    /// Resolves `.` and `..` in the text; links are not looked at.
    package static func normalised(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                if !parts.isEmpty, parts.last != ".." { parts.removeLast() } else if !path.hasPrefix("/") { parts.append(part) }
            } else {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
    }
}
