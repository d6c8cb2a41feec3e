/// Python's `str.splitlines`: all of Unicode's line ends count.
enum PythonLines {
    static func split(_ text: String, keepEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var current = String.UnicodeScalarView()
        let scalars = Array(text.unicodeScalars)
        var index = 0
        var pending = false
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            guard isLineEnd(scalar) else {
                current.append(scalar)
                pending = true
                continue
            }
            if keepEnds { current.append(scalar) }
            if scalar == "\r", index < scalars.count, scalars[index] == "\n" {
                if keepEnds { current.append("\n") }
                index += 1
            }
            lines.append(String(current))
            current = String.UnicodeScalarView()
            pending = false
        }
        if pending { lines.append(String(current)) }
        return lines
    }

    private static func isLineEnd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }
}

extension String {
    /// Without white space at the ends, as Python's `strip()`.
    func stripped() -> String {
        var view = self[...].unicodeScalars
        while let first = view.first, first.properties.isWhitespace { view.removeFirst() }
        while let last = view.last, last.properties.isWhitespace { view.removeLast() }
        return String(view)
    }

    /// Without white space at the end, as Python's `rstrip()`.
    func rightStripped() -> String {
        var view = self[...].unicodeScalars
        while let last = view.last, last.properties.isWhitespace { view.removeLast() }
        return String(view)
    }

    /// The words between white space, as Python's `split()`.
    func words() -> [String] {
        unicodeScalars.split { $0.properties.isWhitespace }.map { String($0) }
    }

    func parts(_ separator: String, maxSplits: Int = .max) -> [String] {
        split(separator: separator, maxSplits: maxSplits, omittingEmptySubsequences: false).map(String.init)
    }
}
