import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Physical volumes, volume groups and logical volumes.
package struct LvmModule: ExecutionModule {
    package static let name = "lvm"
    package static let summary = "Physical volumes, volume groups and logical volumes."
    package static let requires: Requirement = .command("lvm")

    package static let functions: [Function] = showing + changing

    private static let showing: [Function] = [
        Function("version", "Return the version of LVM.", body: version),
        Function("fullversion", "Return all versions.", body: versions),
        Function(
            "pvdisplay", "Return physical volumes.", .optional("pvname", "", "One alone."),
            .optional("real", false, "By their real paths."),
            .optional("quiet", false, "Without effect here."), body: physical),
        Function(
            "vgdisplay", "Return volume groups.", .optional("vgname", "", "One alone."), .optional("quiet", false, "Without effect here."),
            body: groups),
        Function(
            "lvdisplay", "Return logical volumes.", .optional("lvname", "", "One alone."),
            .optional("quiet", false, "Without effect here."),
            body: logical),
    ]

    private static func lines(_ call: CallContext, _ words: [String]) async throws -> [[String]]? {
        let result = try await call.host.run(Command(words))
        return result.succeeded ? result.lines.filter { !$0.isEmpty }.map { $0.stripped().parts(":") } : nil
    }

    private static func version(_ call: CallContext) async throws -> String {
        (try await call.host.run("lvm", "version").lines.first ?? "").parts(": ").dropFirst().first?.stripped() ?? ""
    }

    private static func versions(_ call: CallContext) async throws -> ValueMap {
        ValueMap(
            try await call.host.run("lvm", "version").lines.compactMap { line in
                let parts = line.parts(":")
                return parts.count > 1 ? (.string(parts[0].stripped()), .string(parts[1].stripped())) : nil
            })
    }

    private static func table(_ names: [String], _ fields: [String]) -> ValueMap {
        ValueMap(zip(names, fields).map { (.string($0), .string($1)) })
    }

    static func physical(_ call: CallContext, name: String, real: Bool, quiet: Bool = true) async throws -> ValueMap {
        let names = [
            "Physical Volume Device", "Volume Group Name", "Physical Volume Size (kB)", "Internal Physical Volume Number",
            "Physical Volume Status",
            "Physical Volume (not) Allocatable", "Current Logical Volumes Here", "Physical Extent Size (kB)", "Total Physical Extents",
            "Free Physical Extents", "Allocated Physical Extents",
        ]
        var found = ValueMap()
        for fields in try await lines(call, ["pvdisplay", "-c"] + (name.isEmpty ? [] : [name])) ?? []
        where fields.count >= names.count && !fields[0].contains("is a new physical volume") {
            let device = real ? try await call.host.resolved(fields[0]) : fields[0]
            var entry = table(names, fields)
            if real { entry["Real Physical Volume Device"] = .string(device) }
            found[.string(device)] = .map(entry)
        }
        return found
    }

    static func groups(_ call: CallContext, name: String, quiet: Bool = true) async throws -> ValueMap {
        let names = [
            "Volume Group Name", "Volume Group Access", "Volume Group Status", "Internal Volume Group Number", "Maximum Logical Volumes",
            "Current Logical Volumes", "Open Logical Volumes", "Maximum Logical Volume Size", "Maximum Physical Volumes",
            "Current Physical Volumes", "Actual Physical Volumes", "Volume Group Size (kB)", "Physical Extent Size (kB)",
            "Total Physical Extents",
            "Allocated Physical Extents", "Free Physical Extents", "UUID",
        ]
        let found = try await lines(call, ["vgdisplay", "-c"] + (name.isEmpty ? [] : [name])) ?? []
        return ValueMap(found.filter { $0.count >= names.count }.map { (.string($0[0]), .map(table(names, $0))) })
    }

    static func logical(_ call: CallContext, name: String, quiet: Bool = true) async throws -> ValueMap {
        let names = [
            "Logical Volume Name", "Volume Group Name", "Logical Volume Access", "Logical Volume Status", "Internal Logical Volume Number",
            "Open Logical Volumes", "Logical Volume Size", "Current Logical Extents Associated", "Allocated Logical Extents",
            "Allocation Policy",
            "Read Ahead Sectors", "Major Device Number", "Minor Device Number",
        ]
        let found = try await lines(call, ["lvdisplay", "-c"] + (name.isEmpty ? [] : [name])) ?? []
        return ValueMap(found.filter { $0.count >= names.count }.map { (.string($0[0]), .map(table(names, $0))) })
    }
}
