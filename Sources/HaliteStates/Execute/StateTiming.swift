import Glibc

/// When a state began, in local time as Salt prints it, and how long it took.
struct StateTiming {
    let text: String
    private let start: ContinuousClock.Instant

    static func start() -> StateTiming {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var local = tm()
        var seconds = now.tv_sec
        localtime_r(&seconds, &local)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let micro = String(now.tv_nsec / 1000)
        let padded = String(repeating: "0", count: 6 - micro.count) + micro
        return StateTiming(
            text: "\(two(local.tm_hour)):\(two(local.tm_min)):\(two(local.tm_sec)).\(padded)", start: .now)
    }

    /// To the microsecond.
    var elapsedMilliseconds: Double {
        let elapsed = (ContinuousClock.now - start).components
        return Double(elapsed.seconds * 1_000_000 + elapsed.attoseconds / 1_000_000_000_000) / 1000
    }
}
