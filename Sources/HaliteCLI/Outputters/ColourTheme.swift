import HaliteValue

/// Other escape sequences for some of the colours.
package struct ColourTheme: Sendable, Hashable {
    /// By Salt's name of the colour, such as `LIGHT_RED`; the whole sequences.
    let sequences: [String: String]
    /// What colours that have no sequence of their own become; nil leaves them.
    var rest: String?

    /// All in one colour, as `color: RED` asks; nil for a word that names no colour, which Salt takes as true.
    static func single(_ name: String) -> ColourTheme? {
        guard let colour = Palette.Colour.allCases.first(where: { $0.name == name }) else { return nil }
        return ColourTheme(sequences: [:], rest: colour.sequence)
    }

    /// The file of `color_theme`: a map of Salt's names of colours to the codes of escape sequences.
    package init?(_ value: Value) {
        guard case .map(let map) = value else { return nil }
        sequences = Dictionary(map.map { ($0.key.pythonString, "\u{1B}[\($0.value.pythonString)m") }) { _, last in last }
    }

    private init(sequences: [String: String], rest: String?) {
        self.sequences = sequences
        self.rest = rest
    }

    func sequence(of colour: Palette.Colour) -> String? {
        if colour == .end { return sequences[colour.name] }
        return sequences[colour.name] ?? rest
    }
}
