import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// SELinux: its mode, its booleans and its modules.
package struct SelinuxModule: ExecutionModule {
    package static let name = "selinux"
    package static let summary = "SELinux: its mode, booleans, modules and policies."
    package static let requires: Requirement = .all([
        .kernel("Linux"), .command("semanage"), .command("setsebool"), .command("semodule"),
    ])

    package static let functions: [Function] = general + contexts + ports

    private static let general: [Function] = [
        Function(
            "selinux_fs_path", "Return where the kernel shows its state.",
            body: { (call: CallContext) async throws -> String? in await fileSystem(call) }),
        Function("getenforce", "Return the mode.", body: mode),
        Function("getconfig", "Return the mode after a boot.", body: configuredMode),
        Function(
            "setenforce", "Set the mode, now and after a boot.", .required("mode", "Enforcing, Permissive or Disabled."), body: setMode),
        Function(
            "getsebool", "Return one boolean.", .required("boolean", "Its name."),
            body: { (call: CallContext, name: String) async throws -> Value in try await booleans(call)[name] ?? [:] }),
        Function(
            "setsebool", "Set one boolean.", .required("boolean", "Its name."), .required("value", "Its value."),
            .optional("persist", false, "After a boot too."), body: setBoolean),
        Function(
            "setsebools", "Set booleans.", .required("pairs", "Names and values."), .optional("persist", false, "After a boot too."),
            body: setBooleans),
        Function("list_sebool", "Return all booleans.", body: booleans),
        Function(
            "getsemod", "Return one module.", .required("module", "Its name."),
            body: { (call: CallContext, name: String) async throws -> Value in try await modules(call)[name] ?? [:] }),
        Function(
            "setsemod", "Enable or disable a module.", .required("module", "Its name."), .required("state", "Enabled or Disabled."),
            body: setModule),
        Function("install_semod", "Install a module.", .required("module_path", "Its file."), body: install),
        Function("remove_semod", "Remove a module.", .required("module", "Its name."), body: remove),
        Function("list_semod", "Return all modules.", body: modules),
    ]

    private static let configuration = "/etc/selinux/config"

    // MARK: - Mode

    private static func fileSystem(_ call: CallContext) async -> String? {
        for folder in ["/sys/fs/selinux", "/selinux"] {
            if (try? await call.host.isFile("\(folder)/enforce")) == true { return folder }
        }
        return nil
    }

    static func mode(_ call: CallContext) async throws -> String {
        guard let folder = await fileSystem(call), let text = await call.host.readTextIfPresent("\(folder)/enforce") else {
            return "Disabled"
        }
        return text.stripped() == "0" ? "Permissive" : "Enforcing"
    }

    static func configuredMode(_ call: CallContext) async throws -> String? {
        let lines = PythonLines.split(await call.host.readTextIfPresent(configuration) ?? "").map { $0.stripped() }
        guard let line = lines.first(where: { $0.hasPrefix("SELINUX=") }) else { return nil }
        let word = String(line.dropFirst(8)).lowercased()
        return (word.prefix(1).uppercased() + word.dropFirst()).stripped()
    }

    static func setMode(_ call: CallContext, given: String) async throws -> String {
        let word = given.lowercased()
        guard ["enforcing", "permissive", "disabled"].contains(word) else { throw ExecutionError("Invalid mode \(given)") }
        if let folder = await fileSystem(call), try await mode(call) != "Disabled" {
            do { try await call.host.overwrite("\(folder)/enforce", Array((word == "enforcing" ? "1" : "0").utf8)) } catch {
                throw ExecutionError("Could not write SELinux enforce file: \(error)")
            }
        }
        guard let text = await call.host.readTextIfPresent(configuration) else {
            throw ExecutionError("Could not read SELinux config file: \(configuration)")
        }
        let lines = TextContent.lines(Array(text.utf8)).enumerated().map { number, line in
            number > 0 && line.hasPrefix("SELINUX=") ? "SELINUX=\(word)\n" : line
        }
        try await FileEdit(old: text, new: lines.joined()).write(configuration, .inside, call.host)
        return try await mode(call)
    }

    // MARK: - Booleans

    static func booleans(_ call: CallContext) async throws -> ValueMap {
        ValueMap(
            try await call.host.run("semanage", "boolean", "--list").lines.dropFirst().compactMap { line in
                let words = line.words()
                guard words.count > 3 else { return nil }
                return (
                    .string(words[0]),
                    [
                        "State": .string(String(words[1].dropFirst())), "Default": .string(String(words[3].dropLast())),
                        "Description": .string(words.dropFirst(4).joined(separator: " ")),
                    ]
                )
            })
    }

    private static func setBoolean(_ call: CallContext, name: String, value: String, persist: Bool) async throws -> Bool {
        try await call.host.run(Command(["setsebool"] + (persist ? ["-P"] : []) + [name, value])).succeeded
    }

    static func setBooleans(_ call: CallContext, pairs: ValueMap, persist: Bool) async throws -> Bool {
        let words = pairs.map { "\($0.key.pythonString)=\($0.value.pythonString)" }
        return try await call.host.run(Command(["setsebool"] + (persist ? ["-P"] : []) + words)).succeeded
    }

    // MARK: - Modules

    static func modules(_ call: CallContext) async throws -> ValueMap {
        ValueMap(
            try await call.host.run("semodule", "--list-modules=full").lines.compactMap { line in
                let words = line.words()
                return words.count > 1 ? (.string(words[1]), ["Enabled": .bool(words.count != 4), "Version": nil]) : nil
            })
    }

    static func setModule(_ call: CallContext, name: String, state: String) async throws -> Bool {
        let word = state.lowercased()
        guard word == "enabled" || word == "disabled" else { throw ExecutionError("Invalid state \(state)") }
        return try await call.host.run("semodule", word == "enabled" ? "--enable" : "--disable", name).succeeded
    }

    static func install(_ call: CallContext, path: String) async throws -> Bool {
        var file = path
        if SourceReader.isSalt(path) { file = try await call.call("cp.cache_file", .string(path)).pythonString }
        return try await call.host.run("semodule", "--install", file).succeeded
    }

    static func remove(_ call: CallContext, name: String) async throws -> Bool {
        try await call.host.run("semodule", "--remove", name).succeeded
    }
}
