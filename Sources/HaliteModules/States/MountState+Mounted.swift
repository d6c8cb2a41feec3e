import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `mount.mounted`: what is mounted compared with what should be, and what follows.
extension MountState {
    static func mounted(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        for (value, word) in [(state.name, "name"), (settings.device, "device"), (settings.fstype, "fstype")] where value.isEmpty {
            return state.failed("Must provide \(word) to mount.mounted")
        }
        let comparison: MountComparison
        do {
            comparison = try await MountComparison(state.call, state.name, settings)
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
        return try await state.either(
            would: { try await plan(state, settings, comparison) },
            do: {
                try await apply(state, settings, comparison)
            })
    }

    // MARK: - Planning

    private static func plan(_ state: StateContext, _ settings: Settings, _ found: MountComparison) async throws -> StateResult {
        func would(_ comment: String) -> StateResult { StateResult(name: state.name, result: nil, comment: comment) }
        let name = found.name
        var result = state.unchanged("")
        if found.isMounted, settings.mount {
            if !found.differing.isEmpty {
                return would(
                    "Remount would be forced because options (\(found.differing.sorted(by: bytes).joined(separator: ","))) changed")
            }
            if !found.forgotten.isEmpty {
                return would("Remount would be forced because options (\(found.forgotten.joined(separator: ",")))changed")
            }
            switch found.device {
            case .same: result.comment = "Target was already mounted"
            case .tolerated(let device): result.comment = tolerated(device)
            case .other: result = would("An umount would have been forced because devices do not match.  Watched: \(settings.device)")
            }
        }
        if !found.isMounted {
            let exists = try await state.call.host.status(name) != nil
            if settings.mount {
                return would(
                    exists
                        ? "\(name) would be mounted"
                        : settings.mkmnt ? "\(name) would be created and mounted" : "\(name) does not exist and would not be created")
            }
            if exists {
                result.comment = "\(name) would not be mounted"
            } else {
                result = would(
                    settings.mkmnt
                        ? "\(name) would be created, but not mounted" : "\(name) does not exist and would neither be created nor mounted")
            }
        }
        guard settings.persist else { return result }
        switch try await setFstab(state, settings, found, test: true) {
        case "present": result.comment += ". Entry already exists in the fstab."
        case "new":
            result.result = nil
            result.comment +=
                settings.mount
                ? ". \(name) is mounted, but needs to be written to the fstab in order to be made persistent."
                : ". \(name) needs to be written to the fstab in order to be made persistent."
        default:
            result.result = nil
            result.comment +=
                settings.mount
                ? ". \(name) is mounted, but its fstab entry must be updated." : ". The \(name) fstab entry must be updated."
        }
        return result
    }

    private static func bytes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

    private static func tolerated(_ device: String) -> String {
        "An umount will not be forced because device matched device_name_regex: \(device)"
    }

    private static func setFstab(_ state: StateContext, _ settings: Settings, _ found: MountComparison, test: Bool) async throws -> String {
        let entry = MountModule.FstabSettings(
            name: found.name, device: settings.device, fstype: settings.fstype, opts: found.options.value, dump: settings.dump,
            passNum: settings.passNum, config: settings.config, test: test, matchOn: settings.matchOn)
        return try await MountModule.setFstab(state.call, entry)
    }

    // MARK: - Applying

    private static func apply(_ state: StateContext, _ settings: Settings, _ found: MountComparison) async throws -> StateResult {
        let call = state.call
        var result = state.unchanged("")
        var remembers = false
        var isMounted = found.isMounted
        if isMounted, settings.mount {
            if !found.differing.isEmpty {
                let words = found.differing.sorted(by: bytes).joined(separator: ",")
                if let failure = try await again(state, settings, found, words, lazily: true, &result) { return failure }
                remembers = true
            }
            if !found.forgotten.isEmpty {
                if let failure = try await again(state, settings, found, found.lastOption, lazily: false, &result) { return failure }
                remembers = true
            }
            if !found.isRemembered { remembers = true }
            switch found.device {
            case .same: if result.result == true { result.comment = "Target was already mounted" }
            case .tolerated(let device): result.comment = tolerated(device)
            case .other:
                let real = found.realDevice == settings.device ? "" : " (\(found.realDevice))"
                result.changes["umount"] = .string(
                    "Forced unmount because devices don't match. Wanted: \(settings.device)\(real), current: "
                        + found.devices.joined(separator: ", ")
                )
                _ = try await MountModule.umount(call, name: found.realName, device: nil, user: settings.user, lazy: false)
                isMounted = try await MountTable.active(call, extended: true)[found.key] != nil
                if isMounted { return state.failed("Unable to unmount", changes: result.changes) }
                remembers = true
            }
        }
        if !isMounted {
            let exists = try await call.host.status(found.name) != nil
            if settings.mount {
                if !exists, !settings.mkmnt { return state.failed("Mount directory is not present", changes: result.changes) }
                let answer = try await mount(state, settings, found, at: found.name)
                if answer != true { return state.failed(answer.pythonString, changes: result.changes) }
                remembers = true
                if try await MountTable.active(call, extended: true)[found.key] != nil {
                    result.comment = "Target was successfully mounted"
                    result.changes["mount"] = true
                }
            } else if exists {
                result.comment = "\(found.name) not mounted"
            } else if settings.mkmnt {
                _ = try await call.call("file.mkdir", .string(found.name), keywords: ["user": settings.user.value])
                result.comment = "\(found.name) was created, not mounted"
            } else {
                result.comment = "\(found.name) not present and not mounted"
            }
        }
        guard settings.persist else { return result }
        let outcome = try await setFstab(state, settings, found, test: false)
        if remembers {
            try await MountCache(call: call).set(
                found.realName,
                [
                    "device": .string(settings.device), "fstype": .string(settings.fstype), "mkmnt": .bool(settings.mkmnt),
                    "opts": found.options.value,
                ])
        }
        note(outcome, in: &result, whenPresent: ". Entry already exists in the fstab.")
        return result
    }

    private static func mount(_ state: StateContext, _ settings: Settings, _ found: MountComparison, at name: String) async throws -> Value
    {
        try await MountModule.mount(
            state.call,
            MountModule.MountSettings(
                name: name, device: .string(settings.device), mkmnt: settings.mkmnt, fstype: settings.fstype, opts: found.options.value,
                user: settings.user))
    }

    /// Mounts with other options: at once, or by unmounting where the kind of file system wants it. Returns a failure that ends all.
    private static func again(
        _ state: StateContext, _ settings: Settings, _ found: MountComparison, _ words: String, lazily: Bool, _ result: inout StateResult
    ) async throws -> StateResult? {
        let call = state.call
        let type = settings.fstype
        let answer: Value
        if ["nfs", "cvfs"].contains(type) || type.hasPrefix("fuse") {
            result.changes["umount"] = .string("Forced unmount and mount because options (\(words)) changed")
            var gone = try await MountModule.umount(call, name: found.realName, device: nil, user: nil, lazy: false)
            if gone != true {
                if lazily {
                    result.changes["umount"] = .string(
                        "Forced a lazy unmount and mount because the previous unmount failed and because the options (\(words)) changed")
                }
                gone = try await MountModule.umount(call, name: found.realName, device: nil, user: nil, lazy: true)
            }
            if gone != true { return state.failed("Unable to unmount \(found.realName): \(gone.pythonString).", changes: result.changes) }
            answer = try await mount(state, settings, found, at: found.realName)
        } else {
            result.changes["umount"] = .string("Forced remount because options (\(words)) changed")
            answer = try await MountModule.remount(
                call, name: found.realName, device: settings.device, makes: settings.mkmnt, type: type, given: found.options.value,
                user: nil)
        }
        // Salt puts the program's complaint in the place of the result.
        if answer != true {
            result.result = false
            result.comment = answer.pythonString
        }
        return nil
    }
}
