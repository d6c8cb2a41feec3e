import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Physical volumes, volume groups and logical volumes that are there, or are not.
package struct LvmState: StateModule {
    package static let name = "lvm"
    package static let summary = "Physical volumes, volume groups and logical volumes that are there, or are not."
    package static let requires: Requirement = .command("lvm")

    private static let options: Parameter<ValueMap> = .keywords("kwargs", "Options of the program.")

    package static let functions: [StateFunction] = [
        StateFunction("pv_present", "A device is a physical volume.", .required("name", "The device."), options, body: physicalPresent),
        StateFunction("pv_absent", "A device is no physical volume.", .required("name", "The device."), body: physicalAbsent),
        StateFunction(
            "vg_present", "There is a volume group with these devices.", .required("name", "The group."),
            .optional("devices", nil as Value, "Devices: a list, or a text with commas."), options, body: groupPresent),
        StateFunction("vg_absent", "There is no such volume group.", .required("name", "The group."), body: groupAbsent),
        StateFunction("lv_present", "There is a logical volume.", Settings.self, body: logicalPresent),
        StateFunction(
            "lv_absent", "There is no such logical volume.", .required("name", "The volume."),
            .optional("vgname", nil as String?, "Its group."),
            body: logicalAbsent),
    ]

    struct Settings: ArgumentGroup {
        var creation = LvmModule.Creation()
        var resizefs = false

        static let fields: [ArgumentField<Settings>] =
            [.field("vgname", \.creation.vgname, "Its group.")] + LvmModule.Creation.sizing.map { $0.within(\.creation) }
            + [.field("resizefs", \.resizefs, "Resize the file system too.")] + LvmModule.Creation.programs.map { $0.within(\.creation) }
    }

    private static func would(_ state: StateContext, _ comment: String) -> StateResult {
        StateResult(name: state.name, result: nil, comment: comment)
    }

    // MARK: - Physical volumes

    private static func isPhysical(_ state: StateContext) async throws -> Bool {
        try await !LvmModule.physical(state.call, name: state.name, real: false).isEmpty
    }

    private static func physicalPresent(_ state: StateContext, name: String, given: ValueMap) async throws -> StateResult {
        if try await isPhysical(state) { return state.unchanged("Physical Volume \(name) already present") }
        return try await state.either(
            would: { would(state, "Physical Volume \(name) is set to be created") },
            do: {
                var more = given
                let override = try more.removeValue(forKey: "override").map { try Bool(value: $0) } ?? true
                let force = try more.removeValue(forKey: "force").map { try Bool(value: $0) } ?? true
                let made = try await LvmModule.makePhysical(
                    state.call, devices: .string(name), override: override, force: force, given: more)
                guard try await isPhysical(state) else { return state.failed("Failed to create Physical Volume \(name)") }
                return StateResult(name: name, result: true, comment: "Created Physical Volume \(name)", changes: ["created": made])
            })
    }

    private static func physicalAbsent(_ state: StateContext, name: String) async throws -> StateResult {
        if try await !isPhysical(state) { return state.unchanged("Physical Volume \(name) does not exist") }
        return try await state.either(
            would: { would(state, "Physical Volume \(name) is set to be removed") },
            do: {
                let made = try await LvmModule.removePhysical(state.call, devices: .string(name))
                if try await isPhysical(state) { return state.failed("Failed to remove Physical Volume \(name)") }
                return StateResult(name: name, result: true, comment: "Removed Physical Volume \(name)", changes: ["removed": made])
            })
    }

    // MARK: - Groups

    private static func isGroup(_ state: StateContext) async throws -> Bool {
        try await !LvmModule.groups(state.call, name: state.name).isEmpty
    }

    private static func groupPresent(_ state: StateContext, name: String, devices: Value, given: ValueMap) async throws -> StateResult {
        if try await isGroup(state) { return try await extended(state, devices.isTruthy ? LvmModule.list(devices) : []) }
        return try await state.either(
            would: { would(state, "Volume Group \(name) is set to be created") },
            do: {
                var more = given
                let force = try more.removeValue(forKey: "force").map { try Bool(value: $0) } ?? false
                let made = try await LvmModule.makeGroup(state.call, name: name, devices: devices, force: force, given: more)
                guard try await isGroup(state) else { return state.failed("Failed to create Volume Group \(name)") }
                return StateResult(name: name, result: true, comment: "Created Volume Group \(name)", changes: ["created": made])
            })
    }

    private static func extended(_ state: StateContext, _ devices: [String]) async throws -> StateResult {
        let name = state.name
        var result = state.unchanged("Volume Group \(name) already present")
        var missing: [(device: String, real: String)] = []
        func group(_ real: String) async throws -> String? {
            try await LvmModule.physical(state.call, name: real, real: true)[real]?["Volume Group Name"]?.stringValue
        }
        func fail(_ sentence: String) {
            result.comment += "\n" + sentence
            result.result = false
        }
        for device in devices {
            let real = try await state.call.host.resolved(device)
            switch try await group(real) {
            case name: result.comment += "\n\(device) is part of Volume Group"
            case "", "#orphans_lvm2": missing.append((device, real))
            case let other?: fail("\(device) is part of \(other)")
            case nil: fail("pv \(device) is not present")
            }
        }
        if missing.isEmpty { return result }
        let found = result
        return try await state.either(
            would: {
                // Salt extends the group under test=True as well.
                var result = found
                for (device, _) in missing { result.comment += "\n\(device) is set to be added" }
                if result.result == true { result.result = nil }
                return result
            },
            do: {
                var result = found
                for (device, real) in missing {
                    _ = try await LvmModule.extendGroup(state.call, name: name, devices: .string(device))
                    if try await group(real) == name {
                        result.changes[.string(device)] = .string("added to \(name)")
                    } else {
                        result.comment += "\n\(device) could not be added"
                        result.result = false
                    }
                }
                return result
            })
    }

    private static func groupAbsent(_ state: StateContext, name: String) async throws -> StateResult {
        if try await !isGroup(state) { return state.unchanged("Volume Group \(name) already absent") }
        return try await state.either(
            would: { would(state, "Volume Group \(name) is set to be removed") },
            do: {
                let made = try await LvmModule.removeGroup(state.call, name: name)
                if try await isGroup(state) { return state.failed("Failed to remove Volume Group \(name)") }
                return StateResult(name: name, result: true, comment: "Removed Volume Group \(name)", changes: ["removed": made])
            })
    }

    // MARK: - Logical volumes

    /// Megabytes of a size such as `10G`.
    private static func megabytes(_ size: String) throws -> Double {
        var text = size.lowercased()
        var unit: Character = "m"
        if text.hasSuffix("b") {
            text.removeLast()
            unit = text.popLast() ?? "m"
        } else if let last = text.last, !last.isNumber {
            unit = last
            text.removeLast()
        }
        guard let number = Double(text), text.last?.isNumber == true else { throw ExecutionError("Size \(size) is invalid.") }
        switch unit {
        case "s": return number / 2048
        case "m": return number
        case "g": return number * 1024
        case "t": return number * 1024 * 1024
        case "p": return number * 1024 * 1024 * 1024
        default: throw ExecutionError("Unit \(unit) is invalid.")
        }
    }

    private static func logicalPresent(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        var wanted = settings.creation
        let (size, extents) = (wanted.size ?? "", wanted.extents ?? "")
        if !size.isEmpty, !extents.isEmpty { return state.failed("Only one of extents or size can be specified.") }
        if !size.isEmpty { _ = try megabytes(size) }
        wanted.lvname = state.name
        if let snapshot = wanted.snapshot, !snapshot.isEmpty { (wanted.lvname, wanted.snapshot) = (snapshot, state.name) }
        let name = wanted.lvname
        let path = "/dev/\(wanted.thinvolume ? wanted.vgname.parts("/")[0] : wanted.vgname)/\(name)"
        if let found = try await LvmModule.logical(state.call, name: path)[path] {
            return try await resized(state, settings, name, path, found)
        }
        let creation = wanted
        return try await state.either(
            would: { would(state, "Logical Volume \(name) is set to be created") },
            do: {
                let made = try await LvmModule.makeLogical(state.call, creation)
                if try await LvmModule.logical(state.call, name: path).isEmpty {
                    let words = made["Output from lvcreate"]?.pythonString ?? made.pythonString
                    return state.failed("Failed to create Logical Volume \(name). Error: \(words)")
                }
                return StateResult(name: state.name, result: true, comment: "Created Logical Volume \(name)", changes: ["created": made])
            })
    }

    private static func resized(_ state: StateContext, _ settings: Settings, _ name: String, _ path: String, _ found: Value) async throws
        -> StateResult
    {
        let (size, extents) = (settings.creation.size ?? "", settings.creation.extents ?? "")
        var comment = "Logical Volume \(name) already present"
        if size.isEmpty, extents.isEmpty { return state.unchanged(comment) }
        func current(_ volume: Value) throws -> Double { try megabytes((volume["Logical Volume Size"]?.pythonString ?? "0") + "s") }
        let oldExtents = Int(found["Current Logical Extents Associated"]?.pythonString ?? "") ?? 0
        let old = try current(found)
        var (newExtents, new) = (oldExtents, old)
        if !size.isEmpty {
            new = try megabytes(size)
        } else if extents.contains("%") {
            comment = "Logical Volume \(name) already present, \(extents) won't be resized."
        } else if let number = Int(extents) {
            newExtents = number
        }
        if !settings.creation.force, new < old || newExtents < oldExtents {
            return state.failed("To reduce a Logical Volume option 'force' must be True.")
        }
        if new == old, newExtents == oldExtents { return state.unchanged(comment) }
        return try await state.either(
            would: { would(state, "Logical Volume \(name) is set to be resized") },
            do: {
                let made = try await LvmModule.resizeLogical(
                    state.call, size: size.isEmpty ? nil : size, path: path, extents: size.isEmpty ? extents : nil,
                    force: settings.creation.force,
                    withFiles: settings.resizefs)
                let after = try await LvmModule.logical(state.call, name: path)[path] ?? found
                if try current(after) == old {
                    return state.failed(
                        "Failed to resize Logical Volume \(name).\nError: \(made["Output from lvresize"]?.pythonString ?? "")")
                }
                return StateResult(
                    name: state.name, result: true, comment: "Resized Logical Volume \(name)", changes: ["resized": .map(made)])
            })
    }

    private static func logicalAbsent(_ state: StateContext, name: String, group: String?) async throws -> StateResult {
        let group = group ?? "None"
        let path = "/dev/\(group)/\(name)"
        if try await LvmModule.logical(state.call, name: path).isEmpty { return state.unchanged("Logical Volume \(name) already absent") }
        return try await state.either(
            would: { would(state, "Logical Volume \(name) is set to be removed") },
            do: {
                let made = try await LvmModule.removeLogical(state.call, name: name, group: group)
                guard try await LvmModule.logical(state.call, name: path).isEmpty else {
                    return state.failed("Failed to remove Logical Volume \(name)")
                }
                return StateResult(name: name, result: true, comment: "Removed Logical Volume \(name)", changes: ["removed": made])
            })
    }
}
