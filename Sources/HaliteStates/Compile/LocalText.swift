import HaliteHost

/// Reads a fetched file of this process, whatever host the states act upon.
enum LocalText {
    static func read(_ path: String) async throws -> String { try await LocalHost().readText(path) }
}
