import HaliteJinja
import HaliteValue

/// `salt`: `salt['pkg.version']('vim')` and `salt.pkg.version('vim')`.
final class SaltObject: JinjaObject {
    private let scope: TemplateScope
    private let data: LiveData

    init(scope: TemplateScope, data: LiveData) {
        self.scope = scope
        self.data = data
    }

    override var typeName: String { "AliasedLoader" }
    override var qualifiedTypeName: String { "salt.utils.templates.AliasedLoader" }

    override func item(_ key: JinjaValue) throws -> JinjaValue? {
        guard let name = key.text, scope.functions.contains(name) else { return nil }
        return function(name)
    }

    override func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "get":
            return method(name) { call in
                let values = try Signature("get", "key, default=").bind(call)
                return try self.item(values.value(0)) ?? values.value(1)
            }
        case "keys": return method(name) { _ in .list(of: self.scope.functions.all().sorted().map { .string($0) }) }
        default:
            guard scope.functions.hasModule(name) else { return nil }
            return .object(SaltModuleObject(name: name, parent: self))
        }
    }

    override func contains(_ value: JinjaValue) throws -> Bool? { value.text.map(scope.functions.contains) ?? false }

    override func iterate() throws -> JinjaIterator? {
        var rest = scope.functions.all().sorted()[...]
        return JinjaIterator { rest.popFirst().map { .string($0) } }
    }

    fileprivate func knows(_ name: String) -> Bool { scope.functions.contains(name) }

    fileprivate func function(_ name: String) -> JinjaValue {
        method(name) { [scope, data] call in
            if let answer = try data.answer(name, call) { return answer }
            if data.isRead(by: name) { data.keepChanges() }
            let positional = try call.frozenPositional()
            let keywords = try call.frozenKeywords()
            do {
                let result = try scope.call(name, positional, keywords)
                return ChangedArgument.apply(name, call, result) ?? data.own(name, call, result) ?? JinjaValue(result)
            } catch let error as JinjaError {
                throw error
            } catch {
                throw JinjaError("CommandExecutionError", String(describing: error))
            }
        }
    }

    private func method(_ name: String, _ body: @escaping (JinjaCall) throws -> JinjaValue) -> JinjaValue {
        .object(JinjaFunctionObject(name: name, body))
    }
}

/// `salt.pkg`, of which functions are attributes.
final class SaltModuleObject: JinjaObject {
    private let name: String
    private let parent: SaltObject

    init(name: String, parent: SaltObject) {
        self.name = name
        self.parent = parent
    }

    override var typeName: String { "LoadedMod" }
    override var qualifiedTypeName: String { "salt.loader.lazy.LoadedMod" }

    override func attribute(_ function: String) throws -> JinjaValue? {
        let whole = "\(name).\(function)"
        return parent.knows(whole) ? parent.function(whole) : nil
    }
}

/// Functions that change the dictionary they are given, which templates rely on:
/// `{% do salt['defaults.merge'](settings, more) %}`. Functions get copies here, so that the change is made afterwards.
private enum ChangedArgument {
    private static let functions: Set<String> = ["defaults.merge", "defaults.update", "slsutil.update"]

    /// The changed dictionary; nil for other functions.
    static func apply(_ name: String, _ call: JinjaCall, _ result: Value) -> JinjaValue? {
        guard functions.contains(name), case .dict(let target)? = call.argument(0, "dest"), case .map(let map) = result else {
            return nil
        }
        if name != "slsutil.update", let inPlace = call.argument(3, "in_place"), (try? inPlace.isTrue()) == false { return nil }
        adopt(map, in: target)
        return .dict(target)
    }

    /// Takes over what differs and leaves the rest the objects that they are.
    private static func adopt(_ map: ValueMap, in target: JinjaDict) {
        for (key, value) in map {
            let name = JinjaValue(key)
            let current = try? target.value(name)
            if case .dict(let inner)? = current, case .map(let map) = value {
                adopt(map, in: inner)
            } else if (try? current?.freeze()) != value {
                try? target.set(name, JinjaValue(value))
            }
        }
    }
}
