import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One service that a state starts, stops or enables, through the functions of `service`.
struct ManagedService {
    let state: StateContext
    let sig: String?

    private var name: String { state.name }
    private var call: CallContext { state.call }

    private func ask(_ function: String) async throws -> Bool { try await call.call("service.\(function)", .string(name)).isTruthy }

    func isAvailable() async throws -> Bool { try await ask("available") }
    func isEnabled() async throws -> Bool { try await ask("enabled") }

    func isRunning() async throws -> Bool {
        guard let sig else { return try await ask("status") }
        return try await call.call("service.status", .string(name), .string(sig)).isTruthy
    }

    /// The state of a service that the host lacks. Under test a state that did not run may bring it.
    func unavailable(_ verb: String, failed: Bool) -> StateResult {
        let would = "Service \(name) not present; if created in this state run, it would have been \(verb)"
        let comment = state.text(would: would, did: "The named service \(name) is not available")
        let isPlan = comment == would
        return StateResult(name: name, result: isPlan ? nil : !failed, comment: comment)
    }

    // MARK: - Now

    func toggle(up: Bool, _ settings: ServiceState.Settings, wasRunning: Bool, wasEnabled: Bool) async throws -> StateResult {
        let failure = up ? "Service \(name) failed to start" : "Service \(name) failed to die"
        do {
            if try await !ask(up ? "start" : "stop") {
                var result = state.failed(failure)
                if let enable = settings.enable {
                    let outcome = try await setEnabled(enable, running: up ? false : true)
                    result = StateResult(name: name, result: false, comment: outcome.comment, changes: outcome.changes)
                }
                return result
            }
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
        if let delay = settings.initDelay { try await Task.sleep(for: .seconds(delay)) }
        let isRunning = try await isRunning()
        let isEnabled = try await isEnabled()
        var result = StateResult(name: name, result: isRunning == up, comment: failure)
        if wasEnabled != isEnabled || wasRunning != isRunning { result.changes[.string(name)] = .bool(isRunning) }
        if isRunning == up { result.comment = up ? "Started service \(name)" : "Service \(name) was killed" }
        if let enable = settings.enable {
            let outcome = try await setEnabled(enable, running: isRunning)
            result.comment = outcome.comment
            result.result = outcome.result == false ? false : isRunning == up
            // Salt's report of the change at boot takes the place of the other one.
            if outcome.changed { result.changes = outcome.changes }
        }
        if let delay = settings.initDelay, up {
            result.comment += "\nDelayed return for \(Value.float(delay) == .int(Int(delay)) ? String(Int(delay)) : String(delay)) seconds"
        }
        return result
    }

    // MARK: - At boot

    /// - Parameter running: what the comment says of it now; nil says "in the desired state".
    func setEnabled(_ enable: Bool, running: Bool?) async throws -> StateResult {
        let word = enable ? "enabled" : "disabled"
        let tail = running.map { $0 ? "and is running" : "and is dead" } ?? "and is in the desired state"
        if try await isEnabled() == enable { return state.unchanged("Service \(name) is already \(word), \(tail)") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "Service \(name) set to be \(word)")
        }, do: {
            var detail = ""
            do {
                if try await ask(enable ? "enable" : "disable") {
                    let isChanged = try await isEnabled() == enable
                    var result = state.unchanged("Service \(name) has been \(word), \(tail)")
                    if isChanged { result.changes[.string(name)] = true }
                    return result
                }
            } catch let error as ExecutionError where enable {
                detail = ". Additional information follows:\n\n\(error)"
            }
            let start = enable ? "start at boot" : "not start at boot"
            let now =
                switch running {
                case true?: enable ? "but the service is running" : "and is running"
                case false?: "and the service is dead"
                case nil: "but the service was already running"
                }
            return state.failed("Failed when setting service \(name) to \(start), \(now)\(detail)")
        })
    }

    // MARK: - Watching

    func react(_ function: String, _ settings: ServiceState.Settings) async throws -> StateResult {
        let isRunning = try await isRunning()
        let verb: (call: String, word: String, past: String)
        switch function {
        case "dead":
            if !isRunning { return state.unchanged("Service is already stopped") }
            verb = ("stop", "stop", "stopped")
        case "running":
            let functions = call.services.registry.functions
            if !isRunning {
                verb = ("start", "start", "started")
            } else if settings.reload {
                verb = settings.force ? ("force_reload", "forcefully reload", "forcefully reloaded") : ("reload", "reload", "reloaded")
            } else if settings.fullRestart, functions["service.full_restart"] != nil {
                verb = ("full_restart", "fully restart", "fully restarted")
            } else {
                verb = ("restart", "restart", "restarted")
            }
        default: return state.failed("Unable to trigger watch for service.\(function)")
        }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "Service is set to be \(verb.past)")
        }, do: {
            do {
                // What a crashed service left behind is cleared away first.
                if verb.call == "start" { _ = try? await ask("stop") }
                let isDone = try await ask(verb.call)
                if let delay = settings.initDelay { try await Task.sleep(for: .seconds(delay)) }
                return StateResult(
                    name: name, result: isDone, comment: isDone ? "Service \(verb.past)" : "Failed to \(verb.word) the service",
                    changes: [.string(name): .bool(isDone)])
            } catch let error as ExecutionError {
                return state.failed("\(error)")
            }
        })
    }
}

extension StateResult {
    /// Whether something was done.
    var changed: Bool { !changes.isEmpty }
}
