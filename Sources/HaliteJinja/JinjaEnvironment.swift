import HaliteValue
import Synchronization

/// Reads, keeps and renders templates.
///
/// Compiled templates are cached by their content, so that rendering the same text again costs no reading. An
/// environment may be used from several threads at once; each rendering has its own state.
public final class JinjaEnvironment: Sendable {
    public let options: EnvironmentOptions
    public let extensions: JinjaExtensions
    let loader: (any TemplateLoader)?
    private let cache: Mutex<[CacheKey: CompiledTemplate]> = Mutex([:])

    /// The name of a template that has none; messages leave it out.
    package static let anonymousName = "<template>"

    /// Templates above this number make the cache start anew.
    private static let cacheLimit = 2_000

    private struct CacheKey: Hashable {
        let name: String
        let source: String
    }

    public init(
        options: EnvironmentOptions = .init(), loader: (any TemplateLoader)? = nil, extensions: JinjaExtensions = .init()
    ) {
        self.options = options
        self.loader = loader
        self.extensions = extensions
    }

    /// Reads a template; `name` is for messages and for what it includes.
    public func compile(source: String, name: String) throws(JinjaError) -> JinjaTemplate {
        JinjaTemplate(try compiled(source: source, name: name, path: name), environment: self)
    }

    /// Reads and renders a template.
    public func render(
        source: String, name: String, context: ValueMap, globals: [String: JinjaGlobal] = [:],
        loader: (any TemplateLoader)? = nil
    ) throws(JinjaError) -> String {
        try compile(source: source, name: name).render(context: context, globals: globals, loader: loader)
    }

    /// A template of the loader.
    public func getTemplate(_ name: String, parent: String? = nil) throws(JinjaError) -> JinjaTemplate {
        JinjaTemplate(try compiled(name, parent: parent), environment: self)
    }

    func compiled(
        _ name: String, parent: String?, loader given: (any TemplateLoader)? = nil
    ) throws(JinjaError) -> CompiledTemplate {
        guard let loader = given ?? loader else { throw JinjaError(.type, "no loader for this environment specified") }
        let source: TemplateSource?
        do {
            source = try loader.load(name, from: parent)
        } catch let error as JinjaError {
            throw error
        } catch {
            throw JinjaError(.host, String(describing: error))
        }
        guard let source else { throw JinjaError(.templateNotFound, name) }
        return try compiled(source: source.text, name: name, path: source.path)
    }

    private func compiled(source: String, name: String, path: String) throws(JinjaError) -> CompiledTemplate {
        let key = CacheKey(name: name, source: source)
        if let known = cache.withLock({ $0[key] }) { return known }
        var parser = try Parser(text: source, name: name, options: options, extensions: extensions)
        let tree = try parser.parse()
        let template = try Compiler.compile(tree, name: name, path: path, source: source, environment: self)
        cache.withLock { cache in
            if cache.count >= Self.cacheLimit { cache.removeAll() }
            cache[key] = template
        }
        return template
    }

    // MARK: Filters and tests

    func filter(_ name: String) -> BuiltinFunction? {
        extensions.filters[name].map(BuiltinFunction.free) ?? BuiltinFilters.table[name]
    }
    func test(_ name: String) -> BuiltinFunction? {
        extensions.tests[name].map(BuiltinFunction.free) ?? BuiltinTests.table[name]
    }
    var filterNames: [String] { Array(extensions.filters.keys) + Array(BuiltinFilters.table.keys) }
    var testNames: [String] { Array(extensions.tests.keys) + Array(BuiltinTests.table.keys) }
}

/// A template ready to be rendered, any number of times and from any thread.
public final class JinjaTemplate: Sendable {
    private let compiled: CompiledTemplate
    private let environment: JinjaEnvironment

    init(_ compiled: CompiledTemplate, environment: JinjaEnvironment) {
        self.compiled = compiled
        self.environment = environment
    }

    public var name: String { compiled.name }
    /// Where the loader found it.
    public var path: String { compiled.path }

    /// Renders the template with the variables of the context; `globals` are seen by imported templates too.
    /// - Parameter loader: finds the templates of this one rendering in the place of the environment's loader.
    public func render(
        context: ValueMap = [:], globals: [String: JinjaGlobal] = [:], loader: (any TemplateLoader)? = nil
    ) throws(JinjaError) -> String {
        let state = RenderState(environment: environment, globals: globals, loader: loader ?? environment.loader)
        defer { state.finish() }
        let output = state.output(capacity: compiled.sizeHint.load(ordering: .relaxed))
        do {
            let layer = NameLayer(data: context, next: state.globals)
            try compiled.render(compiled.newContext(state, outer: layer), into: output)
        } catch let error as JinjaError {
            throw error
        } catch {
            throw JinjaError(.host, String(describing: error), template: compiled.name)
        }
        compiled.sizeHint.store(output.count, ordering: .relaxed)
        return output.text
    }

    /// Renders the template and returns what it has exported: the variables and macros of its top level that are data.
    public func exports(context: ValueMap = [:], globals: [String: JinjaGlobal] = [:]) throws(JinjaError) -> ValueMap {
        let state = RenderState(environment: environment, globals: globals, loader: environment.loader)
        defer { state.finish() }
        do {
            let context = compiled.newContext(state, outer: NameLayer(data: context, next: state.globals))
            try compiled.render(context, into: state.output())
            var map = ValueMap()
            for name in context.exported {
                guard let value = context.variables.value(name) else { continue }
                if case .object(let object) = value, object.isCallable { continue }
                map[name] = try value.freeze()
            }
            return map
        } catch let error as JinjaError {
            throw error
        } catch {
            throw JinjaError(.host, String(describing: error), template: compiled.name)
        }
    }
}
