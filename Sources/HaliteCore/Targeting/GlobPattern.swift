/// A shell pattern with the rules of Python's `fnmatch`: `*`, `?`, `[a-z]`, `[!x]`; case counts, and `/` is nothing
/// special.
package struct GlobPattern: Sendable, Hashable {
    private enum Part: Sendable, Hashable {
        case scalar(Unicode.Scalar)
        case any
        case star
        case set([ClosedRange<UInt32>], negated: Bool)
    }

    package let text: String
    private let parts: [Part]

    package init(_ text: String) {
        self.text = text
        let scalars = Array(text.unicodeScalars)
        var parts: [Part] = []
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": if parts.last != .star { parts.append(.star) }
            case "?": parts.append(.any)
            case "[":
                if let (set, next) = Self.set(scalars, from: index) {
                    parts.append(set)
                    index = next
                } else {
                    parts.append(.scalar(scalar))
                }
            default: parts.append(.scalar(scalar))
            }
        }
        self.parts = parts
    }

    /// A set that is not closed is the bracket itself.
    private static func set(_ scalars: [Unicode.Scalar], from start: Int) -> (Part, Int)? {
        var index = start
        let negated = index < scalars.count && scalars[index] == "!"
        if negated { index += 1 }
        let first = index
        if index < scalars.count, scalars[index] == "]" { index += 1 }
        while index < scalars.count, scalars[index] != "]" { index += 1 }
        guard index < scalars.count else { return nil }
        var ranges: [ClosedRange<UInt32>] = []
        var position = first
        while position < index {
            let low = scalars[position].value
            if position + 2 < index, scalars[position + 1] == "-" {
                let high = scalars[position + 2].value
                if low <= high { ranges.append(low...high) }
                position += 3
            } else {
                ranges.append(low...low)
                position += 1
            }
        }
        return (.set(ranges, negated: negated), index + 1)
    }

    package func matches(_ candidate: String) -> Bool {
        let scalars = Array(candidate.unicodeScalars)
        var part = 0
        var position = 0
        // Where to go on when a guess about the last star was wrong.
        var star: (part: Int, position: Int)?
        while position < scalars.count {
            if part < parts.count {
                if case .star = parts[part] {
                    star = (part, position)
                    part += 1
                    continue
                }
                if matches(parts[part], scalars[position]) {
                    part += 1
                    position += 1
                    continue
                }
            }
            guard let last = star else { return false }
            star = (last.part, last.position + 1)
            part = last.part + 1
            position = last.position + 1
        }
        while part < parts.count, parts[part] == .star { part += 1 }
        return part == parts.count
    }

    private func matches(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .scalar(let wanted): wanted == scalar
        case .any, .star: true
        case .set(let ranges, let negated): ranges.contains { $0.contains(scalar.value) } != negated
        }
    }
}
