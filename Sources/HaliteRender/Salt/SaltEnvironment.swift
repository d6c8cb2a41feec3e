import HaliteCore
import HaliteJinja
import HaliteValue

/// Finds templates by their path in the file roots; runs on the render thread.
package typealias TemplateFetch = @Sendable (_ path: String) throws -> TemplateSource?

/// Jinja as Salt sets it up: undefined names are errors, `do` and loop controls, data tags, Salt's filters.
package struct SaltEnvironment: Sendable {
    private let environment: JinjaEnvironment

    /// - Parameters:
    ///   - options: `jinja_env` or `jinja_sls_env` of the configuration: `trim_blocks` and its kind.
    package init(fetch: @escaping TemplateFetch, options: ValueMap = [:], allowUndefined: Bool = false) {
        let jinja = EnvironmentOptions(
            trimBlocks: options["trim_blocks"]?.isTruthy ?? false,
            lstripBlocks: options["lstrip_blocks"]?.isTruthy ?? false,
            keepTrailingNewline: options["keep_trailing_newline"]?.isTruthy ?? false,
            undefined: allowUndefined ? .default : .strict)
        environment = JinjaEnvironment(
            options: jinja, loader: SaltLoader(fetch: fetch),
            extensions: JinjaExtensions(
                filters: SaltFilters.filters, tests: SaltFilters.tests, globals: SaltFilters.globals,
                dataTags: SaltFilters.parseData, profile: { _, _ in }))
    }

    /// Renders on the calling thread, which must be a render thread.
    package func render(source: String, name: String, scope: TemplateScope) throws(RenderError) -> String {
        // Jinja drops the last line end; Salt takes it away before and puts it back behind.
        let endsLine = source.hasSuffix("\n")
        do {
            let text = try environment.render(
                source: endsLine ? String(source.dropLast()) : source, name: name, context: [:], globals: scope.globals)
            return endsLine ? text + "\n" : text
        } catch {
            throw Self.renderError(error, file: name)
        }
    }

    /// Worded so that those who grep for Salt's words find them.
    private static func renderError(_ error: JinjaError, file: String) -> RenderError {
        var message: String
        switch error.kind {
        case .templateSyntax, .templateAssertion: message = "Jinja syntax error: \(error.message)"
        case .undefined: message = "Jinja variable \(error.message)"
        case .host: message = error.message
        default: message = "Jinja error: \(error.message)"
        }
        if let suggestion = error.suggestion { message += ", did you mean '\(suggestion)'?" }
        var excerpt = error.excerpt ?? ""
        for step in error.chain.reversed() { excerpt += "\n  from \(step.template), line \(step.line)" }
        return RenderError(
            renderer: "jinja", message: message, file: error.template ?? file, line: error.line ?? 0, excerpt: excerpt)
    }
}

/// `salt://` names, names relative to the asking template, and plain names from the root.
private struct SaltLoader: TemplateLoader {
    let fetch: TemplateFetch

    func load(_ name: String, from parent: String?) throws -> TemplateSource? {
        var path = name.hasPrefix("salt://") ? String(name.dropFirst(7)) : name
        if path.hasPrefix("./") || path.hasPrefix("../"), let parent {
            let base = parent.hasPrefix("salt://") ? String(parent.dropFirst(7)) : parent
            var parts = base.split(separator: "/").dropLast().map(String.init)
            for part in path.split(separator: "/") {
                switch part {
                case ".": continue
                case "..": if parts.isEmpty { return nil } else { parts.removeLast() }
                default: parts.append(String(part))
                }
            }
            path = parts.joined(separator: "/")
        }
        return try fetch(path)
    }
}
