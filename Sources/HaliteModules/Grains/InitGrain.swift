// order: 3
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// What started the host's services, and systemd's release where it is installed.
package struct InitGrain: Grain {
    package static let name = "init"

    package static func collect(_ host: any Host, known: ValueMap) async -> ValueMap {
        guard known["kernel"] == "Linux" else { return [:] }
        var grains: ValueMap = ["init": .string(await initSystem(host))]
        if let systemd = await systemd(host) { grains["systemd"] = .map(systemd) }
        grains["transactional"] = .bool(await host.which("transactional-update") != nil)
        grains["efi"] = .bool((try? await host.exists("/sys/firmware/efi/systab")) ?? false)
        return grains
    }

    private static func initSystem(_ host: any Host) async -> String {
        if (try? await host.exists("/run/systemd/system")) == true { return "systemd" }
        guard let line = try? await host.read("/proc/1/cmdline") else { return "unknown" }
        let words = line.split { $0 == 0 || $0 == 0x20 }.map { String(decoding: $0, as: UTF8.self) }
        guard let first = words.first else { return "unknown" }
        for name in ["supervisord", "dumb-init", "tini"] {
            if let path = await host.which(name), words.contains(path) { return name }
        }
        if words == ["runit"] || words.contains("/sbin/my_init") { return "runit" }
        // The program itself names its kind.
        if let path = await host.which(first), path.hasSuffix("bin/init"), let bytes = try? await host.read(path) {
            let text = String(decoding: bytes, as: UTF8.self).lowercased()
            return ["upstart", "sysvinit", "systemd"].first { text.contains($0) } ?? "unknown"
        }
        return "unknown"
    }

    /// The release stands in the name of systemd's own library, so that no program needs to run.
    private static func systemd(_ host: any Host) async -> ValueMap? {
        guard await host.which("systemctl") != nil else { return nil }
        for folder in ["/usr/lib/systemd", "/lib/systemd", "/usr/lib/x86_64-linux-gnu/systemd", "/usr/lib/aarch64-linux-gnu/systemd"] {
            for name in (try? await host.list(folder)) ?? [] where name.hasPrefix("libsystemd-shared-") {
                let release = name.dropFirst("libsystemd-shared-".count).prefix { $0.isNumber }
                if !release.isEmpty { return ["version": .string(String(release)), "features": ""] }
            }
        }
        return ["version": "UNDEFINED", "features": ""]
    }
}
