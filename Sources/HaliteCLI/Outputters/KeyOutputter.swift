import HaliteValue

/// The lists of keys by their status, or the keys with their fingerprints.
package enum KeyOutputter: Outputter {
    package static let name = "key"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        guard let lines = try? lines(data, options) else { return NestedOutputter.render(data, options) }
        return OutputText.trimmedEnd(lines.joined(separator: "\n"))
    }

    /// How one status is shown.
    private struct Style {
        let title: String
        let titleColour: Palette.Colour
        let keyColour: Palette.Colour
    }

    private static let styles = [
        "minions": Style(title: "Accepted", titleColour: .lightGreen, keyColour: .green),
        "minions_pre": Style(title: "Unaccepted", titleColour: .lightRed, keyColour: .red),
        "minions_denied": Style(title: "Denied", titleColour: .lightMagenta, keyColour: .magenta),
        "minions_rejected": Style(title: "Rejected", titleColour: .lightBlue, keyColour: .blue),
        "local": Style(title: "Local", titleColour: .lightMagenta, keyColour: .magenta),
    ]

    private static func lines(_ data: Value, _ options: OutputOptions) throws(OutputMisfit) -> [String] {
        guard case .map(let statuses) = data else { throw OutputMisfit() }
        let palette = Palette(options)
        let margin = options.multiKey ? "    " : ""
        var lines: [String] = []
        for status in try KeyOrder.sorted(statuses.keys) {
            guard let style = styles[status.pythonString], let keys = statuses[status] else { throw OutputMisfit() }
            lines.append(margin + palette.paint(style.titleColour, "\(style.title) Keys:"))
            for (key, fingerprint) in try entries(keys) {
                var text = OutputText.shown(key, stripColours: options.stripColours)
                if let fingerprint { text += ":  " + fingerprint.pythonString }
                lines.append(margin + palette.paint(style.keyColour, text))
            }
        }
        return lines
    }

    private static func entries(_ keys: Value) throws(OutputMisfit) -> [(Value, Value?)] {
        switch keys {
        case .list(let list): return try KeyOrder.sorted(list).map { ($0, nil) }
        case .map(let map): return try KeyOrder.sorted(map.keys).map { ($0, map[$0]) }
        case .string: return []
        default: throw OutputMisfit()
        }
    }
}
