import HaliteValue

/// A template or data file that cannot be read: where, what is wrong, and the lines around it.
package struct RenderError: Error, CustomStringConvertible, Sendable {
    /// The renderer that refused, such as `yaml` or `jinja`.
    package let renderer: String
    package let message: String
    package let file: String
    /// Counts from 1; 0 when it is not known.
    package let line: Int
    /// The lines around the place, with a mark; may be empty.
    package let excerpt: String

    package init(renderer: String, message: String, file: String, line: Int = 0, excerpt: String = "") {
        self.renderer = renderer
        self.message = message
        self.file = file
        self.line = line
        self.excerpt = excerpt
    }

    package var description: String {
        let place = line > 0 ? "\(file), line \(line)" : file
        return excerpt.isEmpty ? "\(place): \(message)" : "\(place): \(message)\n\(excerpt)"
    }

    /// Five lines of a text with the third one marked, as Salt shows them.
    package static func excerpt(of text: String, line: Int, marker: String = "    <======================") -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard line > 0, line <= lines.count else { return "" }
        var shown = ["---"]
        if line > 6 { shown.append("[...]") }
        for number in max(1, line - 5)...min(lines.count, line + 4) {
            shown.append(lines[number - 1] + (number == line ? marker : ""))
        }
        if line + 4 < lines.count { shown.append("[...]") }
        shown.append("---")
        return shown.joined(separator: "\n")
    }
}
