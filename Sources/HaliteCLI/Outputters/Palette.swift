/// The colours in which Salt writes on a terminal; all of them are empty texts when there is no terminal.
struct Palette {
    enum Colour: String {
        case darkGrey = "1;30"
        case red = "31"
        case lightRed = "1;31"
        case green = "32"
        case lightGreen = "1;32"
        case lightYellow = "1;33"
        case blue = "34"
        case lightBlue = "1;34"
        case magenta = "35"
        case lightMagenta = "1;35"
        case cyan = "36"
        case lightGrey = "37"
        case white = "1;37"
        case end = "0"
    }

    let isOn: Bool

    init(_ options: OutputOptions) { isOn = options.colour }

    /// The sequence that switches to a colour, after a reset.
    func callAsFunction(_ colour: Colour) -> String { isOn ? "\u{1B}[0;\(colour.rawValue)m" : "" }

    /// A text in a colour.
    func paint(_ colour: Colour, _ text: String) -> String { self(colour) + text + self(.end) }
}
