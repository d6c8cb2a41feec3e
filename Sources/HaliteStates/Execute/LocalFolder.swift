import HaliteHost

/// Folders of this process, whatever host the states act upon.
enum LocalFolder {
    static func make(_ path: String) async throws {
        try await LocalHost().makeDirectories(path, FileAttributes(mode: 0o700))
    }
}
