import Glibc
import HaliteModuleKit

/// A lock between processes, held by an open file: the system releases it whatever ends the process.
enum FileLock {
    private static let patience = 600

    /// - Parameter what: for the message when another process keeps the lock for more than a minute.
    static func holding<T>(_ path: String, what: String, _ body: () async throws -> T) async throws -> T {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ExecutionError("cannot open the lock \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var tries = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            tries += 1
            guard tries < patience else { throw ExecutionError("another process has used \(what) for more than a minute (lock: \(path))") }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try await body()
    }
}
