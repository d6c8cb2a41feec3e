import HaliteHost

/// The zone that `/etc/localtime` sets, from the file itself.
enum TimeZoneFile {
    /// Such as `CET` or `CEST`, as it is called now; `UTC` without a file.
    static func abbreviation(_ host: any Host) async -> String {
        guard let bytes = try? await host.read("/etc/localtime"), let now = await now(host) else { return "UTC" }
        return abbreviation(bytes, at: now) ?? "UTC"
    }

    /// The name of the zone, such as `Europe/Zurich`.
    static func name(_ host: any Host) async -> String {
        if let target = try? await host.readLink("/etc/localtime"), let range = target.firstRange(of: "zoneinfo/") {
            return String(target[range.upperBound...])
        }
        return await host.readTextIfPresent("/etc/timezone")?.stripped() ?? "UTC"
    }

    /// The host's clock, from a file that was made when it booted and how long it has been up.
    private static func now(_ host: any Host) async -> Int? {
        let stat = await host.readTextIfPresent("/proc/stat") ?? ""
        let up = await host.readTextIfPresent("/proc/uptime") ?? ""
        guard let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }), let boot = Int(line.dropFirst(6)),
            let seconds = Double(up.split(separator: " ").first ?? "")
        else { return nil }
        return boot + Int(seconds)
    }

    /// Looks up the type of local time that is in force in a TZif file of version 2 or later.
    static func abbreviation(_ file: [UInt8], at time: Int) -> String? {
        func number(_ offset: Int, _ length: Int) -> Int? {
            guard offset >= 0, offset + length <= file.count else { return nil }
            var value = 0
            for byte in file[offset..<offset + length] { value = value << 8 | Int(byte) }
            return length == 4 ? Int(Int32(truncatingIfNeeded: value)) : value
        }
        guard file.starts(with: Array("TZif".utf8)), file.count > 44 else { return nil }
        func counts(_ start: Int) -> [Int]? {
            let values = (0..<6).compactMap { number(start + 20 + 4 * $0, 4) }
            return values.count == 6 && values.allSatisfy { (0...10_000).contains($0) } ? values : nil
        }
        guard let first = counts(0) else { return nil }
        let (isUT, isStandard, leap, times, types, letters) = (first[0], first[1], first[2], first[3], first[4], first[5])
        let second = 44 + times * 5 + types * 6 + letters + leap * 8 + isStandard + isUT
        guard file[4] >= UInt8(ascii: "2"), let counts = counts(second) else { return nil }
        let base = second + 44
        var type = 0
        for index in 0..<counts[3] {
            guard let start = number(base + index * 8, 8), start <= time, let found = number(base + counts[3] * 8 + index, 1) else { break }
            type = found
        }
        let typeBase = base + counts[3] * 9
        guard let nameIndex = number(typeBase + type * 6 + 5, 1) else { return nil }
        let names = typeBase + counts[4] * 6
        guard names + counts[5] <= file.count, nameIndex < counts[5] else { return nil }
        return String(decoding: file[(names + nameIndex)..<(names + counts[5])].prefix { $0 != 0 }, as: UTF8.self)
    }
}
