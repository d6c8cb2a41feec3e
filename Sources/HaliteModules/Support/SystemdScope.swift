import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Runs package managers beside the minion's own unit, so that an upgrade of the minion does not end them.
enum SystemdScope {
    /// The words before a command; none without systemd 205 or with the option `systemd.scope` off.
    static func prefix(_ call: CallContext, module: String) async throws -> [String] {
        guard try await hasScope(call), await option(call) else { return [] }
        return ["systemd-run", "--scope", "--description", "\"salt.loaded.int.module.\(module)\""]
    }

    static func hasScope(_ call: CallContext) async throws -> Bool {
        guard try await call.host.exists("/run/systemd/system") else { return false }
        return (try await version(call) ?? 0) >= 205
    }

    /// The release of systemd, asked for once in a run.
    static func version(_ call: CallContext) async throws -> Int? {
        if let known = call.memory["systemd.version"] { return known.intValue }
        let words = (try? await call.host.run("systemctl", "--version").lines.first?.words()) ?? nil
        let version = words.flatMap { $0.count > 1 ? Int($0[1].prefix { $0.isNumber }) : nil }
        call.memory["systemd.version"] = version.map { .int($0) } ?? .null
        return version
    }

    private static func option(_ call: CallContext) async -> Bool {
        call.services.options["systemd.scope"]?.isTruthy ?? true
    }
}
