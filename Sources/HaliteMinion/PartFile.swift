import FoundationEssentials
import Glibc
import HaliteHost

/// A file that grows while its parts arrive.
enum PartFile {
    static func append(_ bytes: [UInt8], to path: String) async throws {
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw HostError(.other, "cannot write \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
            guard count > 0 else { throw HostError(.other, "cannot write \(path): \(String(cString: strerror(errno)))") }
            offset += count
        }
    }
}
