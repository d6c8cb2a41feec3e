import HaliteValue

/// Rolls the states of one ID that came out alike into one, as `state_compress_ids` asks.
enum StateIDCompression {
    private static let mark = "state_compressed"

    /// Data that cannot be compressed, for instance when a state has no times, are shown uncompressed, with the numbers,
    /// times and changes that the first state of each ID has gathered until then: Salt 3008.5 gathers them in place.
    static func compressed(_ data: Value) -> (compressed: Value, gathered: Value) {
        guard case .map(var hosts) = data else { return (data, data) }
        var result = ValueMap()
        for (host, states) in hosts {
            guard case .map(var map) = states else { return (.map(hosts), .map(hosts)) }
            let compressed = try? compressed(&map)
            hosts[host] = .map(map)
            guard let compressed else { return (.map(hosts), .map(hosts)) }
            result[host] = .map(compressed)
        }
        return (.map(result), .map(hosts))
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

    private static func compressed(_ states: inout ValueMap) throws(OutputMisfit) -> ValueMap {
        var counts = ValueMap()
        for (tag, info) in states {
            guard case .map(let fields) = info else { throw OutputMisfit() }
            let key = try Group(tag: tag, fields: fields).key
            counts[key] = .int((counts[key]?.intValue ?? 0) + 1)
        }
        var result = ValueMap()
        var firsts: [Value: Value] = [:]
        for (tag, info) in states {
            guard case .map(let fields) = info else { throw OutputMisfit() }
            let group = try Group(tag: tag, fields: fields)
            let count = counts[group.key]?.intValue ?? 1
            if count == 1 {
                result[tag] = info
                continue
            }
            let shared = try group.tag(replacing: tag, count: count)
            if case .map(var first) = result[shared], let firstTag = firsts[shared] {
                defer { states[firstTag] = .map(first) }
                try merge(fields, into: &first)
                result[shared] = .map(first)
            } else {
                result[shared] = info
                firsts[shared] = tag
            }
        }
        return result
    }

    /// The lowest number, the earliest start and the sum of the times; the changes by name.
    private static func merge(_ next: ValueMap, into first: inout ValueMap) throws(OutputMisfit) {
        first["__run_num__"] = try least(next["__run_num__"], first["__run_num__"])
        first["duration"] = try sum(next["duration"], first["duration"])
        first["start_time"] = try least(next["start_time"], first["start_time"])
        guard let changes = next["changes"], changes.isTruthy else { return }
        var all = ValueMap()
        if let own = first["changes"], own.isTruthy {
            guard case .map = own else { throw OutputMisfit() }
            if let gathered = own["compressed changes"]?.mapValue, !gathered.isEmpty {
                all = gathered
            } else {
                guard let firstName = first["name"] else { throw OutputMisfit() }
                all[firstName] = own
                first["changes"] = ["compressed changes": .map(all)]
            }
        }
        guard let name = next["name"] else { throw OutputMisfit() }
        all[name] = changes
        first["changes"] = ["compressed changes": .map(all)]
    }

    private static func least(_ left: Value?, _ right: Value?) throws(OutputMisfit) -> Value {
        guard let left, let right, let isLess = KeyOrder.precedes(right, left) else { throw OutputMisfit() }
        return isLess ? right : left
    }

    private static func whole(_ value: Value) -> BigInteger? {
        switch value {
        case .int(let number): BigInteger(number)
        case .big(let number): number
        default: nil
        }
    }

    private static func sum(_ left: Value?, _ right: Value?) throws(OutputMisfit) -> Value {
        if let a = left.flatMap(whole), let b = right.flatMap(whole) {
            let sum = a + b
            return Int(sum.description).map { .int($0) } ?? .big(sum)
        }
        guard let a = left?.doubleValue, let b = right?.doubleValue else { throw OutputMisfit() }
        return Double(OutputText.fixed(a + b, decimals: 3)).map { .float($0) } ?? .float(a + b)
    }
}
