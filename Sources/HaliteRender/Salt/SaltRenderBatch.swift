import HaliteJinja
import HaliteValue

/// Renders templates that come as lines of JSON, as Salt's Jinja renderer does.
///
/// A request is an object with `template` and, if need be,
/// - `id`, which comes back in the answer,
/// - `context`: variables of the template; they win over all names below,
/// - `templates`: path in the file roots to text, for `import`, `include` and `extends`,
/// - `grains`, `pillar`, `opts` (`jinja_env`, `jinja_sls_env`, `allow_undefined` are heeded), `saltenv` (`base`),
/// - `sls` and `path`: the name of the SLS and its file, from which `slspath`, `tpldir` and their kind follow,
/// - `salt`: execution function to the value that every call of it returns. `pillar.get`, `grains.get`, `test.echo`, `test.arg`
///   (its arguments) and `test.fail` are always there,
/// - `calls`: a list of `[function, positional, keywords, return]` for functions whose return depends on their arguments,
/// - `options`: `trim_blocks` and its kind, over those of `opts`.
///
/// The answer has `id` and either `output` or `error`, an object with `class` (`SaltRenderError`), Salt's `message`, the
/// `line` of the template, 0 when the error is in an imported one, and, if there is one, a `suggestion`.
package enum SaltRenderBatch {
    /// Answers one request with one line of JSON; must be on a thread with a deep stack, as a render thread.
    package static func answer(_ line: String) -> String {
        let request: Value
        do {
            request = try Value(jsonText: line)
        } catch {
            return failure(id: .null, "the request is no JSON: \(error)", line: .null)
        }
        let id = request["id"] ?? .null
        guard let source = request["template"]?.stringValue else {
            return failure(id: id, "the request has no template", line: .null)
        }
        do throws(SaltFailure) {
            let text = try environment(request).rendered(source: source, name: "<template>", scope: scope(request))
            return Value.map(["id": id, "output": .string(text)]).json()
        } catch {
            return failure(id: id, error.message, line: .int(error.line), suggestion: error.suggestion)
        }
    }

    private static func failure(id: Value, _ message: String, line: Value, suggestion: String? = nil) -> String {
        var details: ValueMap = ["class": "SaltRenderError", "message": .string(message), "line": line]
        details["suggestion"] = suggestion.map { .string($0) }
        return Value.map(["id": id, "error": .map(details)]).json()
    }

    private static func environment(_ request: Value) -> SaltEnvironment {
        let opts = request["opts"]
        let isSLS = request["sls"]?.isTruthy ?? false
        var options = opts?[isSLS ? "jinja_sls_env" : "jinja_env"]?.mapValue ?? [:]
        for name in ["trim_blocks", "lstrip_blocks"] where opts?["jinja_" + name]?.isTruthy == true { options[name] = true }
        for (name, value) in request["options"]?.mapValue ?? [:] { options[name] = value }
        let templates = request["templates"]
        return SaltEnvironment(
            fetch: { path in
                templates?[path]?.stringValue.map { TemplateSource(text: $0, path: "salt://\(path)") }
            },
            options: options, allowUndefined: opts?["allow_undefined"]?.isTruthy ?? false)
    }

    private static func scope(_ request: Value) -> TemplateScope {
        var values: ValueMap = [:]
        if let sls = request["sls"]?.stringValue {
            values = TemplatePlace.names(sls: sls, path: request["path"]?.stringValue)
            values["sls"] = .string(sls)
        }
        for (name, value) in request["context"]?.mapValue ?? [:] { values[name] = value }
        let functions = BatchFunctions(request)
        return TemplateScope(
            grains: request["grains"]?.mapValue ?? [:], pillar: request["pillar"]?.mapValue ?? [:],
            options: request["opts"]?.mapValue ?? [:], saltenv: request["saltenv"]?.stringValue ?? "base", values: values,
            call: functions.call, functions: FunctionNames(functions.names))
    }
}

/// The execution functions of a request.
private struct BatchFunctions: Sendable {
    private let returns: ValueMap
    private let calls: [Value: Value]
    private let functions: [String]
    private let grains: Value
    private let pillar: Value

    private struct Failure: Error, CustomStringConvertible { let description: String }

    init(_ request: Value) {
        returns = request["salt"]?.mapValue ?? [:]
        var calls: [Value: Value] = [:]
        for call in request["calls"]?.listValue ?? [] {
            guard let parts = call.listValue, parts.count == 4 else { continue }
            calls[.string(Value.list(Array(parts[..<3])).json(sortKeys: true))] = parts[3]
        }
        self.calls = calls
        functions = (request["calls"]?.listValue ?? []).compactMap { $0.listValue?.first?.stringValue }
        grains = request["grains"] ?? [:]
        pillar = request["pillar"] ?? [:]
    }

    var names: [String] {
        ["grains.get", "pillar.get", "test.arg", "test.echo", "test.fail"] + returns.keys.compactMap(\.stringValue)
            + Set(functions)
    }

    func call(_ name: String, _ positional: [Value], _ keywords: ValueMap) throws -> Value {
        if !calls.isEmpty {
            let key = Value.list([.string(name), .list(positional), .map(keywords)]).json(sortKeys: true)
            if let value = calls[.string(key)] { return value }
        }
        if let value = returns[name] { return value }
        switch name {
        case "test.echo": return positional.first ?? keywords["text"] ?? .null
        case "test.arg": return ["args": .list(positional), "kwargs": .map(keywords)]
        case "test.fail": throw Failure(description: positional.first?.pythonString ?? "failed")
        default:
            let key = (positional.first ?? keywords["key"])?.pythonString ?? ""
            let fallback = positional.count > 1 ? positional[1] : keywords["default"] ?? ""
            let delimiter = (positional.count > 2 ? positional[2] : keywords["delimiter"])?.pythonString ?? ":"
            return DictFilters.find(name == "pillar.get" ? pillar : grains, key, delimiter: delimiter) ?? fallback
        }
    }
}
