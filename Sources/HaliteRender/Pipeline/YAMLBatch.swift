import HaliteValue

/// Reads and writes YAML that comes as lines of JSON, for `halite render --renderer yaml --batch`.
///
/// A request `{"id", "template"}` is answered with `{"id", "data", "repr"}`: the value as JSON, and as Python's `repr` tells
/// it, which knows bytes and keys that are no texts. A request `{"id", "value", "options"}` is answered with `{"id",
/// "output"}`, the value written with the options of `YAML.DumpOptions`. An error is `{"id", "error": {"class", "message",
/// "line"}}` with the class and the message that Salt has, without the excerpt; the line is 0 when it is not known.
package enum YAMLBatch {
    /// Answers one request with one line of JSON, without a line break.
    package static func answer(_ line: String) -> String {
        let request: Value
        do {
            request = try Value(jsonText: line)
        } catch {
            return failure(
                .null, RenderError(renderer: "yaml", message: "the request is no JSON: \(error)", file: "", errorClass: "ValueError"))
        }
        let id = request["id"] ?? .null
        if let value = request["value"] {
            let options = YAML.DumpOptions(request["options"] ?? [:])
            return Value.map(["id": id, "output": .string(YAML.dump(value, options))]).json()
        }
        guard let text = request["template"]?.stringValue else {
            return failure(id, RenderError(renderer: "yaml", message: "the request has no template", file: "", errorClass: "ValueError"))
        }
        do throws(RenderError) {
            let value = try YAML.load(text)
            return Value.map(["id": id, "data": value, "repr": .string(value.pythonRepr)]).json()
        } catch {
            return failure(id, error)
        }
    }

    private static func failure(_ id: Value, _ error: RenderError) -> String {
        let details: ValueMap = ["class": .string(error.errorClass), "message": .string(error.message), "line": .int(error.line)]
        return Value.map(["id": id, "error": .map(details)]).json()
    }
}
