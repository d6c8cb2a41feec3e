import Dispatch
import Glibc

/// Waits for SIGTERM, SIGINT or the end of the task.
enum StopSignal {
    static func wait() async {
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        let sources = [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.finish() }
            source.resume()
            return source
        }
        for await _ in stream {}
        for source in sources { source.cancel() }
    }
}

func unlinkPath(_ path: UnsafePointer<CChar>) -> Int32 { unlink(path) }
