import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Mounted file systems, their table and swap space.
package struct MountModule: ExecutionModule {
    package static let name = "mount"
    package static let summary = "Mounted file systems, their table and swap space."

    package static let functions: [Function] = mounting + tables + swapping + automounting

    private static let mounting: [Function] = [
        Function(
            "active", "Return what is mounted.", .optional("extended", false, "With device numbers, labels and more."),
            example: "halite '*' mount.active extended=True", body: active),
        Function(
            "mount", "Mount a device; return true or the program's complaint.", MountSettings.self,
            example: "halite '*' mount.mount /mnt/data /dev/sdb1 mkmnt=True", body: mount),
        Function(
            "remount", "Mount with other options, or for the first time.", .required("name", "The mount point."),
            .required("device", "The device."), .optional("mkmnt", false, "Make the mount point."), .optional("fstype", "", "The type."),
            .optional("opts", "defaults" as Value, "Options: text or list."), .optional("user", nil as String?, "Who mounts."),
            body: remount),
        Function(
            "umount", "Unmount; return true or the program's complaint.", .required("name", "The mount point."),
            .optional("device", nil as String?, "Unmount by device."), .optional("user", nil as String?, "Who unmounts."),
            .optional("util", "mount", "The way it was mounted."), .optional("lazy", false, "Detach now, clean up later."), body: umount),
        Function(
            "is_mounted", "Tell whether something is mounted at a path.", .required("name", "The path."),
            body: { (call: CallContext, name: String) async throws -> Bool in try await MountTable.isMounted(call, name) }),
        Function("is_fuse_exec", "Tell whether a program uses FUSE.", .required("cmd", "The program."), body: isFuse),
        Function(
            "get_mount_from_path", "Return the mount point that a path is below.", .required("path", "The path."),
            body: { (call: CallContext, path: String) async throws -> String in try await MountTable.mountPoint(of: path, call) }),
        Function("get_device_from_path", "Return the device that a path is on.", .required("path", "The path."), body: device),
        Function(
            "read_mount_cache", "Return what a state mounted at a path.", .required("name", "The path."),
            body: { (call: CallContext, name: String) async throws -> ValueMap in await MountCache(call: call).entry(name) }),
        Function(
            "write_mount_cache", "Remember what a state mounted at a path.", .required("real_name", "The path."),
            .required("device", "The device."),
            .required("mkmnt", "Whether the path was to be made."), .required("fstype", "The type."),
            .required("mount_opts", "The options."),
            body: remember),
        Function("delete_mount_cache", "Forget what a state mounted at a path.", .required("real_name", "The path."), body: forget),
    ]

    struct MountSettings: ArgumentGroup {
        var name = ""
        var device: Value = false
        var mkmnt = false
        var fstype = ""
        var opts: Value = "defaults"
        var user: String?
        var util = "mount"

        static let fields: [ArgumentField<MountSettings>] = [
            .field("name", \.name, "The mount point.", required: true),
            .field("device", \.device, "The device; without one the table of file systems says it."),
            .field("mkmnt", \.mkmnt, "Make the mount point."),
            .field("fstype", \.fstype, "The type of the file system."),
            .field("opts", \.opts, "Options: text or list."),
            .field("user", \.user, "Who mounts."),
            .field("util", \.util, "The way to mount; images need guestfs or qemu_nbd."),
        ]
    }

    static func options(_ value: Value) -> [String] {
        value.listValue.map { $0.map(\.pythonString) } ?? value.pythonString.parts(",")
    }

    private static func active(_ call: CallContext, extended: Bool) async throws -> ValueMap {
        try await MountTable.active(call, extended: extended)
    }

    private static func run(_ call: CallContext, _ words: [String], user: String?) async throws -> Value {
        var command = Command(words)
        command.user = user
        let result = try await call.host.run(command)
        return result.succeeded ? true : .string(result.errorText)
    }

    static func mount(_ call: CallContext, _ settings: MountSettings) async throws -> Value {
        guard settings.util == "mount" else { return false }
        if settings.mkmnt, try await call.host.status(settings.name) == nil {
            _ = try await call.call("file.mkdir", .string(settings.name), keywords: ["user": settings.user.value])
        }
        guard settings.device.isTruthy else { return try await run(call, ["mount", settings.name], user: settings.user) }
        var words = ["mount", "-o", options(settings.opts).joined(separator: ",")]
        if !settings.fstype.isEmpty { words += ["-t", settings.fstype] }
        return try await run(call, words + [settings.device.pythonString, settings.name], user: settings.user)
    }

    static func remount(
        _ call: CallContext, name: String, device: String, makes: Bool, type: String, given: Value, user: String?
    ) async throws -> Value {
        guard try await MountTable.isMounted(call, name) else {
            let settings = MountSettings(name: name, device: .string(device), mkmnt: makes, fstype: type, opts: given, user: user)
            return try await mount(call, settings)
        }
        var wanted = options(given)
        if !wanted.contains("remount") { wanted.append("remount") }
        var words = ["mount", "-o", wanted.joined(separator: ",")]
        if !type.isEmpty { words += ["-t", type] }
        return try await run(call, words + [device, name], user: user)
    }

    static func umount(
        _ call: CallContext, name: String, device: String?, user: String?, util: String = "mount", lazy: Bool
    ) async throws -> Value {
        guard try await MountTable.isMounted(call, name) else { return .string("\(name) does not have anything mounted") }
        let target = device.flatMap { $0.isEmpty ? nil : $0 } ?? name
        return try await run(call, ["umount"] + (lazy ? ["-l"] : []) + [target], user: user)
    }

    private static func isFuse(_ call: CallContext, program: String) async throws -> Bool {
        guard let path = await call.host.which(program) else { return false }
        guard await call.host.which("ldd") != nil else { throw ExecutionError("ldd") }
        return try await call.host.run("ldd", path).text.contains("libfuse")
    }

    private static func device(_ call: CallContext, path: String) async throws -> Value {
        let point = try await MountTable.mountPoint(of: path, call)
        return try await MountTable.active(call)[point]?["device"] ?? .null
    }

    private static func remember(
        _ call: CallContext, name: String, device: Value, makes: Value, type: Value, options: Value
    ) async throws -> Bool {
        try await MountCache(call: call).set(name, ["device": device, "fstype": type, "mkmnt": makes, "opts": options])
        return true
    }

    private static func forget(_ call: CallContext, name: String) async throws -> Bool {
        try await MountCache(call: call).remove(name)
        return true
    }
}
