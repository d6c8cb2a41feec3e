import HaliteValue

extension JinjaValue {
    /// The value as plain data: tuples, ranges and generators become lists, an undefined value null, markup text.
    ///
    /// Throws for structures that contain themselves and for objects that are no data.
    public func freeze() throws -> Value {
        var left = Self.elementLimit
        try count(&left, depth: 0)
        return try freeze(depth: 0)
    }

    /// Elements that a value may have where all of them are written, those it shares counted each time.
    static let elementLimit = 10_000_000

    private func count(_ left: inout Int, depth: Int) throws {
        left -= 1
        guard left > 0 else { throw JinjaError(.memory, "the data would be larger than the limit") }
        guard depth < 200 else { return }
        switch self {
        case .list(let list) where list.untouched == nil: for item in list.items { try item.count(&left, depth: depth + 1) }
        case .tuple(let tuple): for item in tuple.items { try item.count(&left, depth: depth + 1) }
        case .dict(let dict) where dict.untouched == nil: for entry in dict.entries { try entry.value.count(&left, depth: depth + 1) }
        default: return
        }
    }

    func freeze(depth: Int) throws -> Value {
        guard depth < 200 else { throw JinjaError(.recursion, "maximum recursion depth exceeded: data is nested too deeply") }
        switch self {
        case .undefined(let value):
            if value.policy == .strict { throw value.error() }
            return .null
        case .null: return .null
        case .bool(let flag): return .bool(flag)
        case .int(let number): return .int(number)
        case .big(let number): return .big(number)
        case .float(let number): return .float(number)
        case .string(let text), .markup(let text): return .string(text)
        case .bytes(let bytes): return .bytes(bytes)
        case .list(let list):
            if let pending = list.untouched { return .list(pending) }
            return .list(try list.items.map { try $0.freeze(depth: depth + 1) })
        case .tuple(let tuple): return .list(try tuple.items.map { try $0.freeze(depth: depth + 1) })
        case .dict(let dict):
            if let pending = dict.untouched { return .map(pending) }
            var map = ValueMap()
            map.reserveCapacity(dict.count)
            for entry in dict.entries {
                map[try entry.key.freeze(depth: depth + 1)] = try entry.value.freeze(depth: depth + 1)
            }
            return .map(map)
        case .object(let namespace as NamespaceObject): return try namespace.freeze(depth: depth)
        case .object(let iterator as JinjaIterator): return try iterator.freeze(depth: depth)
        case .object(let object): return try object.freeze()
        }
    }
}
