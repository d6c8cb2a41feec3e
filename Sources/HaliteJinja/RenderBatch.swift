import HaliteValue
import Synchronization

/// Renders templates that come as lines of JSON: plain Jinja2 with its defaults and the tags `do`, `break` and `continue`.
public enum RenderBatch {
    /// Answers one request with one line of JSON, without a line break. A broken request is answered with an error.
    public static func answer(_ line: String) -> String {
        let request: Value
        do {
            request = try Value(jsonText: line)
        } catch {
            return failure(id: .null, JinjaError(.value, "the request is no JSON: \(error)"))
        }
        let id = request["id"] ?? .null
        do {
            let text = try render(request)
            return Value.map(["id": id, "output": .string(text)]).json()
        } catch {
            return failure(id: id, error)
        }
    }

    private static func render(_ request: Value) throws(JinjaError) -> String {
        guard let source = request["template"]?.stringValue else {
            throw JinjaError(.value, "the request has no template")
        }
        var templates: [String: String] = [:]
        for (name, text) in request["templates"]?.mapValue ?? [:] {
            if let name = name.stringValue, let text = text.stringValue { templates[name] = text }
        }
        let environment = environment(options(request["options"]))
        return try environment.render(
            source: source, name: JinjaEnvironment.anonymousName, context: request["context"]?.mapValue ?? [:],
            loader: DictionaryLoader(templates))
    }

    /// Environments by their options: what a line has compiled serves the lines after it.
    private static let environments: Mutex<[EnvironmentOptions: JinjaEnvironment]> = Mutex([:])

    private static func environment(_ options: EnvironmentOptions) -> JinjaEnvironment {
        environments.withLock { known in
            if let environment = known[options] { return environment }
            let made = JinjaEnvironment(options: options)
            known[options] = made
            return made
        }
    }

    private static func options(_ value: Value?) -> EnvironmentOptions {
        var options = EnvironmentOptions()
        options.trimBlocks = value?["trim_blocks"]?.isTruthy ?? false
        options.lstripBlocks = value?["lstrip_blocks"]?.isTruthy ?? false
        options.keepTrailingNewline = value?["keep_trailing_newline"]?.isTruthy ?? false
        options.autoescape = value?["autoescape"]?.isTruthy ?? false
        switch value?["undefined"]?.stringValue {
        case "strict": options.undefined = .strict
        case "chainable": options.undefined = .chainable
        case "debug": options.undefined = .debug
        default: options.undefined = .default
        }
        return options
    }

    private static func failure(id: Value, _ error: JinjaError) -> String {
        var details: ValueMap = ["class": .string(error.kind.rawValue), "message": .string(error.message)]
        details["line"] = error.line.map { .int($0) } ?? .null
        return Value.map(["id": id, "error": .map(details)]).json()
    }
}
