import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Files and folders for a while.
package struct TempModule: ExecutionModule {
    package static let name = "temp"
    package static let summary = "Files and folders for a while."

    package static let functions: [Function] = ["dir", "file"].map { kind in
        Function(
            kind, "Make a new empty \(kind == "dir" ? "folder" : "file") that the minion alone may read, and return its path.",
            .optional("suffix", "", "The end of its name."), .optional("prefix", "tmp", "The beginning of its name."),
            .optional("parent", nil as String?, "The folder to make it in.")
        ) { (call: CallContext, suffix: String, prefix: String, parent: String?) async throws -> String in
            guard !suffix.contains("/"), !prefix.contains("/") else { throw ExecutionError("a suffix or prefix has no slash") }
            let folder = parent ?? "/tmp"
            let random = String((0..<8).map { _ in "abcdefghijklmnopqrstuvwxyz0123456789_".randomElement() ?? "a" })
            let path = Path.join(folder, prefix + random + suffix)
            if kind == "dir" {
                try await call.host.makeDirectory(path, FileAttributes(mode: 0o700))
            } else {
                try await call.host.write(path, [], FileAttributes(mode: 0o600))
            }
            return path
        }
    }
}
