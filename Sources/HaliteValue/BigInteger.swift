/// An integer of any size.
public struct BigInteger: Sendable, Hashable {
    /// Magnitude in words of 32 bits, the least significant first, without leading zeros.
    public let magnitude: [UInt32]
    public let isNegative: Bool

    public init(magnitude: [UInt32], isNegative: Bool) {
        var trimmed = magnitude
        while trimmed.last == 0 { trimmed.removeLast() }
        self.magnitude = trimmed
        self.isNegative = isNegative && !trimmed.isEmpty
    }

    public var isZero: Bool { magnitude.isEmpty }

    public var doubleValue: Double {
        var result = 0.0
        for word in magnitude.reversed() { result = result * 4_294_967_296 + Double(word) }
        return isNegative ? -result : result
    }

    public func isEqual(to other: Double) -> Bool { doubleValue == other }
}
