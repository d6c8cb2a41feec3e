import HaliteValue

/// Rolls the states of one ID that came out alike into one, as `state_compress_ids` asks.
enum StateIDCompression {
    private static let mark = "state_compressed"

    /// Data that cannot be compressed, for instance when a state has no times, stay as they are. (Salt 3008.5 shows
    /// them uncompressed too, after it has changed the numbers and times of those that it had come to.)
    static func compressed(_ data: Value) -> Value {
        guard case .map(let hosts) = data else { return data }
        var result = ValueMap()
        for (host, states) in hosts {
            guard case .map(let map) = states, let compressed = try? compressed(map) else { return data }
            result[host] = .map(compressed)
        }
        return .map(result)
    }

    /// How many states a tag stands for.
    static func count(ofTag tag: String) -> Int {
        guard tag.contains("_|-" + mark + "_") else { return 1 }
        let id = tag.split(separator: "_|-", omittingEmptySubsequences: false).dropFirst().first ?? ""
        guard id.hasSuffix(")"), let open = id.lastIndex(of: "(") else { return 1 }
        return Int(id[id.index(after: open)...].dropLast()) ?? 1
    }

    private struct Group {
        let module: String
        let id: String
        let sls: String
        let result: String

        var key: Value { .string([module, id, sls, result].joined(separator: "_")) }

        init(tag: Value, fields: ValueMap) throws(OutputMisfit) {
            guard case .string(let text) = tag, let id = fields["__id__"], let sls = fields["__sls__"], let result = fields["result"]
            else { throw OutputMisfit() }
            module = text.split(separator: "_|-", omittingEmptySubsequences: false).first.map(String.init) ?? ""
            self.id = id.pythonString
            self.sls = sls.pythonString
            self.result = result.pythonString
        }

        func tag(replacing tag: Value, count: Int) throws(OutputMisfit) -> Value {
            var parts = tag.pythonString.split(separator: "_|-", omittingEmptySubsequences: false).map { String($0) }
            guard parts.count >= 3 else { throw OutputMisfit() }
            parts[1] = "\(id) (\(count))"
            parts[2] = [mark, sls, id, result].joined(separator: "_")
            return .string(parts.joined(separator: "_|-"))
        }
    }

    private static func compressed(_ states: ValueMap) throws(OutputMisfit) -> ValueMap {
        var counts = ValueMap()
        for (tag, info) in states {
            guard case .map(let fields) = info else { throw OutputMisfit() }
            let key = try Group(tag: tag, fields: fields).key
            counts[key] = .int((counts[key]?.intValue ?? 0) + 1)
        }
        var result = ValueMap()
        for (tag, info) in states {
            guard case .map(let fields) = info else { throw OutputMisfit() }
            let group = try Group(tag: tag, fields: fields)
            let count = counts[group.key]?.intValue ?? 1
            if count == 1 {
                result[tag] = info
                continue
            }
            let tag = try group.tag(replacing: tag, count: count)
            if case .map(let first) = result[tag] {
                result[tag] = .map(try merged(first, with: fields))
            } else {
                result[tag] = info
            }
        }
        return result
    }

    /// The lowest number, the earliest start and the sum of the times; the changes by name.
    private static func merged(_ first: ValueMap, with next: ValueMap) throws(OutputMisfit) -> ValueMap {
        var merged = first
        merged["__run_num__"] = try least(next["__run_num__"], first["__run_num__"])
        merged["duration"] = try sum(next["duration"], first["duration"])
        merged["start_time"] = try least(next["start_time"], first["start_time"])
        guard let changes = next["changes"], changes.isTruthy else { return merged }
        guard let name = next["name"] else { throw OutputMisfit() }
        var all = ValueMap()
        if let own = first["changes"], own.isTruthy {
            guard case .map = own else { throw OutputMisfit() }
            if let gathered = own["compressed changes"]?.mapValue, !gathered.isEmpty {
                all = gathered
            } else {
                guard let firstName = first["name"] else { throw OutputMisfit() }
                all[firstName] = own
            }
        }
        all[name] = changes
        merged["changes"] = ["compressed changes": .map(all)]
        return merged
    }

    private static func least(_ left: Value?, _ right: Value?) throws(OutputMisfit) -> Value {
        guard let left, let right, let isLess = KeyOrder.precedes(right, left) else { throw OutputMisfit() }
        return isLess ? right : left
    }

    private static func sum(_ left: Value?, _ right: Value?) throws(OutputMisfit) -> Value {
        if case .int(let a) = left, case .int(let b) = right { return .int(a + b) }
        guard let a = left?.doubleValue, let b = right?.doubleValue else { throw OutputMisfit() }
        return Double(OutputText.fixed(a + b, decimals: 3)).map { .float($0) } ?? .float(a + b)
    }
}
