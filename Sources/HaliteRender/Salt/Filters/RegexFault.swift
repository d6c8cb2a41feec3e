import HaliteCore

/// What Python's `re` says about a pattern that it cannot compile: PCRE2 words the same mistakes in another way.
enum RegexFault {
    static func message(_ error: RegexError) -> String {
        let place = error.position.map { " at position \($0)" } ?? ""
        if error.reason.hasPrefix("invalid group reference"), let position = error.position {
            // Python counts from the backslash.
            return "\(error.reason) at position \(max(0, position - 1))"
        }
        var scanner = Scanner(error.pattern)
        return scanner.firstFault() ?? error.reason + place
    }

    private struct Scanner {
        private let scalars: [Unicode.Scalar]
        private var position = 0
        private var open: [Int] = []
        /// What may be repeated stands before the position.
        private var isRepeatable = false
        private var isRepeated = false

        init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

        private func fault(_ reason: String, _ place: Int) -> String { "\(reason) at position \(place)" }

        private func scalar(_ place: Int) -> Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

        mutating func firstFault() -> String? {
            while let current = scalar(position) {
                if let found = step(current) { return found }
            }
            return open.last.map { fault("missing ), unterminated subpattern", $0) }
        }

        private mutating func step(_ current: Unicode.Scalar) -> String? {
            let start = position
            position += 1
            switch current {
            case "\\":
                if let found = escape(from: start) { return found }
                (isRepeatable, isRepeated) = (true, false)
            case "[":
                if let found = characterSet(from: start) { return found }
                (isRepeatable, isRepeated) = (true, false)
            case "(":
                open.append(start)
                if let found = group(from: start) { return found }
                (isRepeatable, isRepeated) = (false, false)
            case ")":
                guard open.popLast() != nil else { return fault("unbalanced parenthesis", start) }
                (isRepeatable, isRepeated) = (true, false)
            case "|", "^": (isRepeatable, isRepeated) = (false, false)
            case "*", "+", "?":
                if isRepeated { return fault("multiple repeat", start) }
                if !isRepeatable { return fault("nothing to repeat", start) }
                isRepeated = true
                if scalar(position) == "?" || scalar(position) == "+" { position += 1 }
            default: (isRepeatable, isRepeated) = (true, false)
            }
            return nil
        }

        private mutating func escape(from start: Int) -> String? {
            guard let letter = scalar(position) else { return fault("bad escape (end of pattern)", start) }
            position += 1
            let isLetter = ("a"..."z").contains(letter) || ("A"..."Z").contains(letter)
            guard isLetter, !"AbBdDsSwWZafnrtvxuUN".unicodeScalars.contains(letter) else { return nil }
            return fault("bad escape \\\(letter)", start)
        }

        private mutating func characterSet(from start: Int) -> String? {
            if scalar(position) == "^" { position += 1 }
            var isFirst = true
            while let current = scalar(position) {
                let place = position
                position += 1
                if current == "]", !isFirst { return nil }
                isFirst = false
                if current == "\\" { position += 1 }
                guard scalar(position) == "-", let end = scalar(position + 1), end != "]" else { continue }
                position += end == "\\" ? 3 : 2
                if current != "\\", end != "\\", current > end {
                    return fault("bad character range \(current)-\(end)", place)
                }
            }
            return fault("unterminated character set", start)
        }

        private mutating func group(from start: Int) -> String? {
            guard scalar(position) == "?" else { return nil }
            position += 1
            guard let kind = scalar(position) else { return fault("unexpected end of pattern", position) }
            switch kind {
            case "P":
                guard let next = scalar(position + 1) else { return fault("unexpected end of pattern", position + 1) }
                guard ["<", "=", ">"].contains(next) else { return fault("unknown extension ?P\(next)", start + 1) }
                position += 2
            case "<":
                guard let next = scalar(position + 1) else { return fault("unexpected end of pattern", position + 1) }
                guard next == "=" || next == "!" else { return fault("unknown extension ?<\(next)", start + 1) }
                position += 2
            case ":", "=", "!", "#", "(", ">": position += 1
            default:
                guard "aiLmsux-".unicodeScalars.contains(kind) else { return fault("unknown extension ?\(kind)", start + 1) }
            }
            return nil
        }
    }
}
