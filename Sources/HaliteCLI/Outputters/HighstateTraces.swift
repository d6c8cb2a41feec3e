import HaliteValue

/// What Salt's formatter has changed in the data by the time it gives up, for `nested` shows the data afterwards.
final class HighstateTraces {
    private var traces: [(path: [Value], trace: Trace)] = []

    private enum Trace {
        /// A state was shown in full.
        case shown
        /// The data of the states that share an ID were gathered in the first of them.
        case gathered(Value)
        /// The exit code of an orchestration was taken out.
        case retcodeRemoved
    }

    func addShown(_ path: [Value]) { traces.append((path, .shown)) }
    func addGathered(_ data: Value, _ path: [Value]) { traces.append((path, .gathered(data))) }
    func addRetcodeRemoved(_ path: [Value]) { traces.append((path, .retcodeRemoved)) }

    func applied(to data: Value) -> Value {
        traces.reduce(data) { Self.changed($0, at: $1.path[...], $1.trace) }
    }

    private static func changed(_ data: Value, at path: ArraySlice<Value>, _ trace: Trace) -> Value {
        if path.isEmpty, case .gathered(let gathered) = trace { return gathered }
        guard case .map(var map) = data else { return data }
        if let key = path.first {
            guard let inner = map[key] else { return data }
            map[key] = changed(inner, at: path.dropFirst(), trace)
            return .map(map)
        }
        switch trace {
        case .gathered: break
        case .retcodeRemoved: map.removeValue(forKey: "retcode")
        case .shown:
            if let comment = map["comment"] { map["comment"] = .string(comment.pythonString) }
            if map["start_time"] == nil { map["start_time"] = "" }
            let duration = map["duration"] ?? ""
            map["duration"] = duration == "" ? "" : .string(duration.pythonString + " ms")
        }
        return .map(map)
    }
}
