/// Debian's order of versions: epoch, upstream version, revision.
enum DebianVersion {
    /// Negative, zero or positive as `dpkg --compare-versions` orders them.
    static func compare(_ left: String, _ right: String) -> Int {
        let a = split(left)
        let b = split(right)
        if a.epoch != b.epoch { return a.epoch < b.epoch ? -1 : 1 }
        let upstream = comparePart(a.upstream, b.upstream)
        return upstream != 0 ? upstream : comparePart(a.revision, b.revision)
    }

    /// A version without its epoch.
    static func withoutEpoch(_ version: String) -> String {
        version.firstIndex(of: ":").map { String(version[version.index(after: $0)...]) } ?? version
    }

    private static func split(_ version: String) -> (epoch: Int, upstream: [UInt8], revision: [UInt8]) {
        var rest = version[...]
        var epoch = 0
        if let colon = rest.firstIndex(of: ":"), let number = Int(rest[..<colon]) {
            epoch = number
            rest = rest[rest.index(after: colon)...]
        }
        guard let dash = rest.lastIndex(of: "-") else { return (epoch, Array(rest.utf8), []) }
        return (epoch, Array(rest[..<dash].utf8), Array(rest[rest.index(after: dash)...].utf8))
    }

    /// Letters sort before other signs, and a tilde before everything, also before the end.
    private static func weight(_ byte: UInt8?) -> Int {
        guard let byte else { return 0 }
        switch byte {
        case 0x30...0x39: return 0
        case UInt8(ascii: "~"): return -1
        case 0x41...0x5A, 0x61...0x7A: return Int(byte)
        default: return Int(byte) + 256
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func comparePart(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var i = 0
        var j = 0
        while i < a.count || j < b.count {
            while (i < a.count && !isDigit(a[i])) || (j < b.count && !isDigit(b[j])) {
                let left = weight(i < a.count ? a[i] : nil)
                let right = weight(j < b.count ? b[j] : nil)
                if left != right { return left < right ? -1 : 1 }
                i += 1
                j += 1
            }
            let left = digits(a, &i)
            let right = digits(b, &j)
            if left.count != right.count { return left.count < right.count ? -1 : 1 }
            if left != right { return left.lexicographicallyPrecedes(right) ? -1 : 1 }
        }
        return 0
    }

    private static func digits(_ bytes: [UInt8], _ index: inout Int) -> [UInt8] {
        while index < bytes.count, bytes[index] == 0x30 { index += 1 }
        let start = index
        while index < bytes.count, isDigit(bytes[index]) { index += 1 }
        return Array(bytes[min(start, bytes.count)..<min(index, bytes.count)])
    }
}
