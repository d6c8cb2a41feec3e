import Glibc

/// An open file that closes itself.
final class Descriptor {
    let number: Int32
    let path: String

    init(_ path: String, _ flags: Int32, _ mode: mode_t = 0) throws(HostError) {
        var number: Int32
        repeat { number = open(path, flags | O_CLOEXEC, mode) } while number < 0 && errno == EINTR
        guard number >= 0 else { throw HostError.last("open", path) }
        self.number = number
        self.path = path
    }

    deinit { close(number) }

    /// The next part of the file; nil at its end.
    func read(atMost capacity: Int = 256 << 10) throws(HostError) -> [UInt8]? {
        var failure: Int32 = 0
        let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var result: Int
            repeat { result = Glibc.read(number, buffer.baseAddress, capacity) } while result < 0 && errno == EINTR
            if result < 0 { failure = errno }
            count = max(0, result)
        }
        if failure != 0 { throw HostError.system("read", path, failure) }
        return chunk.isEmpty ? nil : chunk
    }

    func write(_ bytes: [UInt8]) throws(HostError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(number, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
            if count < 0 {
                if errno == EINTR { continue }
                throw HostError.last("write", path)
            }
            offset += count
        }
    }

    func sync() throws(HostError) {
        guard fsync(number) == 0 else { throw HostError.last("sync", path) }
    }
}

/// Replaces files so that a reader, or a crash at any moment, finds the old content or the new one.
enum AtomicFile {
    static func write(_ path: String, _ attributes: FileAttributes, _ body: (Descriptor) throws -> Void) throws {
        let directory = Path.parent(path) ?? "/"
        var attributes = attributes
        var existing = stat()
        let replaces = stat(path, &existing) == 0
        if replaces {
            attributes.mode = attributes.mode ?? Int(existing.st_mode & 0o7777)
            attributes.userID = attributes.userID ?? Int(existing.st_uid)
            attributes.groupID = attributes.groupID ?? Int(existing.st_gid)
        }
        let file = try create(Path.join(directory, ".\(Path.name(path)).halite"))
        let temporary = file.path
        do {
            try body(file)
            if attributes.userID != nil || attributes.groupID != nil {
                guard fchown(file.number, try attributes.user(for: path), try attributes.group(for: path)) == 0 else {
                    throw HostError.last("change the owner of", path)
                }
            }
            // Lists of access rights and labels go over before the mode, which they would change.
            if replaces { ExtendedAttributes.copy(from: path, to: file.number) }
            guard fchmod(file.number, try attributes.permissions(for: path, default: 0o644)) == 0 else {
                throw HostError.last("change the mode of", path)
            }
            try file.sync()
            guard rename(temporary, path) == 0 else { throw HostError.last("rename to", path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }
}

extension AtomicFile {
    /// A new file beside another one. It has always the same name and is locked as long as it is written, so that whoever writes
    /// next knows what a run that was killed has left, and takes it away.
    private static func create(_ path: String) throws -> Descriptor {
        if let file = fresh(path) ?? (takeAway(path) ? fresh(path) : nil) { return file }
        // A living run writes the same file: this one has a name of its own.
        return try Descriptor("\(path)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600)
    }

    /// Nil where there is a file, or where somebody took it for a left one before it was locked.
    private static func fresh(_ path: String) -> Descriptor? {
        // Whatever else is wrong, such as a full disk, shows itself when a name of its own is tried.
        guard let file = try? Descriptor(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600) else { return nil }
        return flock(file.number, LOCK_EX | LOCK_NB) == 0 && file.isNamed(path) ? file : nil
    }

    /// Removes what nobody writes any more; false when there is no such file.
    private static func takeAway(_ path: String) -> Bool {
        // What cannot be opened, such as a link that somebody planted, is left where it is.
        guard let left = try? Descriptor(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK), flock(left.number, LOCK_EX | LOCK_NB) == 0 else {
            return false
        }
        return left.isNamed(path) && unlink(path) == 0
    }
}

extension Descriptor {
    /// Whether a path still leads to this file.
    fileprivate func isNamed(_ path: String) -> Bool {
        var (own, named) = (stat(), stat())
        return fstat(number, &own) == 0 && lstat(path, &named) == 0 && own.st_ino == named.st_ino && own.st_dev == named.st_dev
    }
}

extension FileAttributes {
    // Numbers come from SLS files: what the system cannot hold is an error and not the end of the process.

    /// For `chown`, to which the largest number means the owner that is there.
    func user(for path: String) throws(HostError) -> uid_t {
        guard let userID else { return uid_t.max }
        guard let number = uid_t(exactly: userID), number != uid_t.max else {
            throw HostError(.noSuchUser, "\(path): \(userID) is no number of a user")
        }
        return number
    }

    func group(for path: String) throws(HostError) -> gid_t {
        guard let groupID else { return gid_t.max }
        guard let number = gid_t(exactly: groupID), number != gid_t.max else {
            throw HostError(.noSuchUser, "\(path): \(groupID) is no number of a group")
        }
        return number
    }

    func permissions(for path: String, default standard: mode_t) throws(HostError) -> mode_t {
        guard let mode else { return standard }
        guard (0...0o7777).contains(mode) else { throw HostError(.other, "\(path): \(mode) is no mode of a file") }
        return mode_t(mode)
    }
}

extension HostError {
    package static func last(_ operation: String, _ path: String) -> HostError { system(operation, path, errno) }

    package static func system(_ operation: String, _ path: String, _ number: Int32) -> HostError {
        let code: Code =
            switch number {
            case ENOENT: .noSuchFile
            case EACCES, EPERM, EROFS: .notPermitted
            case EEXIST, ENOTEMPTY: .exists
            case ENOSPC, EDQUOT: .noSpace
            case ENOTDIR: .notADirectory
            case EISDIR: .isADirectory
            default: .other
            }
        return HostError(code, "cannot \(operation) \(path): \(String(cString: strerror(number)))", number: number, path: path)
    }
}
