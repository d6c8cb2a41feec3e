import HaliteValue

/// How often a failed state is tried again.
struct StateRetry {
    var until = true
    var attempts = 2
    var interval = 30
    var splay = 0

    /// A map of settings, or `True` for the defaults; anything else means the defaults, as in Salt.
    init(_ value: Value) {
        switch value {
        case .map(let map):
            until = map["until"]?.boolValue ?? until
            attempts = map["attempts"]?.intValue ?? attempts
            interval = map["interval"]?.intValue ?? interval
            splay = map["splay"]?.intValue ?? splay
        case .bool(false): attempts = 0
        default: break
        }
    }

    /// The pause between two attempts; false when the run was ended in it.
    func wait() async -> Bool {
        try? await Task.sleep(for: .seconds(interval + (splay > 0 ? Int.random(in: 0...splay) : 0)))
        return !Task.isCancelled
    }

    func attempt(_ number: Int, _ result: ValueMap) -> String {
        "Attempt \(number): Returned a result of \"\(result["result"]?.pythonString ?? "None")\", "
            + "with the following comment: \"\(result["comment"]?.pythonString ?? "")\""
    }

    /// Under `test=True` the comment says what would be done.
    func foretold(_ result: ValueMap) -> ValueMap {
        var result = result
        let comment = result["comment"]?.pythonString ?? ""
        result["comment"] = .string(
            comment + "  The state would be retried every \(interval) seconds (with a splay of up to \(splay) "
                + "seconds) a maximum of \(attempts) times or until a result of \(Value.bool(until).pythonString) is returned")
        return result
    }
}
