import HaliteCore
import HaliteJinja
import HaliteValue
import Synchronization

/// Finds templates by their path in the file roots; runs on the render thread.
package typealias TemplateFetch = @Sendable (_ path: String) throws -> TemplateSource?

/// Jinja as Salt sets it up: a sandbox, undefined names as errors, `do` and loop controls, data tags, Salt's filters.
///
/// It keeps the compiled templates by their content, for every set of options that a template asks for.
package final class SaltEnvironment: Sendable {
    private let fetch: TemplateFetch
    private let options: JinjaOptions
    /// The limits, or what is wrong with their setting, which every rendering says.
    private let limits: Result<RenderLimits, RenderError>
    private let environments = Mutex<[EnvironmentOptions: JinjaEnvironment]>([:])

    /// Templates may ask for many sets of options; more than these start anew.
    private static let environmentLimit = 16

    /// - Parameters:
    ///   - options: `jinja_env` or `jinja_sls_env` of the configuration: `trim_blocks` and its kind.
    ///   - limits: `template_limits` of the configuration.
    package init(fetch: @escaping TemplateFetch, options: ValueMap = [:], allowUndefined: Bool = false, limits: Value? = nil) {
        self.fetch = fetch
        self.limits = Result { () throws(RenderError) in try TemplateLimits.read(limits) }
        self.options = JinjaOptions(options, allowUndefined: allowUndefined)
    }

    /// Renders on the calling thread, which must be a render thread.
    package func render(source: String, name: String, scope: TemplateScope) throws(RenderError) -> String {
        if case .failure(let error) = limits { throw error }
        do throws(SaltFailure) {
            return try rendered(source: source, name: name, scope: scope)
        } catch {
            throw error.renderError
        }
    }

    func rendered(source: String, name: String, scope: TemplateScope) throws(SaltFailure) -> String {
        let (text, options) = options.header(of: source)
        let loader = SaltLoader(fetch: fetch, directory: scope.values["tpldir"]?.stringValue)
        let data = LiveData(scope: scope)
        defer { data.keepChanges() }
        do {
            let output = try environment(options.options).render(
                source: text, name: JinjaEnvironment.anonymousName, context: [:], globals: data.globals, loader: loader)
            // Jinja drops the last line end; Salt puts one back.
            return source.utf8.last == 0x0A ? output + "\n" : output
        } catch {
            throw SaltFailure(error, source: text, file: name, loader: loader)
        }
    }

    private func environment(_ options: EnvironmentOptions) -> JinjaEnvironment {
        environments.withLock { known in
            if let environment = known[options] { return environment }
            if known.count >= Self.environmentLimit { known.removeAll() }
            var limited = options
            if case .success(let limits) = limits { limited.limits = limits }
            let environment = JinjaEnvironment(options: limited, extensions: Self.extensions)
            known[options] = environment
            return environment
        }
    }

    private static let extensions = JinjaExtensions(
        filters: SaltFilters.filters, tests: SaltFilters.tests, globals: SaltGlobals.table,
        dataTags: DataTags.parse, profile: { _, _ in }, finalize: PrintedValue.finalize)
}

/// Options of Jinja by their names in the configuration.
struct JinjaOptions {
    var options = EnvironmentOptions()

    init(_ settings: ValueMap, allowUndefined: Bool) {
        options.undefined = allowUndefined ? .default : .strict
        options.sandboxed = true
        apply(settings)
    }

    /// Unknown names are passed over, as Salt does with a warning.
    private mutating func apply(_ settings: ValueMap) {
        for (key, value) in settings {
            switch PythonCase.lower(key.pythonString) {
            case "trim_blocks": options.trimBlocks = value.isTruthy
            case "lstrip_blocks": options.lstripBlocks = value.isTruthy
            case "keep_trailing_newline": options.keepTrailingNewline = value.isTruthy
            case "block_start_string": options.syntax.blockStart = value.pythonString
            case "block_end_string": options.syntax.blockEnd = value.pythonString
            case "variable_start_string": options.syntax.variableStart = value.pythonString
            case "variable_end_string": options.syntax.variableEnd = value.pythonString
            case "comment_start_string": options.syntax.commentStart = value.pythonString
            case "comment_end_string": options.syntax.commentEnd = value.pythonString
            case "line_statement_prefix": options.syntax.lineStatementPrefix = value.stringValue
            case "line_comment_prefix": options.syntax.lineCommentPrefix = value.stringValue
            case "newline_sequence":
                if let text = value.stringValue, ["\n", "\r", "\r\n"].contains(text) { options.syntax.newline = text }
            default: continue
            }
        }
    }

    /// Takes the line `#jinja2: {...}` at the top of a template, or below its shebang, as options of this template alone.
    func header(of source: String) -> (source: String, options: JinjaOptions) {
        guard source.utf8.starts(with: "#".utf8) else { return (source, self) }
        var lines = PythonSplit.lines(source, keepEnds: true)
        let place = lines[0].hasPrefix("#!") && !lines[0].hasPrefix("#!/") ? 1 : 0
        guard place < lines.count, lines[place].hasPrefix("#jinja2:"),
            let settings = try? Value(jsonText: String(lines[place].dropFirst(8))).mapValue
        else { return (source, self) }
        var changed = self
        changed.apply(settings)
        lines.remove(at: place)
        return (lines.joined(), changed)
    }
}
