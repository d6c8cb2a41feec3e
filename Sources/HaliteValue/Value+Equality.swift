extension Value: Hashable {
    /// Python's `==`: numbers compare across their types, strings byte by byte, maps without order.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.string(let a), .string(let b)): a.hasSameBytes(as: b)
        case (.list(let a), .list(let b)): a == b
        case (.map(let a), .map(let b)): a == b
        case (.bytes(let a), .bytes(let b)): a == b
        case (.float(let a), .float(let b)): a == b
        case (.int(let a), .int(let b)): a == b
        case (.big(let a), .big(let b)): a == b
        case (.float(let a), .big(let b)), (.big(let b), .float(let a)): b.isEqual(to: a)
        case (.float(let a), _):
            if let b = right.integer { Double(exactly: b) == a || Value.exactly(a) == b } else { false }
        case (_, .float(let b)):
            if let a = left.integer { Double(exactly: a) == b || Value.exactly(b) == a } else { false }
        default:
            if let a = left.integer, let b = right.integer { a == b } else { false }
        }
    }

    /// Equal values hash alike: `1`, `1.0` and `True` are one key of a map, as in Python.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value ? 1 : 0)
        case .int(let value): hasher.combine(value)
        case .big(let value): hasher.combine(value)
        case .float(let value):
            if let whole = Int(exactly: value) { hasher.combine(whole) } else { hasher.combine(value) }
        case .string(let value): value.hashBytes(into: &hasher)
        case .bytes(let value): hasher.combine(value)
        case .list(let value): hasher.combine(value)
        case .map(let value): hasher.combine(value.count)
        }
    }

    /// A hash for tables of keys, alike for equal values; never negative.
    var keyHash: Int {
        switch self {
        case .null: 0
        case .bool(let value): ByteHash.hash(value ? 1 : 0)
        case .int(let value): ByteHash.hash(value)
        case .big(let value): ByteHash.hash(Int(truncatingIfNeeded: value.roundedDouble.bitPattern))
        case .float(let value):
            ByteHash.hash(Int(exactly: value) ?? Int(truncatingIfNeeded: value.bitPattern))
        case .string(let value): value.bytesHash
        case .bytes(let value): value.withUnsafeBytes { ByteHash.hash($0) }
        case .list(let value): value.reduce(value.count) { ($0 &* 31 &+ $1.keyHash) & Int.max }
        case .map(let value): value.count
        }
    }

    /// The number when it is an integer of 64 bits; a boolean is one too, as in Python.
    var integer: Int? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): value
        default: nil
        }
    }

    private static func exactly(_ value: Double) -> Int? { Int(exactly: value) }
}
