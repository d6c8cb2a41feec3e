import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Languages and conventions that the host knows and uses.
package struct LocaleModule: ExecutionModule {
    package static let name = "locale"
    package static let summary = "Languages and conventions that the host knows and uses."

    package static let functions: [Function] = [
        Function("list_avail", "Return the locales that the host knows.", body: available),
        Function("get_locale", "Return the host's locale.", body: current),
        Function("set_locale", "Set the host's locale.", .required("locale", "Such as de_CH.UTF-8."), body: set),
        Function("avail", "Tell whether the host knows a locale.", .required("locale", "Such as de_CH.UTF-8."), body: isAvailable),
        Function(
            "gen_locale", "Have the host know a locale.", .required("locale", "Such as de_CH.UTF-8, with a charmap behind a blank."),
            .optional("verbose", false, "Return what the program says."), .keywords("kwargs", "Ignored."),
            example: "halite '*' locale.gen_locale 'de_CH.UTF-8 UTF-8'", body: generate),
    ]

    private static func available(_ call: CallContext) async throws -> [String] {
        try await call.host.run("locale", "-a").text.parts("\n")
    }

    private static func hasSystemd(_ call: CallContext) async throws -> Bool { try await call.host.exists("/run/systemd/system") }

    private static func family(_ call: CallContext) -> String { call.grains["os_family"]?.stringValue ?? "" }

    /// SUSE 12 has systemd and does not use it for this.
    private static func usesFiles(_ call: CallContext, setting: Bool) -> Bool {
        let release = call.grains["osmajorrelease"]?.intValue ?? 0
        return (family(call) == "Suse" && release == 12) || (setting && family(call) == "Debian" && release >= 13)
    }

    /// What `localectl` says, by key; settings are dictionaries.
    private static func status(_ call: CallContext) async throws -> ValueMap {
        guard await call.host.which("localectl") != nil else { throw ExecutionError("Unable to find \"localectl\"") }
        let result = try await call.host.run("localectl", "status")
        if result.errorText.contains("Failed to connect to bus: No such file or directory") {
            throw ExecutionError("Command \"localectl\" is in a degraded state.")
        }
        var found = ValueMap()
        var key: String?
        for line in PythonLines.split(result.text.stripped()) {
            var data = line.stripped()
            let pair = line.parts(": ", maxSplits: 1)
            if pair.count == 2 {
                key = pair[0].stripped().lowercased().parts(" ").joined(separator: "_")
                data = pair[1]
            }
            guard let key, !data.isEmpty else { continue }
            let setting = data.parts("=")
            if setting.count == 2 {
                var map = found[key]?.mapValue ?? [:]
                map[.string(setting[0])] = .string(setting[1])
                found[.string(key)] = .map(map)
            } else if setting.count == 1 {
                found[.string(key)] = ["data": ["n/a", "(unset)"].contains(data) ? .null : .string(data)]
            }
        }
        if found.isEmpty { throw ExecutionError("Unable to parse result of \"localectl\"") }
        return found
    }

    /// The file that has the setting, and its name there.
    private static func file(_ call: CallContext) -> (path: String, key: String)? {
        switch family(call) {
        case let name where name.contains("Suse"): ("/etc/sysconfig/language", "RC_LANG")
        case let name where name.contains("RedHat"): ("/etc/sysconfig/i18n", "LANG")
        case let name where name.contains("Debian"): ("/etc/default/locale", "LANG")
        default: nil
        }
    }

    static func current(_ call: CallContext) async throws -> String {
        if try await hasSystemd(call), !usesFiles(call, setting: false) {
            return try await status(call)["system_locale"]?["LANG"]?.stringValue ?? ""
        }
        if family(call) == "Gentoo" { return try await call.host.run("eselect", "--brief", "locale", "show").text.stripped() }
        guard let (path, key) = file(call) else {
            throw ExecutionError("Error: \"\(call.grains["oscodename"]?.pythonString ?? "")\" is unsupported!")
        }
        let lines = PythonLines.split(await call.host.readTextIfPresent(path) ?? "")
        guard let line = lines.first(where: { $0.hasPrefix(key + (key == "LANG" ? "=" : "")) }) else { return "" }
        let parts = line.parts("=")
        return parts.count > 1 ? parts[1].parts("\"").joined() : ""
    }

    static func set(_ call: CallContext, locale: String) async throws -> Bool {
        if try await hasSystemd(call), !usesFiles(call, setting: true) { return try await setBySystemd(call, locale) }
        if family(call) == "Gentoo" { return try await call.host.run("eselect", "--brief", "locale", "set", locale).succeeded }
        guard let (path, key) = file(call) else { throw ExecutionError("Error: Unsupported platform!") }
        if family(call).contains("Debian") {
            guard let program = await call.host.which("update-locale") else {
                throw ExecutionError("Cannot set locale: \"update-locale\" was not found.")
            }
            _ = try await call.host.run(program)
        } else if try await !call.host.isFile(path) {
            try await call.host.touch(path, accessTime: nil, modificationTime: nil)
        }
        try await replace(call, path, "^\(key)=.*", "\(key)=\"\(locale)\"")
        return true
    }

    private static func setBySystemd(_ call: CallContext, _ locale: String) async throws -> Bool {
        var settings = try await status(call)["system_locale"]?.mapValue ?? [:]
        settings["LANG"] = .string(locale)
        let words = settings.filter { !$0.value.isNull }.map { "\($0.key.pythonString)=\($0.value.pythonString)" }
        if try await call.host.run(Command(["localectl", "set-locale"] + words)).succeeded { return true }
        let file = "/etc/locale.conf"
        if try await !call.host.isFile(file) { try await call.host.touch(file, accessTime: nil, modificationTime: nil) }
        try await replace(call, file, "^LANG=.*", "LANG=\(locale)")
        return true
    }

    private static func replace(_ call: CallContext, _ path: String, _ pattern: String, _ text: String) async throws {
        _ = try await call.call(
            "file.replace", .string(path), .string(pattern), .string(text), keywords: ["append_if_not_found": true])
    }

    static func isAvailable(_ call: CallContext, locale: String) async throws -> Bool {
        let wanted = LocaleName(locale).normalised
        return try await available(call).contains { LocaleName($0.stripped()).normalised == wanted }
    }

    private static func generate(_ call: CallContext, given: String, verbose: Bool, ignored: ValueMap) async throws -> Value {
        let os = call.grains["os"]?.stringValue
        var name = LocaleName(given)
        if name.charmap.isEmpty, os != "Ubuntu" { name.charmap = name.codeset }
        let locale = os == "Ubuntu" ? given : name.text
        let place = "\(name.language)_\(name.territory)"
        guard try await isKnown(call, locale, place) else { return false }
        if try await call.host.exists("/etc/locale.gen") {
            try await replace(call, "/etc/locale.gen", "^\\s*#\\s*\(locale)\\s*$", locale + "\n")
        } else if os == "Ubuntu" {
            let file = "/var/lib/locales/supported.d/\(name.language)"
            try await call.host.touch(file, accessTime: nil, modificationTime: nil)
            try await replace(call, file, locale, locale)
        }
        var words: [String]
        if await call.host.which("locale-gen") != nil {
            words =
                ["locale-gen"] + (family(call) == "Gentoo" ? ["--generate"] : []) + [
                    os == "Ubuntu" ? LocaleName(locale).normalised : locale
                ]
        } else if await call.host.which("localedef") != nil {
            words = [
                "localedef", "--force", "-i", place, "-f", name.codeset, "\(place).\(name.codeset)", verbose ? "--verbose" : "--quiet",
            ]
        } else {
            throw ExecutionError("Command \"locale-gen\" or \"localedef\" was not found on this system.")
        }
        let result = try await call.host.run(Command(words))
        if !verbose { return .bool(result.succeeded) }
        return .map(result.report)
    }

    private static func isKnown(_ call: CallContext, _ locale: String, _ place: String) async throws -> Bool {
        if call.grains["os"] == "Debian" || family(call) == "Gentoo" {
            return PythonLines.split(await call.host.readTextIfPresent("/usr/share/i18n/SUPPORTED") ?? "").contains(locale)
        }
        let folder = family(call) == "Suse" ? "/usr/share/locale" : "/usr/share/i18n/locales"
        do { return try await call.host.list(folder).contains(place) } catch is HostError {
            throw ExecutionError("Locale \"\(locale)\" is not available.")
        }
    }
}
