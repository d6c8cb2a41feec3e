import HaliteValue

/// Names given to a template from outside, in layers: an included template sees those of the including one below its own.
final class NameLayer {
    /// Only what is given here may be nil; most layers never keep anything.
    private let values: JinjaDict
    private let data: ValueMap
    private let globals: [String: JinjaGlobal]
    private let next: NameLayer?

    init(values: JinjaDict = JinjaDict(), data: ValueMap = [:], globals: [String: JinjaGlobal] = [:], next: NameLayer? = nil) {
        self.values = values
        self.data = data
        self.globals = globals
        self.next = next
    }

    func lookup(_ name: String, hash: Int) -> JinjaValue? {
        var layer = self
        while true {
            if let value = layer.own(name, hash) { return value }
            guard let next = layer.next else { return nil }
            layer = next
        }
    }

    private func own(_ name: String, _ hash: Int) -> JinjaValue? {
        if values.count > 0, let value = values.value(name, hash: hash) { return value }
        if !data.isEmpty, let position = data.index(forKey: name, hash: hash) {
            return keep(name, hash, JinjaValue(data.value(at: position)))
        }
        guard !globals.isEmpty, let global = globals[name] else { return nil }
        switch global {
        case .value(let value): return keep(name, hash, JinjaValue(value))
        case .held(let value): return keep(name, hash, value())
        case .function(let function): return keep(name, hash, .object(JinjaFunctionObject(name: name, function)))
        case .object(let make): return keep(name, hash, .object(make()))
        }
    }

    /// Converted once, so that a list is the same list whenever it is named.
    private func keep(_ name: String, _ hash: Int, _ value: JinjaValue) -> JinjaValue {
        values.set(name, hash: hash, value)
        return value
    }

    var names: [String] {
        values.entries.compactMap(\.key.text) + data.keys.compactMap(\.stringValue) + Array(globals.keys) + (next?.names ?? [])
    }

    func clear() { values.removeAll() }
}

/// The variables of a template at run time: what it was given and what it sets at its top level.
public final class TemplateContext {
    package let state: RenderState
    let templateName: String
    let outer: NameLayer
    /// What the template has set at its top level.
    let variables = JinjaDict()
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
        resolve(name, hash: name.bytesHash)
    }

    func resolve(_ name: String, hash: Int) -> JinjaValue? {
        if variables.count > 0, let value = variables.value(name, hash: hash) { return value }
        return outer.lookup(name, hash: hash)
    }

    /// All names and values that the template sees.
    package func all() -> [(name: String, value: JinjaValue)] {
        var seen: Set<String> = []
        let own = variables.entries.compactMap(\.key.text)
        return (outer.names.reversed() + own).compactMap { name in
            guard seen.insert(name).inserted, let value = resolve(name) else { return nil }
            return (name, value)
        }
    }

    /// All variables as a layer for another template.
    func layer(locals: JinjaDict = JinjaDict()) -> NameLayer {
        var base = outer
        // A copy: what this template sets later is not seen by the other.
        if variables.count > 0 { base = NameLayer(values: variables.copy(), next: base) }
        if locals.count > 0 { base = NameLayer(values: locals, next: base) }
        return base
    }

    /// A context for a scoped block.
    func derived(locals: JinjaDict) -> TemplateContext {
        TemplateContext(
            state: state, templateName: templateName, outer: layer(locals: locals), blocks: blocks, autoescape: autoescape)
    }

    func export(_ name: String, _ value: JinjaValue) {
        variables.set(name, value)
        if !name.hasPrefix("_"), !exported.contains(name) { exported.append(name) }
    }

    /// Sets a variable that an import of this template must not see, such as one that was imported itself.
    func setUnexported(_ name: String, _ value: JinjaValue) {
        variables.set(name, value)
        exported.removeAll { $0 == name }
    }

    func undefined(name: String) -> JinjaValue {
        .undefined(
            JinjaUndefined(name: .string(name), policy: state.policy) { [self] in
                nearestName(to: name, among: variables.entries.compactMap(\.key.text) + outer.names)
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
        variables.removeAll()
        outer.clear()
    }
}
