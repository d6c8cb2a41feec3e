import Glibc

/// Processor time, which other programs on the machine disturb less than the clock.
enum Stopwatch {
    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    /// The best of single runs, in nanoseconds, after one that is not counted. At least three runs are made.
    static func best(seconds: Double, _ body: () throws -> Void) rethrows -> Int {
        try body()
        var count = 0
        var best = Int.max
        let start = now
        let end = start + Int(seconds * 1e9)
        var last = start
        while count < 3 || last < end {
            let before = now
            try body()
            last = now
            best = min(best, last - before)
            count += 1
        }
        return best
    }

    /// The largest resident size of this process so far, in KiB.
    static var peakMemory: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(0), &usage)
        return usage.ru_maxrss
    }
}
