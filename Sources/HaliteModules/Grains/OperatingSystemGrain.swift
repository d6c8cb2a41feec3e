// order: 2
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The distribution, its family and its release, from `/etc/os-release`.
package struct OperatingSystemGrain: Grain {
    package static let name = "os"

    package static func collect(_ host: any Host, known: ValueMap) async -> ValueMap {
        let kernel = known["kernel"]?.stringValue ?? "Linux"
        var grains: ValueMap
        switch kernel {
        case "Linux": grains = await linux(host)
        case "FreeBSD":
            let release = (try? await host.run("freebsd-version", "-u").text) ?? known["kernelrelease"]?.stringValue ?? ""
            let number = release.parts("-")[0]
            grains = ["os": "FreeBSD", "os_family": "FreeBSD", "osfullname": .string("FreeBSD \(number)"), "osrelease": .string(number)]
        case "OpenBSD", "NetBSD":
            let number = (known["kernelrelease"]?.stringValue ?? "").parts("-")[0]
            grains = ["os": .string(kernel), "os_family": .string(kernel), "osfullname": .string("\(kernel) \(number)"), "osrelease": .string(number)]
        case "Darwin": grains = ["os": "MacOS", "os_family": "MacOS", "osfullname": "macOS"]
        default: grains = ["os": .string(kernel), "os_family": "Unknown"]
        }
        grains["osarch"] = .string(architecture(grains["os_family"]?.stringValue ?? "", known["cpuarch"]?.stringValue ?? ""))
        addRelease(&grains)
        return grains
    }

    // MARK: - Linux

    private static func linux(_ host: any Host) async -> ValueMap {
        var release: [String: String] = ["NAME": "Linux", "ID": "linux"]
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            guard let text = await host.readTextIfPresent(path) else { continue }
            release.merge(assignments(text)) { _, new in new }
            break
        }
        let lsb = assignments(await host.readTextIfPresent("/etc/lsb-release") ?? "")
        return describe(release, lsb: lsb)
    }

    /// `KEY="value"` lines of a shell.
    static func assignments(_ text: String) -> [String: String] {
        var found: [String: String] = [:]
        for line in PythonLines.split(text) {
            let pair = line.stripped().parts("=", maxSplits: 1)
            guard pair.count == 2, !pair[0].hasPrefix("#"), let words = try? ShellWords.split(pair[1]) else { continue }
            found[pair[0]] = words.joined(separator: " ")
        }
        return found
    }

    /// The grains of an `os-release`, as Salt derives them; tables in `DistributionNames`.
    static func describe(_ release: [String: String], lsb: [String: String]) -> ValueMap {
        let name = (release["NAME"] ?? "Linux").stripped()
        let id = release["ID"] ?? ""
        var os = DistributionNames.short(name, id: id)
        var fullName = name
        var version = release["VERSION_ID"] ?? ""
        var codename = release["VERSION_CODENAME"].flatMap { $0.isEmpty ? nil : $0 } ?? codenameInVersion(release)
        var grains = ValueMap()
        if let lsbID = lsb["DISTRIB_ID"] {
            for (key, value) in lsb.sorted(by: { $0.key < $1.key }) { grains[.string("lsb_" + key.lowercased())] = .string(value) }
            fullName = lsbID
            version = lsb["DISTRIB_RELEASE"] ?? version
            codename = lsb["DISTRIB_CODENAME"] ?? codename
        } else {
            grains["lsb_distrib_id"] = .string(name)
            if !version.isEmpty { grains["lsb_distrib_release"] = .string(version) }
            var lsbCodename = release["VERSION_CODENAME"] ?? release["PRETTY_NAME"] ?? ""
            if ["Rocky", "AlmaLinux"].contains(os), let inner = parenthesised(lsbCodename) { lsbCodename = inner }
            grains["lsb_distrib_codename"] = .string(lsbCodename)
            codename = codename ?? lsbCodename
        }
        if let cpe = release["CPE_NAME"], cpe.lowercased().contains("suse") {
            os = "SUSE"
            if name == "openSUSE Leap" { fullName = "Leap" }
            if release["VERSION"] == "Tumbleweed" { fullName = "Tumbleweed" }
        }
        // Salt asks another source for Red Hat, which looks into the version.
        if let name = codename, name.contains("Red Hat") { codename = parenthesised(release["VERSION"] ?? "") }
        grains["os"] = .string(os)
        grains["osfullname"] = .string(fullName)
        let isModern = ["almalinux", "astra", "debian", "linuxmint", "mendel", "pop", "rocky", "ubuntu"].contains(id)
        if !version.isEmpty || !isModern { grains["osrelease"] = .string(version) }
        grains["oscodename"] = .string(codename ?? "")
        grains["os_family"] = .string(DistributionNames.family(os))
        return grains
    }

    /// AlmaLinux and Rocky have the code name in parentheses.
    private static func codenameInVersion(_ release: [String: String]) -> String? {
        ["almalinux", "rocky"].contains(release["ID"] ?? "") ? parenthesised(release["VERSION"] ?? "") : nil
    }

    private static func parenthesised(_ text: String) -> String? {
        guard let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") else { return nil }
        return String(text[text.index(after: open)..<close])
    }

    private static func architecture(_ family: String, _ machine: String) -> String {
        guard family == "Debian" else { return machine }
        let names = [
            "x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf", "armv6l": "armhf", "i686": "i386", "i586": "i386", "ppc64le": "ppc64el",
            "mips64": "mips64el",
        ]
        return names[machine] ?? machine
    }

    private static func addRelease(_ grains: inout ValueMap) {
        guard let release = grains["osrelease"]?.stringValue, !release.isEmpty else { return }
        let parts = release.parts(".").map { part -> Value in Int(part).map { .int($0) } ?? .string(part) }
        grains["osrelease_info"] = .list(parts)
        if let major = parts.first?.intValue { grains["osmajorrelease"] = .int(major) }
        let os = grains["os"]?.stringValue ?? ""
        let plain = ["Debian", "FreeBSD", "OpenBSD", "NetBSD", "Mac", "Raspbian", "AlmaLinux"].contains(os)
        let name = plain ? os : grains["osfullname"]?.stringValue ?? os
        let number = ["Ubuntu", "Pop", "NixOS"].contains(os) ? release : parts.first?.pythonString ?? ""
        grains["osfinger"] = .string("\(name)-\(number)")
    }
}
