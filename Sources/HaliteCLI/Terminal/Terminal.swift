import Glibc

/// Standard output and standard error.
enum Terminal {
    static var isInteractive: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whole texts are written, also to a slow pipe; a reader that has gone ends the program as it ends others.
    static func print(_ text: String) { write(text + "\n", STDOUT_FILENO) }
    static func error(_ text: String) { write(text + "\n", STDERR_FILENO) }
    static func errorPart(_ text: String) { write(text, STDERR_FILENO) }

    private static func write(_ text: String, _ descriptor: Int32) {
        let bytes = Array(text.utf8)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset) }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { exit(141) }
                return
            }
            offset += count
        }
    }

    static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The host's name, which is the default id.
    static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// One line on standard error that tells how far a command is; only when somebody watches.
final class ProgressLine {
    private let isShown = Terminal.isInteractive && Terminal.errorIsInteractive
    private var isDrawn = false

    func show(_ text: String) {
        guard isShown else { return }
        Terminal.errorPart("\r\u{1B}[K" + text)
        isDrawn = true
    }

    func clear() {
        guard isDrawn else { return }
        Terminal.errorPart("\r\u{1B}[K")
        isDrawn = false
    }
}
