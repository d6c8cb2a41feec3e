import HaliteJinja
import HaliteValue

/// What templates see beside their own text: the data of the host and the functions they may call.
package struct TemplateScope: Sendable {
    package var grains: ValueMap
    package var pillar: ValueMap
    package var options: ValueMap
    package var saltenv: String
    /// Further variables, such as `sls` and the context of `file.managed`.
    package var values: ValueMap
    /// Calls an execution function and waits for its return; runs on the render thread.
    package var call: @Sendable (_ function: String, _ positional: [Value], _ keywords: ValueMap) throws -> Value
    /// Whether a function exists, for `'x.y' in salt` and for suggestions.
    package var functionNames: @Sendable () -> [String]

    package init(
        grains: ValueMap, pillar: ValueMap, options: ValueMap, saltenv: String, values: ValueMap = [:],
        call: @escaping @Sendable (String, [Value], ValueMap) throws -> Value,
        functionNames: @escaping @Sendable () -> [String]
    ) {
        self.grains = grains
        self.pillar = pillar
        self.options = options
        self.saltenv = saltenv
        self.values = values
        self.call = call
        self.functionNames = functionNames
    }

    /// All of it as names of the template; imported templates see them too, as under Salt.
    var globals: [String: JinjaGlobal] {
        let scope = self
        var globals: [String: JinjaGlobal] = [
            "grains": .value(.map(grains)), "pillar": .value(.map(pillar)), "opts": .value(.map(options)),
            "saltenv": .value(.string(saltenv)), "env": .value(.string(saltenv)),
            "salt": .object { SaltObject(scope: scope) },
            "show_full_context": .function { call in JinjaValue(.string("show_full_context")) },
        ]
        for (name, value) in values { globals[name.pythonString] = .value(value) }
        return globals
    }
}

/// `salt`: `salt['pkg.version']('vim')` and `salt.pkg.version('vim')`.
final class SaltObject: JinjaObject {
    let scope: TemplateScope

    init(scope: TemplateScope) { self.scope = scope }

    override var typeName: String { "AliasedLoader" }

    override func item(_ key: JinjaValue) throws -> JinjaValue? {
        guard let name = key.text else { return nil }
        return try function(name)
    }

    override func attribute(_ name: String) throws -> JinjaValue? {
        if name == "get" { return .object(getter()) }
        return name.contains(".") ? try function(name) : .object(SaltModuleObject(name: name, parent: self))
    }

    override func contains(_ value: JinjaValue) throws -> Bool? {
        value.text.map { scope.functionNames().contains($0) } ?? false
    }

    override func iterate() throws -> JinjaIterator? {
        var names = scope.functionNames().sorted()[...]
        return JinjaIterator { names.popFirst().map(JinjaValue.string) }
    }

    func function(_ name: String) throws -> JinjaValue {
        let scope = scope
        return .object(
            JinjaFunctionObject(name: name) { call in
                JinjaValue(try scope.call(name, try call.frozenPositional(), try call.frozenKeywords()))
            })
    }

    /// `salt.get('name', default)`, as of any dictionary.
    private func getter() -> JinjaFunctionObject {
        JinjaFunctionObject(name: "get") { [self] call in
            guard let name = call.argument(0, "key")?.text else { return .null }
            if scope.functionNames().contains(name) { return try function(name) }
            return call.argument(1, "default") ?? .null
        }
    }
}

/// `salt.pkg`, of which functions are attributes.
final class SaltModuleObject: JinjaObject {
    let name: String
    let parent: SaltObject

    init(name: String, parent: SaltObject) {
        self.name = name
        self.parent = parent
    }

    override var typeName: String { "LoadedMod" }

    override func attribute(_ function: String) throws -> JinjaValue? { try parent.function("\(name).\(function)") }
    override func item(_ key: JinjaValue) throws -> JinjaValue? { try key.text.map { try parent.function("\(name).\($0)") } }
}
