import HaliteCore
import HaliteJinja
import HaliteValue

/// The data of one rendering as dictionaries that a template may change, as `{% do salt['pillar.get']('x').update(...) %}`
/// does: under Salt later calls and the files that are rendered after it see the change.
///
/// Sendable although it has no lock: only the thread of the rendering reaches it.
final class LiveData: @unchecked Sendable {
    private let scope: TemplateScope
    private lazy var grains = JinjaDict(pending: scope.grains)
    private lazy var pillar = JinjaDict(pending: scope.pillar)
    private lazy var functionPillar = JinjaDict(pending: scope.functionPillar ?? scope.pillar)
    private lazy var options = JinjaDict(pending: scope.options)
    /// Which of them somebody has asked for.
    private var used: Set<Part> = []

    private enum Part { case grains, pillar, functionPillar, options }

    init(scope: TemplateScope) { self.scope = scope }

    /// All of the scope as names of the template; imported templates see them too, as under Salt.
    var globals: [String: JinjaGlobal] {
        let scope = scope
        var globals: [String: JinjaGlobal] = [
            "grains": .held { .dict(self.dict(.grains)) }, "pillar": .held { .dict(self.dict(.pillar)) },
            "opts": .held { .dict(self.dict(.options)) }, "saltenv": .value(.string(scope.saltenv)),
            "salt": .object { SaltObject(scope: scope, data: self) },
        ]
        for (name, value) in scope.values { globals[name.pythonString] = .value(value) }
        return globals
    }

    private func dict(_ part: Part) -> JinjaDict {
        used.insert(part)
        switch part {
        case .grains: return grains
        case .pillar: return pillar
        case .functionPillar: return functionPillar
        case .options: return options
        }
    }

    // MARK: Changes

    /// Tells what was changed since the start.
    func keepChanges() {
        guard let keep = scope.keep, !used.isEmpty else { return }
        var changes = DataChanges()
        if used.contains(.grains) { changes.grains = grains.changedData() }
        if used.contains(.pillar) { changes.pillar = pillar.changedData() }
        if used.contains(.functionPillar) { changes.functionPillar = functionPillar.changedData() }
        if used.contains(.options) { changes.options = options.changedData() }
        if !changes.isEmpty { keep(changes) }
    }

    // MARK: Functions that give the data itself

    /// The return of a function that needs no call; nil where the function has to be asked.
    func answer(_ function: String, _ call: JinjaCall) throws -> JinjaValue? {
        switch function {
        case "pillar.get": try pillarValue(call)
        case "grains.get": call.keywords.contains { $0.name != "default" && $0.name != "key" } || call.positional.count > 2
            ? nil : found(.grains, call)
        default: nil
        }
    }

    /// What a function gave, as the dictionary or list of the data where it is one of them.
    func own(_ function: String, _ call: JinjaCall, _ result: Value) -> JinjaValue? {
        guard Self.givesData.contains(function), result.mapValue != nil || result.listValue != nil else { return nil }
        guard call.keyword("merge") == nil, call.positional.count <= 2 else { return nil }
        if let fallback = call.argument(1, "default"), (try? fallback.freeze()) == result { return fallback }
        for part in [Part.grains, .functionPillar] {
            if let value = found(part, call), (try? value.freeze()) == result { return value }
        }
        return nil
    }

    private static let givesData: Set<String> = ["pillar.get", "grains.get", "config.get", "config.option"]
    private static let readers = ["pillar.", "grains.", "config.", "match.", "state.", "slsutil.", "defaults.get"]

    /// Whether a function reads the data, so that it has to know of changes.
    func isRead(by function: String) -> Bool { Self.readers.contains { function.hasPrefix($0) } }

    private func pillarValue(_ call: JinjaCall) throws -> JinjaValue? {
        guard call.keywords.allSatisfy({ ["key", "default", "merge"].contains($0.name) }), call.positional.count <= 3 else { return nil }
        guard let merge = call.argument(2, "merge"), try merge.isTrue() else { return found(.functionPillar, call) }
        guard scope.options["pillar_merge_lists"]?.isTruthy != true, case .dict(let fallback)? = call.argument(1, "default"),
            case .dict(let own)? = found(.functionPillar, call)
        else { return nil }
        let merged = JinjaValue(try JinjaValue.dict(fallback).freeze())
        if case .dict(let dict) = merged { try SaltGlobals.update(dict, with: own, mergesLists: false, depth: 0) }
        return merged
    }

    /// The value at a path that goes through dictionaries alone, by names.
    private func found(_ part: Part, _ call: JinjaCall) -> JinjaValue? {
        guard let path = call.argument(0, "key")?.text else { return nil }
        var current = JinjaValue.dict(dict(part))
        for name in DataPath.split(path, ":") {
            guard case .dict(let dict) = current, let next = dict.value(name) else { return nil }
            current = next
        }
        return current
    }
}
