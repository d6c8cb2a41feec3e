import HaliteValue

/// Names given to a template from outside, in layers: an included template sees those of the including one below its own.
final class NameLayer {
    private var values: [String: JinjaValue]
    private let data: ValueMap
    private let globals: [String: JinjaGlobal]
    private let next: NameLayer?

    init(values: [String: JinjaValue] = [:], data: ValueMap = [:], globals: [String: JinjaGlobal] = [:], next: NameLayer? = nil) {
        self.values = values
        self.data = data
        self.globals = globals
        self.next = next
    }

    func lookup(_ name: String) -> JinjaValue? {
        if let value = values[name] { return value }
        if !data.isEmpty, let value = data[name] { return keep(name, JinjaValue(value)) }
        if let global = globals[name] {
            switch global {
            case .value(let value): return keep(name, JinjaValue(value))
            case .function(let function): return keep(name, .object(JinjaFunctionObject(name: name, function)))
            case .object(let make): return keep(name, .object(make()))
            }
        }
        return next?.lookup(name)
    }

    /// Converted once, so that a list is the same list whenever it is named.
    private func keep(_ name: String, _ value: JinjaValue) -> JinjaValue {
        values[name] = value
        return value
    }

    var names: [String] {
        Array(values.keys) + data.keys.compactMap(\.stringValue) + Array(globals.keys) + (next?.names ?? [])
    }

    func clear() { values = [:] }
}

/// The variables of a template at run time: what it was given and what it sets at its top level.
public final class TemplateContext {
    let state: RenderState
    let templateName: String
    let outer: NameLayer
    /// What the template has set at its top level.
    var variables: [String: JinjaValue] = [:]
    /// The names of these that an import may see, in order.
    private(set) var exported: [String] = []
    /// The definitions of every block, the most derived first.
    var blocks: [String: [CompiledBlock]]
    @exclusivity(unchecked) public internal(set) var autoescape: Bool

    init(state: RenderState, templateName: String, outer: NameLayer, blocks: [String: [CompiledBlock]], autoescape: Bool? = nil) {
        self.state = state
        self.templateName = templateName
        self.outer = outer
        self.blocks = blocks
        self.autoescape = autoescape ?? state.environment.options.autoescape
        state.retain(self)
    }

    /// The template in which the call stands.
    public var name: String { templateName }
    public var environment: JinjaEnvironment { state.environment }

    /// The value of a variable, or nil.
    public func resolve(_ name: String) -> JinjaValue? {
        if !variables.isEmpty, let value = variables[name] { return value }
        return outer.lookup(name)
    }

    /// All variables as a layer for another template.
    func layer(locals: [String: JinjaValue] = [:]) -> NameLayer {
        var base = outer
        if !variables.isEmpty { base = NameLayer(values: variables, next: base) }
        if !locals.isEmpty { base = NameLayer(values: locals, next: base) }
        return base
    }

    /// A context for a scoped block.
    func derived(locals: [String: JinjaValue]) -> TemplateContext {
        TemplateContext(
            state: state, templateName: templateName, outer: layer(locals: locals), blocks: blocks, autoescape: autoescape)
    }

    func export(_ name: String, _ value: JinjaValue) {
        variables[name] = value
        if !name.hasPrefix("_"), !exported.contains(name) { exported.append(name) }
    }

    /// Sets a variable that an import of this template must not see, such as one that was imported itself.
    func setUnexported(_ name: String, _ value: JinjaValue) {
        variables[name] = value
        exported.removeAll { $0 == name }
    }

    func undefined(name: String) -> JinjaValue {
        .undefined(
            JinjaUndefined(name: .string(name), policy: state.policy) { [self] in
                nearestName(to: name, among: Array(variables.keys) + outer.names)
            })
    }

    func undefined(hint: String, name: String? = nil) -> JinjaValue {
        .undefined(JinjaUndefined(hint: hint, name: name.map { .string($0) }, policy: state.policy))
    }

    func undefined(owner: JinjaValue, name: JinjaValue) -> JinjaValue {
        .undefined(JinjaUndefined(owner: owner, name: name, policy: state.policy))
    }

    /// Text of a macro or block, marked safe where output is escaped.
    func markSafe(_ text: String) -> JinjaValue { autoescape ? .markup(text) : .string(text) }

    /// Drops all values at the end of the rendering: macros and the context they belong to hold each other.
    func clear() {
        variables = [:]
        outer.clear()
    }
}
