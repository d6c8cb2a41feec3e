import Glibc
import HaliteValue

/// The list of what a lab has made, kept so that a lab that was killed at any moment can be taken down completely.
///
/// Each entry is a line of JSON that reaches the disk before the thing is made. A last line that is cut off by a
/// crash names a thing that was never made.
package struct Journal: Sendable {
    let path: String

    package init(path: String) { self.path = path }

    package func append(_ entry: JournalEntry) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LabError.system("open", path) }
        defer { close(descriptor) }
        let line = Array((entry.value.json() + "\n").utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw LabError.system("write", path)
        }
    }

    /// The entries in their order; empty when there is no journal.
    package func entries() throws -> [JournalEntry] {
        guard let text = TextFile.read(path) else {
            if errno == ENOENT { return [] }
            throw LabError.system("read", path)
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // Behind the last line end stands nothing, or a line that was cut off.
        lines.removeLast()
        return try lines.enumerated().map { number, line in
            guard let value = try? Value(jsonText: String(line)), let entry = JournalEntry(value) else {
                throw LabError(.failed, "this is no entry of a lab's journal: \(line)", file: path, line: number + 1)
            }
            return entry
        }
    }
}

extension LabError {
    /// The failure of the system call just made.
    static func system(_ operation: String, _ subject: String) -> LabError {
        LabError(.failed, "cannot \(operation) \(subject): \(String(cString: strerror(errno)))")
    }
}
