/// An IPv4 address as a number.
struct IPv4Address: Hashable, Sendable, Comparable, CustomStringConvertible {
    let number: UInt32

    init(number: UInt32) { self.number = number }

    /// Four decimal numbers without leading zeros; nil for anything else.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            number = number << 8 | UInt32(byte)
        }
        self.number = number
    }

    var description: String {
        [24, 16, 8, 0].map { String(number >> UInt32($0) & 255) }.joined(separator: ".")
    }

    static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.number < right.number }
}

/// The network of a lab, such as `10.77.0.0/24`. Its first address belongs to the bridge.
package struct LabNetwork: Hashable, Sendable, CustomStringConvertible {
    let base: IPv4Address
    let prefixLength: Int

    /// Nil unless it is a network's address with 8 to 29 bits for the network.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let base = IPv4Address(parts[0]), let length = Int(parts[1]), (8...29).contains(length),
            base.number & ~Self.mask(length) == 0
        else { return nil }
        self.base = base
        prefixLength = length
    }

    private static func mask(_ length: Int) -> UInt32 { UInt32.max << UInt32(32 - length) }

    package var description: String { "\(base)/\(prefixLength)" }
    /// The machine's own address on the bridge, through which hosts reach the outside.
    var gateway: IPv4Address { IPv4Address(number: base.number + 1) }
    var broadcast: IPv4Address { IPv4Address(number: base.number | ~Self.mask(prefixLength)) }

    func contains(_ address: IPv4Address) -> Bool { address.number & Self.mask(prefixLength) == base.number }
}
