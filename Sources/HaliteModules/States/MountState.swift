import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// File systems that are mounted, or are not, and swap space.
package struct MountState: StateModule {
    package static let name = "mount"
    package static let summary = "File systems that are mounted, or are not, and swap space."

    package static let functions: [StateFunction] = [
        StateFunction("mounted", "A file system is mounted.", Settings.self, body: mounted),
        StateFunction(
            "swap", "Swap space is in use.", .required("name", "Device or file."),
            .optional("persist", true, "Also in the table of file systems."),
            .optional("config", "/etc/fstab", "The table."), body: swap),
        StateFunction(
            "unmounted", "A file system is not mounted.", .required("name", "The mount point."),
            .optional("device", nil as String?, "The device."),
            .optional("config", "/etc/fstab", "The table of file systems."), .optional("persist", false, "Take it out of the table too."),
            .optional("user", nil as String?, "Who unmounts."), body: unmounted),
        StateFunction("fstab_present", "The table of file systems has an entry.", FstabSettings.self, body: fstabPresent),
        StateFunction(
            "fstab_absent", "The table of file systems has no such entry.", .required("name", "The device."),
            .required("fs_file", "The mount point."), .optional("mount_by", nil as String?, "Which name of the device the table has."),
            .optional("config", "/etc/fstab", "The table."), body: fstabAbsent),
        StateFunction("mod_watch", "What a mount watches has changed: mount it again.", WatchSettings.self, body: watch),
    ]

    struct Settings: ArgumentGroup {
        var device = ""
        var fstype = ""
        var mkmnt = false
        var opts: Value = "defaults"
        var dump = "0"
        var passNum = "0"
        var config = "/etc/fstab"
        var persist = true
        var mount = true
        var user: String?
        var matchOn: Value = "auto"
        var deviceNameRegex: [String] = []
        var invisibleOptions: [String] = []
        var invisibleKeys: [String] = []
        var ignoredKeys: ValueMap = [:]
        var translated: ValueMap = [:]
        var hiddenOpts: Value = .null
        var copiesOptions = true

        static let fields: [ArgumentField<Settings>] = [
            .field("device", \.device, "The device.", required: true),
            .field("fstype", \.fstype, "The type of the file system.", required: true),
            .field("mkmnt", \.mkmnt, "Make the mount point."),
            .field("opts", \.opts, "Options: text or list."),
            .field("dump", \.dump, "Whether dump saves it."),
            .field("pass_num", \.passNum, "When fsck checks it."),
            .field("config", \.config, "The table of file systems."),
            .field("persist", \.persist, "Also in the table."),
            .field("mount", \.mount, "Mount it now."),
            .field("user", \.user, "Who mounts."),
            .field("match_on", \.matchOn, "The columns of the table that find a line: auto, one name or a list."),
            .field("device_name_regex", \.deviceNameRegex, "A device that matches stands for the wanted one."),
            .field("extra_mount_invisible_options", \.invisibleOptions, "Options that the kernel does not tell."),
            .field("extra_mount_invisible_keys", \.invisibleKeys, "Options whose value the kernel does not tell."),
            .field("extra_mount_ignore_fs_keys", \.ignoredKeys, "For a type, options whose value does not count."),
            .field("extra_mount_translate_options", \.translated, "Options that the kernel tells in other words."),
            .field("hidden_opts", \.hiddenOpts, "Options that are not compared."),
            .field("bind_mount_copy_active_opts", \.copiesOptions, "A bind mount has the options of what it shows."),
        ]
    }

    struct WatchSettings: ArgumentGroup {
        var sfun = "mounted"
        var settings = Settings()
        static let fields: [ArgumentField<WatchSettings>] =
            [
                .field("sfun", \.sfun, "The watching function."),
                .field("device", \.settings.device, "The device."),
                .field("fstype", \.settings.fstype, "The type of the file system."),
            ] + Settings.fields.dropFirst(2).map { $0.within(\.settings) }
    }

    private static func watch(_ state: StateContext, _ given: WatchSettings) async throws -> StateResult {
        guard given.sfun == "mounted" else { return state.unchanged("Watch not supported in \(given.sfun) at this time") }
        let settings = given.settings
        let answer = try await MountModule.remount(
            state.call, name: state.name, device: settings.device, makes: false, type: settings.fstype, given: settings.opts,
            user: settings.user)
        if answer == true { return state.unchanged("\(state.name) remounted") }
        return state.failed("\(state.name) failed to remount: \(answer.pythonString)")
    }

    // MARK: - Swap space

    private static func swap(_ state: StateContext, name: String, persist: Bool, config: String) async throws -> StateResult {
        let call = state.call
        var device = name
        if try await call.host.isLink(name) {
            let target = try await call.host.readLink(name)
            device = target.hasPrefix("/") ? target : "/dev/" + Path.name(target)
        }
        let active = try await MountModule.swaps(call)
        let isActive = active[device] != nil
        let table = try await MountModule.fstab(call, config: config)
        let isListed = table[name] != nil || table.contains { $0.value["device"] == .string(name) }
        return try await state.either(
            would: {
                var result: Bool? = isActive ? true : nil
                var comment = isActive ? "Swap \(name) already active" : "Swap \(name) is set to be activated"
                if persist, !isListed {
                    result = nil
                    if active[name] != nil { comment = "Swap \(name) is set to be added to the fstab and to be activated" }
                }
                return StateResult(name: name, result: result, comment: comment)
            },
            do: {
                var result = state.unchanged("Swap \(name) already active")
                if !isActive {
                    let answer = try await MountModule.swapOn(call, name: device, priority: nil)
                    if let stats = answer["stats"]?.mapValue {
                        result = StateResult(name: name, result: true, comment: "Swap \(name) activated", changes: stats)
                    } else {
                        result = state.failed("Swap \(name) failed to activate")
                    }
                }
                let other = table["none"]
                if !persist || (other?["device"] == .string(name) && other?["fstype"] != "swap") { return result }
                let entry = MountModule.FstabSettings(name: "none", device: name, fstype: "swap", config: config)
                note(try await MountModule.setFstab(call, entry), in: &result, whenPresent: "")
                return result
            })
    }

    /// Adds to a result what became of the table's entry.
    static func note(_ outcome: String, in result: inout StateResult, whenPresent: String) {
        switch outcome {
        case "new":
            result.changes["persist"] = "new"
            result.comment += ". Added new entry to the fstab."
        case "change":
            result.changes["persist"] = "update"
            result.comment += ". Updated the entry in the fstab."
        default: result.comment += whenPresent
        }
    }

    // MARK: - Not mounted

    private static func unmounted(
        _ state: StateContext, name: String, device: String?, config: String, persist: Bool, user: String?
    ) async throws -> StateResult {
        let call = state.call
        if name.isEmpty { return state.failed("Must provide name to mount.unmounted") }
        let key = name.parts(" ").joined(separator: "\\040")
        let isActive = try await MountTable.active(call, extended: true)[key] != nil
        let entry = persist ? try await MountModule.fstab(call, config: config)[name] : nil
        let isOther = entry != nil && device.map { entry?["device"] != .string($0) } ?? false
        /// What the table adds to a comment when nothing is to be removed from it.
        let remark =
            !persist ? "" : entry == nil ? ". fstab entry not found" : isOther ? ". fstab entry for device \(device ?? "") not found" : ""
        return try await state.either(
            would: {
                if isActive { return StateResult(name: name, result: nil, comment: "Mount point \(name) is mounted but should not be") }
                if entry == nil || isOther { return state.unchanged("Target was already unmounted" + remark) }
                return StateResult(
                    name: name, result: nil,
                    comment: "Mount point \(name) is unmounted but needs to be purged from \(config) to be made persistent")
            },
            do: {
                var result = state.unchanged("Target was already unmounted")
                if isActive {
                    let answer = try await MountModule.umount(call, name: name, device: device, user: user, lazy: false)
                    if answer == true {
                        result.comment = "Target was successfully unmounted"
                        result.changes["umount"] = true
                    } else {
                        result = state.failed(answer.pythonString)
                    }
                    try await MountCache(call: call).remove(name)
                }
                guard persist, entry != nil, !isOther else {
                    result.comment += remark
                    return result
                }
                _ = try await MountModule.removeFstab(call, name: name, device: device, config: config)
                result.comment += ". Removed target from fstab"
                result.changes["persist"] = "purged"
                return result
            })
    }
}
