import Glibc

/// The file of `--out-file`: emptied by the first text of a command, then grown.
enum OutputFile {
    nonisolated(unsafe) private static var opened: [String: Int32] = [:]

    /// Called from one task only, the one that shows returns.
    static func append(_ text: String, to path: String) throws {
        let descriptor: Int32
        if let known = opened[path] {
            descriptor = known
        } else {
            descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))") }
            opened[path] = descriptor
        }
        let bytes = Array(text.utf8)
        guard bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
            throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
