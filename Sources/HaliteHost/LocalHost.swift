import Crypto
import FoundationEssentials
import Glibc

/// The machine that this process runs on.
package struct LocalHost: Host {
    package init() {}

    package func read(_ path: String, limit: Int) async throws -> [UInt8] {
        let file = try Descriptor(path, O_RDONLY)
        var content: [UInt8] = []
        if let size = try await status(path)?.size, size > 0 {
            guard size <= limit else { throw HostError(.tooLarge, "\(path) has \(size) bytes, the limit is \(limit)") }
            content.reserveCapacity(size)
        }
        // Files below /proc say size 0, so the end is found by reading.
        while let chunk = try file.read() {
            content.append(contentsOf: chunk)
            guard content.count <= limit else { throw HostError(.tooLarge, "\(path) is larger than \(limit) bytes") }
        }
        return content
    }

    package func head(_ path: String, _ count: Int) async throws -> [UInt8] {
        let file = try Descriptor(path, O_RDONLY)
        var head: [UInt8] = []
        while head.count < count, let part = try file.read(atMost: count - head.count) { head += part }
        return head
    }

    package func write(_ path: String, _ content: [UInt8], _ attributes: FileAttributes) async throws {
        try AtomicFile.write(path, attributes) { file in try file.write(content) }
    }

    package func put(localFile: String, to path: String, _ attributes: FileAttributes) async throws {
        let source = try Descriptor(localFile, O_RDONLY)
        try AtomicFile.write(path, attributes) { file in
            while let chunk = try source.read() { try file.write(chunk) }
        }
    }

    package func overwrite(_ path: String, _ content: [UInt8]) async throws {
        let file = try Descriptor(path, O_WRONLY)
        try file.write(content)
        guard ftruncate(file.number, off_t(content.count)) == 0 else { throw HostError.last("write", path) }
        try file.sync()
    }

    package func copy(_ source: String, to path: String, _ attributes: FileAttributes) async throws {
        try await put(localFile: source, to: path, attributes)
    }

    package func status(_ path: String, followLinks: Bool) async throws -> FileStatus? {
        var info = stat()
        guard (followLinks ? stat(path, &info) : lstat(path, &info)) == 0 else {
            if errno == ENOENT || errno == ENOTDIR || errno == ELOOP { return nil }
            throw HostError.last("stat", path)
        }
        let kind: FileStatus.Kind =
            switch info.st_mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFLNK: .link
            case S_IFSOCK: .socket
            case S_IFIFO: .pipe
            case S_IFBLK: .block
            case S_IFCHR: .character
            default: .file
            }
        return FileStatus(
            kind: kind, mode: Int(info.st_mode & 0o7777), userID: Int(info.st_uid), groupID: Int(info.st_gid),
            size: Int(info.st_size), inode: Int(info.st_ino), linkCount: Int(info.st_nlink), accessTime: info.st_atim.seconds,
            modificationTime: info.st_mtim.seconds, changeTime: info.st_ctim.seconds)
    }

    package func list(_ directory: String) async throws -> [String] {
        guard let handle = opendir(directory) else { throw HostError.last("list", directory) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
                String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    package func readLink(_ path: String) async throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        guard count >= 0 else { throw HostError.last("read the link", path) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    package func digest(_ path: String, _ algorithm: HashAlgorithm) async throws -> String {
        let file = try Descriptor(path, O_RDONLY)
        return try Digest.hexadecimal(algorithm) { try file.read() }
    }

    package func makeDirectory(_ path: String, _ attributes: FileAttributes) async throws {
        guard mkdir(path, try attributes.permissions(for: path, default: 0o755)) == 0 else {
            throw HostError.last("make the directory", path)
        }
        try await setAttributes(path, attributes, followLinks: true)
    }

    package func makeLink(_ path: String, to target: String) async throws {
        guard symlink(target, path) == 0 else { throw HostError.last("make the link", path) }
    }

    package func rename(_ path: String, to other: String) async throws {
        guard Glibc.rename(path, other) == 0 else { throw HostError.last("rename", path) }
    }

    package func remove(_ path: String) async throws {
        guard let status = try await status(path, followLinks: false) else { return }
        if status.kind == .directory {
            for name in try await list(path) { try await remove(Path.join(path, name)) }
            guard rmdir(path) == 0 || errno == ENOENT else { throw HostError.last("remove", path) }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else { throw HostError.last("remove", path) }
        }
    }

    package func setAttributes(_ path: String, _ attributes: FileAttributes, followLinks: Bool) async throws {
        if attributes.userID != nil || attributes.groupID != nil {
            let (user, group) = (try attributes.user(for: path), try attributes.group(for: path))
            let result = followLinks ? chown(path, user, group) : lchown(path, user, group)
            guard result == 0 else { throw HostError.last("change the owner of", path) }
        }
        // After the owner: changing the owner clears the set-uid and set-gid bits.
        if attributes.mode != nil, chmod(path, try attributes.permissions(for: path, default: 0)) != 0 {
            throw HostError.last("change the mode of", path)
        }
    }

    package func touch(_ path: String, accessTime: Double?, modificationTime: Double?) async throws {
        // A folder cannot be opened for writing, and has times all the same.
        if try await status(path) == nil { _ = try Descriptor(path, O_WRONLY | O_CREAT, 0o644) }
        // UTIME_NOW, a macro that Swift does not import.
        let now = timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1)
        let times = [accessTime.map(timespec.init(seconds:)) ?? now, modificationTime.map(timespec.init(seconds:)) ?? now]
        guard utimensat(AT_FDCWD, path, times, 0) == 0 else { throw HostError.last("touch", path) }
    }

    package func which(_ program: String) async -> String? {
        if program.hasPrefix("/") { return access(program, X_OK) == 0 ? program : nil }
        for directory in LocalHost.searchPath {
            let path = Path.join(directory, program)
            var info = stat()
            if stat(path, &info) == 0, info.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 { return path }
        }
        return nil
    }

    /// The path of the process with the system's own directories behind it: daemons often start with a short one.
    static let searchPath: [String] = {
        let inherited = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").map(String.init)
        let standard = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return inherited + standard.filter { !inherited.contains($0) }
    }()
}

extension timespec {
    var seconds: Double { Double(tv_sec) + Double(tv_nsec) / 1e9 }

    init(seconds: Double) {
        let whole = seconds.rounded(.down)
        self.init(tv_sec: Int(whole), tv_nsec: Int((seconds - whole) * 1e9))
    }
}
