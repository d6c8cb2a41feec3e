/// Breaks a paragraph into lines as Python's `textwrap` does: at white space, behind hyphens within words, around dashes.
struct TextWrapper {
    let width: Int
    /// Spaces before each line.
    let indent: Int

    func fill(_ text: String) -> String {
        let margin = OutputText.spaces(indent)
        return lines(of: Self.chunks(Self.levelled(text)), room: width - indent).map { margin + $0 }.joined(separator: "\n")
    }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar == " " }

    /// Tabs reach to the next multiple of eight; all white space of ASCII becomes spaces.
    private static func levelled(_ text: String) -> [Unicode.Scalar] {
        var output: [Unicode.Scalar] = []
        var column = 0
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t":
                let count = 8 - column % 8
                output += repeatElement(" ", count: count)
                column += count
            case "\n", "\r":
                output.append(" ")
                column = 0
            case "\u{0B}", "\u{0C}":
                output.append(" ")
                column += 1
            default:
                output.append(scalar)
                column += 1
            }
        }
        return output
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool { isLetter(scalar) || scalar.properties.numericType != nil }

    /// A character of a word that is no digit.
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "_" { return true }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
        case .decimalNumber: return false
        default: return scalar.properties.numericType != nil
        }
    }

    /// Whether two hyphens or more, with a word behind them, begin at a place that follows a word.
    private static func dashEnd(_ text: [Unicode.Scalar], at start: Int) -> Int? {
        guard start > 0, text[start] == "-" else { return nil }
        let before = text[start - 1]
        guard isWord(before) || "!\"'&.,?".unicodeScalars.contains(before) else { return nil }
        var end = start
        while end < text.count, text[end] == "-" { end += 1 }
        return end - start >= 2 && end < text.count && isWord(text[end]) ? end : nil
    }

    /// Whether a line may be broken behind the hyphen at a place.
    private static func breaks(_ text: [Unicode.Scalar], behindHyphenAt place: Int) -> Bool {
        guard text[place] == "-", place >= 2, isLetter(text[place - 1]) else { return false }
        guard isLetter(text[place - 2]) || (place >= 3 && text[place - 2] == "-" && isLetter(text[place - 3])) else { return false }
        guard place + 1 < text.count, isLetter(text[place + 1]) else { return false }
        let next = place + 2 < text.count && text[place + 2] == "-" ? place + 3 : place + 2
        return next < text.count && isLetter(text[next])
    }

    /// White space, words and the parts of hyphenated words, in turn.
    private static func chunks(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var chunks: [[Unicode.Scalar]] = []
        var start = 0
        while start < text.count {
            var end = start + 1
            if isSpace(text[start]) {
                while end < text.count, isSpace(text[end]) { end += 1 }
            } else if let dash = dashEnd(text, at: start) {
                end = dash
            } else {
                while end < text.count, !isSpace(text[end]), dashEnd(text, at: end) == nil {
                    end += 1
                    if breaks(text, behindHyphenAt: end - 1) { break }
                }
            }
            chunks.append(Array(text[start..<end]))
            start = end
        }
        return chunks
    }

    private func lines(of chunks: [[Unicode.Scalar]], room: Int) -> [String] {
        var lines: [String] = []
        var rest = Array(chunks.reversed())
        while let next = rest.last {
            if Self.isBlank(next), !lines.isEmpty { rest.removeLast() }
            var line: [[Unicode.Scalar]] = []
            var length = 0
            while let chunk = rest.last, length + chunk.count <= room {
                line.append(chunk)
                length += chunk.count
                rest.removeLast()
            }
            if let chunk = rest.last, chunk.count > room {
                // In a full line nothing of the word has place, and the space before it stays, as in Python.
                let end = Self.cut(chunk, room: room - length)
                line.append(Array(chunk[..<end]))
                rest[rest.count - 1] = Array(chunk[end...])
            }
            if let last = line.last, Self.isBlank(last) { line.removeLast() }
            if !line.isEmpty {
                var text = ""
                text.unicodeScalars.append(contentsOf: line.joined())
                lines.append(text)
            }
        }
        return lines
    }

    private static func isBlank(_ chunk: [Unicode.Scalar]) -> Bool { chunk.allSatisfy(OutputText.isSpace) }

    /// Where a word that is longer than a line is cut: behind its last hyphen that fits, or at the end of the line.
    private static func cut(_ chunk: [Unicode.Scalar], room: Int) -> Int {
        guard chunk.count > room, let hyphen = chunk[..<room].lastIndex(of: "-"), hyphen > 0,
            chunk[..<hyphen].contains(where: { $0 != "-" })
        else { return min(room, chunk.count) }
        return hyphen + 1
    }
}
