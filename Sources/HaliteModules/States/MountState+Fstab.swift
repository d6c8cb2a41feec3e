import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Entries of the table of file systems by themselves.
extension MountState {
    struct FstabSettings: ArgumentGroup {
        var file = ""
        var type = ""
        var options: Value = "defaults"
        var frequency = "0"
        var pass = "0"
        var mountBy: String?
        var config = "/etc/fstab"
        var mount = true
        var matchOn: Value = "auto"
        var notChange = false
        var ignored: Value = true

        static let fields: [ArgumentField<FstabSettings>] = [
            .field("fs_file", \.file, "The mount point.", required: true),
            .field("fs_vfstype", \.type, "The type of the file system.", required: true),
            .field("fs_mntops", \.options, "Options: text or list."),
            .field("fs_freq", \.frequency, "Whether dump saves it."),
            .field("fs_passno", \.pass, "When fsck checks it."),
            .field("mount_by", \.mountBy, "Which name of the device to write: device, label, uuid, partlabel or partuuid."),
            .field("config", \.config, "The table."),
            .field("mount", \.mount, "Mount it when the entry is new."),
            .field("match_on", \.matchOn, "The columns that find a line: auto, one name or a list."),
            .field("not_change", \.notChange, "Leave a line that is found as it is."),
            .field("fs_mount", \.ignored, "For AIX."),
        ]
    }

    /// The device by another of its names, which `blkid` tells.
    private static func converted(_ call: CallContext, _ device: String, _ kind: String?) async throws -> String? {
        guard let kind, !kind.isEmpty else { return device }
        let word = kind.uppercased()
        if (kind == "device" && device.hasPrefix("/")) || device.hasPrefix(word + "=") { return device }
        let found =
            device.hasPrefix("/")
            ? try await call.call("disk.blkid", .string(device)) : try await call.call("disk.blkid", keywords: ["token": .string(device)])
        guard let map = found.mapValue, map.count == 1, let only = map.first else { return nil }
        if kind == "device" { return only.key.pythonString }
        return only.value[word]?.stringValue.map { "\(word)=\($0)" }
    }

    private static func trimmed(_ path: String) -> String {
        var path = path
        while path != "/", path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// Salt's comments of these two states are lists of sentences, which it shows line by line.
    private static func result(_ state: StateContext, _ result: Bool?, _ sentences: [String], changes: ValueMap = [:]) -> StateResult {
        StateResult(name: state.name, result: result, comment: sentences.joined(separator: "\n"), changes: changes)
    }

    static func fstabPresent(_ state: StateContext, _ settings: FstabSettings) async throws -> StateResult {
        let call = state.call
        let file = trimmed(settings.file)
        guard let device = try await converted(call, state.name, settings.mountBy), !device.isEmpty else {
            return result(state, false, ["Device \(state.name) cannot be converted to \(settings.mountBy ?? "None")"])
        }
        func set(test: Bool) async throws -> String {
            try await MountModule.setFstab(
                call,
                MountModule.FstabSettings(
                    name: file, device: device, fstype: settings.type, opts: settings.options, dump: settings.frequency,
                    passNum: settings.pass,
                    config: settings.config, test: test, matchOn: settings.matchOn, notChange: settings.notChange))
        }
        let config = settings.config
        return try await state.either(
            would: {
                switch try await set(test: true) {
                case "present": return result(state, true, ["\(file) entry is already in \(config)."])
                case "new":
                    let more = settings.mount ? ["Will mount \(state.name) on \(file)"] : []
                    return result(state, nil, ["\(file) entry will be written in \(config)."] + more)
                default: return result(state, nil, ["\(file) entry will be updated in \(config)."])
                }
            },
            do: {
                switch try await set(test: false) {
                case "present": return result(state, true, ["\(file) entry was already in \(config)."])
                case "new":
                    let added = "\(file) entry added in \(config)."
                    guard settings.mount else { return result(state, true, [added], changes: ["persist": "new"]) }
                    let answer = try await MountModule.mount(call, MountModule.MountSettings(name: file))
                    if answer == true {
                        return result(state, true, [added, "Mounted \(state.name) on \(file)"], changes: ["persist": "new"])
                    }
                    let words = answer.pythonString.parts(":", maxSplits: 1)
                    return result(state, false, [added, "Error while mounting \(words.last ?? "")"], changes: ["persist": "new"])
                default: return result(state, true, ["\(file) entry updated in \(config)."], changes: ["persist": "change"])
                }
            })
    }

    static func fstabAbsent(_ state: StateContext, name: String, file given: String, mountBy: String?, config: String) async throws
        -> StateResult
    {
        let file = trimmed(given)
        let device = try await converted(state.call, name, mountBy)
        let isListed = try await MountModule.fstab(state.call, config: config)[file] != nil
        let missing = "\(file) entry is already missing in \(config)."
        return try await state.either(
            would: {
                result(state, nil, [isListed ? "\(file) entry will be removed from \(config)." : missing])
            },
            do: {
                guard isListed else { return result(state, true, [missing]) }
                _ = try await MountModule.removeFstab(state.call, name: file, device: device, config: config)
                return result(state, true, ["\(file) entry removed from \(config)."], changes: ["persist": "removed"])
            })
    }
}
