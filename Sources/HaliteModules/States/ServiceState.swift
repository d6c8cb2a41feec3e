import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Services that run or do not, at boot or now.
package struct ServiceState: StateModule {
    package static let name = "service"
    package static let summary = "Services that run or do not, at boot or now."

    package static let functions: [StateFunction] = [
        StateFunction("running", "A service runs.", Settings.self, body: running),
        StateFunction("dead", "A service does not run.", Settings.self, body: dead),
        StateFunction("enabled", "A service is started at boot.", Settings.self, body: enabled),
        StateFunction("disabled", "A service is not started at boot.", Settings.self, body: disabled),
        StateFunction("masked", "Nothing can start a service.", .required("name", "The service."), .optional("runtime", false, "Until the next boot."), body: masked),
        StateFunction("unmasked", "A service can be started.", .required("name", "The service."), .optional("runtime", false, "Until the next boot."), body: unmasked),
        StateFunction("mod_watch", "What a service watches has changed.", WatchSettings.self, body: watch),
    ]

    struct Settings: ArgumentGroup {
        var enable: Bool?
        var sig: String?
        var initDelay: Double?
        var noBlock = false
        var unmask = false
        var unmaskRuntime = false
        var enabled: Value = .null
        // Taken for the watch requisite.
        var reload = false
        var fullRestart = false
        var force = false
        var ignored: Value = .null

        static let fields: [ArgumentField<Settings>] = [
            .field("enable", \.enable, "Whether it is started at boot; left as it is by default."),
            .field("sig", \.sig, "A text to look for among the processes instead of asking the service."),
            .field("init_delay", \.initDelay, "Seconds to wait before looking whether it runs."),
            .field("no_block", \.noBlock, "Without effect."),
            .field("unmask", \.unmask, "Unmask it first."),
            .field("unmask_runtime", \.unmaskRuntime, "Unmask it first, until the next boot."),
            .field("enabled", \.enabled, "A mistake for enable."),
            .field("reload", \.reload, "Reload when something it watches has changed."),
            .field("full_restart", \.fullRestart, "Stop and start when something it watches has changed."),
            .field("force", \.force, "Reload by force."),
            .field("restart", \.ignored, "Without effect: a change restarts it anyway."),
            .field("provider", \.ignored, "Without effect."),
        ]
    }

    // MARK: - Running and dead

    private static func running(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        try await bring(state, settings, up: true)
    }

    private static func dead(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        try await bring(state, settings, up: false)
    }

    private static func bring(_ state: StateContext, _ settings: Settings, up: Bool) async throws -> StateResult {
        let service = ManagedService(state: state, sig: settings.sig)
        let name = state.name
        if !settings.enabled.isNull {
            return state.failed("Service \(name) uses non-existent option \"enabled\".  Perhaps \"enable\" option was intended?")
        }
        guard try await service.isAvailable() else { return service.unavailable(up ? "started" : "stopped", failed: up) }
        let wasRunning = try await service.isRunning()
        let wasEnabled = try await service.isEnabled()
        var notes: [String] = []
        if settings.unmask {
            let result = try await unmasked(state, name: name, runtime: settings.unmaskRuntime)
            if !result.comment.isEmpty { notes.append(result.comment) }
        }
        if wasRunning == up {
            let present = ([up ? "The service \(name) is already running" : "The service \(name) is already dead"] + notes).joined(separator: "\n")
            if let enable = settings.enable, enable != wasEnabled { return try await service.setEnabled(enable, running: nil) }
            return state.unchanged(present)
        }
        let would = ([up ? "Service \(name) is set to start" : "Service \(name) is set to be killed"] + notes).joined(separator: "\n")
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: would)
        }, do: {
            var result = try await service.toggle(up: up, settings, wasRunning: wasRunning, wasEnabled: wasEnabled)
            if settings.unmask { result.comment = ([result.comment] + notes).joined(separator: "\n") }
            return result
        })
    }

    // MARK: - At boot

    private static func enabled(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let service = ManagedService(state: state, sig: nil)
        guard try await service.isAvailable() else { return service.unavailable("enabled", failed: true) }
        return try await service.setEnabled(true, running: nil)
    }

    private static func disabled(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let service = ManagedService(state: state, sig: nil)
        guard try await service.isAvailable() else { return state.unchanged("The named service \(state.name) is not available") }
        return try await service.setEnabled(false, running: nil)
    }

    private static func masked(_ state: StateContext, name: String, runtime: Bool) async throws -> StateResult {
        try await mask(state, runtime, wanted: true)
    }

    private static func unmasked(_ state: StateContext, name: String, runtime: Bool) async throws -> StateResult {
        try await mask(state, runtime, wanted: false)
    }

    private static func mask(_ state: StateContext, _ runtime: Bool, wanted: Bool) async throws -> StateResult {
        let call = state.call
        guard call.services.registry.functions["service.masked"] != nil else {
            return state.failed("Service masking not available on this minion")
        }
        let kind = runtime ? "runtime masked" : "masked"
        let action = wanted ? kind : runtime ? "runtime unmasked" : "unmasked"
        func isMasked() async throws -> Bool { try await call.call("service.masked", .string(state.name), .bool(runtime)).isTruthy }
        if try await isMasked() == wanted {
            return state.unchanged(wanted ? "Service \(state.name) is already \(kind)" : "Service \(state.name) was already \(action)")
        }
        let changes: ValueMap = [.string(kind): ["old": .bool(!wanted), "new": .bool(wanted)]]
        var isDone = true
        var result = try await state.change(changes, would: "Service \(state.name) would be \(action)", did: "Service \(state.name) was \(action)") {
            _ = try await call.call(wanted ? "service.mask" : "service.unmask", .string(state.name), .bool(runtime))
            isDone = try await isMasked() == wanted
            return isDone ? nil : [:]
        }
        if !isDone { result.comment = "Failed to \(wanted ? "mask" : "unmask") service \(state.name)" }
        return result
    }

    // MARK: - Watching

    struct WatchSettings: ArgumentGroup {
        var sfun = "running"
        var settings = Settings()

        static let fields: [ArgumentField<WatchSettings>] = [
            .field("sfun", \.sfun, "The watching function."),
            .field("sig", \.settings.sig, "A text to look for among the processes."),
            .field("reload", \.settings.reload, "Reload it, rather than restart it."),
            .field("full_restart", \.settings.fullRestart, "Stop and start it."),
            .field("init_delay", \.settings.initDelay, "Seconds to wait afterwards."),
            .field("force", \.settings.force, "Reload by force."),
            .field("enable", \.settings.enable, "Without effect here."),
            .field("no_block", \.settings.noBlock, "Without effect."),
            .field("unmask", \.settings.unmask, "Without effect here."),
            .field("unmask_runtime", \.settings.unmaskRuntime, "Without effect here."),
            .field("restart", \.settings.ignored, "Without effect."),
            .field("provider", \.settings.ignored, "Without effect."),
        ]
    }

    private static func watch(_ state: StateContext, _ settings: WatchSettings) async throws -> StateResult {
        try await ManagedService(state: state, sig: settings.settings.sig).react(settings.sfun, settings.settings)
    }
}
