/// Unified differences between two texts, block for block those of Python's `difflib`, because users see them in changes.
enum UnifiedDiff {
    /// - Parameters:
    ///   - old: lines with their line ends.
    ///   - new: lines with their line ends.
    ///   - names: the texts behind `---` and `+++`; empty ones leave a blank behind the dashes, as Salt does.
    static func lines(_ old: [String], _ new: [String], names: (String, String) = ("", ""), context: Int = 3) -> [String] {
        var interned = LineTable()
        let a = old.map { interned.number($0) }
        let b = new.map { interned.number($0) }
        let groups = SequenceMatcher(a, b).groupedOperations(context: context)
        if groups.isEmpty { return [] }
        var output = ["--- \(names.0)\n", "+++ \(names.1)\n"]
        for group in groups {
            guard let first = group.first, let last = group.last else { continue }
            let from = range(first.old.lowerBound, last.old.upperBound)
            let to = range(first.new.lowerBound, last.new.upperBound)
            output.append("@@ -\(from) +\(to) @@\n")
            for operation in group {
                if operation.kind == .equal {
                    output += old[operation.old].map { " " + $0 }
                    continue
                }
                output += old[operation.old].map { "-" + $0 }
                output += new[operation.new].map { "+" + $0 }
            }
        }
        return output
    }

    static func text(_ old: String, _ new: String, names: (String, String) = ("", "")) -> String {
        lines(splitLines(old), splitLines(new), names: names).joined()
    }

    /// Splits behind each line feed and keeps it.
    static func splitLines(_ text: String) -> [String] {
        var lines: [String] = []
        var start = text.utf8.startIndex
        while start < text.utf8.endIndex {
            let end = text.utf8[start...].firstIndex(of: 0x0A).map { text.utf8.index(after: $0) } ?? text.utf8.endIndex
            lines.append(String(text[start..<end]))
            start = end
        }
        return lines
    }

    private static func range(_ start: Int, _ stop: Int) -> String {
        let length = stop - start
        if length == 1 { return String(start + 1) }
        return "\(length == 0 ? start : start + 1),\(length)"
    }
}

/// Gives equal lines equal numbers, so that comparing them costs one instruction.
private struct LineTable {
    private var numbers: [[UInt8]: Int] = [:]

    mutating func number(_ line: String) -> Int {
        let key = Array(line.utf8)
        if let known = numbers[key] { return known }
        numbers[key] = numbers.count
        return numbers.count - 1
    }
}

/// The longest-matching-block comparison that `difflib` describes.
struct SequenceMatcher {
    enum Kind { case equal, replace, delete, insert }

    struct Operation {
        var kind: Kind
        var old: Range<Int>
        var new: Range<Int>
    }

    private let a: [Int]
    private let b: [Int]
    /// Where each element stands in `b`; elements that are too popular are left out, as difflib's "autojunk" does.
    private let positions: [Int: [Int]]

    init(_ a: [Int], _ b: [Int]) {
        self.a = a
        self.b = b
        var positions: [Int: [Int]] = [:]
        for (index, element) in b.enumerated() { positions[element, default: []].append(index) }
        if b.count >= 200 {
            let most = b.count / 100 + 1
            positions = positions.filter { $0.value.count <= most }
        }
        self.positions = positions
    }

    private func longestMatch(_ aRange: Range<Int>, _ bRange: Range<Int>) -> (a: Int, b: Int, size: Int) {
        var best = (a: aRange.lowerBound, b: bRange.lowerBound, size: 0)
        var lengths: [Int: Int] = [:]
        for i in aRange {
            var next: [Int: Int] = [:]
            for j in positions[a[i]] ?? [] {
                if j < bRange.lowerBound { continue }
                if j >= bRange.upperBound { break }
                let size = (lengths[j - 1] ?? 0) + 1
                next[j] = size
                if size > best.size { best = (i - size + 1, j - size + 1, size) }
            }
            lengths = next
        }
        // Popular elements do not start a block but may lengthen one.
        while best.a > aRange.lowerBound, best.b > bRange.lowerBound, a[best.a - 1] == b[best.b - 1] {
            best = (best.a - 1, best.b - 1, best.size + 1)
        }
        while best.a + best.size < aRange.upperBound, best.b + best.size < bRange.upperBound,
            a[best.a + best.size] == b[best.b + best.size]
        {
            best.size += 1
        }
        return best
    }

    private func matchingBlocks() -> [(a: Int, b: Int, size: Int)] {
        var queue = [(0..<a.count, 0..<b.count)]
        var blocks: [(a: Int, b: Int, size: Int)] = []
        while let (aRange, bRange) = queue.popLast() {
            let match = longestMatch(aRange, bRange)
            if match.size == 0 { continue }
            blocks.append(match)
            if aRange.lowerBound < match.a, bRange.lowerBound < match.b {
                queue.append((aRange.lowerBound..<match.a, bRange.lowerBound..<match.b))
            }
            if match.a + match.size < aRange.upperBound, match.b + match.size < bRange.upperBound {
                queue.append((match.a + match.size..<aRange.upperBound, match.b + match.size..<bRange.upperBound))
            }
        }
        blocks.sort { ($0.a, $0.b) < ($1.a, $1.b) }
        var merged: [(a: Int, b: Int, size: Int)] = []
        for block in blocks {
            if let last = merged.last, last.a + last.size == block.a, last.b + last.size == block.b {
                merged[merged.count - 1].size += block.size
            } else {
                merged.append(block)
            }
        }
        merged.append((a.count, b.count, 0))
        return merged
    }

    func operations() -> [Operation] {
        var operations: [Operation] = []
        var i = 0
        var j = 0
        for block in matchingBlocks() {
            if i < block.a || j < block.b {
                let kind: Kind = i < block.a ? (j < block.b ? .replace : .delete) : .insert
                operations.append(Operation(kind: kind, old: i..<block.a, new: j..<block.b))
            }
            i = block.a + block.size
            j = block.b + block.size
            if block.size > 0 { operations.append(Operation(kind: .equal, old: block.a..<i, new: block.b..<j)) }
        }
        return operations
    }

    /// The operations in hunks with some unchanged lines around each.
    func groupedOperations(context: Int) -> [[Operation]] {
        var operations = operations()
        if operations.isEmpty { return [] }
        if operations[0].kind == .equal { operations[0].keepLast(context) }
        if operations[operations.count - 1].kind == .equal { operations[operations.count - 1].keepFirst(context) }
        var groups: [[Operation]] = []
        var group: [Operation] = []
        for operation in operations {
            if operation.kind == .equal, operation.old.count > 2 * context {
                var head = operation
                head.keepFirst(context)
                group.append(head)
                groups.append(group)
                var tail = operation
                tail.keepLast(context)
                group = [tail]
            } else {
                group.append(operation)
            }
        }
        if !group.isEmpty, !(group.count == 1 && group[0].kind == .equal) { groups.append(group) }
        return groups
    }
}

extension SequenceMatcher.Operation {
    fileprivate mutating func keepFirst(_ count: Int) {
        old = old.lowerBound..<min(old.upperBound, old.lowerBound + count)
        new = new.lowerBound..<min(new.upperBound, new.lowerBound + count)
    }

    fileprivate mutating func keepLast(_ count: Int) {
        old = max(old.lowerBound, old.upperBound - count)..<old.upperBound
        new = max(new.lowerBound, new.upperBound - count)..<new.upperBound
    }
}
