import HaliteValue

/// What all templates of one rendering share: limits, modules, and what has to be taken apart at the end.
package final class RenderState {
    let environment: JinjaEnvironment
    let policy: UndefinedPolicy
    /// The globals of the environment and of this rendering.
    let globals: NameLayer
    private let limits: RenderLimits
    /// Finds the templates of this rendering.
    let loader: (any TemplateLoader)?
    @exclusivity(unchecked) private var depth = 0
    @exclusivity(unchecked) private var steps = 0
    private var frames: [Frame] = []
    private var contexts: [TemplateContext] = []
    private struct LoadKey: Hashable {
        let name: String
        let parent: ObjectIdentifier
        let hash: Int

        static func == (left: LoadKey, right: LoadKey) -> Bool {
            left.parent == right.parent && left.name.hasSameBytes(as: right.name)
        }
        func hash(into hasher: inout Hasher) { hasher.combine(hash) }
    }

    /// The templates that were loaded, by name and by who asked: in one rendering a name means the same each time.
    @exclusivity(unchecked) private var loaded: [LoadKey: CompiledTemplate] = [:]

    func load(_ name: String, for parent: CompiledTemplate) throws -> CompiledTemplate {
        let identity = ObjectIdentifier(parent)
        let key = LoadKey(name: name, parent: identity, hash: name.bytesHash ^ Int(bitPattern: Unmanaged.passUnretained(parent).toOpaque()))
        if let known = loaded[key] { return known }
        let template = try environment.compiled(name, parent: parent.name, loader: loader)
        loaded[key] = template
        return template
    }

    /// Imported templates by name; one import serves the whole rendering.
    var modules: [ObjectIdentifier: TemplateModule] = [:]
    init(environment: JinjaEnvironment, globals: [String: JinjaGlobal], loader: (any TemplateLoader)?) {
        self.loader = loader
        self.environment = environment
        policy = environment.options.undefined
        limits = environment.options.limits
        var layer = NameLayer(globals: BuiltinGlobals.table)
        if !environment.extensions.globals.isEmpty { layer = NameLayer(globals: environment.extensions.globals, next: layer) }
        if !globals.isEmpty { layer = NameLayer(globals: globals, next: layer) }
        self.globals = layer
    }

    /// Counts a call of a macro, block, include or recursive loop while it runs.
    @inline(__always)
    func nested<T>(_ body: () throws -> T) throws -> T {
        depth += 1
        defer { depth -= 1 }
        // Asking for the stack costs a little; shallow renderings never do.
        if depth > limits.recursionDepth || (depth & 7 == 7 && StackGuard.isExhausted) {
            throw JinjaError(.recursion, "maximum recursion depth exceeded")
        }
        return try body()
    }

    /// Counts loop iterations.
    package func step(_ count: Int = 1) throws {
        steps &+= count
        if steps > limits.steps {
            throw JinjaError(.runtime, "rendering was stopped after \(limits.steps) loop iterations")
        }
    }

    /// Refuses a text, list or number of so many bytes or elements before it is made.
    package func reserve(_ count: Int) throws {
        if count < 0 || count > limits.outputBytes { throw JinjaError(.memory, "the value would be larger than the limit") }
    }

    func output(capacity: Int = 0) -> Output {
        Output(limit: limits.outputBytes, capacity: max(256, capacity), finalize: environment.extensions.finalize)
    }

    func retain(_ frame: Frame) { frames.append(frame) }
    func retain(_ context: TemplateContext) { contexts.append(context) }

    /// Breaks the cycles between macros, frames and contexts.
    func finish() {
        for frame in frames { frame.clear() }
        for context in contexts { context.clear() }
        frames = []
        contexts = []
        modules = [:]
    }
}
