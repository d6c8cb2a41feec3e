import Glibc

/// A line on standard output, written at once.
enum Line {
    static func write(_ text: String) {
        var bytes = Array((text + "\n").utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard count > 0 else { exit(74) }
            bytes = bytes.dropFirst(count)
        }
    }
}
