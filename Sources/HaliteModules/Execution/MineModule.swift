import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Publishes what this minion knows to the others, and asks for what they published.
package struct MineModule: ExecutionModule {
    package static let name = "mine"
    package static let summary = "Publishes what this minion knows to the others, and asks for what they published."

    package static let functions: [Function] = [
        Function("update", "Run the functions of the mine and publish what they return.", .optional("clear", false, "Forget what was published before."), .optional("mine_functions", .null as Value, "Functions in the place of the configured ones."), body: update),
        Function("send", "Run one function and publish what it returns.", .required("name", "The name to publish under."), .rest("args", "Arguments of the function."), .keywords("kwargs", "mine_function, allow_tgt, allow_tgt_type and arguments of the function."), body: send),
        Function("get", "Return what minions published.", .required("tgt", "Which minions."), .required("fun", "Which name, or several."), .optional("tgt_type", "glob", "How the target is written."), .optional("exclude_minion", false, "Leave this minion out."), example: "halite '*' mine.get 'app*' network.ip_addrs", body: get),
        Function("delete", "Withdraw one name.", .required("fun", "The name."), body: delete),
        Function("flush", "Withdraw everything.", body: flush),
        Function("valid", "Return the configured functions that can be called.", body: valid),
    ]

    /// One function of the mine as it is configured: what it is called for, with what, and who may see it.
    private struct Entry {
        var function: String?
        var arguments = Arguments()
        var allowed = ValueMap()

        init(_ definition: Value) {
            switch definition {
            case .map(let map):
                for (key, value) in map { take(key, value) }
            case .list(let list):
                for element in list {
                    if case .map(let map) = element { for (key, value) in map { take(key, value) } } else { arguments.positional.append(element) }
                }
            default: break
            }
        }

        private mutating func take(_ key: Value, _ value: Value) {
            switch key.pythonString {
            case "mine_function": function = value.stringValue
            case "allow_tgt", "allow_tgt_type": allowed[key] = value
            default: arguments.keywords[key] = value
            }
        }

        /// The value with those who may see it, as the master keeps it.
        func wrap(_ value: Value) -> Value {
            guard let target = allowed["allow_tgt"], target.isTruthy else { return value }
            var wrapped: ValueMap = ["__data__": value, "__saltmine_acl__": 1, "allow_tgt": target]
            if let type = allowed["allow_tgt_type"] { wrapped["allow_tgt_type"] = type }
            return .map(wrapped)
        }
    }

    private static func definitions(_ call: CallContext, _ given: Value = .null) -> ValueMap {
        let source = given.isTruthy ? given : ConfigModule.merged(call, "mine_functions") ?? [:]
        switch source {
        case .map(let map): return map
        case .list(let list): return ValueMap(list.map { ($0, [:]) })
        default: return [:]
        }
    }

    private static func update(_ call: CallContext, clear: Bool, given: Value) async throws -> Value {
        var data = ValueMap()
        for (alias, definition) in definitions(call, given) {
            let entry = Entry(definition)
            let function = entry.function ?? alias.pythonString
            guard call.services.registry.functions[function] != nil else { continue }
            // A function that fails is left out; the others are published all the same.
            guard let value = try? await call.call(function, entry.arguments) else { continue }
            data[alias] = entry.wrap(value)
        }
        if data.isEmpty, !clear { return .null }
        return try await store(call, data, clear: clear)
    }

    private static func store(_ call: CallContext, _ data: ValueMap, clear: Bool) async throws -> Value {
        guard let master = call.services.master else {
            call.memory["mine"] = .map(clear ? data : Merging.update(call.memory["mine"]?.mapValue ?? [:], data))
            return true
        }
        try await master.sendMine(data, clear: clear)
        return true
    }

    private static func send(_ call: CallContext, name: String, args: [Value], options: ValueMap) async throws -> Value {
        var entry = Entry(.map(options))
        entry.arguments.positional = args
        let value: Value
        do {
            value = try await call.call(entry.function ?? name, entry.arguments)
        } catch is UnknownFunctionError {
            return false
        }
        return try await store(call, [.string(name): entry.wrap(value)], clear: false)
    }

    private static func get(_ call: CallContext, target: Value, functions: Value, type: String, excludeSelf: Bool) async throws -> ValueMap {
        let names: [String]
        if case .list(let list) = functions { names = list.map(\.pythonString) } else { names = functions.pythonString.parts(",") }
        let targetText = target.listValue.map { $0.map(\.pythonString).joined(separator: ",") } ?? target.pythonString
        var found = ValueMap()
        for name in names {
            var answers = try await answers(call, targetText, name, type)
            if excludeSelf { answers[call.services.id] = nil }
            if names.count == 1 { return answers }
            found[.string(name)] = .map(answers)
        }
        return found
    }

    private static func answers(_ call: CallContext, _ target: String, _ name: String, _ type: String) async throws -> ValueMap {
        if let master = call.services.master { return try await master.mine(target: target, function: name, targetType: type) }
        let isOwn = type == "list" ? target.parts(",").contains(call.services.id) : Glob.matches(target, call.services.id)
        guard isOwn, let value = call.memory["mine"]?[name] else { return [:] }
        return [.string(call.services.id): value["__data__"] ?? value]
    }

    private static func delete(_ call: CallContext, name: String) async throws -> Bool {
        if let master = call.services.master {
            try await master.deleteMine(function: name)
        } else if var data = call.memory["mine"]?.mapValue {
            data[name] = nil
            call.memory["mine"] = .map(data)
        }
        return true
    }

    private static func flush(_ call: CallContext) async throws -> Bool {
        if let master = call.services.master { try await master.deleteMine(function: nil) } else { call.memory["mine"] = [:] }
        return true
    }

    private static func valid(_ call: CallContext) async throws -> ValueMap {
        var found = ValueMap()
        for (alias, definition) in definitions(call) {
            let entry = Entry(definition)
            let function = entry.function ?? alias.pythonString
            guard call.services.registry.functions[function] != nil else { continue }
            if entry.function == nil {
                found[alias] = entry.arguments.positional.isEmpty && entry.arguments.keywords.isEmpty ? [] : definition
            } else {
                found[alias] = .map([.string(function): .list(entry.arguments.jobForm)])
            }
        }
        return found
    }
}
