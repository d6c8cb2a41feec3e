/// What Python's `re` says about a pattern that it cannot compile: PCRE2 words the same mistakes in another way.
package enum RegexFault {
    /// What Python refuses and PCRE2 would take: flags inside of the pattern, groups that come later.
    package static func refusal(of pattern: String) -> String? {
        guard pattern.utf8.contains(UInt8(ascii: "(")) || pattern.utf8.contains(UInt8(ascii: "\\")) else { return nil }
        var scanner = Scanner(pattern)
        guard let fault = scanner.firstFault() else { return nil }
        let isRefused = ["global flags", "invalid group reference", "cannot refer"].contains { fault.hasPrefix($0) }
        return isRefused ? fault : nil
    }

    package static func message(_ error: RegexError) -> String {
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
        /// The numbers of the groups that are open, nil for those without one, and how many there are.
        private var openGroups: [Int?] = []
        private var groups = 0
        private var names: [String: Int] = [:]
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
                isRepeated = false
                if let found = escape(from: start) { return found }
            case "[":
                if let found = characterSet(from: start) { return found }
                (isRepeatable, isRepeated) = (true, false)
            case "(":
                open.append(start)
                openGroups.append(nil)
                if let found = group(from: start) { return found }
                (isRepeatable, isRepeated) = (false, false)
            case ")":
                guard open.popLast() != nil else { return fault("unbalanced parenthesis", start) }
                openGroups.removeLast()
                (isRepeatable, isRepeated) = (true, false)
            case "|", "^", "$": (isRepeatable, isRepeated) = (false, false)
            case "{":
                guard let end = countEnd() else {
                    (isRepeatable, isRepeated) = (true, false)
                    return nil
                }
                position = end
                fallthrough
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
            // Places in the text cannot be repeated.
            isRepeatable = !"AbBZ".unicodeScalars.contains(letter)
            if ("1"..."9").contains(letter) { return reference(letter, from: start) }
            guard isLetter, !"AbBdDsSwWZafnrtvxuUN".unicodeScalars.contains(letter) else { return nil }
            return fault("bad escape \\\(letter)", start)
        }

        private mutating func reference(_ first: Unicode.Scalar, from start: Int) -> String? {
            var number = Int(first.value) - 0x30
            if let second = scalar(position), ("0"..."9").contains(second) {
                number = number * 10 + Int(second.value) - 0x30
                position += 1
            }
            if number > groups { return fault("invalid group reference \(number)", start + 1) }
            return openGroups.contains(number) ? fault("cannot refer to an open group", start) : nil
        }

        /// The end of `{2,5}` behind the brace; nil where the brace is a brace.
        private func countEnd() -> Int? {
            var place = position
            while let digit = scalar(place), ("0"..."9").contains(digit) { place += 1 }
            let hasMinimum = place > position
            let hasComma = scalar(place) == ","
            if hasComma { place += 1 }
            while let digit = scalar(place), ("0"..."9").contains(digit) { place += 1 }
            return scalar(place) == "}" && (hasMinimum || hasComma) ? place + 1 : nil
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
            guard scalar(position) == "?" else {
                numberGroup()
                return nil
            }
            position += 1
            guard let kind = scalar(position) else { return fault("unexpected end of pattern", position) }
            switch kind {
            case "P":
                guard let next = scalar(position + 1) else { return fault("unexpected end of pattern", position + 1) }
                guard ["<", "=", ">"].contains(next) else { return fault("unknown extension ?P\(next)", start + 1) }
                position += 2
                var name = ""
                while let letter = scalar(position), letter != ">", letter != ")" {
                    name.unicodeScalars.append(letter)
                    position += 1
                }
                guard next == "<" else { return nil }
                position += 1
                if let other = names[name] {
                    return fault("redefinition of group name '\(name)' as group \(groups + 1); was group \(other)", start + 4)
                }
                numberGroup()
                names[name] = groups
            case "<":
                guard let next = scalar(position + 1) else { return fault("unexpected end of pattern", position + 1) }
                guard next == "=" || next == "!" else { return fault("unknown extension ?<\(next)", start + 1) }
                position += 2
            case ":", "=", "!", "#", "(", ">": position += 1
            default:
                guard "aiLmsux-".unicodeScalars.contains(kind) else { return fault("unknown extension ?\(kind)", start + 1) }
                while let flag = scalar(position), "aiLmsux-".unicodeScalars.contains(flag) { position += 1 }
                if scalar(position) == ")" {
                    if start > 0 { return fault("global flags not at the start of the expression", start) }
                    // Nothing is left of it in the expression.
                    position += 1
                    open.removeLast()
                    openGroups.removeLast()
                }
                if scalar(position) == ":" { position += 1 }
            }
            return nil
        }

        private mutating func numberGroup() {
            groups += 1
            openGroups[openGroups.count - 1] = groups
        }
    }
}
