import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Programs that supervisord runs, or does not.
package struct SupervisordState: StateModule {
    package static let name = "supervisord"
    package static let summary = "Programs that supervisord runs, or does not."

    package static let functions: [StateFunction] = [
        StateFunction("running", "A program runs.", Settings.self, body: running),
        StateFunction("dead", "A program does not run.", Settings.self, body: dead),
        StateFunction("mod_watch", "What a program watches has changed.", WatchSettings.self, body: watch),
    ]

    struct Settings: ArgumentGroup {
        var restart = false
        var update = false
        var user: String?
        var confFile: String?
        var binEnv: String?

        static let fields: [ArgumentField<Settings>] = [
            .field("restart", \.restart, "Restart it also when it runs."),
            .field("update", \.update, "Take in what is new in the configuration first."),
            .field("user", \.user, "The user to run as."),
            .field("conf_file", \.confFile, "The configuration."),
            .field("bin_env", \.binEnv, "A virtualenv or the program."),
        ]
    }

    struct WatchSettings: ArgumentGroup {
        var sfun = "running"
        var settings = Settings()
        static let fields: [ArgumentField<WatchSettings>] =
            [.field("sfun", \.sfun, "The watching function.")] + Settings.fields.map { $0.within(\.settings) }
    }

    private static func supervisor(_ state: StateContext, _ settings: Settings) -> Supervisor {
        Supervisor(call: state.call, user: settings.user, configuration: settings.confFile, binEnv: settings.binEnv)
    }

    /// The states of the programs that a name means: itself, or all of a group.
    private static func programs(_ state: StateContext, _ supervisor: Supervisor) async throws -> [(name: String, state: String, reason: String)] {
        var name = state.name
        if name.hasSuffix(":*") { name.removeLast() }
        let all = try await supervisor.programs()
        if name == "all" { return all }
        return all.filter { name.hasSuffix(":") ? $0.name.hasPrefix(name) : $0.name == name }
    }

    private static func target(_ state: StateContext) -> String {
        state.name.hasSuffix(":*") ? String(state.name.dropLast()) : state.name
    }

    private static func isError(_ text: String) -> Bool { text.contains("ERROR") }

    private static func running(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        let supervisor = supervisor(state, settings)
        do {
            let known = try await programs(state, supervisor)
            let isRunning = !known.isEmpty && known.allSatisfy { ["RUNNING", "STARTING"].contains($0.state) }
            let needsAdding = known.isEmpty
            if isRunning, !settings.restart, !settings.update { return state.unchanged("Not starting already running process: \(name)") }
            let verb = isRunning ? "restart" : "start"
            if needsAdding, !settings.update, !name.hasSuffix(":"), !name.hasSuffix(":*"), name != "all" {
                let offered = try await supervisor.say("reread")
                if offered.isEmpty || isError(offered) { return state.failed("Service \(name) is not available: \(offered)") }
            }
            let would = isRunning && settings.update && !settings.restart
                ? "No change made to \(name): Process is running" : "Service \(name) is set to be \(verb)ed"
            return try await state.either(would: { StateResult(name: name, result: nil, comment: would) }, do: {
                var changes = ValueMap()
                if settings.update || needsAdding {
                    let output = try await supervisor.say("update")
                    if isError(output) { return state.failed(output) }
                    if !output.isEmpty { changes["update"] = .string(output) }
                }
                let now = try await programs(state, supervisor)
                let runs = !now.isEmpty && now.allSatisfy { ["RUNNING", "STARTING"].contains($0.state) }
                if runs, !settings.restart {
                    if changes.isEmpty { return state.unchanged("Not starting already running process: \(name)") }
                    return StateResult(name: name, result: true, comment: "Starting service: \(name)", changes: changes)
                }
                let action = isRunning && settings.restart ? "restart" : "start"
                let output = try await supervisor.say(action, target(state))
                if isError(output) { return state.failed(output, changes: changes) }
                changes[.string(name)] = .string(output)
                return StateResult(name: name, result: true, comment: "\(action == "restart" ? "Restarting" : "Starting") service: \(name)", changes: changes)
            })
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
    }

    private static func dead(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        let supervisor = supervisor(state, settings)
        do {
            let known = try await programs(state, supervisor)
            if known.isEmpty { return state.unchanged("Service \(name) doesn't exist") }
            let stopped = known.allSatisfy { ["STOPPED", "EXITED", "FATAL"].contains($0.state) }
            if stopped { return state.unchanged("Service \(name) is already stopped") }
            return try await state.either(would: {
                StateResult(name: name, result: nil, comment: "Service \(name) is set to be stopped")
            }, do: {
                let output = try await supervisor.say("stop", target(state))
                if isError(output) { return state.failed(output) }
                return StateResult(name: name, result: true, comment: "Stopping service: \(name)", changes: [.string(name): .string(output)])
            })
        } catch let error as ExecutionError {
            return state.failed("\(error)")
        }
    }

    private static func watch(_ state: StateContext, _ settings: WatchSettings) async throws -> StateResult {
        var inner = settings.settings
        if settings.sfun == "dead" { return try await dead(state, inner) }
        inner.restart = true
        return try await running(state, inner)
    }
}
