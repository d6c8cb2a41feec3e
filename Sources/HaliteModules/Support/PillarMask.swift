import HaliteValue

/// Hides what is in a pillar from who looks at it.
enum PillarMask {
    /// Everything but what is empty, zero or false becomes stars; keys stay.
    static func hidden(_ value: Value) -> Value {
        switch value {
        case .map(let map): .map(ValueMap(map.map { ($0.key, hidden($0.value)) }))
        case .list(let list): .list(list.map(hidden))
        case .null: value
        default: value.isTruthy ? "**********" : value
        }
    }

    /// The type in the place of each value.
    static func types(_ value: Value) -> Value {
        switch value {
        case .map(let map): .map(ValueMap(map.map { ($0.key, types($0.value)) }))
        case .list(let list): .list(list.map(types))
        default: .string("<\(value.typeName)>")
        }
    }
}
