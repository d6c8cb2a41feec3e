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

extension String {
    /// Compares code points; Swift's own `==` takes canonically equivalent texts for equal, Python does not.
    @inlinable
    public func hasSameBytes(as other: String) -> Bool {
        var left = self
        var right = other
        return left.withUTF8 { a in
            right.withUTF8 { b in
                a.count == b.count && (a.baseAddress == b.baseAddress || a.elementsEqual(b))
            }
        }
    }

    @inlinable
    public func hashBytes(into hasher: inout Hasher) {
        var copy = self
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
