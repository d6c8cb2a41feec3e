import HaliteCore
import HaliteModuleKit
import HaliteValue

/// From a request to results: pillar, SLS files, high data, chunks, run.
struct StateEngine: Sendable {
    /// Everything that the request says, with the pillar of the run.
    let context: CallContext
    let request: StateRequest

    static func prepare(_ request: StateRequest) async throws -> StateEngine {
        var context = request.context
        context.pillar = try await context.services.compilePillar(
            saltenv: context.saltenv, pillarenv: context.pillarenv, override: try await request.override(), in: context)
        context.shared = SharedData()
        if !request.isForced, let errors = context.pillar["_errors"]?.listValue {
            throw StateRefusal(
                messages: ["Pillar failed to render with the following messages:"] + errors.map(\.pythonString), returnCode: StateRefusal.pillarFailure)
        }
        if let path = context.services.options["state_journal"]?.stringValue {
            context.journal = try FileJournal(path: path, jobID: context.jobID)
        }
        return StateEngine(context: context, request: request)
    }

    private var settings: StateSettings {
        StateSettings(options: context.services.options, grains: context.grains, registry: context.services.registry)
    }

    var compiler: StateCompiler {
        let states = context.services.registry.states
        return StateCompiler(settings: settings, hasWatch: { states["\($0).mod_watch"] != nil })
    }

    // MARK: What to run

    func topMatches() async throws -> [(saltenv: String, sls: [String])] {
        var options = context.services.options
        if let topFile = request.topFile { options["state_top"] = .string(topFile) }
        let settings = TopSettings(options, saltenv: request.saltenv)
        do {
            return try await StateTop(context: context, settings: settings).matches()
        } catch let error as TopError {
            throw StateRefusal(messages: [error.description], returnCode: 1)
        }
    }

    /// The merged high data of the SLS files, with all errors of the tree.
    func highData(_ matches: [(saltenv: String, sls: [String])]) async throws -> (high: HighData, errors: [String]) {
        var loader = SLSLoader(context: context)
        try await loader.load(matches)
        var high = HighData(loader.high)
        if !request.exclude.isEmpty {
            high.map["__exclude__"] = .list((high.map["__exclude__"]?.listValue ?? []) + request.exclude)
        }
        return (high, loader.errors)
    }

    func requestedMatches() async throws -> [(saltenv: String, sls: [String])] {
        request.sls.isEmpty ? try await topMatches() : [(context.saltenv, request.sls)]
    }

    /// High data as the files give it, extensions and exclusions still apart: `state.show_sls` gives it so.
    func shownHighData() async throws -> HighData {
        let (high, errors) = try await highData(try await requestedMatches())
        // `state.show_highstate` shows also what a run would refuse.
        let all = request.sls.isEmpty ? errors : errors + high.verify()
        if !all.isEmpty { throw StateRefusal(messages: all, returnCode: 1) }
        return high
    }

    /// The chunks without what extensions and requisites of the `_in` kind add, as `state.show_low_sls` gives them.
    func shownLowChunks() async throws -> [LowChunk] {
        try order(try await shownHighData().lowChunks()).chunks
    }

    func compile(_ matches: [(saltenv: String, sls: [String])]) async throws -> Compilation {
        let (high, errors) = try await highData(matches)
        if !errors.isEmpty { throw StateRefusal(messages: errors, returnCode: 1) }
        return try compile(high)
    }

    func compile(_ high: HighData) throws -> Compilation {
        Compilation(high: high, compiled: try refusing { () throws(StateCompileError) in try compiler.compile(high) })
    }

    /// The chunks of the highstate with all errors of the tree, as `state.show_lowstate` gives them.
    func compileAll() async throws -> [LowChunk] {
        let (high, errors) = try await highData(try await topMatches())
        return try refusing { () throws(StateCompileError) in try compiler.compileAll(high, errors: errors) }.chunks
    }

    /// As `state.sls_id` compiles: without extensions and exclusions.
    func compileWithoutExtend() async throws -> Compilation {
        let (high, errors) = try await highData(try await requestedMatches())
        return Compilation(
            high: high, compiled: try refusing { () throws(StateCompileError) in try compiler.compileWithoutExtend(high, errors: errors) })
    }

    func order(_ chunks: [LowChunk]) throws -> StateCompiler.Compiled {
        try refusing { () throws(StateCompileError) in try compiler.order(chunks) }
    }

    private func refusing<Result>(_ body: () throws(StateCompileError) -> Result) throws -> Result {
        do { return try body() } catch { throw StateRefusal(messages: error.errors, returnCode: 1) }
    }

    // MARK: Run

    /// Chunks with the high data that they come from, which says whose failure another state handles.
    struct Compilation: Sendable {
        var high = HighData()
        let compiled: StateCompiler.Compiled
    }

    /// Runs and sets the return code: 2 when a state failed.
    func run(_ compilation: Compilation) async -> Value {
        let compiled = compilation.compiled
        return await run(compilation) { await $0.run(order: compiled.order) }
    }

    /// Runs the chunks with one id, each with what it needs.
    func run(_ compilation: Compilation, only id: String) async -> Value {
        let compiled = compilation.compiled
        return await run(compilation) { await $0.run(only: id, of: compiled.order) }
    }

    private func run(_ compilation: Compilation, _ body: (StateRun) async -> ValueMap) async -> Value {
        let context = context
        // `file.directory` with `clean` keeps what other states of the run manage.
        context.memory["lowstate"] = .list(compilation.compiled.chunks.map { .map($0.data) })
        let run = StateRun(context: context, graph: compilation.compiled.graph, settings: settings, hooks: hooks)
        run.runNumber = compilation.compiled.disabledCount
        let results = await body(run)
        if !StateVerdict(high: compilation.high.map).isGood(results) { context.outcome.returnCode = 2 }
        return .map(request.isTerse || context.services.options["state_data"]?.stringValue == "terse" ? Self.terse(results) : results)
    }

    private var hooks: StateRunHooks {
        let context = context
        let request = request
        let pause = StatePause(context)
        let events = StateEvents(context: context, wantsAll: request.stateEvents)
        return StateRunHooks(
            finished: { chunk, result, total in await events.fire(result: result, chunk: chunk, total: total) },
            isToStop: { chunk in await pause?.isToStop(chunk) ?? false },
            pillar: { current in
                try await current.services.compilePillar(
                    saltenv: current.saltenv, pillarenv: current.pillarenv, override: try await request.override(), in: current)
            },
            isMocked: request.isMocked)
    }

    /// Without the states that were as they should be.
    private static func terse(_ results: ValueMap) -> ValueMap {
        ValueMap(results.filter { $0.value["result"]?.isTruthy != true || $0.value["changes"]?.isTruthy == true }.map { ($0.key, $0.value) })
    }

    func runRequested() async throws -> Value {
        var matches = try await requestedMatches()
        if matches.isEmpty { return noStates("No Top file or master_tops data matches found. Please see master log for details.") }
        if request.sls.isEmpty, !request.whitelist.isEmpty {
            matches = matches.compactMap { saltenv, sls in
                let kept = sls.filter(request.whitelist.contains)
                return kept.isEmpty ? nil : (saltenv, kept)
            }
        }
        let (high, errors) = try await highData(matches)
        if !errors.isEmpty { throw StateRefusal(messages: errors, returnCode: 1) }
        if request.sls.isEmpty, high.map.isEmpty { return noStates("No states found for this minion") }
        return await run(try compile(high))
    }

    private func noStates(_ comment: String) -> Value {
        context.outcome.returnCode = 2
        return .map([
            "no_|-states_|-states_|-None": .map([
                "result": false, "comment": .string(comment), "name": "No States", "changes": [:], "__run_num__": 0,
            ])
        ])
    }
}
/// The events that a state run fires: `fire_event` of a state, and each state's progress when `state_events` is on.
struct StateEvents: Sendable {
    let context: CallContext
    /// What the call says of `state_events`; nil leaves it to the configuration.
    var wantsAll: Bool?

    func fire(result: ValueMap, chunk: LowChunk, total: Int) async {
        guard let master = context.services.master else { return }
        let id = context.services.id
        var tag: String?
        var data: ValueMap = ["ret": .map(result)]
        switch chunk.data["fire_event"] {
        case .bool(true)?: tag = "salt/state_result/\(context.jobID)/\(id)/\(result["name"]?.pythonString ?? "")"
        case .string(let name)?: tag = "salt/state_result/\(context.jobID)/\(id)/\(name)"
        default:
            if wantsAll ?? context.services.options["state_events"]?.isTruthy ?? false {
                tag = "salt/job/\(context.jobID)/prog/\(id)/\(result["__run_num__"]?.pythonString ?? "")"
                data["len"] = .int(total)
            }
        }
        guard let tag else { return }
        // An event that the master does not take must not fail the state that it tells of.
        try? await master.fire(tag: tag, data: data)
    }
}
