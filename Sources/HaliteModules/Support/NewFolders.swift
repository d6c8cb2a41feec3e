import HaliteHost
import HaliteModuleKit

/// Makes the folders that a path needs, each with the same owner and mode, as Salt's `file.makedirs` does.
enum NewFolders {
    /// Folders that are there stay as they are; what is no folder is in the way and an error.
    static func make(_ path: String, _ ownership: Ownership, _ host: any Host) async throws {
        if try await host.isDirectory(path) { return }
        if let mode = ownership.mode, Int(mode.text) == nil {
            throw ExecutionError("invalid literal for int() with base 10: '\(mode.text)'")
        }
        if let parent = Path.parent(path) { try await make(parent, ownership, host) }
        do {
            try await host.makeDirectory(path, FileAttributes(mode: ownership.mode?.bits))
        } catch let error as HostError where error.code == .exists {
            // Somebody else may have made it in between.
            if try await !host.isDirectory(path) { throw error }
        }
        _ = try await ownership.enforce(path, host, followLinks: true)
    }
}
