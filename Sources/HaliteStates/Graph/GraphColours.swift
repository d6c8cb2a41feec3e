import HaliteCore

/// The colours of a drawing: a strong one for each kind of requisite, a pale one for each SLS.
enum GraphColours {
    static let circle = "#c9182b"

    static func line(_ kind: RequisiteType) -> String {
        switch kind.base {
        case .require: "#56657a"
        case .watch: "#1f6fc4"
        case .onchanges: "#1b8a3d"
        case .onfail: "#d9730d"
        case .prereq, .prerequired: "#8d3fb5"
        default: "#0b8f8f"
        }
    }

    /// The escape sequence for a kind on a terminal.
    static func terminal(_ kind: RequisiteType) -> String {
        switch kind.base {
        case .require: "37"
        case .watch: "34"
        case .onchanges: "32"
        case .onfail: "33"
        case .prereq, .prerequired: "35"
        default: "36"
        }
    }

    /// How a kind's lines are dashed; those that want one of several states only are.
    static func dashes(_ kind: RequisiteType) -> String? {
        switch kind {
        case .listen: "2 4"
        case .prereq, .prerequired: "9 4"
        case .onfailAny, .requireAny, .onchangesAny, .watchAny: "5 3"
        default: nil
        }
    }

    /// Neighbouring numbers get hues that lie far apart.
    static func band(_ sls: Int) -> String { hexadecimal(hue: hue(sls), saturation: 0.5, lightness: 0.52) }
    static func fill(_ sls: Int) -> String { hexadecimal(hue: hue(sls), saturation: 0.6, lightness: 0.96) }
    static func text(_ sls: Int) -> String { hexadecimal(hue: hue(sls), saturation: 0.55, lightness: 0.33) }

    private static func hue(_ number: Int) -> Double { (210 + Double(number) * 137.508).truncatingRemainder(dividingBy: 360) }

    private static func hexadecimal(hue: Double, saturation: Double, lightness: Double) -> String {
        let reach = saturation * min(lightness, 1 - lightness)
        func part(_ offset: Double) -> String {
            let place = (offset + hue / 30).truncatingRemainder(dividingBy: 12)
            let value = lightness - reach * max(-1, min(place - 3, 9 - place, 1))
            let text = String(Int((value * 255).rounded()), radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }
        return "#" + part(0) + part(8) + part(4)
    }
}
