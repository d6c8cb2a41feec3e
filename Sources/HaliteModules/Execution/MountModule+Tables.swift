import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The table of file systems.
extension MountModule {
    static let tables: [Function] = [
        Function(
            "fstab", "Return the table of file systems.", .optional("config", "/etc/fstab", "The file."), example: "halite '*' mount.fstab",
            body: fstab),
        Function("vfstab", "Return the table of file systems.", .optional("config", "/etc/vfstab", "The file."), body: fstab),
        Function(
            "rm_fstab", "Take a file system out of the table.", .required("name", "The mount point."), .required("device", "The device."),
            .optional("config", "/etc/fstab", "The file."), body: removeFstab),
        Function(
            "rm_vfstab", "Take a file system out of the table.", .required("name", "The mount point."), .required("device", "The device."),
            .optional("config", "/etc/vfstab", "The file."), body: removeFstab),
        Function("set_fstab", "Put a file system into the table: present, new or change.", FstabSettings.self, body: setFstab),
        Function("set_vfstab", "Put a file system into a table of Solaris' kind.", VfstabSettings.self, body: setVfstab),
        Function(
            "filesystems", "Return the table of AIX, which is empty elsewhere.", .optional("config", "/etc/filesystems", "The file."),
            body: { (_: CallContext, _: String) async throws -> ValueMap in [:] }),
        Function(
            "set_filesystems", "Put a file system into the table of AIX; nothing elsewhere.", .rest("args", "As for set_fstab."),
            .keywords("kwargs", "As for set_fstab."), body: { (_: CallContext, _: [Value], _: ValueMap) async throws -> Value in .null }),
        Function(
            "rm_filesystems", "Take a file system out of the table of AIX; nothing elsewhere.", .required("name", "The mount point."),
            .required("device", "The device."), .optional("config", "/etc/filesystems", "The file."),
            body: { (_: CallContext, _: String, _: String, _: String) async throws -> Bool in false }),
    ]

    struct FstabSettings: ArgumentGroup {
        var name = ""
        var device = ""
        var fstype = ""
        var opts: Value = "defaults"
        var dump = "0"
        var passNum = "0"
        var config = "/etc/fstab"
        var test = false
        var matchOn: Value = "auto"
        var notChange = false

        static let fields: [ArgumentField<FstabSettings>] = [
            .field("name", \.name, "The mount point.", required: true),
            .field("device", \.device, "The device.", required: true),
            .field("fstype", \.fstype, "The type of the file system.", required: true),
            .field("opts", \.opts, "Options: text or list."),
            .field("dump", \.dump, "Whether dump saves it."),
            .field("pass_num", \.passNum, "When fsck checks it."),
            .field("config", \.config, "The file."),
            .field("test", \.test, "Only tell."),
            .field("match_on", \.matchOn, "The columns that find a line: auto, one name or a list."),
            .field("not_change", \.notChange, "Leave a line that is found as it is."),
        ]
    }

    struct VfstabSettings: ArgumentGroup {
        var name = ""
        var device = ""
        var fstype = ""
        var opts: Value = "-"
        var deviceFsck = "-"
        var passFsck = "-"
        var mountAtBoot = "yes"
        var config = "/etc/vfstab"
        var test = false
        var matchOn: Value = "auto"
        var notChange = false

        static let fields: [ArgumentField<VfstabSettings>] = [
            .field("name", \.name, "The mount point.", required: true),
            .field("device", \.device, "The device.", required: true),
            .field("fstype", \.fstype, "The type of the file system.", required: true),
            .field("opts", \.opts, "Options: text or list."),
            .field("device_fsck", \.deviceFsck, "The device that fsck checks."),
            .field("pass_fsck", \.passFsck, "When fsck checks it."),
            .field("mount_at_boot", \.mountAtBoot, "Whether it is mounted at boot."),
            .field("config", \.config, "The file."),
            .field("test", \.test, "Only tell."),
            .field("match_on", \.matchOn, "The columns that find a line: auto, one name or a list."),
            .field("not_change", \.notChange, "Leave a line that is found as it is."),
        ]
    }

    static func fstab(_ call: CallContext, config: String) async throws -> ValueMap {
        guard try await call.host.isFile(config) else { return [:] }
        return Fstab(try await call.host.readText(config)).value
    }

    private static func read(_ call: CallContext, _ config: String, _ layout: Fstab.Layout) async throws -> Fstab {
        do { return Fstab(try await call.host.readText(config), layout) } catch let error as HostError {
            throw ExecutionError("Couldn't read from \(config): \(error)")
        }
    }

    private static func write(_ call: CallContext, _ config: String, _ old: Fstab, _ new: Fstab) async throws {
        if old.text != new.text { try await FileEdit(old: old.text, new: new.text).write(config, .inside, call.host) }
    }

    static func removeFstab(_ call: CallContext, name: String, device: String?, config: String) async throws -> Bool {
        let old = try await read(call, config, .linux)
        var new = old
        var criteria = ["name": name]
        if let device { criteria["device"] = device }
        new.remove(criteria)
        try await write(call, config, old, new)
        return true
    }

    static func setFstab(_ call: CallContext, _ settings: FstabSettings) async throws -> String {
        func escaped(_ text: String) -> String { text.parts("\\ ").joined(separator: "\\040") }
        let entry = [
            "name": settings.name, "device": escaped(settings.device), "fstype": settings.fstype,
            "opts": escaped(options(settings.opts).joined(separator: ",")), "dump": settings.dump, "pass_num": settings.passNum,
        ]
        return try await set(
            call, entry, .linux, config: settings.config, match: settings.matchOn, keep: settings.notChange, test: settings.test)
    }

    private static func setVfstab(_ call: CallContext, _ settings: VfstabSettings) async throws -> String {
        let entry = [
            "name": settings.name, "device": settings.device, "fstype": settings.fstype,
            "opts": options(settings.opts).joined(separator: ","), "device_fsck": settings.deviceFsck, "pass_fsck": settings.passFsck,
            "mount_at_boot": settings.mountAtBoot == "yes" ? "yes" : "no",
        ]
        return try await set(
            call, entry, .solaris, config: settings.config, match: settings.matchOn, keep: settings.notChange, test: settings.test)
    }

    private static func set(
        _ call: CallContext, _ entry: [String: String], _ layout: Fstab.Layout, config: String, match: Value, keep: Bool, test: Bool
    ) async throws -> String {
        let keys: [String]
        switch match {
        case .list(let list): keys = list.map(\.pythonString)
        case "auto": keys = layout.withoutDevice.contains(entry["fstype"] ?? "") ? ["name"] : ["device"]
        case .string(let one): keys = [one]
        default: throw ExecutionError("match_on must be a string or list of strings")
        }
        let unknown = keys.filter { entry[$0] == nil }
        if let first = unknown.first {
            throw ExecutionError(
                "Unrecognized keys in match_on: \"\(unknown.joined(separator: ", "))\"\(NearestName.hint(first, among: layout.keys))")
        }
        guard try await call.host.isFile(config) else { throw ExecutionError("Bad config file \"\(config)\"") }
        let old = try await read(call, config, layout)
        var new = old
        let outcome = new.set(entry, match: keys, keep: keep)
        if !test { try await write(call, config, old, new) }
        return outcome.rawValue
    }
}
