import HaliteCore
import HaliteValue

/// What SLS files say, merged: id to state declarations, with `__extend__` and `__exclude__` still in it.
package struct HighData: Sendable {
    package var map: ValueMap
    package init(_ map: ValueMap = [:]) { self.map = map }

    /// The ids with their bodies, without the engine's own keys.
    var ids: [(id: String, body: ValueMap)] {
        map.compactMap { key, value in
            guard let id = key.stringValue, !id.hasPrefix("__"), let body = value.mapValue else { return nil }
            return (id, body)
        }
    }
}

extension ValueMap {
    /// The state declarations of a body: everything but `__sls__` and its kind.
    var declarations: [(state: String, run: [Value])] {
        compactMap { key, value in
            guard let state = key.stringValue, !state.hasPrefix("__"), let run = value.listValue else { return nil }
            return (state, run)
        }
    }

    var sls: String { self["__sls__"]?.pythonString ?? "" }
    var saltenv: String { self["__env__"]?.pythonString ?? "base" }
}

extension Value {
    /// The key of a one-key map, such as the argument `- mode: 644`.
    var firstKey: String? { mapValue?.first?.key.stringValue }
}

/// Brings one rendered SLS into the form of high data: short forms padded, dotted declarations split, marks set.
struct SLSNormaliser {
    let sls: String
    let saltenv: String
    /// Whether the text is one of `state.template_str`, whose states belong to no SLS.
    let isTemplate: Bool
    var errors: [String] = []

    init(sls: String, saltenv: String, isTemplate: Bool = false) {
        self.sls = sls
        self.saltenv = saltenv
        self.isTemplate = isTemplate
    }

    mutating func takeInclude(_ state: inout ValueMap) -> [Value] {
        guard let include = state["include"] else { return [] }
        guard case .list(let list) = include else {
            errors.append("Include Declaration in SLS \(sls) is not formed as a list")
            return []
        }
        state.removeValue(forKey: "include")
        return list
    }

    mutating func normalise(_ state: inout ValueMap) {
        takeExtend(&state)
        takeExclude(&state)
        padDeclarations(&state)
    }

    private mutating func takeExtend(_ state: inout ValueMap) {
        guard let extend = state.removeValue(forKey: "extend") else { return }
        guard case .map(var bodies) = extend else {
            errors.append("Extension value in SLS '\(sls)' is not a dictionary")
            return
        }
        for (name, body) in bodies {
            guard case .map(var body) = body else {
                errors.append("Extension name '\(name.pythonString)' in SLS '\(sls)' is not a dictionary")
                continue
            }
            mark(&body)
            for (key, run) in body {
                guard let key = key.stringValue, !key.hasPrefix("_"), case .list = run, key.contains(".") else { continue }
                split(key, in: &body)
            }
            bodies[name] = .map(body)
        }
        state["__extend__"] = .list((state["__extend__"]?.listValue ?? []) + [.map(bodies)])
    }

    private mutating func takeExclude(_ state: inout ValueMap) {
        guard let exclude = state.removeValue(forKey: "exclude") else { return }
        guard case .list(let list) = exclude else {
            errors.append("Exclude Declaration in SLS \(sls) is not formed as a list")
            return
        }
        state["__exclude__"] = .list((state["__exclude__"]?.listValue ?? []) + list)
    }

    private mutating func padDeclarations(_ state: inout ValueMap) {
        for position in state.indices {
            let name = state[position].key
            let isBody = state.modifyValue(at: position) { value in
                value.modifyMap { body in
                    splitDeclarations(name, &body)
                    mark(&body)
                }
            }
            if isBody == nil { padShort(state[position].key, state[position].value, in: &state) }
        }
    }

    private mutating func splitDeclarations(_ name: Value, _ body: inout ValueMap) {
        var seen: [String] = []
        for key in body.keys {
            guard let text = key.stringValue, !text.hasPrefix("_"), let run = body[text] else { continue }
            if isTemplate, run.isNull {
                errors.append(
                    "ID '\(name.pythonString)' in template \(sls) contains a short declaration (\(text)) with a trailing colon. "
                        + "When not passing any arguments to a state, the colon must be omitted.")
            }
            guard case .list = run else { continue }
            guard text.utf8.contains(UInt8(ascii: ".")) else {
                seen.append(text)
                continue
            }
            let module = text.stateModule
            if seen.contains(module) {
                errors.append(
                    "ID '\(name.pythonString)' in \(isTemplate ? "template" : "SLS") '\(sls)' contains multiple state declarations of the same type")
                continue
            }
            split(text, in: &body)
            seen.append(module)
        }
    }

    /// `name: file.managed`, or `name:` with nothing below.
    private mutating func padShort(_ name: Value, _ value: Value, in state: inout ValueMap) {
        if name.stringValue == "__extend__" || name.stringValue == "__exclude__" { return }
        if case .string(let text) = value, text.contains(".") {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            var body: ValueMap = isTemplate ? [:] : ["__sls__": .string(sls), "__env__": .string(saltenv)]
            body[parts[0]] = [.string(parts[1])]
            state[name] = .map(body)
            return
        }
        errors.append("ID \(name.pythonString) in \(isTemplate ? "template" : "SLS") \(sls) is not a dictionary")
    }

    /// `file.managed: [...]` becomes `file: [..., managed]`.
    private func split(_ key: String, in body: inout ValueMap) {
        let parts = key.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard var run = body.removeValue(forKey: key) else { return }
        _ = run.modifyList { $0.append(.string(String(parts[1]))) }
        body[String(parts[0])] = run
    }

    private func mark(_ body: inout ValueMap) {
        if isTemplate { return }
        if body["__sls__"] == nil { body["__sls__"] = .string(sls) }
        if body["__env__"] == nil { body["__env__"] = .string(saltenv) }
    }
}
