import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Modules of the kernel.
package struct KmodModule: ExecutionModule {
    package static let name = "kmod"
    package static let summary = "Modules of the kernel."
    package static let requires: Requirement = .kernel("Linux")

    package static let functions: [Function] = [
        Function("available", "Return the modules that the kernel has.", body: available),
        Function(
            "check_available", "Tell whether the kernel has a module.", .required("mod", "The module."),
            body: { (call: CallContext, module: String) async throws -> Bool in try await available(call).contains(module) }),
        Function("lsmod", "Return the loaded modules.", body: loaded),
        Function(
            "mod_list", "Return the names of the loaded modules.", .optional("only_persist", false, "Those that are loaded at boot."),
            body: names),
        Function(
            "load", "Load a module; return what was loaded or the complaint.", .required("mod", "The module."),
            .optional("persist", false, "At boot too."), example: "halite '*' kmod.load loop", body: load),
        Function(
            "is_loaded", "Tell whether a module is loaded.", .required("mod", "The module."),
            body: { (call: CallContext, module: String) async throws -> Bool in try await names(call, persistent: false).contains(module) }),
        Function(
            "remove", "Remove a module; return what was removed or the complaint.", .required("mod", "The module."),
            .optional("persist", false, "At boot too."), .optional("comment", true, "Comment its line out."), body: remove),
    ]

    static func available(_ call: CallContext) async throws -> [String] {
        let folder = "/lib/modules/\(try await call.host.identity().kernelRelease)"
        var found = PythonLines.split(await call.host.readTextIfPresent(Path.join(folder, "modules.builtin")) ?? "")
            .map { String(Path.name($0).dropLast(3)) }
        if try await call.host.isDirectory(folder) {
            for visit in try await FolderWalk.visits(folder, call.host) {
                for file in visit.files {
                    guard let end = file.firstRange(of: ".ko") else { continue }
                    found.append(file[..<end.lowerBound].split(separator: "-", omittingEmptySubsequences: false).joined(separator: "_"))
                }
            }
        }
        return sorted(found)
    }

    private static func sorted(_ names: [String]) -> [String] { names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    private static func program(_ call: CallContext, _ name: String) async throws -> String {
        guard let path = await call.host.which(name) else { throw ExecutionError("Command '\(name)' cannot be found") }
        return path
    }

    private static func loaded(_ call: CallContext) async throws -> [Value] {
        try await call.host.run(try await program(call, "lsmod")).lines.compactMap { line in
            let words = line.words()
            guard words.count > 2, words[0] != "Module" else { return nil }
            return [
                "size": .string(words[1]), "module": .string(words[0]), "depcount": .string(words[2]),
                "deps": (words.count > 3 ? words[3].parts(",") : []).value,
            ]
        }
    }

    private static func configuration(_ call: CallContext) -> String {
        call.grains["systemd"] == nil ? "/etc/modules" : "/etc/modules-load.d/salt_managed.conf"
    }

    static func names(_ call: CallContext, persistent: Bool) async throws -> [String] {
        let found: [String]
        if persistent {
            found = PythonLines.split(await call.host.readTextIfPresent(configuration(call)) ?? "").map { $0.stripped() }
                .filter { !$0.hasPrefix("#") }.compactMap { $0.words().first }
        } else {
            found = try await loaded(call).compactMap { $0["module"]?.stringValue }
        }
        return sorted(Array(Set(found)))
    }

    static func load(_ call: CallContext, module: String, persist: Bool) async throws -> Value {
        let before = Set(try await names(call, persistent: false))
        let result = try await call.host.run(Command([try await program(call, "modprobe")] + (try ShellWords.split(module))))
        guard result.succeeded else { return .string("Error loading module \(module): \(result.errorText)") }
        var new = Set(try await names(call, persistent: false)).subtracting(before)
        if persist, let name = try await remember(call, module) { new.insert(name) }
        return sorted(Array(new)).value
    }

    static func remove(_ call: CallContext, module: String, persist: Bool, comment: Bool) async throws -> Value {
        let before = Set(try await names(call, persistent: false))
        let result = try await call.host.run(try await program(call, "rmmod"), module)
        guard result.succeeded else { return .string("Error removing module \(module): \(result.errorText)") }
        var gone = before.subtracting(try await names(call, persistent: false))
        if persist, let name = try await forget(call, module, comment) { gone.insert(name) }
        return sorted(Array(gone)).value
    }

    // MARK: - The file that is read at boot

    private static func edit(_ call: CallContext, _ change: (inout [String]) -> Void) async throws {
        let path = configuration(call)
        let old = await call.host.readTextIfPresent(path) ?? ""
        var lines = PythonLines.split(old)
        change(&lines)
        if let parent = Path.parent(path) { try await call.host.makeDirectories(parent) }
        try await FileEdit(old: old, new: lines.map { $0 + "\n" }.joined()).write(path, .inside, call.host)
    }

    private static func remember(_ call: CallContext, _ module: String) async throws -> String? {
        guard let name = module.words().first, try await !names(call, persistent: true).contains(name),
            try await available(call).contains(name)
        else { return nil }
        try await edit(call) { lines in
            func isRemark(_ line: String) -> Bool { line.hasPrefix("#") && String(line.dropFirst()).stripped() == module }
            if let index = lines.firstIndex(where: isRemark) { lines[index] = module } else { lines.append(module) }
        }
        return name
    }

    private static func forget(_ call: CallContext, _ module: String, _ comment: Bool) async throws -> String? {
        guard let name = module.words().first, try await names(call, persistent: true).contains(name) else { return nil }
        try await edit(call) { lines in
            for index in lines.indices where lines[index].words().first == name { lines[index] = comment ? "#" + lines[index] : "" }
        }
        return name
    }
}
