import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Parameters of the kernel.
package struct SysctlModule: ExecutionModule {
    package static let name = "sysctl"
    package static let summary = "Parameters of the kernel."
    package static let requires: Requirement = .kernel("Linux")

    package static let functions: [Function] = [
        Function("get", "Return the value of one parameter.", .required("name", "Such as net.ipv4.ip_forward."), body: get),
        Function(
            "assign", "Set one parameter until the next boot.", .required("name", "The parameter."), .required("value", "Its value."),
            body: assign),
        Function(
            "persist", "Set one parameter for good.", .required("name", "The parameter."), .required("value", "Its value."),
            .optional("config", nil as String?, "The file."), body: persist),
        Function("show", "Return all parameters, or those of a file.", .optional("config_file", nil as String?, "The file."), body: show),
        Function(
            "default_config", "Return the file that persist writes.",
            body: { (call: CallContext) async throws -> String in await defaultFile(call) }),
    ]

    /// systemd reads a folder; without it there is one file.
    static func defaultFile(_ call: CallContext) async -> String {
        (try? await call.host.exists("/run/systemd/system")) == true ? "/etc/sysctl.d/99-salt.conf" : "/etc/sysctl.conf"
    }

    private static func program(_ call: CallContext) async throws -> String {
        guard let path = await call.host.which("sysctl") else { throw ExecutionError("Command 'sysctl' cannot be found") }
        return path
    }

    /// Slashes and dots change places, so that a name may hold a dot (`net.ipv4.conf.eth0/100.forwarding`).
    private static func path(_ name: String) -> String {
        let swapped = name.map { $0 == "." ? "/" : $0 == "/" ? "." : String($0) }.joined()
        return Path.normalised("/proc/sys/" + swapped)
    }

    static func get(_ call: CallContext, name: String) async throws -> String {
        let path = path(name)
        // The program reads the same file; its complaint is the answer where there is none.
        if path.hasPrefix("/proc/sys/"), let text = await call.host.readTextIfPresent(path) {
            return CommandResult(processID: 0, exitCode: 0, standardOutput: Array(text.utf8), standardError: []).text
        }
        var command = Command([try await program(call), "-n", name])
        command.mergesErrors = true
        return try await call.host.run(command).text
    }

    static func assign(_ call: CallContext, name: String, value: String) async throws -> ValueMap {
        let path = path(name)
        guard path.hasPrefix("/proc/sys/"), try await call.host.exists(path) else { throw ExecutionError("sysctl \(name) does not exist") }
        let result = try await call.host.run(program(call), "-w", "\(name)=\(value)")
        let pattern = "^\(PythonRegex.escape(name))\\s+=\\s+\(PythonRegex.escape(value))$"
        let isDone = try Pattern.compile(pattern).matches(result.text, .start)
        if !isDone || result.errorText.contains("Invalid argument") {
            throw ExecutionError("sysctl -w failed: \(!result.succeeded && !result.errorText.isEmpty ? result.errorText : result.text)")
        }
        let pair = result.text.parts(" = ", maxSplits: 1)
        return [.string(pair[0]): .string(pair.count > 1 ? pair[1] : value)]
    }

    /// What a file sets; nothing where there is none.
    static func configured(_ call: CallContext, _ file: String) async -> ValueMap {
        ValueMap(
            PythonLines.split(await call.host.readTextIfPresent(file) ?? "").compactMap { line in
                let bare = line.stripped()
                guard !bare.hasPrefix("#"), bare.contains("=") else { return nil }
                let pair = bare.parts("=", maxSplits: 1)
                return (.string(pair[0].rightStripped()), .string(pair[1].stripped()))
            })
    }

    /// Whether any line of a file gives a parameter this value.
    static func stores(_ call: CallContext, _ file: String, _ name: String, _ value: String) async -> Bool {
        PythonLines.split(await call.host.readTextIfPresent(file) ?? "").contains { line in
            let pair = line.parts("=", maxSplits: 1).map { $0.stripped() }
            return pair.count == 2 && pair[0] == name && pair[1].words() == value.words()
        }
    }

    private static func plain(_ value: String) -> String {
        (try? PythonRegex.compile(#"\s+"#).substitute("\t", in: value)) ?? value
    }

    /// `Updated` or `Already set`.
    static func persist(_ call: CallContext, name: String, value: String, config: String?) async throws -> String {
        let given = config
        let file: String
        if let given { file = given } else { file = await defaultFile(call) }
        let old = try await call.host.isFile(file) ? try await call.host.readText(file) : nil
        var lines = TextContent.lines(Array((old ?? "#\n# Kernel sysctl configuration\n#\n").utf8))
        let line = "\(name) = \(value)\n"
        var isThere = false
        for index in lines.indices {
            let pair = lines[index].parts("=", maxSplits: 1).map { $0.stripped() }
            guard pair.count == 2, pair[0] == name else { continue }
            if plain(pair[1]) == plain(value) {
                if plain(try await get(call, name: name)) == plain(value) { return "Already set" }
                _ = try await assign(call, name: name, value: value)
                return "Updated"
            }
            lines[index] = line
            isThere = true
        }
        if !isThere {
            if let last = lines.last, !last.hasSuffix("\n") { lines[lines.count - 1] += "\n" }
            lines.append(line)
        }
        try await call.host.makeDirectories(Path.parent(file) ?? "/etc")
        try await FileEdit(old: old ?? "", new: lines.joined()).write(file, .inside, call.host)
        _ = try await assign(call, name: name, value: value)
        return "Updated"
    }

    private static func show(_ call: CallContext, file: String?) async throws -> Value {
        if let file, !file.isEmpty {
            guard try await call.host.exists(file) else { return [] }
            return .map(await configured(call, file))
        }
        return .map(
            ValueMap(
                try await call.host.run(program(call), "-a").lines.compactMap { line in
                    let pair = line.parts(" = ", maxSplits: 1)
                    return pair.count == 2 ? (.string(pair[0]), .string(pair[1])) : nil
                }))
    }
}
