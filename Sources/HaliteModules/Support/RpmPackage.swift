import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One package as rpm and the programs above it print it.
struct RpmPackage: Sendable, Equatable {
    var name: String
    /// `EPOCH:VERSION-RELEASE`, without an epoch of none.
    var version: String
    var architecture: String
    var repository = ""
    var installTime: Int?

    private static let x86 = ["x86_64", "x86_64_v2"]
    private static let x86Others = ["athlon", "amd64", "ia32e", "ia64", "geode"]
    private static let x86Old = ["i386", "i486", "i586", "i686"]
    private static let armOld = ["armv5tel", "armv5tejl", "armv6l", "armv6hl", "armv7l", "armv7hl", "armv7hnl"]
    static let architectures: Set<String> = Set(
        x86 + x86Others + x86Old + armOld + [
            "ppc", "ppc64", "ppc64le", "ppc64iseries", "ppc64pseries", "s390", "s390x", "alpha", "alphaev4", "alphaev45", "alphaev5",
            "alphaev56", "alphapca56", "alphaev6", "alphaev67", "alphaev68", "alphaev7", "aarch64", "sh3", "sh4", "sh4a",
        ])

    static func version(epoch: String, version: String, release: String) -> String {
        let full = epoch.isEmpty || epoch == "0" || epoch == "(none)" ? version : "\(epoch):\(version)"
        return release.isEmpty ? full : "\(full)-\(release)"
    }

    static func isOld(_ architecture: String, _ host: String) -> Bool {
        (x86Old.contains(architecture) && x86Old.contains(host)) || (armOld.contains(architecture) && armOld.contains(host))
    }

    /// The name of a package that is not of the host's architecture carries its own.
    static func resolved(_ name: String, _ architecture: String, host: String) -> String {
        if isOld(architecture, host) || architecture == host || architecture == "noarch" { return name }
        if x86.contains(architecture), x86.contains(host) { return name }
        return "\(name).\(architecture)"
    }

    /// What `%{NAME}_|-%{EPOCH}_|-…` prints.
    static let format = "%{NAME}_|-%{EPOCH}_|-%{VERSION}_|-%{RELEASE}_|-%{ARCH}_|-REPOID_|-%{INSTALLTIME}"

    static func queryFormat(repository: String) -> String { format.parts("REPOID").joined(separator: repository) }

    init?(line: String, host: String) {
        let fields = line.parts("_|-")
        guard fields.count == 7 else { return nil }
        name = Self.resolved(fields[0], fields[4], host: host)
        version = Self.version(epoch: fields[1], version: fields[2], release: fields[3])
        architecture = fields[4]
        repository = fields[5]
        installTime = Int(fields[6]).flatMap { $0 == 0 ? nil : $0 }
    }

    init(name: String, version: String, architecture: String, repository: String) {
        (self.name, self.version, self.architecture, self.repository) = (name, version, architecture, repository)
    }

    /// The packages in the three columns of `dnf list`, in which long names break lines.
    static func list(_ output: String, host: String) -> [RpmPackage] {
        let headers: Set<String> = ["installed packages", "available packages", "available upgrades", "updated packages", "upgraded packages"]
        let lines = output.split(separator: "\n").map(String.init).filter { !headers.contains($0.lowercased()) }
        let words = lines.flatMap { $0.words() }
        return stride(from: 0, to: words.count - words.count % 3, by: 3).map { place in
            var (name, architecture) = (words[place], host)
            if let dot = name.lastIndex(of: ".") {
                architecture = String(name[name.index(after: dot)...])
                name = String(name[..<dot])
            }
            var version = words[place + 1]
            while version.hasSuffix("-") { version.removeLast() }
            return RpmPackage(
                name: resolved(name, architecture, host: host), version: version, architecture: architecture,
                repository: String(words[place + 2].drop { $0 == "@" }))
        }
    }

    /// A name and the architecture at its end, when there is one.
    static func split(_ name: String) -> (name: String, architecture: String?) {
        guard let dot = name.lastIndex(of: ".") else { return (name, nil) }
        let end = String(name[name.index(after: dot)...])
        return architectures.contains(end) || end == "noarch" ? (String(name[..<dot]), end) : (name, nil)
    }

    /// The name without an architecture that is the host's.
    static func normalised(_ name: String, host: String) -> String {
        let parts = split(name)
        guard let architecture = parts.architecture, resolved(parts.name, architecture, host: host) == parts.name else { return name }
        return parts.name
    }
}

/// Rpm's order of versions: epoch, version, release.
enum RpmVersion {
    /// - Parameter ignoreEpoch: without what stands before a colon.
    static func compare(_ left: String, _ right: String, ignoreEpoch: Bool = false) -> Int {
        var a = split(ignoreEpoch ? DebianVersion.withoutEpoch(left) : left)
        var b = split(ignoreEpoch ? DebianVersion.withoutEpoch(right) : right)
        // 3.2 is met by 3.2-1.
        if a.release.isEmpty || b.release.isEmpty { (a.release, b.release) = ("", "") }
        if a.epoch != b.epoch { return a.epoch < b.epoch ? -1 : 1 }
        let order = comparePart(Array(a.version.utf8), Array(b.version.utf8))
        return order != 0 ? order : comparePart(Array(a.release.utf8), Array(b.release.utf8))
    }

    private static func split(_ text: String) -> (epoch: Int, version: String, release: String) {
        var rest = text
        var epoch = 0
        if let colon = rest.firstIndex(of: ":") {
            epoch = Int(rest[..<colon].filter { $0 != " " }) ?? 0
            rest = String(rest[rest.index(after: colon)...])
        }
        guard let dash = rest.firstIndex(of: "-") else { return (epoch, rest, "") }
        return (epoch, String(rest[..<dash]), String(rest[rest.index(after: dash)...]))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }

    private static func comparePart(_ a: [UInt8], _ b: [UInt8]) -> Int {
        if a == b { return 0 }
        let (tilde, caret) = (UInt8(ascii: "~"), UInt8(ascii: "^"))
        var (i, j) = (0, 0)
        func isOther(_ byte: UInt8) -> Bool { !isDigit(byte) && !isLetter(byte) && byte != tilde && byte != caret }
        while i < a.count || j < b.count {
            while i < a.count, isOther(a[i]) { i += 1 }
            while j < b.count, isOther(b[j]) { j += 1 }
            let (left, right) = (i < a.count ? a[i] : nil, j < b.count ? b[j] : nil)
            if left == tilde || right == tilde {
                if left != tilde { return 1 }
                if right != tilde { return -1 }
                (i, j) = (i + 1, j + 1)
                continue
            }
            if left == caret || right == caret {
                guard let left else { return -1 }
                guard let right else { return 1 }
                if left != caret { return 1 }
                if right != caret { return -1 }
                (i, j) = (i + 1, j + 1)
                continue
            }
            guard let left, right != nil else { break }
            let kind = isDigit(left) ? isDigit : isLetter
            let first = run(a, &i, kind)
            let second = run(b, &j, kind)
            // Numbers are newer than letters.
            if second.isEmpty { return isDigit(left) ? 1 : -1 }
            let order = isDigit(left) ? compareNumbers(first, second) : compareBytes(first, second)
            if order != 0 { return order }
        }
        if i >= a.count, j >= b.count { return 0 }
        return i < a.count ? 1 : -1
    }

    private static func run(_ bytes: [UInt8], _ index: inout Int, _ kind: (UInt8) -> Bool) -> [UInt8] {
        let start = index
        while index < bytes.count, kind(bytes[index]) { index += 1 }
        return Array(bytes[start..<index])
    }

    private static func compareNumbers(_ a: [UInt8], _ b: [UInt8]) -> Int {
        let (a, b) = (Array(a.drop { $0 == 0x30 }), Array(b.drop { $0 == 0x30 }))
        if a.count != b.count { return a.count < b.count ? -1 : 1 }
        return compareBytes(a, b)
    }

    private static func compareBytes(_ a: [UInt8], _ b: [UInt8]) -> Int {
        a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
    }
}

/// Rpm's database: read once in a run, and again when it has changed.
struct RpmDatabase: Sendable {
    /// Name to versions in their order.
    let listed: ValueMap

    static func read(_ call: CallContext, root: String? = nil) async throws -> RpmDatabase {
        let key = "pkg.rpm" + (root ?? "")
        if let known = call.memory[key]?.mapValue { return RpmDatabase(listed: known) }
        let command = ["rpm"] + (root.map { ["--root", $0] } ?? []) + ["-qa", "--nodigest", "--nosignature", "--queryformat", RpmPackage.queryFormat(repository: "(none)") + "\n"]
        let host = call.grains["osarch"]?.stringValue ?? ""
        var found = ValueMap()
        for line in try await call.host.run(Command(command)).lines {
            guard let package = RpmPackage(line: line, host: host) else { continue }
            let known = found[package.name]?.listValue ?? []
            found[.string(package.name)] = .list(known + [.string(package.version)])
        }
        for (name, versions) in found where (versions.listValue?.count ?? 0) > 1 {
            let bare: (Value) -> String = { DebianVersion.withoutEpoch($0.pythonString).parts("-")[0] }
            found[name] = .list((versions.listValue ?? []).sorted { bare($0).utf8.lexicographicallyPrecedes(bare($1).utf8) })
        }
        call.memory[key] = .map(found)
        return RpmDatabase(listed: found)
    }

    static func forget(_ call: CallContext, root: String? = nil) { call.memory["pkg.rpm" + (root ?? "")] = nil }

    var listedMap: ValueMap {
        ValueMap(listed.map { ($0.key, .string(($0.value.listValue ?? []).map(\.pythonString).joined(separator: ","))) })
    }
}
