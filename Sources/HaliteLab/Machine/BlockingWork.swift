import Glibc

/// Runs blocking work on a thread of its own, off the threads that tasks share.
enum BlockingWork {
    static func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            let box = Unmanaged.passRetained(Box { continuation.resume(with: Result { try work() }) })
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().work()
                    return nil
                }, box.toOpaque())
            guard code == 0 else {
                box.release()
                continuation.resume(throwing: LabError(.failed, "cannot start a thread: \(String(cString: strerror(code)))"))
                return
            }
            pthread_detach(thread)
        }
    }

    private final class Box {
        let work: () -> Void
        init(_ work: @escaping () -> Void) { self.work = work }
    }
}
