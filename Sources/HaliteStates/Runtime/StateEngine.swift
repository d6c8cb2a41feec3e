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
            saltenv: context.saltenv, pillarenv: context.pillarenv, override: request.pillarOverride, in: context)
        if let errors = context.pillar["_errors"]?.listValue {
            throw StateRefusal(
                messages: ["Pillar failed to render with the following messages:"] + errors.map(\.pythonString), returnCode: 5)
        }
        return StateEngine(context: context, request: request)
    }

    private var compiler: StateCompiler {
        let states = context.services.registry.states
        return StateCompiler(hasWatch: { states["\($0).mod_watch"] != nil })
    }

    // MARK: What to run

    func topMatches() async throws -> [(saltenv: String, sls: [String])] {
        var top = TopFile()
        let files = context.services.files
        let name = context.services.options["state_top"]?.stringValue.map { $0.hasPrefix("salt://") ? String($0.dropFirst(7)) : $0 } ?? "top.sls"
        let only = context.services.options["saltenv"]?.stringValue
        var environments = try await files.environments()
        if let only { environments = [only] }
        for saltenv in environments {
            guard let file = try await files.fetch(name, saltenv: saltenv) else { continue }
            var call = context
            call.saltenv = saltenv
            let data: Value
            do {
                data = try await context.services.templates.renderData(
                    source: try await LocalText.read(file.localPath), name: "salt://\(name)", pipeline: nil,
                    values: ["sls": "top"], in: call)
            } catch {
                throw StateRefusal(messages: ["Rendering top file failed: \(error)"], returnCode: 1)
            }
            top.add(data, from: saltenv, file: "salt://\(name)")
        }
        let facts = MinionFacts(id: context.services.id, grains: context.grains, pillar: context.pillar)
        let matches = top.matches(facts, only: only, nodegroups: context.services.options["nodegroups"]?.mapValue ?? [:])
        if !top.errors.isEmpty { throw StateRefusal(messages: top.errors, returnCode: 1) }
        return matches
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
        let all = errors + high.verify()
        if !all.isEmpty { throw StateRefusal(messages: all, returnCode: 1) }
        return high
    }

    /// The chunks without what extensions and requisites of the `_in` kind add, as `state.show_low_sls` gives them.
    func shownLowChunks() async throws -> [LowChunk] {
        try order(try await shownHighData().lowChunks()).chunks
    }

    func compile(_ matches: [(saltenv: String, sls: [String])]) async throws -> StateCompiler.Compiled {
        let (high, errors) = try await highData(matches)
        if !errors.isEmpty { throw StateRefusal(messages: errors, returnCode: 1) }
        return try compile(high)
    }

    func compile(_ high: HighData) throws -> StateCompiler.Compiled {
        do {
            return try compiler.compile(high)
        } catch {
            throw StateRefusal(messages: error.errors, returnCode: 1)
        }
    }

    func order(_ chunks: [LowChunk]) throws -> StateCompiler.Compiled {
        do { return try compiler.order(chunks) } catch { throw StateRefusal(messages: error.errors, returnCode: 1) }
    }

    // MARK: Run

    /// Runs and sets the return code: 2 when a state failed.
    func run(_ compiled: StateCompiler.Compiled) async -> Value {
        let context = context
        // `file.directory` with `clean` keeps what other states of the run manage.
        context.memory["lowstate"] = .list(compiled.chunks.map { .map($0.data) })
        let chunks = Dictionary(compiled.graph.chunks.map { ($0.tag, $0) }) { first, _ in first }
        let run = StateRun(context: context, graph: compiled.graph) { tag, result, total in
            await StateEvents(context: context).fire(result: result, chunk: chunks[tag], total: total)
        }
        let results = await run.run(order: compiled.order)
        if results.values.contains(where: { $0["result"] == .bool(false) }) { context.outcome.returnCode = 2 }
        return .map(results)
    }

    func runRequested() async throws -> Value {
        let matches = try await requestedMatches()
        if matches.isEmpty { return Self.noTop }
        let compiled = try await compile(matches)
        return await run(compiled)
    }

    private static let noTop: Value = .map([
        "no_|-states_|-states_|-None": .map([
            "result": false, "comment": "No Top file or master_tops data matches found. Please see master log for details.",
            "name": "No States", "changes": [:], "__run_num__": 0,
        ])
    ])
}

/// The events that a state run fires: `fire_event` of a state, and each state's progress when `state_events` is on.
struct StateEvents: Sendable {
    let context: CallContext

    func fire(result: ValueMap, chunk: LowChunk?, total: Int) async {
        guard let master = context.services.master else { return }
        let id = context.services.id
        var tag: String?
        var data: ValueMap = ["ret": .map(result)]
        switch chunk?.data["fire_event"] {
        case .bool(true)?: tag = "salt/state_result/\(context.jobID)/\(id)/\(result["name"]?.pythonString ?? "")"
        case .string(let name)?: tag = "salt/state_result/\(context.jobID)/\(id)/\(name)"
        default:
            if context.services.options["state_events"]?.isTruthy == true {
                tag = "salt/job/\(context.jobID)/prog/\(id)/\(result["__run_num__"]?.pythonString ?? "")"
                data["len"] = .int(total)
            }
        }
        guard let tag else { return }
        // An event that the master does not take must not fail the state that it tells of.
        try? await master.fire(tag: tag, data: data)
    }
}
