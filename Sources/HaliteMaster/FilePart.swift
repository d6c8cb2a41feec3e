import Glibc
import HaliteHost

/// A part of a file, so that a large one is never wholly in memory.
enum FilePart {
    static func read(_ path: String, _ offset: Int, _ count: Int) async throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw HostError(.other, "cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            length = 0
            while length < count {
                let got = pread(file, buffer.baseAddress.map { $0 + length }, count - length, off_t(offset + length))
                if got < 0 { failed = true }
                if got <= 0 { break }
                length += got
            }
        }
        if failed { throw HostError(.other, "cannot read \(path): \(String(cString: strerror(errno)))") }
        return bytes
    }
}
