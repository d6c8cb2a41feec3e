// order: 1
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Services where systemd runs.
package struct ServiceSystemd: ExecutionModule {
    package static let name = "service"
    package static let summary = "Starts, stops and enables services with systemd."
    package static let requires: Requirement = .path("/run/systemd/system")

    package static let functions: [Function] = ServiceFunctions.common(ServiceSystemd.self) + [
        Function("masked", "Tell whether a service is masked.", .required("name", "The service."), .optional("runtime", false, "Until the next boot."), body: masked),
        Function("mask", "Mask a service, so that nothing starts it.", .required("name", "The service."), .optional("runtime", false, "Until the next boot."), body: mask),
        Function("unmask", "Unmask a service.", .required("name", "The service."), .optional("runtime", false, "Until the next boot."), body: unmask),
        Function("systemctl_reload", "Have systemd read its units again.", body: reloadUnits),
        Function("show", "Return the properties of a unit.", .required("name", "The unit."), body: show),
    ]

    private static func unit(_ name: String) -> String {
        let kinds = [".service", ".socket", ".device", ".mount", ".automount", ".swap", ".target", ".path", ".timer", ".slice", ".scope"]
        return kinds.contains { name.hasSuffix($0) } ? name : name + ".service"
    }

    private static func systemctl(_ call: CallContext, _ words: String...) async throws -> CommandResult {
        try await call.host.run(Command(["systemctl"] + words))
    }

    /// Runs a command on a unit; a failure is Salt's error with what systemd said.
    private static func act(_ call: CallContext, _ verb: String, _ name: String) async throws -> Bool {
        let result = try await systemctl(call, verb, unit(name))
        if !result.succeeded { throw ExecutionError(result.errorText.isEmpty ? result.text : result.errorText) }
        return true
    }

    private static func masked(_ call: CallContext, name: String, runtime: Bool) async throws -> Bool {
        let state = try await systemctl(call, "is-enabled", unit(name)).text
        return state == (runtime ? "masked-runtime" : "masked")
    }

    private static func mask(_ call: CallContext, name: String, runtime: Bool) async throws -> Bool {
        try await call.host.run(Command(["systemctl", "mask"] + (runtime ? ["--runtime"] : []) + [unit(name)])).succeeded
    }

    private static func unmask(_ call: CallContext, name: String, runtime: Bool) async throws -> Bool {
        try await call.host.run(Command(["systemctl", "unmask"] + (runtime ? ["--runtime"] : []) + [unit(name)])).succeeded
    }

    private static func reloadUnits(_ call: CallContext) async throws -> Bool { try await systemctl(call, "--system", "daemon-reload").succeeded }

    private static func show(_ call: CallContext, name: String) async throws -> ValueMap {
        ValueMap(try await systemctl(call, "show", unit(name)).lines.compactMap { line in
            let pair = line.parts("=", maxSplits: 1)
            return pair.count == 2 ? (.string(pair[0]), .string(pair[1])) : nil
        })
    }
}

extension ServiceSystemd: ServiceProvider {
    static func perform(_ call: CallContext, _ verb: ServiceVerb, _ name: String) async throws -> Bool {
        switch verb {
        case .start: try await act(call, "start", name)
        case .stop: try await act(call, "stop", name)
        case .restart: try await act(call, "restart", name)
        case .reload: try await act(call, "reload", name)
        case .forceReload: try await act(call, "reload-or-restart", name)
        }
    }

    static func isRunning(_ call: CallContext, _ name: String) async throws -> Bool {
        try await systemctl(call, "is-active", unit(name)).succeeded
    }

    static func setEnabled(_ call: CallContext, _ name: String, _ enabled: Bool) async throws -> Bool {
        try await act(call, enabled ? "enable" : "disable", name)
    }

    static func isEnabled(_ call: CallContext, _ name: String) async throws -> Bool {
        try await systemctl(call, "is-enabled", unit(name)).succeeded
    }

    static func isAvailable(_ call: CallContext, _ name: String) async throws -> Bool {
        let state = try await systemctl(call, "show", "--property=LoadState", unit(name)).text
        return state == "LoadState=loaded" || state == "LoadState=masked"
    }

    static func all(_ call: CallContext) async throws -> [String] {
        let lines = try await systemctl(call, "list-unit-files", "--type=service", "--no-legend", "--no-pager").lines
        return Array(Set(lines.compactMap { $0.words().first }.map { $0.hasSuffix(".service") ? String($0.dropLast(8)) : $0 })).sorted()
    }

    static func enabledServices(_ call: CallContext) async throws -> [String] {
        let lines = try await systemctl(call, "list-unit-files", "--type=service", "--state=enabled", "--no-legend", "--no-pager").lines
        return lines.compactMap { $0.words().first }.map { $0.hasSuffix(".service") ? String($0.dropLast(8)) : $0 }.sorted()
    }
}
