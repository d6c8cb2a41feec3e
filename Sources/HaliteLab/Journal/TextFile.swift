import Glibc

/// Small files, read and written without a detour: process 1 of a host and the journal have no use for tasks.
enum TextFile {
    /// Nil when it cannot be read; `errno` says why.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return String(decoding: readAll(descriptor), as: UTF8.self)
    }

    /// Everything until the end or an error.
    static func readAll(_ descriptor: Int32) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return content }
            content += buffer[..<count]
        }
    }

    /// Replaces a file or a link of that name by a file.
    static func write(_ path: String, _ content: String, mode: mode_t = 0o644) throws {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw LabError.system("make", path) }
        defer { close(descriptor) }
        var bytes = Array(content.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw LabError.system("write", path) }
            bytes = bytes.dropFirst(count)
        }
        guard fchmod(descriptor, mode) == 0 else { throw LabError.system("change the mode of", path) }
    }

    /// Writes into a file that is there, such as those below `/proc/sys`.
    static func set(_ path: String, _ content: String) throws {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LabError.system("open", path) }
        defer { close(descriptor) }
        let bytes = Array(content.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw LabError.system("write", path) }
    }

    static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw LabError.system("make the directory", path)
        }
        try makeDirectories(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw LabError.system("make the directory", path) }
    }
}
