import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Settings of FreeBSD's rc files.
package struct SysrcModule: ExecutionModule {
    package static let name = "sysrc"
    package static let summary = "Settings of FreeBSD's rc files."
    package static let requires: Requirement = .command("sysrc")

    private static let file: Parameter<String?> = .optional("file", nil, "Another file than the system's.")
    private static let jail: Parameter<String?> = .optional("jail", nil, "The jail whose files are meant.")

    package static let functions: [Function] = [
        Function(
            "get", "Return settings by file; nothing where there is none of that name.",
            .optional("name", nil as String?, "One setting alone."), file,
            jail, .optional("includeDefaults", false, "Also the system's defaults."), body: get),
        Function(
            "set", "Set one, and return what it is now.", .required("name", "The setting."), .required("value", "Its value."), file, jail,
            example: "halite '*' sysrc.set sshd_enable YES", body: set),
        Function("remove", "Remove a setting.", .required("name", "The setting."), file, jail, body: remove),
    ]

    private static func words(_ file: String?, _ jail: String?) -> [String] {
        ["sysrc", "-v"] + (file.map { ["-f", $0] } ?? []) + (jail.map { ["-j", $0] } ?? [])
    }

    private static func output(_ call: CallContext, _ words: [String]) async throws -> String {
        var command = Command(words)
        command.mergesErrors = true
        return try await call.host.run(command).text
    }

    static func get(_ call: CallContext, name: String?, file: String?, jail: String?, withDefaults: Bool = false) async throws -> ValueMap?
    {
        let text = try await output(call, words(file, jail) + [name ?? (withDefaults ? "-A" : "-a")])
        if text.contains("sysrc: unknown variable") { return nil }
        var found = ValueMap()
        for parts in text.parts("\n").map({ $0.parts(": ") }) where parts.count > 1 {
            var settings = found[parts[0]]?.mapValue ?? [:]
            if parts.count > 2 {
                settings[.string(parts[1])] = .string(parts[2])
            } else {
                settings[.string(parts[1].hasSuffix(":") ? String(parts[1].dropLast()) : parts[1])] = ""
            }
            found[.string(parts[0])] = .map(settings)
        }
        return found
    }

    /// YAML reads YES as true.
    static func text(_ value: Value) -> String {
        if case .bool(let flag) = value { return flag ? "YES" : "NO" }
        return value.pythonString
    }

    static func set(_ call: CallContext, name: String, value: Value, file: String?, jail: String?) async throws -> ValueMap {
        let result = try await call.host.run(Command(words(file, jail) + ["\(name)=\(text(value))"]))
        guard result.succeeded else { throw ExecutionError("sysrc failed: \(result.errorText)") }
        var found = ValueMap()
        for parts in result.lines.map({ $0.parts(": ") }) where parts.count > 2 {
            var settings = found[parts[0]]?.mapValue ?? [:]
            settings[.string(parts[1])] = .string(parts[2].stripped().parts("->").dropFirst().first ?? "")
            found[.string(parts[0])] = .map(settings)
        }
        return found
    }

    static func remove(_ call: CallContext, name: String, file: String?, jail: String?) async throws -> String {
        let text = try await output(call, words(file, jail) + ["-x", name])
        if text.contains("sysrc: unknown variable") { throw ExecutionError(text) }
        return "\(name) removed"
    }
}
