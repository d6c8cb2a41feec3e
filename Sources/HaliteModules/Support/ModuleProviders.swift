import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The names of Salt's own files behind its modules, as `test.provider` tells them and formulas ask for them.
enum ModuleProviders {
    static func name(of module: String, in call: CallContext) async -> String {
        switch module {
        case "service": await service(call)
        case "pkg": package[call.grains["os_family"]?.stringValue ?? ""] ?? module
        default: (call.grains["kernel"]?.stringValue).flatMap { others[$0]?[module] } ?? renamed[module] ?? module
        }
    }

    private static let renamed = [
        "cmd": "cmdmod", "django": "djangomod", "group": "groupadd", "log": "logmod", "random": "mod_random", "shadow": "linux_shadow", "sys": "minion",
        "sysctl": "linux_sysctl", "user": "useradd", "virtualenv": "virtualenv_mod",
    ]
    private static let others = [
        "Darwin": [
            "group": "mac_group", "shadow": "mac_shadow", "sysctl": "mac_sysctl", "system": "mac_system", "timezone": "mac_timezone",
            "user": "mac_user",
        ],
        "FreeBSD": ["group": "pw_group", "shadow": "bsd_shadow", "sysctl": "freebsd_sysctl", "user": "pw_user"],
    ]
    private static let package = [
        "Alpine": "apkpkg", "Arch": "pacmanpkg", "Debian": "aptpkg", "FreeBSD": "pkgng", "Gentoo": "ebuildpkg", "MacOS": "mac_brew_pkg",
        "RedHat": "yumpkg", "Suse": "zypperpkg",
    ]

    // MARK: Services

    private static let debian: Set<String> = ["Debian", "Raspbian", "Devuan", "NILinuxRT"]
    private static let redHat: Set<String> = [
        "XenServer", "XCP-ng", "RedHat", "CentOS", "ScientificLinux", "CloudLinux", "Amazon", "Fedora", "ALT", "OEL", "SUSE", "VirtuozzoLinux",
    ]
    private static let upstart: Set<String> = ["Ubuntu", "Linaro", "elementary OS", "Mint"]

    /// A host that has systemd's programs and was booted without it, such as a container, counts as one of systemd unless
    /// its system has a module of its own for scripts.
    private static func service(_ call: CallContext) async -> String {
        if call.grains["kernel"] == "Darwin" { return "mac_service" }
        if call.grains["os"] == "FreeBSD" { return "freebsdservice" }
        if call.grains["os"] == "Alpine" { return "gentoo_service" }
        if (try? await call.host.exists("/run/systemd/system")) == true { return "systemd_service" }
        let os = call.grains["os"]?.stringValue ?? ""
        if os == "Gentoo" { return "gentoo_service" }
        if debian.contains(os) { return "debian_service" }
        if redHat.contains(os) { return "rh_service" }
        if await call.host.which("systemctl") != nil { return "systemd_service" }
        return upstart.contains(os) ? "upstart_service" : "linux_service"
    }
}
