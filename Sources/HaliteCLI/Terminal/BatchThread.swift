import HaliteRender

/// A render thread for a loop that reads and answers.
enum BatchThread {
    static func run(_ body: @escaping @Sendable () -> Void) async throws { try await RenderThread.run(body) }
}
