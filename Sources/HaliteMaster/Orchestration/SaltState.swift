import HaliteCore
import HaliteModuleKit
import HaliteValue

/// The states of orchestration: they act on minions and on the master itself.
struct SaltState: StateModule {
    static let name = "salt"
    static let summary = "Runs states and functions on minions, and runners on the master."

    static let functions: [StateFunction] = [
        StateFunction(
            "state", "Runs SLS files or the highstate on minions.",
            .required("name", "What this step is called."),
            .keywords("kwargs", "tgt, tgt_type, sls, highstate, pillar, pillarenv, saltenv, test, batch, subset, and more."),
            body: state),
        StateFunction(
            "function", "Calls an execution function on minions.",
            .required("name", "The function, such as cmd.run."),
            .keywords("kwargs", "tgt, tgt_type, arg, kwarg, batch, subset, fail_minions."), body: function),
        StateFunction(
            "runner", "Calls a runner on the master.", .required("name", "The runner, such as event.send."),
            .keywords("kwargs", "The arguments of the runner."), body: runner),
        StateFunction(
            "wait_for_event", "Waits until an event has named each of a list of ids.",
            .required("name", "The tag; a glob."), .required("id_list", "What must be seen."),
            .optional("event_id", "id", "The key of the event that holds the id."),
            .optional("timeout", 300, "Seconds."), .optional("node", "master", "Whose bus."), body: waitForEvent),
    ]

    // MARK: salt.state

    private static func state(_ context: StateContext, _ name: String, _ keywords: ValueMap) async throws -> StateResult {
        let master = try context.call.requireMaster()
        var arguments = Arguments()
        let function: String
        if keywords["highstate"]?.isTruthy == true {
            function = "state.highstate"
        } else if let sls = keywords["sls"], sls.isTruthy {
            function = "state.sls"
            arguments.positional = [.string((sls.listValue ?? [sls]).map(\.pythonString).joined(separator: ","))]
        } else {
            return context.failed("No highstate or sls specified, no execution made")
        }
        guard let allowFail = try? Int(value: keywords["allow_fail"] ?? 0) else {
            return context.failed("Passed invalid value for 'allow_fail', must be an int")
        }
        let test = keywords["test"].flatMap { $0.isNull ? nil : $0.isTruthy } ?? context.call.test
        if test || keywords["test"]?.isNull == false { arguments.keywords["test"] = .bool(test) }
        for key in ["pillar", "pillarenv", "saltenv", "exclude"] {
            // The engine keeps `saltenv` for itself and leaves it in the chunk.
            if let value = keywords[key] ?? context.low[key], !value.isNull { arguments.keywords[key] = value }
        }
        arguments.keywords["queue"] = keywords["queue"] ?? false
        guard let concurrent = (keywords["concurrent"] ?? false).boolValue else {
            return context.failed("Must pass in boolean for value of 'concurrent'")
        }
        arguments.keywords["concurrent"] = .bool(concurrent)
        let answers = try await command(function, arguments, context, keywords).run(on: master, user: "root")
        var judged = MinionJudgement(keywords)
        if answers.isEmpty {
            let wanted = keywords["tgt"]?.pythonString ?? ""
            return context.failed("No minions returned: the target '\(wanted)' matches no accepted minion")
        }
        for (minion, answer) in answers { judged.addStateRun(minion.pythonString, answer.mapValue ?? [:]) }
        return judged.stateResult(name: name, allowFail: allowFail, test: test, jobID: Self.jobID(answers))
    }

    private static func command(_ function: String, _ arguments: Arguments, _ context: StateContext, _ keywords: ValueMap) throws
        -> MinionCommand
    {
        guard let target = keywords["tgt"], target.isTruthy else { throw ArgumentError("missing parameter 'tgt': which minions to act on") }
        let kindName = keywords["tgt_type"]?.stringValue ?? "glob"
        guard let kind = Target.Kind(name: kindName) else {
            throw ArgumentError("unknown tgt_type '\(kindName)'\(NearestName.hint(kindName, among: Target.Kind.allCases.map(\.rawValue)))")
        }
        return MinionCommand(
            target: Target(target, kind: kind), function: function, arguments: arguments,
            batch: keywords["batch"].flatMap { $0.isNull ? nil : $0.pythonString }, subset: keywords["subset"]?.intValue,
            failhard: (keywords["failhard"] ?? context.low["failhard"])?.isTruthy ?? false)
    }

    private static func jobID(_ answers: ValueMap) -> Value? { answers.values.first?["jid"] }

    // MARK: salt.function

    private static func function(_ context: StateContext, _ name: String, _ keywords: ValueMap) async throws -> StateResult {
        let master = try context.call.requireMaster()
        var warnings: [String] = []
        var positional: [Value] = []
        switch keywords["arg"] {
        case .string(let text)?:
            warnings.append("Please specify 'arg' as a list of arguments.")
            positional = text.split(separator: " ").map { .string(String($0)) }
        case .list(let list)?: positional = list
        case .null?, nil: break
        case .some(let other): positional = [other]
        }
        let command = try command(name, Arguments(positional, keywords: keywords["kwarg"]?.mapValue ?? [:]), context, keywords)
        if context.call.test {
            return StateResult(
                name: name, result: nil, comment: "Function \(name) would be executed on target \(command.target.expression.pythonString)")
        }
        let answers = try await command.run(on: master, user: "root")
        if answers.isEmpty { return context.failed("No minions responded") }
        var judged = MinionJudgement(keywords)
        for (minion, answer) in answers { judged.addFunction(minion.pythonString, answer.mapValue ?? [:]) }
        var result = judged.functionResult(name: name, jobID: jobID(answers))
        result.warnings = warnings
        return result
    }

    // MARK: salt.runner

    private static func runner(_ context: StateContext, _ name: String, _ keywords: ValueMap) async throws -> StateResult {
        guard let runtime = context.call.services as? MasterRuntime else { throw ExecutionError("salt.runner runs on a master only") }
        var arguments = Arguments(keywords["arg"]?.listValue ?? [], keywords: keywords)
        for key in ["arg", "kwarg"] { arguments.keywords.removeValue(forKey: key) }
        for (key, value) in keywords["kwarg"]?.mapValue ?? [:] { arguments.keywords[key] = value }
        if context.call.test {
            return StateResult(name: name, result: nil, comment: "Runner function '\(name)' would be executed.")
        }
        let jobID = JobID.make().description
        do {
            let (value, code) = try await runtime.run(name, arguments, jobID: jobID, user: "root")
            return StateResult(
                name: name, result: code == 0, comment: "Runner function '\(name)' \(code == 0 ? "executed" : "failed").",
                changes: ["return": value], extra: ["__jid__": .string(jobID)])
        } catch {
            return context.failed("Runner function '\(name)' failed.", changes: ["return": .string("\(error)")])
        }
    }

    // MARK: salt.wait_for_event

    private static func waitForEvent(
        _ context: StateContext, _ name: String, _ ids: [String], _ key: String, _ timeout: Int, _ node: String
    ) async throws -> StateResult {
        let master = try context.call.requireMaster()
        if context.call.test { return StateResult(name: name, result: nil, comment: "Orchestration would wait for event '\(name)'") }
        let pattern = GlobPattern(name)
        let events = master.events.events()
        let start = ContinuousClock.now
        // The first to end decides: all ids seen, or the clock.
        let seen = await withTaskGroup(of: [String]?.self) { group in
            group.addTask {
                var left = ids
                var seen: [String] = []
                for await event in events where pattern.matches(event.tag) {
                    guard let found = event.data[key] ?? event.data["data"]?[key] else { continue }
                    for id in (found.listValue ?? [found]).map(\.pythonString) {
                        if let index = left.firstIndex(of: id) {
                            left.remove(at: index)
                            seen.append(id)
                        }
                    }
                    if left.isEmpty { return seen }
                }
                return nil
            }
            group.addTask {
                try? await Task.sleep(for: .seconds(timeout))
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let seen else { return context.failed("Timeout value reached.") }
        let seconds = Double((ContinuousClock.now - start).components.seconds)
        return StateResult(
            name: name, result: true, comment: "All events seen in \(seconds) seconds.", changes: ["minions_seen": seen.value])
    }
}
