import Glibc

/// An address or a network such as `10.0.0.0/24` or `fd00::/8`.
package struct IPNetwork: Sendable, Hashable {
    private let bytes: [UInt8]
    package let prefixLength: Int

    package init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let bytes = Self.address(parts[0]) else {
            throw TargetError("'\(text)' is neither an address nor a network")
        }
        self.bytes = bytes
        guard parts.count == 2 else {
            prefixLength = bytes.count * 8
            return
        }
        guard let length = Self.length(parts[1], bits: bytes.count * 8) else { throw TargetError("'\(text)' has no valid prefix length") }
        prefixLength = length
    }

    package var isVersion6: Bool { bytes.count == 16 }

    /// Whether the address is the network's own: Salt takes `10.0.0.5/24` for no network at all.
    package var hasNoHostBits: Bool {
        (prefixLength..<bytes.count * 8).allSatisfy { bytes[$0 / 8] & (UInt8(0x80) >> UInt8($0 % 8)) == 0 }
    }

    package func contains(_ address: String) -> Bool {
        guard let other = Self.address(address), other.count == bytes.count else { return false }
        return (0..<prefixLength).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return bytes[bit / 8] & mask == other[bit / 8] & mask
        }
    }

    /// A number of bits; for IPv4 also a mask such as `255.255.0.0`, or its opposite.
    private static func length(_ text: String, bits: Int) -> Int? {
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return Int(text).flatMap { (0...bits).contains($0) ? $0 : nil }
        }
        guard bits == 32, let mask = address(text), mask.count == 4 else { return nil }
        let number = mask.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if (~number).leadingZeroBitCount + (~number).nonzeroBitCount == 32 { return (~number).leadingZeroBitCount }
        return number.leadingZeroBitCount + number.nonzeroBitCount == 32 ? number.leadingZeroBitCount : nil
    }

    private static func address(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
        var six = in6_addr()
        if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
        return nil
    }
}
