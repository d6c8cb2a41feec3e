import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The functions that steer runs: pauses, requests that wait for somebody on the host, and what is not to run.
extension StateExecutionModule {
    // MARK: Pauses

    static func pause(_ context: CallContext, _ jobID: Value, _ state: String?, _ duration: Int?) async throws -> Value {
        try await change(context, jobID) { pauses in
            pauses[state ?? StatePause.everyState] = duration.map { .map(["duration": .int($0)]) } ?? [:]
        }
    }

    static func softKill(_ context: CallContext, _ jobID: Value, _ state: String?) async throws -> Value {
        try await change(context, jobID) { pauses in
            let id = state ?? StatePause.everyState
            var pause = pauses[id]?.mapValue ?? [:]
            pause["kill"] = true
            pauses[id] = .map(pause)
        }
    }

    static func resume(_ context: CallContext, _ jobID: Value, _ state: String?) async throws -> Value {
        try await change(context, jobID) { pauses in
            if let state { pauses.removeValue(forKey: state) } else { pauses = [:] }
        }
    }

    private static func change(_ context: CallContext, _ jobID: Value, _ edit: (inout ValueMap) -> Void) async throws -> Value {
        guard let pause = StatePause(context, jobID: jobID.pythonString) else {
            throw ExecutionError("'\(jobID.pythonString)' is not the id of a job (expected twenty digits, as state.running shows them)")
        }
        var pauses = await pause.read()
        edit(&pauses)
        if pauses.isEmpty { try await pause.remove() } else { try await pause.write(pauses) }
        return .null
    }

    /// The pauses of jobs that run; those of others are removed.
    static func pauses(_ context: CallContext, _ wanted: Value) async throws -> Value {
        guard let cache = context.services.options["cachedir"]?.stringValue else { return [:] }
        let folder = cache + "/state_pause"
        let host = LocalHost()
        guard try await host.isDirectory(folder) else { return [:] }
        let active = Set(try context.services.stateRunFolder.map { try StateRunLock(folder: $0).entries() }?.map(\.jobID) ?? [])
        let names = wanted.isNull ? try await host.list(folder) : (wanted.listValue ?? [wanted]).map(\.pythonString)
        var found = ValueMap()
        for name in names {
            guard let pause = StatePause(context, jobID: name) else { continue }
            if active.contains(name) { found[name] = .map(await pause.read()) } else { try await pause.remove() }
        }
        return .map(found)
    }

    // MARK: Requests

    static func request(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        var keywords = keywords
        keywords["test"] = true
        let result = try await apply(context, modules, keywords)
        var requests = try await StateRequests(context).read()
        let mods: Value = modules.isEmpty ? keywords["mods"] ?? .null : modules.count == 1 ? modules[0] : .list(modules)
        requests[keywords["name"]?.pythonString ?? "default"] = .map(["test_run": result, "mods": mods, "kwargs": .map(keywords)])
        try await StateRequests(context).write(requests)
        return result
    }

    static func checkRequest(_ context: CallContext, _ name: String?) async throws -> Value {
        let requests = try await StateRequests(context).read()
        guard let name else { return .map(requests) }
        guard let request = requests[name] else {
            let known = requests.keys.map(\.pythonString)
            throw ExecutionError("there is no request '\(name)'\(NearestName.hint(name, among: known)) (kept: \(known.joined(separator: ", ")))")
        }
        return request
    }

    static func clearRequest(_ context: CallContext, _ name: String?) async throws -> Bool {
        let store = StateRequests(context)
        guard let name else {
            try await store.remove()
            return true
        }
        var requests = try await store.read()
        if requests.isEmpty { return true }
        guard requests.removeValue(forKey: name) != nil else { return false }
        try await store.write(requests)
        return true
    }

    static func runRequest(_ context: CallContext, _ name: String, _ keywords: ValueMap) async throws -> Value {
        let store = StateRequests(context)
        guard let request = try await store.read()[name]?.mapValue, var settings = request["kwargs"]?.mapValue else { return [:] }
        for (key, value) in keywords { settings[key] = value }
        settings.removeValue(forKey: "test")
        settings.removeValue(forKey: "name")
        let result = try await apply(context, request["mods"].map { [$0] } ?? [], settings)
        try await store.remove()
        return result
    }

    // MARK: What is not to run

    static let disabledGrain = "state_runs_disabled"

    /// What is said instead of a run that `state.disable` forbids.
    static func disabledRun(_ request: StateRequest) -> Value? {
        let disabled = (request.context.grains[disabledGrain]?.listValue ?? []).map(\.pythonString)
        if disabled.isEmpty { return nil }
        if request.sls.isEmpty {
            guard disabled.contains("highstate") else { return nil }
            return [
                "name": "Salt highstate run is disabled. To re-enable, run state.enable highstate", "result": "False", "comment": "Disabled",
            ]
        }
        var messages: [String] = []
        for sls in request.sls {
            for pattern in disabled {
                if pattern.contains(".*"), sls.hasPrefix(pattern.stateModule + ".") {
                    messages.append("The state file \"\(sls)\" is currently disabled by \"\(pattern)\", to re-enable, run state.enable \(pattern).")
                } else if pattern == sls {
                    messages.append("The state file \"\(pattern)\" is currently disabled, to re-enable, run state.enable \(pattern).")
                }
            }
        }
        guard !messages.isEmpty else { return nil }
        request.context.outcome.returnCode = 1
        return messages.value
    }

    static func disable(_ context: CallContext, _ states: Value) async throws -> Value {
        try await edit(context, states) { disabled, state in
            if disabled.contains(.string(state)) { return "Info: \(state) state already disabled." }
            disabled.append(.string(state))
            return "Info: \(state) state disabled."
        }
    }

    static func enable(_ context: CallContext, _ states: Value) async throws -> Value {
        try await edit(context, states) { disabled, state in
            guard let index = disabled.firstIndex(of: .string(state)) else { return "Info: \(state) state already enabled." }
            disabled.remove(at: index)
            return "Info: \(state) state enabled."
        }
    }

    private static func edit(_ context: CallContext, _ states: Value, _ change: (inout [Value], String) -> String) async throws -> Value {
        let before = context.grains[disabledGrain]?.listValue ?? []
        var disabled = before
        let names = states.listValue?.map(\.pythonString) ?? states.pythonString.split(separator: ",").map { String($0).trimmingSpaces }
        let messages = names.map { change(&disabled, $0) }
        if disabled != before { _ = try await context.call("grains.setval", .string(disabledGrain), .list(disabled)) }
        return ["res": true, "msg": .string(messages.joined(separator: "\n"))]
    }
}

/// The requests of `state.request`, kept in a file that only the owner of the minion reads.
private struct StateRequests {
    private let path: String?

    init(_ context: CallContext) {
        path = context.services.options["cachedir"]?.stringValue.map { $0 + "/req_state.json" }
    }

    /// None when there is no file; a file that is there and cannot be read is an error, so that nothing writes over it.
    func read() async throws -> ValueMap {
        guard let path, try await LocalHost().exists(path) else { return [:] }
        guard let requests = (try Value(json: try await LocalHost().read(path))).mapValue else {
            throw ExecutionError("\(path) holds no requests (expected a JSON object); state.clear_request removes it")
        }
        return requests
    }

    func write(_ requests: ValueMap) async throws {
        guard let path else { throw ExecutionError("requests are kept below `cachedir`, which is not configured") }
        try await LocalHost().write(path, Array(Value.map(requests).json().utf8), FileAttributes(mode: 0o600))
    }

    func remove() async throws {
        if let path { try await LocalHost().remove(path) }
    }
}
