import HaliteValue

/// An address with, if given, the length of its network's prefix: Python's `ipaddress`.
struct IPAddress {
    let version: Int
    let value: UInt128
    /// The part behind `%` of an address of IPv6.
    var scope: String?
    /// Nil for a plain address.
    var prefix: Int?

    var width: Int { version == 4 ? 32 : 128 }

    init(version: Int, value: UInt128, scope: String? = nil, prefix: Int? = nil) {
        self.version = version
        self.value = value
        self.scope = scope
        self.prefix = prefix
    }

    // MARK: Reading

    /// `ip_address(text)`
    init?(address text: String) {
        if let value = Self.four(text) {
            self.init(version: 4, value: UInt128(value))
        } else if let (value, scope) = Self.six(text) {
            self.init(version: 6, value: value, scope: scope)
        } else {
            return nil
        }
    }

    /// `ip_interface(text)`, and `ip_network(text, strict=False)`: an address and a prefix, a mask or nothing.
    init?(interface text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let address = IPAddress(address: parts[0]) else { return nil }
        self = address
        guard parts.count == 2 else {
            prefix = width
            return
        }
        guard let length = Self.prefix(parts[1], version: version) else { return nil }
        prefix = length
    }

    /// The packed form: four or sixteen bytes.
    init?(packed bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.init(version: bytes.count == 4 ? 4 : 6, value: bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }

    private static func four(_ text: String) -> UInt32? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != UInt8(ascii: "0"),
                let number = UInt32(String(Substring(part))), number < 256
            else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func six(_ text: String) -> (UInt128, String?)? {
        let halves = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var scope: String?
        if halves.count == 2 {
            guard !halves[1].isEmpty, !halves[1].utf8.contains(UInt8(ascii: "%")) else { return nil }
            scope = halves[1]
        }
        guard !text.utf8.contains(UInt8(ascii: "/")) else { return nil }
        var parts = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3 else { return nil }
        if let last = parts.last, last.utf8.contains(UInt8(ascii: ".")) {
            guard let four = four(last) else { return nil }
            parts.removeLast()
            parts += [String(four >> 16, radix: 16), String(four & 0xFFFF, radix: 16)]
        }
        guard parts.count <= 9 else { return nil }
        let empty = (1..<parts.count - 1).filter { parts[$0].isEmpty }
        guard empty.count <= 1 else { return nil }
        if let place = empty.first {
            var high = Array(parts[..<place])
            var low = Array(parts[(place + 1)...])
            // An empty part at an end belongs to the double colon beside it.
            if high.first == "" { high.removeFirst() }
            if low.last == "" { low.removeLast() }
            if parts[0].isEmpty, !high.isEmpty { return nil }
            if parts[parts.count - 1].isEmpty, !low.isEmpty { return nil }
            guard high.count + low.count < 8 else { return nil }
            parts = high + [String](repeating: "0", count: 8 - high.count - low.count) + low
        }
        guard parts.count == 8 else { return nil }
        var value: UInt128 = 0
        for part in parts {
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(isHex), let number = UInt128(part, radix: 16) else { return nil }
            value = value << 16 | number
        }
        return (value, scope)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    /// The length of a prefix, given as such or, for IPv4, as a mask of the network or of the hosts.
    private static func prefix(_ text: String, version: Int) -> Int? {
        let width = version == 4 ? 32 : 128
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            guard let length = Int(text), length <= width else { return nil }
            return length
        }
        guard version == 4, let mask = four(text) else { return nil }
        if (~mask).leadingZeroBitCount + (~mask).nonzeroTail == 32 { return (~mask).leadingZeroBitCount }
        if mask.leadingZeroBitCount + mask.nonzeroTail == 32 { return mask.leadingZeroBitCount }
        return nil
    }

    // MARK: Writing

    private var addressText: String {
        if version == 4 { return (0..<4).map { String(UInt8(truncatingIfNeeded: value >> UInt128(24 - 8 * $0))) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * $0)) }
        // The first of the longest runs of zeros is left out.
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(1, best.count) { best = start..<end }
            start = max(end, start + 1)
        }
        let hex = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return hex.joined(separator: ":") }
        return hex[..<best.lowerBound].joined(separator: ":") + "::" + hex[best.upperBound...].joined(separator: ":")
    }

    var description: String {
        addressText + (scope.map { "%" + $0 } ?? "") + (prefix.map { "/\($0)" } ?? "")
    }

    // MARK: Networks

    private var hostMask: UInt128 {
        let bits = width - (prefix ?? width)
        return bits == 128 ? .max : (1 << UInt128(bits)) - 1
    }

    var networkValue: UInt128 { value & ~hostMask }
    var broadcastValue: UInt128 { networkValue | hostMask }
    var hasHostBits: Bool { value & hostMask != 0 }

    /// How many addresses its network has, as a power of two.
    var sizeExponent: Int { width - (prefix ?? width) }

    func contains(_ other: IPAddress) -> Bool {
        version == other.version && other.value & ~hostMask == networkValue
    }

    /// The first and the last address for a host.
    var hosts: ClosedRange<UInt128> {
        switch sizeExponent {
        case 0: value...value
        case 1: networkValue...broadcastValue
        default: networkValue + 1...(version == 4 ? broadcastValue - 1 : broadcastValue)
        }
    }

    private func isIn(_ networks: [IPAddress]) -> Bool { networks.contains { $0.contains(self) } }

    // MARK: Kinds

    private static func networks(_ texts: [String]) -> [IPAddress] { texts.compactMap(IPAddress.init(interface:)) }

    private static let private4 = networks([
        "0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/29", "192.0.0.170/31",
        "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
    ])
    private static let private6 = networks([
        "::1/128", "::/128", "::ffff:0:0/96", "100::/64", "2001::/23", "2001:2::/48", "2001:db8::/32", "2001:10::/28",
        "fc00::/7", "fe80::/10",
    ])
    private static let reserved6 = networks([
        "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "4000::/3", "6000::/3", "8000::/3", "a000::/3",
        "c000::/3", "e000::/4", "f000::/5", "f800::/6", "fe00::/9",
    ])
    private static let multicast = networks(["224.0.0.0/4", "ff00::/8"])
    private static let linkLocal = networks(["169.254.0.0/16", "fe80::/10"])
    private static let siteLocal = networks(["fec0::/10"])
    private static let reserved4 = networks(["240.0.0.0/4"])
    private static let loopback4 = networks(["127.0.0.0/8"])

    var isPrivate: Bool {
        guard version == 6 else { return isIn(Self.private4) }
        if value >> 32 == 0xFFFF { return IPAddress(version: 4, value: value & 0xFFFF_FFFF).isPrivate }
        return isIn(Self.private6)
    }
    var isMulticast: Bool { isIn(Self.multicast) }
    var isLinkLocal: Bool { isIn(Self.linkLocal) }
    var isSiteLocal: Bool { isIn(Self.siteLocal) }
    var isReserved: Bool { isIn(version == 4 ? Self.reserved4 : Self.reserved6) }
    /// Of an address of IPv6 with a prefix the whole network must be that.
    var isLoopback: Bool { version == 4 ? isIn(Self.loopback4) : value == 1 && networkValue == 1 && broadcastValue == 1 }
    var isUnspecified: Bool { value == 0 && (version == 4 || broadcastValue == 0) }
}

extension UInt32 {
    /// The number of one bits at the end when there are no others in front of them; less otherwise.
    fileprivate var nonzeroTail: Int { self == 0 ? 0 : (~self).trailingZeroBitCount }
}
