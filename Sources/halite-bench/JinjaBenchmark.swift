import Glibc
import HaliteJinja
import HaliteValue

/// Times templates: one JSON request a line in, one answer a line out. `scripts/bench-jinja` asks and compares.
///
/// A request has `name`, `template`, `context`, `templates` and `seconds`, the time to spend on each figure (`only` names
/// one of them, for a profiler). The answer has
/// `cold`, from the source to the text in a new environment, and `warm`, a rendering of the compiled template: the best of all runs, in
/// nanoseconds of processor time.
enum JinjaBenchmark {
    static func run() throws {
        while let line = readLine() {
            let request = try Value(jsonText: line)
            Line.write(try answer(request).json())
        }
    }

    private static func answer(_ request: Value) throws -> Value {
        let source = request["template"]?.stringValue ?? ""
        let context = request["context"]?.mapValue ?? [:]
        let seconds = request["seconds"]?.doubleValue ?? 0.2
        var templates: [String: String] = [:]
        for (name, text) in request["templates"]?.mapValue ?? [:] {
            if let name = name.stringValue, let text = text.stringValue { templates[name] = text }
        }
        let loader = DictionaryLoader(templates)
        func environment() -> JinjaEnvironment { JinjaEnvironment(options: EnvironmentOptions(), loader: loader) }
        let kept = try environment().compile(source: source, name: "main")
        let text = try kept.render(context: context)
        let only = request["only"]?.stringValue
        let warm = try only == "cold" ? 0 : Stopwatch.best(seconds: seconds) { _ = try kept.render(context: context) }
        let cold =
            try only == "warm"
            ? 0
            : Stopwatch.best(seconds: seconds) {
                _ = try environment().render(source: source, name: "main", context: context)
            }
        return .map([
            "name": request["name"] ?? .null, "bytes": .int(text.utf8.count), "warm": .int(warm), "cold": .int(cold),
            "memory": .int(Stopwatch.peakMemory),
        ])
    }
}
