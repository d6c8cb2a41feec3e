import Glibc
import Synchronization

/// The id of a job: its start in UTC to the microsecond, twenty digits as in Salt. Ids of one process never repeat.
package struct JobID: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let description: String

    /// Nil unless the text has twenty digits.
    package init?(_ text: String) {
        guard text.utf8.count == 20, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        description = text
    }

    private static let last = Mutex(0)

    /// The id of now, or one microsecond behind the last one.
    package static func make() -> JobID {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let micro = now.tv_sec * 1_000_000 + now.tv_nsec / 1000
        let unique = last.withLock { last in
            last = max(micro, last + 1)
            return last
        }
        return JobID(microseconds: unique)
    }

    private init(microseconds: Int) {
        var seconds = microseconds / 1_000_000
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ number: Int, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        description =
            digits(Int(parts.tm_year) + 1900, 4) + digits(Int(parts.tm_mon) + 1, 2) + digits(Int(parts.tm_mday), 2)
            + digits(Int(parts.tm_hour), 2) + digits(Int(parts.tm_min), 2) + digits(Int(parts.tm_sec), 2)
            + digits(microseconds % 1_000_000, 6)
    }

    package static func < (left: JobID, right: JobID) -> Bool { left.description < right.description }

    /// `2026, Nov 22 14:03:21.128000`, as Salt shows a start.
    package var display: String {
        let digits = Array(description)
        func part(_ from: Int, _ to: Int) -> String { String(digits[from..<to]) }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let month = Int(part(4, 6)).flatMap { months.indices.contains($0 - 1) ? months[$0 - 1] : nil } ?? part(4, 6)
        return "\(part(0, 4)), \(month) \(part(6, 8)) \(part(8, 10)):\(part(10, 12)):\(part(12, 14)).\(part(14, 20))"
    }
}
