import HaliteCore
import HaliteValue

/// The renderers that turn the text of an SLS file into data, such as `jinja|yaml`.
package struct RenderPipeline: Sendable {
    package static let standard = "jinja|yaml"

    package let stages: [String]
    /// The text without its shebang line.
    package let body: String
    private let shebangLines: Int

    /// Reads `#!jinja|yaml` from the first line, or takes the given or the standard pipeline.
    package init(source: String, pipeline: String?, file: String) throws(RenderError) {
        var names = pipeline ?? Self.standard
        if source.hasPrefix("#!"), !source.hasPrefix("#!/") {
            let end = source.firstIndex(of: "\n") ?? source.endIndex
            names = String(source[source.index(source.startIndex, offsetBy: 2)..<end])
            body = end == source.endIndex ? "" : String(source[source.index(after: end)...])
            shebangLines = 1
        } else {
            body = source
            shebangLines = 0
        }
        stages = names.split(separator: "|").map { stage in
            // A renderer may have arguments behind it; none of those that exist here takes any.
            String(stage.split(separator: " ").first ?? "")
        }
        let known = ["jinja", "yaml", "json", "text"]
        for stage in stages where !known.contains(stage) {
            throw RenderError(
                renderer: stage,
                message: "the renderer '\(stage)' is not available\(NearestName.hint(stage, among: known)) (available: \(known.joined(separator: ", ")))",
                file: file, line: 1)
        }
    }

    /// Runs the stages; must be on a render thread.
    package func run(environment: SaltEnvironment, scope: TemplateScope, file: String) throws(RenderError) -> Value {
        var text = body
        for stage in stages {
            switch stage {
            case "jinja":
                do throws(RenderError) {
                    text = try environment.render(source: text, name: file, scope: scope)
                } catch {
                    guard error.file == file, error.line > 0 else { throw error }
                    throw RenderError(
                        renderer: error.renderer, message: error.message, file: file, line: error.line + shebangLines,
                        excerpt: error.excerpt)
                }
            case "yaml":
                let data = try YAML.load(text, file: file)
                return data.isTruthy ? data : .map([:])
            case "json":
                do { return try Value(jsonText: text) } catch {
                    throw RenderError(renderer: "json", message: error.message, file: file, line: error.line,
                        excerpt: RenderError.excerpt(of: text, line: error.line))
                }
            default: return .string(text)
            }
        }
        return .string(text)
    }
}
