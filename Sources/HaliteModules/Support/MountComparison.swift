import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// How a wanted mount differs from what is mounted there, by Salt's rules of comparing.
struct MountComparison: Sendable {
    enum Device: Sendable, Equatable {
        case same
        /// Another one, which a pattern allows.
        case tolerated(String)
        case other
    }

    /// Without a slash at the end.
    let name: String
    let realName: String
    /// As the kernel writes the mount point.
    let key: String
    let isMounted: Bool
    var options: [String]
    let realDevice: String
    /// The names of the device that is mounted.
    var devices: [String] = []
    var device = Device.same
    /// Options that are not in force.
    var differing: [String] = []
    /// Options of an earlier run that are not wanted any more.
    var forgotten: [String] = []
    var isRemembered = false
    /// The option that was looked at last, which Salt names when it mounts because of forgotten ones.
    var lastOption = ""

    init(_ call: CallContext, _ given: String, _ settings: MountState.Settings) async throws {
        var name = given
        while name != "/", name.hasSuffix("/") { name.removeLast() }
        self.name = name
        realName = try await call.host.resolved(name)
        key = Self.escaped(realName)
        options = MountModule.options(settings.opts)
        let active = try await MountTable.active(call, extended: true)
        let entry = active[key]
        isMounted = entry != nil
        var inForce = Self.texts(entry?["opts"])
        realDevice = try await Self.device(call, settings, active, key, &options, &inForce, &devices)
        guard let entry, settings.mount else { return }
        try await lookAtDevices(call, settings, entry)
        var special = Self.texts(entry["superopts"])
        try await lookAtOptions(call, settings, inForce, &special)
        let kept = await MountCache(call: call).entry(realName)
        if !options.isEmpty, let old = kept["opts"] {
            isRemembered = true
            forgotten = Self.texts(old).filter { !options.contains($0) }
        }
    }

    private static func escaped(_ path: String) -> String { path.parts(" ").joined(separator: "\\040") }
    private static func texts(_ value: Value?) -> [String] { value?.listValue?.map(\.pythonString) ?? [] }

    /// The device in the form in which the kernel may name it. A bind mount gets the options of what it shows.
    private static func device(
        _ call: CallContext, _ settings: MountState.Settings, _ active: ValueMap, _ key: String, _ options: inout [String],
        _ inForce: inout [String], _ devices: inout [String]
    ) async throws -> String {
        let wanted = settings.device
        var real = wanted
        if wanted.hasPrefix("/") {
            if options.contains("bind"), let entry = active[key] {
                let isOnDevice = entry["device"]?.stringValue?.hasPrefix("/") == true
                var shown = escaped(wanted)
                while isOnDevice, active[shown] == nil, shown != "/" {
                    shown = escaped(Path.parent(shown.parts("\\040").joined(separator: " ")) ?? "/")
                }
                if let source = active[shown] {
                    if settings.copiesOptions {
                        let all = Set(options + texts(source["opts"]) + texts(source["superopts"]))
                        options = all.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
                    }
                    inForce.append("bind")
                }
                real = (isOnDevice ? active[shown]?["device"] : entry["device"])?.stringValue ?? wanted
            } else {
                real = try await call.host.resolved(wanted)
            }
        } else if wanted.uppercased().hasPrefix("UUID=") {
            real = wanted.parts("=")[1].split(separator: "\"").joined().lowercased()
        } else if wanted.uppercased().hasPrefix("LABEL=") {
            let label = wanted.parts("=")[1]
            let result = try await call.host.run("blkid", "-t", "LABEL=\(label)")
            guard result.succeeded, let line = result.lines.first, !line.isEmpty else {
                throw ExecutionError("Unable to find device with label \(label).")
            }
            devices = result.lines.map { $0.parts(":")[0] }
            real = devices[0]
        }
        if let mapped = mapperPath(wanted), try await call.host.status(mapped) != nil { real = mapped }
        if let regex = try? PythonRegex.compile("^\\w+#(.+)"), let match = try regex.firstMatch(in: Array(wanted.utf8)),
            match.range.lowerBound == 0, let rest = match.text(1, of: wanted)
        {
            real = rest
        }
        return real
    }

    /// The device mapper's name of a logical volume.
    private static func mapperPath(_ device: String) -> String? {
        let parts = device.parts("/")
        guard parts.count == 4, parts[0].isEmpty, parts[1] == "dev", !parts[2].isEmpty, !parts[3].isEmpty else { return nil }
        return "/dev/mapper/" + parts[2...].map { $0.parts("-").joined(separator: "--") }.joined(separator: "-")
    }

    private mutating func lookAtDevices(_ call: CallContext, _ settings: MountState.Settings, _ entry: Value) async throws {
        devices.append(entry["device"]?.stringValue ?? "")
        devices.append(try await call.host.resolved(devices[0]))
        for name in ["alt_device", "device_uuid", "device_label"] {
            if let text = entry[name]?.stringValue, !text.isEmpty, !devices.contains(text) { devices.append(text) }
        }
        if devices.contains(realDevice) { return }
        device = .other
        for pattern in settings.deviceNameRegex {
            let regex = try Pattern.compile(pattern)
            if let first = try devices.first(where: { try regex.matches($0, .start) }) { device = .tolerated(first) }
        }
    }

    private mutating func lookAtOptions(
        _ call: CallContext, _ settings: MountState.Settings, _ inForce: [String], _ special: inout [String]
    ) async throws {
        var invisible = MountOptions.invisible.union(settings.invisibleOptions)
        if !settings.hiddenOpts.isNull { invisible.formUnion(MountModule.options(settings.hiddenOpts)) }
        let keys = MountOptions.invisibleKeys.union(settings.invisibleKeys)
        let ignored = settings.ignoredKeys[settings.fstype].map(Self.texts) ?? (settings.fstype == "ramfs" ? ["size"] : [])
        for given in options {
            var option = settings.translated[given]?.pythonString ?? MountOptions.translated[given] ?? given
            let key = option.parts("=")[0]
            if keys.contains(key) { option = key }
            if let size = MountOptions.size(option) { option = size }
            if settings.fstype == "cifs", key == "user", option.contains("=") { option = "username=" + option.parts("=")[1] }
            if ignored.contains(option.parts("=")[0]) { option = option.parts("=")[0] }
            option = try await MountTable.withID(call, option)
            // Salt takes the size in force for each option that it looks at.
            for index in special.indices {
                guard let size = MountOptions.size(special[index]) else { continue }
                special[index] = size
                option = size
            }
            lastOption = option
            if !inForce.contains(option), !special.contains(option), !invisible.contains(option), !ignored.contains(option),
                !keys.contains(option)
            {
                differing.append(option)
            }
        }
    }
}

/// What Salt knows of options that the kernel does not tell, or tells in other words.
private enum MountOptions {
    static let invisible: Set<String> = [
        "_netdev", "actimeo", "bg", "comment", "defaults", "delay_connect", "direct-io-mode", "intr", "loop", "nointr", "nobootwait",
        "nofail",
        "password", "reconnect", "retry", "soft", "auto", "users", "bind", "nonempty", "transform_symlinks", "port",
        "backup-volfile-servers",
    ]
    static let invisibleKeys: Set<String> = [
        "actimeo", "comment", "credentials", "direct-io-mode", "password", "port", "retry", "secretfile",
    ]
    static let translated = ["tcp": "proto=tcp", "udp": "proto=udp"]

    /// `size=4m` in kilobytes; nil for anything else.
    static func size(_ option: String) -> String? {
        guard option.hasPrefix("size=") else { return nil }
        let digits = option.dropFirst(5).prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let unit = option.dropFirst(5 + digits.count).first else { return nil }
        switch unit {
        case "k": return "size=\(number)k"
        case "m": return "size=\(number.multipliedReportingOverflow(by: 1024).partialValue)k"
        case "g": return "size=\(number.multipliedReportingOverflow(by: 1024 * 1024).partialValue)k"
        default: return nil
        }
    }
}
