/// Python's `textwrap.wrap` for one line, without expanding tabs or replacing white space.
struct TextWrapper {
    let width: Int
    let breakLongWords: Bool
    let breakOnHyphens: Bool

    private static let space: Set<Unicode.Scalar> = ["\t", "\n", "\u{0B}", "\u{0C}", "\r", " "]

    func wrap(_ text: String) -> [String] {
        var chunks = Array(self.chunks(text).reversed())
        var lines: [String] = []
        while let next = chunks.last {
            var line: [[Unicode.Scalar]] = []
            var length = 0
            if isSpace(next), !lines.isEmpty { chunks.removeLast() }
            while let chunk = chunks.last, length + chunk.count <= width {
                line.append(chunk)
                length += chunk.count
                chunks.removeLast()
            }
            if let chunk = chunks.last, chunk.count > width {
                let room = width < 1 ? 1 : width - length
                if breakLongWords {
                    var end = room
                    if breakOnHyphens, chunk.count > room, let hyphen = chunk[..<room].lastIndex(of: "-"), hyphen > 0,
                        chunk[..<hyphen].contains(where: { $0 != "-" })
                    {
                        end = hyphen + 1
                    }
                    line.append(Array(chunk[..<end]))
                    chunks[chunks.count - 1] = Array(chunk[end...])
                } else if line.isEmpty {
                    line.append(chunk)
                    chunks.removeLast()
                }
            }
            if let last = line.last, isSpace(last) { line.removeLast() }
            if !line.isEmpty { lines.append(String(String.UnicodeScalarView(line.joined()))) }
        }
        return lines
    }

    private func isSpace(_ chunk: [Unicode.Scalar]) -> Bool { chunk.allSatisfy { PythonSpace.isSpace($0) } }

    /// White space, words, and the parts of words after which a line may break.
    private func chunks(_ text: String) -> [[Unicode.Scalar]] {
        let scalars = Array(text.unicodeScalars)
        var result: [[Unicode.Scalar]] = []
        var index = 0
        while index < scalars.count {
            let start = index
            if Self.space.contains(scalars[index]) {
                while index < scalars.count, Self.space.contains(scalars[index]) { index += 1 }
                result.append(Array(scalars[start..<index]))
                continue
            }
            while index < scalars.count, !Self.space.contains(scalars[index]) { index += 1 }
            let word = Array(scalars[start..<index])
            result.append(contentsOf: breakOnHyphens ? hyphenated(word) : [word])
        }
        return result
    }

    private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        PythonCase.isAlphanumeric(scalar) && !PythonCase.isDecimal(scalar) || scalar == "_"
    }

    private func isWordPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        PythonCase.isAlphanumeric(scalar) || "_!\"'&.,?".unicodeScalars.contains(scalar)
    }

    /// Parts of a word: after a hyphen between letters, and around dashes of two or more hyphens.
    private func hyphenated(_ word: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        var result: [[Unicode.Scalar]] = []
        var start = 0
        var index = 0
        while index < word.count {
            guard word[index] == "-" else {
                index += 1
                continue
            }
            var end = index
            while end < word.count, word[end] == "-" { end += 1 }
            if end - index >= 2 {
                // A dash stands alone where a word comes before it and another after it.
                if index > 0, isWordPunctuation(word[index - 1]), end < word.count,
                    PythonCase.isAlphanumeric(word[end]) || word[end] == "_"
                {
                    if index > start { result.append(Array(word[start..<index])) }
                    result.append(Array(word[index..<end]))
                    start = end
                }
            } else if index >= start + 2, end + 1 < word.count, isLetter(word[index - 1]), isLetter(word[index - 2]),
                isLetter(word[end]), isLetter(word[end + 1])
            {
                result.append(Array(word[start..<end]))
                start = end
            } else if index >= start + 2, end + 1 < word.count, isLetter(word[index - 1]), isLetter(word[index - 2]),
                isLetter(word[end]), word[end + 1] == "-", end + 2 < word.count, isLetter(word[end + 2])
            {
                result.append(Array(word[start..<end]))
                start = end
            }
            index = end
        }
        if start < word.count { result.append(Array(word[start...])) }
        return result
    }
}
