// order: 2
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Services where no systemd runs: scripts in `/etc/init.d`, as in containers.
package struct ServiceSysV: ExecutionModule {
    package static let name = "service"
    package static let summary = "Starts, stops and enables services with the scripts in /etc/init.d."
    package static let requires: Requirement = .kernel("Linux") && .not(.path("/run/systemd/system")) && .path("/etc/init.d")

    package static let functions: [Function] = ServiceFunctions.common(ServiceSysV.self)

    private static func script(_ name: String) -> String { Path.join("/etc/init.d", name) }
}

extension ServiceSysV: ServiceProvider {
    /// Runs a service's script. Its output goes nowhere: a daemon that keeps the pipe would hold up the caller.
    private static func call(_ call: CallContext, _ name: String, _ action: String) async throws -> CommandResult {
        guard !name.contains("/"), try await call.host.isFile(script(name)) else {
            throw ExecutionError("The named service \(name) is not available")
        }
        let program = await call.host.which("service") != nil ? ["service", name, action] : [script(name), action]
        var command = Command(program)
        // The scripts of Debian ask systemd first, which does not run.
        command.environment["SYSTEMCTL_SKIP_REDIRECT"] = "1"
        command.mergesErrors = true
        return try await call.host.run(command)
    }

    static func perform(_ context: CallContext, _ verb: ServiceVerb, _ name: String) async throws -> Bool {
        let action =
            switch verb {
            case .start: "start"
            case .stop: "stop"
            case .restart: "restart"
            case .reload: "reload"
            case .forceReload: "force-reload"
            }
        let result = try await call(context, name, action)
        context.outcome.returnCode = result.exitCode
        return result.succeeded
    }

    static func isRunning(_ context: CallContext, _ name: String) async throws -> Bool {
        guard let text = await context.host.readTextIfPresent(script(name)) else { return false }
        if text.contains("status") { return try await call(context, name, "status").succeeded }
        // A script that cannot tell: a process of that name will do.
        let wanted = String(name.prefix(15))
        return try await ProcessTable.read(context.host).contains { $0.name == wanted || Path.name($0.commandLine.words().first ?? "") == name }
    }

    static func setEnabled(_ call: CallContext, _ name: String, _ enabled: Bool) async throws -> Bool {
        // `defaults` makes the links where a package left them out; it keeps those that are there.
        if enabled { _ = try await call.host.run("update-rc.d", name, "defaults") }
        return try await call.host.run("update-rc.d", name, enabled ? "enable" : "disable").succeeded
    }

    static func isEnabled(_ call: CallContext, _ name: String) async throws -> Bool {
        try await enabledServices(call).contains(name)
    }

    static func isAvailable(_ call: CallContext, _ name: String) async throws -> Bool { try await all(call).contains(name) }

    static func all(_ call: CallContext) async throws -> [String] {
        let scripts = ((try? await call.host.list("/etc/init.d")) ?? []).filter { $0 != "README" }
        return Set(scripts).union(try await enabledServices(call)).sorted()
    }

    static func enabledServices(_ call: CallContext) async throws -> [String] {
        var found: Set<String> = []
        for level in ["S", try await runlevel(call)] {
            for name in (try? await call.host.list("/etc/rc\(level).d")) ?? [] where name.hasPrefix("S") {
                found.insert(String(name.dropFirst().drop { $0.isNumber }))
            }
        }
        return found.sorted()
    }

    private static func runlevel(_ call: CallContext) async throws -> String {
        guard await call.host.which("runlevel") != nil else { return "2" }
        let words = try await call.host.run("runlevel").text.words()
        return words.count == 2 && words[1] != "unknown" ? words[1] : "2"
    }
}
