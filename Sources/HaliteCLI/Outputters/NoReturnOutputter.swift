import HaliteValue

/// Names minions that did not return, with the reason in red.
package enum NoReturnOutputter: Outputter {
    package static let name = "no_return"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        var lines: [String] = []
        guard (try? show(data, indent: 0, Palette(options), into: &lines)) != nil else {
            return NestedOutputter.render(data, options)
        }
        return OutputText.trimmedEnd(lines.joined())
    }

    private static func show(_ value: Value, indent: Int, _ palette: Palette, into lines: inout [String]) throws(OutputMisfit) {
        switch value {
        case .string(let text):
            for line in OutputText.parts(text, at: "\n") {
                lines.append(palette.paint(.red, OutputText.spaces(indent) + line) + "\n")
            }
        case .map(let map):
            for key in try KeyOrder.sorted(map.keys) {
                lines.append(palette.paint(.cyan, OutputText.spaces(indent) + key.pythonString) + ":\n")
                try show(map[key] ?? .null, indent: indent + 4, palette, into: &lines)
            }
        default: break
        }
    }
}
