/// The order in which Python's `list.sort` compares, up to 63 elements: which comparison fails first decides the message.
///
/// After `Objects/listobject.c` of CPython 3.11: a run at the start is found, then the rest is inserted by halving.
enum PythonSort {
    static let limit = 64

    /// The positions of the elements in order.
    /// - Parameter isLess: whether the first element is smaller than the second, by position.
    static func order(_ count: Int, reverse: Bool, _ isLess: (Int, Int) throws -> Bool) rethrows -> [Int] {
        // Sorting backwards is sorting the reversed list and reversing it again, which keeps equal elements in place.
        var items = Array(0..<count)
        if reverse { items.reverse() }
        if count > 1 {
            let run = try firstRun(&items, isLess)
            try insert(&items, from: run, isLess)
        }
        return reverse ? items.reversed() : items
    }

    /// The length of the run at the start, which is turned round when it descends.
    private static func firstRun(_ items: inout [Int], _ isLess: (Int, Int) throws -> Bool) rethrows -> Int {
        let descends = try isLess(items[1], items[0])
        var end = 2
        while end < items.count, try isLess(items[end], items[end - 1]) == descends { end += 1 }
        if descends { items[..<end].reverse() }
        return end
    }

    private static func insert(_ items: inout [Int], from start: Int, _ isLess: (Int, Int) throws -> Bool) rethrows {
        for position in start..<max(start, items.count) {
            let pivot = items[position]
            var left = 0
            var right = position
            while left < right {
                let middle = left + (right - left) >> 1
                if try isLess(pivot, items[middle]) { right = middle } else { left = middle + 1 }
            }
            items.remove(at: position)
            items.insert(pivot, at: left)
        }
    }
}
