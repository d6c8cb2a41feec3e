import Glibc
import HaliteModuleKit
import HaliteValue

/// Lets templates write to the log, which is standard error.
package struct LogModule: ExecutionModule {
    package static let name = "log"
    package static let summary = "Writes to the log of the minion."

    /// Salt's names of levels, the least important first; `exception` is an error.
    private static let levels = ["debug", "info", "warning", "error", "critical"]

    package static let functions: [Function] = (levels + ["exception"]).map { level in
        Function(level, "Log a message at level \(level.uppercased()).", .required("message", "Anything.")) { (call: CallContext, message: Value) in
            write(level == "exception" ? "error" : level, message.pythonString, call)
            return true
        }
    }

    /// The setting `log_level` decides what is written, as it does for the minion's own messages.
    private static func write(_ level: String, _ message: String, _ call: CallContext) {
        guard let importance = levels.firstIndex(of: level), importance >= threshold(call.services.options["log_level"]?.stringValue) else { return }
        let title = level.uppercased()
        let line = Array("[\(title)\(String(repeating: " ", count: 8 - title.utf8.count))] \(message)\n".utf8)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private static func threshold(_ setting: String?) -> Int {
        switch setting?.lowercased() {
        case "all", "garbage", "trace", "profile": 0
        case "quiet": levels.count
        case let name?: levels.firstIndex(of: name) ?? 2
        case nil: 2
        }
    }
}
