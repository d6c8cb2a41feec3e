/// The colours in which Salt writes on a terminal; all of them are empty texts when there is no terminal.
struct Palette {
    enum Colour: String, CaseIterable {
        case black = "30"
        case darkGrey = "1;30"
        case red = "31"
        case lightRed = "1;31"
        case green = "32"
        case lightGreen = "1;32"
        case yellow = "33"
        case lightYellow = "1;33"
        case blue = "34"
        case lightBlue = "1;34"
        case magenta = "35"
        case lightMagenta = "1;35"
        case cyan = "36"
        case lightCyan = "1;36"
        case lightGrey = "37"
        case white = "1;37"
        case plain = "39"
        case end = "0"

        /// The sequence that switches to the colour, after a reset.
        var sequence: String { "\u{1B}[0;\(rawValue)m" }

        /// As Salt's settings name it.
        var name: String {
            switch self {
            case .black: "BLACK"
            case .darkGrey: "DARK_GRAY"
            case .red: "RED"
            case .lightRed: "LIGHT_RED"
            case .green: "GREEN"
            case .lightGreen: "LIGHT_GREEN"
            case .yellow: "YELLOW"
            case .lightYellow: "LIGHT_YELLOW"
            case .blue: "BLUE"
            case .lightBlue: "LIGHT_BLUE"
            case .magenta: "MAGENTA"
            case .lightMagenta: "LIGHT_MAGENTA"
            case .cyan: "CYAN"
            case .lightCyan: "LIGHT_CYAN"
            case .lightGrey: "LIGHT_GRAY"
            case .white: "WHITE"
            case .plain: "DEFAULT_COLOR"
            case .end: "ENDC"
            }
        }
    }

    let isOn: Bool
    private let theme: ColourTheme?

    init(_ options: OutputOptions) {
        isOn = options.colour
        theme = options.theme
    }

    /// The sequence that switches to a colour.
    func callAsFunction(_ colour: Colour) -> String { isOn ? theme?.sequence(of: colour) ?? colour.sequence : "" }

    /// A text in a colour.
    func paint(_ colour: Colour, _ text: String) -> String { self(colour) + text + self(.end) }
}
