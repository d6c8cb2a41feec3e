import Glibc

/// The file of `--out-file`: emptied by the first text of a command unless it is to be kept, then grown.
enum OutputFile {
    nonisolated(unsafe) private static var opened: [String: Int32] = [:]

    /// Called from one task only, the one that shows returns.
    /// An empty text makes no file, but empties one that is there.
    static func write(_ text: String, to path: String, append: Bool) throws {
        if text.isEmpty, append || access(path, F_OK) != 0 { return }
        let descriptor: Int32
        if let known = opened[path] {
            descriptor = known
        } else {
            descriptor = open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC) | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))") }
            opened[path] = descriptor
        }
        let bytes = Array(text.utf8)
        guard bytes.withUnsafeBytes({ Glibc.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count else {
            throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
