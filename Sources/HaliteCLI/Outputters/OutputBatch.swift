import HaliteValue

/// Prints data that comes as lines of JSON, for `halite render --renderer output --batch`.
///
/// A request `{"id", "data", "out", "options", "retcode"}` is answered with `{"id", "output"}`. The options are Salt's settings;
/// `{"__pairs__": [[key, value], ...]}` in the data stands for a map with keys that JSON does not know, `{"__bytes__":
/// "hexadecimal"}` for bytes.
package enum OutputBatch {
    /// Answers one request with one line of JSON, without a line break.
    package static func answer(_ line: String) -> String {
        guard let request = try? Value(jsonText: line) else { return #"{"error": "the request is no JSON"}"# }
        let settings = request["options"]?.mapValue ?? [:]
        var options = OutputOptions(settings: settings)
        options.colour = settings["color"]?.isTruthy ?? false
        if case .string(let name)? = settings["color"] { options.theme = ColourTheme.single(name) }
        options.retcode = request["retcode"]?.intValue ?? 0
        let outputter = Outputters.named(request["out"]?.stringValue ?? "") ?? NestedOutputter.self
        let text = outputter.render(decoded(request["data"] ?? .null), options)
        return Value.map(["id": request["id"] ?? .null, "output": .string(text)]).json()
    }

    /// Puts in what JSON lacks.
    package static func decoded(_ value: Value) -> Value {
        switch value {
        case .list(let list): return .list(list.map(decoded))
        case .map(let map):
            if map.count == 1, let digits = map["__bytes__"]?.stringValue { return .bytes(bytes(digits)) }
            if map.count == 1, let pairs = map["__pairs__"]?.listValue {
                return .map(ValueMap(pairs.compactMap(\.listValue).map { (decoded($0[0]), decoded($0[1])) }))
            }
            return .map(ValueMap(map.map { ($0.key, decoded($0.value)) }))
        default: return value
        }
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = Array(hexadecimal)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0 }
    }
}
