/// Versions as Python's `LooseVersion` orders them: numbers and words by turns.
struct LooseVersion: Comparable {
    private enum Part: Equatable {
        case number(Int)
        case word(String)
    }

    private let parts: [Part]

    init(_ text: String) {
        var parts: [Part] = []
        var rest = Array(text.unicodeScalars)[...]
        func isDigit(_ scalar: Unicode.Scalar) -> Bool { (0x30...0x39).contains(scalar.value) }
        func isLetter(_ scalar: Unicode.Scalar) -> Bool { (0x61...0x7A).contains(scalar.value) }
        func word(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            return String(view)
        }
        while let first = rest.first {
            let piece: ArraySlice<Unicode.Scalar>
            if isDigit(first) {
                piece = rest.prefix { isDigit($0) }
                parts.append(Int(word(piece)).map { .number($0) } ?? .word(word(piece)))
            } else if isLetter(first) {
                piece = rest.prefix { isLetter($0) }
                parts.append(.word(word(piece)))
            } else if first == "." {
                piece = rest.prefix(1)
            } else {
                piece = rest.prefix { !isDigit($0) && !isLetter($0) && $0 != "." }
                parts.append(.word(word(piece)))
            }
            rest = rest.dropFirst(piece.count)
        }
        self.parts = parts
    }

    static func < (left: LooseVersion, right: LooseVersion) -> Bool {
        for (one, other) in zip(left.parts, right.parts) where one != other {
            switch (one, other) {
            case (.number(let first), .number(let second)): return first < second
            case (.word(let first), .word(let second)): return first.utf8.lexicographicallyPrecedes(second.utf8)
            // As texts, when one of them is no number.
            case (.number(let first), .word(let second)): return String(first).utf8.lexicographicallyPrecedes(second.utf8)
            case (.word(let first), .number(let second)): return first.utf8.lexicographicallyPrecedes(String(second).utf8)
            }
        }
        return left.parts.count < right.parts.count
    }

    /// -1, 0 or 1.
    static func compare(_ left: String, _ right: String) -> Int {
        let (one, other) = (LooseVersion(left), LooseVersion(right))
        return one < other ? -1 : other < one ? 1 : 0
    }
}
