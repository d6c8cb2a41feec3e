import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Block devices with their settings and file systems.
package struct BlockdevState: StateModule {
    package static let name = "blockdev"
    package static let summary = "Block devices with their settings and file systems."

    package static let functions: [StateFunction] = [
        StateFunction(
            "tuned", "A device has settings.", .required("name", "The device."),
            .keywords("kwargs", "read-ahead, filesystem-read-ahead, read-only, read-write."), body: tuned),
        StateFunction("formatted", "A device has a file system.", Settings.self, body: formatted),
    ]

    struct Settings: ArgumentGroup {
        var type = "ext4"
        var force = false
        var inodeSize: Int?
        var lazily: Value = .null
        var fat: Int?

        static let fields: [ArgumentField<Settings>] = [
            .field("fs_type", \.type, "Its type."),
            .field("force", \.force, "Also where something is."),
            .field("inode_size", \.inodeSize, "Bytes per inode, or the size of inodes of XFS."),
            .field("lazy_itable_init", \.lazily, "For ext: initialise tables later."),
            .field("fat", \.fat, "12, 16 or 32."),
        ]
    }

    private static func tuned(_ state: StateContext, name: String, given: ValueMap) async throws -> StateResult {
        guard try await state.call.host.status(name)?.kind == .block else {
            return state.failed("Changes to \(name) cannot be applied. Not a block device.")
        }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Changes to \(name) will be applied ")
            },
            do: {
                let old = try await DiskModule.dump(state.call, device: name, wanted: nil)
                let new = try await DiskModule.tune(state.call, device: name, given: given)
                guard new.isTruthy else { return state.failed("Failed to modify block device \(name)") }
                var changes = ValueMap()
                let settings = ["read-ahead": "getra", "filesystem-read-ahead": "getfra", "read-only": "getro", "read-write": "getro"]
                for (key, value) in given {
                    guard let setting = settings[key.pythonString], let before = old[setting], let after = new[setting], before != after
                    else { continue }
                    func shown(_ found: Value) -> String {
                        guard case .bool = value else { return found.pythonString }
                        return Value.bool((found == "1") != (key == "read-write")).pythonString
                    }
                    changes[key] = .string("Changed from \(shown(before)) to \(shown(after))")
                }
                if changes.isEmpty { return state.unchanged("Block device \(name) already in correct state") }
                return StateResult(name: name, result: true, comment: "Block device \(name) successfully modified ", changes: changes)
            })
    }

    private static func type(_ state: StateContext) async throws -> String {
        try await state.call.host.run("blkid", "-o", "value", "-s", "TYPE", state.name).text
    }

    private static func formatted(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let (name, type) = (state.name, settings.type)
        guard try await state.call.host.status(name) != nil else { return state.failed("\(name) does not exist") }
        if try await Self.type(state) == type { return state.unchanged("\(name) already formatted with \(type)") }
        guard await state.call.host.which("mkfs.\(type)") != nil else { return state.failed("Invalid fs_type: \(type)") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Changes to \(name) will be applied ")
            },
            do: {
                _ = try await DiskModule.format(
                    state.call, device: name, type: type, inodeSize: settings.inodeSize, lazily: settings.lazily, fat: settings.fat,
                    force: settings.force)
                var found = ""
                for attempt in 0..<10 {
                    found = try await Self.type(state)
                    if !found.isEmpty { break }
                    if attempt < 9 { try await Task.sleep(for: .seconds(3)) }
                }
                guard found == type else { return state.failed("Failed to format \(name)") }
                // Salt looks up the old type only after the new one is there.
                return StateResult(
                    name: name, result: true, comment: "\(name) has been formatted with \(type)",
                    changes: ["new": .string(type), "old": .string(found)])
            })
    }
}
