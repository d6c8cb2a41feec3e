import Dispatch
import Glibc
import Synchronization

/// Threads for rendering. A template runs synchronously and may call functions that wait, which must block neither
/// the concurrency pool nor an event loop; and deep templates want a deep stack.
package enum RenderThread {
    /// Address space only: the kernel gives memory as it is used.
    static let stackBytes = 256 << 20
    static let idleLimit = 4

    private struct Pool {
        var idle: [Worker] = []
    }

    private static let pool = Mutex(Pool())

    /// Runs a body on a render thread; the task waits without blocking its own.
    package static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            let worker = pool.withLock { $0.idle.popLast() } ?? Worker.start()
            worker.submit {
                let result = Result(catching: body)
                return { continuation.resume(with: result) }
            }
        }
    }

    /// Waits on a render thread for asynchronous work.
    package static func wait<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
        let box = Box<T>()
        let semaphore = DispatchSemaphore(value: 0)
        // Owned by this frame, which does not return before the task has ended.
        Task.detached {
            do { box.set(.success(try await body())) } catch { box.set(.failure(error)) }
            semaphore.signal()
        }
        semaphore.wait()
        return try box.take()
    }

    private final class Box<T: Sendable>: Sendable {
        private let result = Mutex<Result<T, any Error>?>(nil)
        func set(_ value: Result<T, any Error>) { result.withLock { $0 = value } }
        func take() throws -> T {
            guard let value = result.withLock({ $0 }) else { throw CancellationError() }
            return try value.get()
        }
    }

    /// One thread that takes bodies until too many are idle.
    private final class Worker: Sendable {
        typealias Body = @Sendable () -> @Sendable () -> Void
        private let next = Mutex<Body?>(nil)
        private let ready = DispatchSemaphore(value: 0)

        static func start() -> Worker {
            let worker = Worker()
            var attributes = pthread_attr_t()
            pthread_attr_init(&attributes)
            pthread_attr_setstacksize(&attributes, stackBytes)
            pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
            var thread = pthread_t()
            let status = pthread_create(
                &thread, &attributes,
                { pointer in
                    guard let pointer else { return nil }
                    Unmanaged<Worker>.fromOpaque(pointer).takeRetainedValue().loop()
                    return nil
                }, Unmanaged.passRetained(worker).toOpaque())
            pthread_attr_destroy(&attributes)
            precondition(status == 0, "cannot start a render thread")
            return worker
        }

        func submit(_ body: @escaping Body) {
            next.withLock { $0 = body }
            ready.signal()
        }

        private func loop() {
            while true {
                ready.wait()
                guard let body = next.withLock({ $0.take() }) else { return }
                let finish = body()
                // Back into the pool before the waiter goes on, so that it finds this thread again.
                let stays = pool.withLock { pool in
                    guard pool.idle.count < idleLimit else { return false }
                    pool.idle.append(self)
                    return true
                }
                finish()
                if !stays { return }
            }
        }
    }
}
