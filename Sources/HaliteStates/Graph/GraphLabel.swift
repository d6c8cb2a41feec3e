/// The text in a box of the drawing, in a font whose letters are all of one width.
struct GraphLabel {
    let id: String
    let function: String
    /// Empty when it is the ID.
    let name: String
    let sls: String
    let width: Double
    let height: Double

    static let longest = 44

    init(_ node: StateGraph.Node) {
        id = Self.shortened(node.id)
        function = Self.shortened(node.function)
        name = node.name == node.id ? "" : Self.shortened(node.name)
        sls = node.isMissing ? "not found" : Self.shortened(node.sls)
        let texts = [(id, 7.3), (function, 6.7), (name, 6.7), (sls, 5.5)]
        width = max(96, (texts.map { Double(Self.columns($0.0)) * $0.1 }.max() ?? 0) + 30).rounded(.up)
        height = name.isEmpty ? 54 : 69
    }

    /// A long text without its middle: the ends tell more of paths and names.
    static func shortened(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 })
        guard scalars.count > longest else { return Self.text(scalars[...]) }
        return Self.text(scalars.prefix(longest / 2 - 1)) + "…" + Self.text(scalars.suffix(longest - longest / 2))
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars)
        return text
    }

    /// Columns of a terminal: the characters of East Asia and most pictures take two.
    static func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { count, scalar in
            if scalar.properties.generalCategory == .nonspacingMark { return count }
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
                0x1F300...0x1FAFF, 0x20000...0x3FFFD:
                return count + 2
            default: return count + 1
            }
        }
    }
}
