/// An address of IPv4 or IPv6 as bytes.
struct IPAddress: Sendable, Hashable, Comparable {
    let bytes: [UInt8]

    var isIPv4: Bool { bytes.count == 4 }
    var isZero: Bool { bytes.allSatisfy { $0 == 0 } }
    var isLoopback: Bool { isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 }
    var isLinkLocal: Bool { isIPv4 ? bytes.starts(with: [169, 254]) : bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 }

    /// Private as Python's `ipaddress` counts: the private ranges, loopback, link-local and what documents use.
    var isPrivate: Bool {
        let ranges = isIPv4
            ? ["0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/29", "192.0.0.170/31", "192.0.2.0/24",
                "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32"]
            : ["::1/128", "::/128", "::ffff:0:0/96", "100::/64", "2001::/23", "2001:2::/48", "2001:db8::/32", "2001:10::/28", "fc00::/7", "fe80::/10"]
        return ranges.contains { IPNetwork($0)?.contains(self) ?? false }
    }

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads dotted decimal or colon hexadecimal text, without a prefix or zone.
    init?(_ text: String) {
        guard text.contains(":") else {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
            guard parts.count == 4, !parts.contains(nil) else { return nil }
            bytes = parts.compactMap { $0 }
            return
        }
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        guard let head = IPAddress.groups(halves[0]), let tail = halves.count == 2 ? IPAddress.groups(halves[1]) : [] else { return nil }
        let missing = 16 - head.count - tail.count
        guard halves.count == 2 ? missing >= 0 : missing == 0 else { return nil }
        bytes = head + Array(repeating: 0, count: missing) + tail
    }

    /// 32 hexadecimal digits, as the kernel writes IPv6 addresses.
    init?(hexadecimal text: String) {
        guard text.utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        self.bytes = bytes
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        if text.isEmpty { return [] }
        var bytes: [UInt8] = []
        for part in text.split(separator: ":", omittingEmptySubsequences: false) {
            if part.contains("."), let four = IPAddress(String(part)) {
                bytes += four.bytes
            } else if let group = UInt16(part, radix: 16) {
                bytes += [UInt8(group >> 8), UInt8(group & 255)]
            } else {
                return nil
            }
        }
        return bytes
    }

    /// The shortest text: the longest run of zero groups becomes `::`.
    var text: String {
        if isIPv4 { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        if best.isEmpty { return text(groups[...]) }
        return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
    }

    static func < (left: IPAddress, right: IPAddress) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

    /// Texts of addresses in the order of their numbers, without doubles.
    static func sorted(_ texts: [String]) -> [String] {
        Set(texts.compactMap { IPAddress($0) }).sorted().map(\.text)
    }
}

/// A network such as `10.0.0.0/8`.
struct IPNetwork: Sendable, Equatable {
    let address: IPAddress
    let prefix: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard let first = parts.first, let address = IPAddress(first) else { return nil }
        var prefix = address.bytes.count * 8
        if parts.count == 2 {
            if let number = Int(parts[1]) {
                prefix = number
            } else if let mask = IPAddress(parts[1]) {
                prefix = mask.bytes.reduce(0) { $0 + $1.nonzeroBitCount }
            } else {
                return nil
            }
        }
        guard (0...address.bytes.count * 8).contains(prefix) else { return nil }
        self.init(address: address, prefix: prefix)
    }

    init(address: IPAddress, prefix: Int) {
        let bytes = address.bytes.enumerated().map { index, byte in
            let bits = min(8, max(0, prefix - index * 8))
            return bits == 0 ? 0 : byte & ~UInt8((1 << (8 - bits)) - 1)
        }
        self.address = IPAddress(bytes: bytes)
        self.prefix = prefix
    }

    func contains(_ other: IPAddress) -> Bool {
        other.bytes.count == address.bytes.count && IPNetwork(address: other, prefix: prefix).address == address
    }

    /// The mask as an address: `255.255.255.0`.
    var mask: String {
        IPAddress(bytes: (0..<address.bytes.count).map { index in
            let bits = min(8, max(0, prefix - index * 8))
            return bits == 0 ? 0 : ~UInt8((1 << (8 - bits)) - 1)
        }).text
    }

    var text: String { "\(address.text)/\(prefix)" }
}
