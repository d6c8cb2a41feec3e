import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Tells what this minion offers and how it is used.
package struct SysModule: ExecutionModule {
    package static let name = "sys"
    package static let summary = "Tells what this minion offers and how it is used."

    package static let functions: [Function] = [
        Function("doc", "Return the documentation of functions.", .rest("args", "Modules, functions or patterns; none means all."), example: "halite '*' sys.doc file.read", body: documentation),
        Function("state_doc", "Return the documentation of state functions.", .rest("args", "Modules, functions or patterns; none means all."), body: stateDocumentation),
        Function("argspec", "Return the arguments of functions.", .optional("module", "", "A module, function or pattern."), body: argumentSpecification),
        Function("state_argspec", "Return the arguments of state functions.", .optional("module", "", "A module, function or pattern."), body: stateArgumentSpecification),
        Function("list_functions", "Return the names of functions.", .rest("args", "Modules or patterns; none means all."), .keywords("kwargs", "Ignored."), body: listFunctions),
        Function("list_modules", "Return the names of modules.", .rest("args", "Patterns; none means all."), body: listModules),
        Function("list_state_functions", "Return the names of state functions.", .rest("args", "Modules or patterns; none means all."), .keywords("kwargs", "Ignored."), body: listStateFunctions),
        Function("list_state_modules", "Return the names of state modules.", .rest("args", "Patterns; none means all."), body: listStateModules),
        Function("reload_modules", "Do nothing: built-in modules never change.", body: { (_: CallContext) async throws -> Bool in true }),
    ]

    /// Whether a name belongs to one of the modules, functions or patterns asked for.
    private static func wanted(_ name: String, _ patterns: [Value]) -> Bool {
        patterns.isEmpty || patterns.contains { pattern in
            let text = pattern.pythonString
            if text.isEmpty { return true }
            if text.contains("*") || text.contains(".") { return Glob.matches(text, name) }
            return name.hasPrefix(text + ".")
        }
    }

    private static func documentation(_ call: CallContext, patterns: [Value]) async throws -> ValueMap {
        var found = ValueMap()
        for (name, function) in sorted(call.services.registry.functions.all) where wanted(name, patterns) {
            var text = describe(function.summary, function.parameters)
            text += "\n\nExample:\n\n    \(function.example ?? example(name, function.parameters))"
            found[.string(name)] = .string(text)
        }
        for (name, summary) in sorted(call.services.registry.modules) where patterns.contains(.string(name)) {
            found[.string(name)] = .string(summary)
        }
        return found
    }

    /// A call with what must be given, in capitals, for functions whose author gave none.
    private static func example(_ name: String, _ parameters: [ParameterInfo]) -> String {
        let words = parameters.compactMap { info -> String? in
            if case .required = info.kind { info.name.uppercased() } else { nil }
        }
        return (["halite '*' \(name)"] + words).joined(separator: " ")
    }

    private static func stateDocumentation(_ call: CallContext, patterns: [Value]) async throws -> ValueMap {
        var found = ValueMap()
        for (name, summary) in sorted(call.services.registry.stateModules) where patterns.isEmpty || patterns.contains(.string(name)) {
            found[.string(name)] = .string(summary)
        }
        for (name, state) in sorted(call.services.registry.states.all) where wanted(name, patterns) {
            found[.string(name)] = .string(describe(state.summary, state.parameters))
        }
        return found
    }

    private static func describe(_ summary: String, _ parameters: [ParameterInfo]) -> String {
        guard !parameters.isEmpty else { return summary }
        let lines = parameters.map { info -> String in
            switch info.kind {
            case .required: "\(info.name) (\(info.type)): \(info.summary)"
            case .optional(let value): "\(info.name) = \(value.pythonRepr) (\(info.type)): \(info.summary)"
            case .rest: "*\(info.name): \(info.summary)"
            case .keywords: "**\(info.name): \(info.summary)"
            }
        }
        return summary + "\n\n" + lines.map { "    " + $0 }.joined(separator: "\n")
    }

    private static func sorted<Element>(_ table: [String: Element]) -> [(key: String, value: Element)] {
        table.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private static func argumentSpecification(_ call: CallContext, module: String) async throws -> ValueMap {
        let functions = sorted(call.services.registry.functions.all).filter { wanted($0.key, [.string(module)]) }
        return ValueMap(functions.map { (.string($0.key), specification($0.value.parameters)) })
    }

    private static func stateArgumentSpecification(_ call: CallContext, module: String) async throws -> ValueMap {
        let functions = sorted(call.services.registry.states.all).filter { wanted($0.key, [.string(module)]) }
        return ValueMap(functions.map { (.string($0.key), specification($0.value.parameters)) })
    }

    /// Python's argspec: names, the defaults of the last of them, and whether there are `*args` and `**kwargs`.
    private static func specification(_ parameters: [ParameterInfo]) -> Value {
        var names: [Value] = []
        var defaults: [Value] = []
        var rest: Value = .null
        var keywords: Value = .null
        for info in parameters {
            switch info.kind {
            case .required: names.append(.string(info.name))
            case .optional(let value):
                names.append(.string(info.name))
                defaults.append(value)
            case .rest: rest = true
            case .keywords: keywords = true
            }
        }
        return ["args": .list(names), "defaults": defaults.isEmpty ? .null : .list(defaults), "varargs": rest, "kwargs": keywords]
    }

    private static func listFunctions(_ call: CallContext, patterns: [Value], ignored: ValueMap) async throws -> [String] {
        sorted(call.services.registry.functions.all).map(\.key).filter { wanted($0, patterns) }
    }

    private static func listStateFunctions(_ call: CallContext, patterns: [Value], ignored: ValueMap) async throws -> [String] {
        sorted(call.services.registry.states.all).map(\.key).filter { wanted($0, patterns) }
    }

    private static func listModules(_ call: CallContext, patterns: [Value]) async throws -> [String] {
        sorted(call.services.registry.modules).map(\.key).filter { name in
            patterns.isEmpty || patterns.contains { Glob.matches($0.pythonString, name) }
        }
    }

    private static func listStateModules(_ call: CallContext, patterns: [Value]) async throws -> [String] {
        sorted(call.services.registry.stateModules).map(\.key).filter { name in
            patterns.isEmpty || patterns.contains { Glob.matches($0.pythonString, name) }
        }
    }
}
