import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Making, growing and removing of volumes.
extension LvmModule {
    private static let devices: Parameter<Value> = .required("devices", "Devices: a list, or a text with commas.")
    private static let override: Parameter<Bool> = .optional("override", true, "Pass over those for which there is nothing to do.")
    private static let force: Parameter<Bool> = .optional("force", true, "Do not ask.")
    private static let softly: Parameter<Bool> = .optional("force", false, "Do not ask.")
    private static let options: Parameter<ValueMap> = .keywords("kwargs", "Options of the program.")

    static let changing: [Function] = [
        Function("pvcreate", "Make physical volumes; return true or the complaint.", devices, override, force, options, body: makePhysical),
        Function("pvremove", "Remove physical volumes; return true or the complaint.", devices, override, force, body: removePhysical),
        Function(
            "pvresize", "Adjust physical volumes to their devices; return true or the complaint.", devices, override, force,
            body: resizePhysical),
        Function("vgcreate", "Make a volume group.", .required("vgname", "The group."), devices, softly, options, body: makeGroup),
        Function("vgextend", "Add devices to a volume group.", .required("vgname", "The group."), devices, softly, body: extendGroup),
        Function("vgremove", "Remove a volume group.", .required("vgname", "The group."), force, body: removeGroup),
        Function("lvcreate", "Make a logical volume.", Creation.self, body: makeLogical),
        Function(
            "lvremove", "Remove a logical volume.", .required("lvname", "The volume."), .required("vgname", "Its group."), force,
            body: removeLogical),
        Function(
            "lvresize", "Give a logical volume another size.", .optional("size", nil as String?, "The size."),
            .optional("lvpath", nil as String?, "The volume's path."), .optional("extents", nil as String?, "The size in extents."), softly,
            .optional("resizefs", false, "The file system too."), body: resizeLogical),
        Function(
            "lvextend", "Let a logical volume grow.", .optional("size", nil as String?, "The size."),
            .optional("lvpath", nil as String?, "The volume's path."), .optional("extents", nil as String?, "The size in extents."), softly,
            .optional("resizefs", false, "The file system too."), body: extendLogical),
    ]

    struct Creation: ArgumentGroup {
        var lvname = ""
        var vgname = ""
        var size: String?
        var extents: String?
        var snapshot: String?
        var pv: String?
        var thinvolume = false
        var thinpool = false
        var force = false
        /// The program's own options by name, in Salt's order.
        var more: [String: Value] = [:]

        static let flags = ["nosync", "noudevsync", "ignoremonitoring", "thin"]
        static let valued = [
            "activate", "chunksize", "contiguous", "discards", "stripes", "stripesize", "minor", "persistent", "mirrors", "monitor",
            "permission",
            "poolmetadatasize", "readahead", "regionsize", "type", "virtualsize", "zero",
        ]

        static let sizing: [ArgumentField<Creation>] = [
            .field("size", \.size, "The size, such as 10G."),
            .field("extents", \.extents, "The size in extents, or such as 100%FREE."),
            .field("snapshot", \.snapshot, "The volume that it is a snapshot of."),
            .field("pv", \.pv, "The physical volume to use."),
            .field("thinvolume", \.thinvolume, "Make a thin volume."),
            .field("thinpool", \.thinpool, "Make a thin pool."),
            .field("force", \.force, "Do not ask."),
        ]

        static let programs: [ArgumentField<Creation>] =
            (flags + valued).map { name in .field(name, \.more[value: name], "An option of lvcreate.") }

        static let fields: [ArgumentField<Creation>] =
            [.field("lvname", \.lvname, "The volume.", required: true), .field("vgname", \.vgname, "Its group.", required: true)] + sizing
            + programs
    }

    static func list(_ devices: Value) -> [String] { devices.listValue?.map(\.pythonString) ?? devices.pythonString.parts(",") }

    private static func mode(_ force: Bool) -> String { force ? "--yes" : "-qq" }

    /// Options that the program knows, in the order in which they were given; others are passed over, as in Salt.
    private static func known(_ given: ValueMap, _ names: String, flags: Set<String> = []) -> [String] {
        let names = Set(names.words())
        return given.flatMap { key, value -> [String] in
            let name = key.pythonString
            guard value.isTruthy, names.contains(name) else { return [] }
            return flags.contains(name) ? ["--\(name)"] : ["--\(name)", value.pythonString]
        }
    }

    // MARK: - Physical volumes

    static func makePhysical(_ call: CallContext, devices: Value, override: Bool, force: Bool, given: ValueMap) async throws -> Value {
        guard devices.isTruthy else { return "Error: at least one device is required" }
        var words = ["pvcreate", mode(force)]
        for device in list(devices) {
            guard try await call.host.status(device) != nil else { return .string("\(device) does not exist") }
            if try await physical(call, name: device, real: false).isEmpty {
                words.append(device)
            } else if !override {
                return .string("Device \"\(device)\" is already an LVM physical volume.")
            }
        }
        if words.count == 2 { return true }
        words += known(
            given,
            "metadatasize dataalignment dataalignmentoffset pvmetadatacopies metadatacopies metadataignore restorefile norestorefile labelsector setphysicalvolumesize",
            flags: ["norestorefile"])
        let result = try await call.host.run(Command(words))
        guard result.succeeded else { return .string(result.errorText) }
        for device in list(devices) where try await physical(call, name: device, real: false).isEmpty {
            return .string("Device \"\(device)\" was not affected.")
        }
        return true
    }

    private static func present(_ call: CallContext, _ devices: Value, _ override: Bool, _ words: inout [String]) async throws -> Value? {
        for device in list(devices) {
            if try await !physical(call, name: device, real: false).isEmpty {
                words.append(device)
            } else if !override {
                return .string("\(device) is not a physical volume")
            }
        }
        return words.count == 2 ? true : nil
    }

    static func removePhysical(_ call: CallContext, devices: Value, override: Bool = true, force: Bool = true) async throws -> Value {
        var words = ["pvremove", mode(force)]
        if let answer = try await present(call, devices, override, &words) { return answer }
        let result = try await call.host.run(Command(words))
        guard result.succeeded else { return .string(result.errorText) }
        for device in list(devices) where try await !physical(call, name: device, real: false).isEmpty {
            return .string("Device \"\(device)\" was not affected.")
        }
        return true
    }

    private static func resizePhysical(_ call: CallContext, devices: Value, override: Bool, force: Bool) async throws -> Value {
        var words = ["pvresize", mode(force)]
        if let answer = try await present(call, devices, override, &words) { return answer }
        let result = try await call.host.run(Command(words))
        return result.succeeded ? true : .string(result.errorText)
    }

    // MARK: - Groups

    private static func said(_ result: CommandResult, _ done: String) -> Value {
        .string(result.succeeded ? done : result.errorText.stripped())
    }

    static func makeGroup(_ call: CallContext, name: String, devices: Value, force: Bool, given: ValueMap) async throws -> Value {
        guard !name.isEmpty, devices.isTruthy else { return "Error: vgname and device(s) are both required" }
        let more = known(
            given,
            "addtag alloc autobackup clustered maxlogicalvolumes maxphysicalvolumes metadatatype vgmetadatacopies metadatacopies physicalextentsize zero"
        )
        let result = try await call.host.run(Command(["vgcreate", name] + list(devices) + [mode(force)] + more))
        var data = try await groups(call, name: name)
        data["Output from vgcreate"] = said(result, "Volume group \"\(name)\" successfully created")
        return .map(data)
    }

    static func extendGroup(_ call: CallContext, name: String, devices: Value, force: Bool = false) async throws -> Value {
        guard !name.isEmpty, devices.isTruthy else { return "Error: vgname and device(s) are both required" }
        let result = try await call.host.run(Command(["vgextend", name, mode(force)] + list(devices)))
        return ["Output from vgextend": said(result, "Volume group \"\(name)\" successfully extended")]
    }

    static func removeGroup(_ call: CallContext, name: String, force: Bool = true) async throws -> Value {
        said(try await call.host.run(Command(["vgremove", name, mode(force)])), "Volume group \"\(name)\" successfully removed")
    }

    // MARK: - Logical volumes

    static func makeLogical(_ call: CallContext, _ wanted: Creation) async throws -> Value {
        let (size, extents) = (wanted.size ?? "", wanted.extents ?? "")
        if !size.isEmpty, !extents.isEmpty { return "Error: Please specify only one of size or extents" }
        if wanted.thinvolume, wanted.thinpool { return "Error: Please set only one of thinvolume or thinpool to True" }
        var words = [await call.host.which("lvcreate") ?? "lvcreate"]
        words +=
            wanted.thinvolume ? ["--thin", "-n", wanted.lvname] : wanted.thinpool ? ["--thinpool", wanted.lvname] : ["-n", wanted.lvname]
        if let snapshot = wanted.snapshot, !snapshot.isEmpty {
            words += ["-s", "\(wanted.vgname)/\(snapshot)"]
        } else {
            words.append(wanted.vgname)
        }
        if !size.isEmpty {
            words += [wanted.thinvolume ? "-V" : "-L", size]
        } else if !extents.isEmpty {
            if wanted.thinvolume { return "Error: Thin volume size cannot be specified as extents" }
            words += ["-l", extents]
        } else {
            return "Error: Either size or extents must be specified"
        }
        if let pv = wanted.pv, !pv.isEmpty { words.append(pv) }
        for name in Creation.flags where wanted.more[name] != nil { words.append("--\(name)") }
        for name in Creation.valued { if let value = wanted.more[name] { words += ["--\(name)", value.pythonString] } }
        let result = try await call.host.run(Command(words + [mode(wanted.force)]))
        var data = try await logical(call, name: "/dev/\(wanted.vgname)/\(wanted.lvname)")
        data["Output from lvcreate"] = said(result, "Logical volume \"\(wanted.lvname)\" created.")
        return .map(data)
    }

    static func removeLogical(_ call: CallContext, name: String, group: String, force: Bool = true) async throws -> Value {
        said(
            try await call.host.run(Command(["lvremove", "\(group)/\(name)", mode(force)])),
            "Logical volume \"\(name)\" successfully removed")
    }

    private static func resize(
        _ call: CallContext, _ program: String, _ flag: String, _ size: String?, _ path: String?, _ extents: String?, _ withFiles: Bool,
        _ verb: String
    ) async throws -> ValueMap {
        let (size, extents) = (size ?? "", extents ?? "")
        if size.isEmpty == extents.isEmpty { return [:] }
        let words = [program, flag] + (withFiles ? ["--resizefs"] : []) + (size.isEmpty ? ["-l", extents] : ["-L", size])
        let result = try await call.host.run(Command(words + [path ?? ""]))
        return [.string("Output from \(program)"): said(result, "Logical volume \"\(path ?? "None")\" successfully \(verb).")]
    }

    static func resizeLogical(
        _ call: CallContext, size: String?, path: String?, extents: String?, force: Bool, withFiles: Bool
    ) async throws -> ValueMap {
        try await resize(call, "lvresize", force ? "--force" : "-qq", size, path, extents, withFiles, "resized")
    }

    private static func extendLogical(
        _ call: CallContext, size: String?, path: String?, extents: String?, force: Bool, withFiles: Bool
    ) async throws -> ValueMap {
        try await resize(call, "lvextend", mode(force), size, path, extents, withFiles, "extended")
    }
}

extension [String: Value] {
    /// A value for an argument's key path; null where there is none.
    fileprivate subscript(value key: String) -> Value {
        get { self[key] ?? .null }
        set { self[key] = newValue }
    }
}
