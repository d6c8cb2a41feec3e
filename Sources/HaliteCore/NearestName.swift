/// Finds the known name that a user most likely meant.
package enum NearestName {
    /// The closest candidate within a third of the length of the name, or nil. Of a short name one letter may be wrong,
    /// of one or two letters none: everything is near to them.
    package static func find(_ name: String, among candidates: some Sequence<String>) -> String? {
        let wanted = Array(name.utf8)
        let limit = wanted.count < 3 ? 0 : wanted.count < 5 ? 1 : max(2, wanted.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(wanted, Array(candidate.utf8), limit: limit)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// ` (did you mean 'x'?)` or nothing, to put behind a message.
    package static func hint(_ name: String, among candidates: some Sequence<String>) -> String {
        find(name, among: candidates).map { ", did you mean '\($0)'?" } ?? ""
    }

    /// Damerau's distance (optimal string alignment); gives up with `limit + 1`.
    static func distance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
        if abs(a.count - b.count) > limit { return limit + 1 }
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 1...a.count {
            var row = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...b.count {
                let cost = a[i - 1] == b[j - 1] ? 0 : 1
                row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
