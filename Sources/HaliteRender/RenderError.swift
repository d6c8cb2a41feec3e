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

    /// The class that Salt raises: its own for what its renderers wrap, PyYAML's or Python's for what they let through.
    package let errorClass: String
    /// The bare complaint, where the message has places in it too.
    package let problem: String
    /// What is probably meant, in plain words; nil when nothing is.
    package let hint: String?

    package init(
        renderer: String, message: String, file: String, line: Int = 0, excerpt: String = "",
        errorClass: String = "SaltRenderError", problem: String? = nil, hint: String? = nil
    ) {
        self.renderer = renderer
        self.message = message
        self.file = file
        self.line = line
        self.excerpt = excerpt
        self.errorClass = errorClass
        self.problem = problem ?? message
        self.hint = hint
    }

    package var description: String {
        let place = line > 0 ? "\(file), line \(line)" : file
        let text = "\(place): \(message)" + (hint.map { " (\($0))" } ?? "")
        return excerpt.isEmpty ? text : text + "\n\(excerpt)"
    }

    /// The lines around one of a text, which is marked, as Salt's `get_context` shows them. Of a line that is not there,
    /// such as the end of the text, the last lines are shown.
    package static func excerpt(of text: String, line: Int, marker: String = "    <======================") -> String {
        let lines = text.utf8.split(omittingEmptySubsequences: false) { $0 == 0x0A }.map { line in
            String(Substring(line.last == 0x0D ? line.dropLast() : line))
        }
        let count = lines.last == "" ? lines.count - 1 : lines.count
        guard line > 0, count > 0 else { return "" }
        let start = max(0, min(line, count + 1) - 6)
        let end = min(count, line + 5)
        var shown = start > 0 ? ["[...]"] : []
        for index in start..<end { shown.append(lines[index] + (index == line - 1 ? marker : "")) }
        if end < count { shown.append("[...]") }
        return "---\n" + shown.joined(separator: "\n") + "\n---"
    }
}
