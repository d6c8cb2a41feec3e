import HaliteValue

/// Indented data with a line for each scalar: what Salt prints unless told otherwise.
package enum NestedOutputter: Outputter {
    package static let name = "nested"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        text(data, options, indent: options.nestedIndent, retcode: options.retcode)
    }

    /// The same from a column on, for the changes of a state.
    static func text(_ data: Value, _ options: OutputOptions, indent: Int, retcode: Int) -> String {
        var display = NestedDisplay(options, retcode: retcode)
        display.show(data, indent: indent, prefix: "")
        return OutputText.trimmedEnd(display.lines.joined(separator: "\n"))
    }
}

private struct NestedDisplay {
    let palette: Palette
    let stripColours: Bool
    let hasFailed: Bool
    var lines: [String] = []

    init(_ options: OutputOptions, retcode: Int) {
        palette = Palette(options)
        stripColours = options.stripColours
        hasFailed = retcode != 0
    }

    private mutating func put(_ indent: Int, _ colour: Palette.Colour, _ text: String, suffix: String = "") {
        lines.append(OutputText.spaces(indent) + palette.paint(colour, text) + suffix)
    }

    mutating func show(_ value: Value, indent: Int, prefix: String) {
        switch value {
        case .null, .bool, .int, .big, .float: put(indent, .lightYellow, prefix + value.pythonRepr)
        case .string(let text): show(text, indent: indent, prefix: prefix)
        case .bytes(let bytes):
            // Salt prints nothing for bytes that are no text.
            if let text = String(validating: bytes, as: UTF8.self) { show(text, indent: indent, prefix: prefix) }
        case .list(let list):
            for element in list {
                switch element {
                case .list, .map:
                    put(indent, hasFailed ? .red : .green, "|_")
                    show(element, indent: indent + 2, prefix: "")
                default: show(element, indent: indent, prefix: "- ")
                }
            }
        case .map(let map): show(map, indent: indent, prefix: prefix)
        }
    }

    private mutating func show(_ text: String, indent: Int, prefix: String) {
        for (number, line) in OutputText.lines(text).enumerated() {
            let start = number == 0 ? prefix : OutputText.spaces(prefix.utf8.count)
            put(indent, .green, start + (stripColours ? OutputText.withoutEscapes(line) : line))
        }
    }

    private mutating func show(_ map: ValueMap, indent: Int, prefix: String) {
        let colour: Palette.Colour = hasFailed ? .red : .cyan
        if indent > 0 { put(indent, colour, "----------") }
        for (key, value) in Self.sorted(map) {
            put(indent, colour, prefix + key.pythonString, suffix: ":")
            show(value, indent: indent + 4, prefix: "")
        }
    }

    /// Keys that have no common order become texts first.
    private static func sorted(_ map: ValueMap) -> [(key: Value, value: Value)] {
        if let keys = try? KeyOrder.sorted(map.keys) { return keys.map { ($0, map[$0] ?? .null) } }
        let texts = ValueMap(map.map { (Value.string($0.key.pythonString), $0.value) })
        return texts.sorted { KeyOrder.precedes($0.key, $1.key) ?? false }
    }
}
