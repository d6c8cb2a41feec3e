import HaliteJinja
import HaliteValue

/// An error of a template in the words of Salt's `SaltRenderError`.
struct SaltFailure: Error {
    /// Salt's whole message, with the place in an imported template.
    let message: String
    /// The message alone.
    let headline: String
    /// The line of the rendered template; 0 where the place is in another one.
    let line: Int
    let suggestion: String?
    /// The template and line where it happened, and the lines around.
    let file: String
    let place: Int
    let excerpt: String
    private let chain: [JinjaError.Step]
    /// The template that was rendered, which may have led to the one with the mistake.
    private let root: String

    init(_ error: JinjaError, source: String, file: String, loader: SaltLoader) {
        headline = Self.prefix(error.kind) + error.message
        suggestion = error.suggestion
        chain = error.chain
        root = file
        // For people the innermost place, in Salt's message the one that Salt names.
        let name = error.template ?? JinjaEnvironment.anonymousName
        place = error.line ?? 1
        let imported = name == JinjaEnvironment.anonymousName ? nil : loader.source(of: name)
        self.file = imported?.path ?? file
        excerpt = Self.excerpt(of: imported?.text ?? source, line: place)
        let shown = error.codePlace ?? JinjaError.Step(template: name, line: place)
        if shown.template != JinjaEnvironment.anonymousName, let imported = loader.source(of: shown.template) {
            message = "\(headline)\n\(imported.path)(\(shown.line)):\n\(Self.excerpt(of: imported.text, line: shown.line))"
            line = 0
        } else {
            message = headline
            line = shown.line
        }
    }

    private static func prefix(_ kind: JinjaError.Kind) -> String {
        switch kind {
        case .undefined: "Jinja variable "
        case .templateSyntax, .templateAssertion, .templateRuntime, .security, .filterArgument: "Jinja syntax error: "
        case "SaltInvocationError", "CommandExecutionError", .host: "Problem running salt function in Jinja template: "
        default: "Jinja error: "
        }
    }

    /// The lines around a line, which is marked; the whole text where there is no such line.
    static func excerpt(of text: String, line: Int) -> String {
        let lines = PythonSplit.lines(text)
        guard line <= lines.count else { return text }
        let first = max(0, line - 6)
        let end = min(lines.count, line + 5)
        var shown = ["---"]
        if first > 0 { shown.append("[...]") }
        for position in first..<end {
            shown.append(lines[position] + (position == line - 1 ? "    <======================" : ""))
        }
        if end < lines.count { shown.append("[...]") }
        return shown.joined(separator: "\n") + "\n---"
    }

    /// For people: the place, the nearest known name, and the templates that led there.
    var renderError: RenderError {
        var shown = excerpt
        for step in chain.reversed() {
            shown += "\n  from \(step.template == JinjaEnvironment.anonymousName ? root : step.template), line \(step.line)"
        }
        return RenderError(
            renderer: "jinja", message: headline, file: file, line: place, excerpt: shown,
            hint: suggestion.map { "did you mean '\($0)'?" })
    }
}
