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
        Function("assign", "Set one parameter until the next boot.", .required("name", "The parameter."), .required("value", "Its value."), body: assign),
        Function("persist", "Set one parameter for good.", .required("name", "The parameter."), .required("value", "Its value."), .optional("config", nil as String?, "The file."), body: persist),
        Function("show", "Return all parameters, or those of a file.", .optional("config_file", nil as String?, "The file."), body: show),
        Function("default_config", "Return the file that persist writes.", body: { (call: CallContext) async throws -> String in await defaultFile(call) }),
    ]

    static func defaultFile(_ call: CallContext) async -> String {
        (try? await call.host.isDirectory("/etc/sysctl.d")) == true ? "/etc/sysctl.d/99-salt.conf" : "/etc/sysctl.conf"
    }

    /// Slashes and dots may stand for one another; names never leave `/proc/sys`.
    private static func path(_ name: String) throws -> String {
        let parts = name.contains("/") ? name.parts("/") : name.parts(".")
        guard !parts.contains(".."), !parts.contains("") else { throw ExecutionError("'\(name)' is no parameter") }
        return "/proc/sys/" + parts.joined(separator: "/")
    }

    static func get(_ call: CallContext, name: String) async throws -> String {
        (await call.host.readTextIfPresent(try path(name)) ?? "").stripped()
    }

    static func assign(_ call: CallContext, name: String, value: String) async throws -> ValueMap {
        let path = try path(name)
        guard try await call.host.exists(path) else { throw ExecutionError("sysctl \(name) does not exist") }
        let result = try await call.host.run("sysctl", "-w", "\(name)=\(value)")
        guard result.succeeded else { throw ExecutionError("sysctl -w failed: \(result.errorText)") }
        let pair = result.text.parts(" = ", maxSplits: 1)
        return [.string(pair[0]): .string(pair.count > 1 ? pair[1] : value)]
    }

    static func configured(_ call: CallContext, _ file: String) async -> ValueMap? {
        guard let text = await call.host.readTextIfPresent(file) else { return nil }
        return ValueMap(PythonLines.split(text).compactMap { line in
            let pair = line.parts("=", maxSplits: 1).map { $0.stripped() }
            return pair.count == 2 && !pair[0].hasPrefix("#") && !pair[0].hasPrefix(";") ? (.string(pair[0]), .string(pair[1])) : nil
        })
    }

    /// `Updated` or `Already set`.
    static func persist(_ call: CallContext, name: String, value: String, config: String?) async throws -> String {
        let given = config
        let file: String
        if let given { file = given } else { file = await defaultFile(call) }
        let wanted = value.words().joined(separator: "\t")
        let running = try await get(call, name: name).words().joined(separator: "\t")
        let stored = await configured(call, file)?[name]?.pythonString.words().joined(separator: "\t")
        if stored == wanted, running == wanted { return "Already set" }
        if stored != wanted {
            var lines = PythonLines.split(await call.host.readTextIfPresent(file) ?? "#\n# Kernel sysctl configuration\n#\n")
            let line = "\(name) = \(value)"
            if let index = lines.firstIndex(where: { $0.parts("=", maxSplits: 1)[0].stripped() == name }) { lines[index] = line } else { lines.append(line) }
            try await call.host.makeDirectories(Path.parent(file) ?? "/etc")
            try await call.host.write(file, Array(lines.map { $0 + "\n" }.joined().utf8), FileAttributes())
        }
        if running != wanted { _ = try await assign(call, name: name, value: value) }
        return "Updated"
    }

    private static func show(_ call: CallContext, file: String?) async throws -> ValueMap {
        if let file { return await configured(call, file) ?? [:] }
        return ValueMap(try await call.host.run("sysctl", "-a").lines.compactMap { line in
            let pair = line.parts(" = ", maxSplits: 1)
            return pair.count == 2 ? (.string(pair[0]), .string(pair[1])) : nil
        })
    }
}
