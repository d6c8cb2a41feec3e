import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Runs compiled chunks in their order and collects Salt's result dictionaries.
///
/// One run belongs to one task; states with `parallel: True` are tasks that the run owns and waits for.
final class StateRun {
    /// Changes when a state asks for the grains or the pillar to be read again.
    var context: CallContext
    var graph: DependencyGraph
    let settings: StateSettings
    let hooks: StateRunHooks

    var results = ValueMap()
    /// What the test runs for `prereq` foresaw.
    var foreseen: [String: ValueMap] = [:]
    var runNumber = 0
    var parallel = ParallelStates()
    /// Chunks that wait for parallel ones; they are tried again before each further chunk.
    private var pending: [LowChunk] = []
    private var testRunsLeft: Set<String> = []
    private var stopped = false
    private var total = 0

    init(context: CallContext, graph: DependencyGraph, settings: StateSettings = StateSettings(), hooks: StateRunHooks = StateRunHooks()) {
        self.context = context
        self.graph = graph
        self.settings = settings
        self.hooks = hooks
    }

    /// Runs everything and returns tag to result.
    func run(order: [Int]) async -> ValueMap {
        noteTestRuns(order)
        await call(order)
        // Also after a `failhard`: what has changed has changed.
        stopped = false
        await callListeners(order)
        await settleAll()
        return results
    }

    /// Runs those chunks that have an id, each with what it needs and nothing else, as `state.sls_id` does.
    func run(only id: String, of order: [Int]) async -> ValueMap {
        noteTestRuns(order)
        var collected = ValueMap()
        for index in order where graph.chunks[index].id == id {
            results = [:]
            _ = await call(graph.chunks[index], depth: 0)
            await settleAll()
            for (tag, result) in results { collected[tag] = result }
        }
        return collected
    }

    private func noteTestRuns(_ order: [Int]) {
        total = order.count
        for index in order where graph.chunks[index].data["__prereq__"] == true { testRunsLeft.insert(graph.chunks[index].tag) }
    }

    // MARK: The loop

    func call(_ order: [Int]) async {
        for index in order {
            await callPending()
            if stopped { return }
            await reconcileParallel()
            let chunk = graph.chunks[index]
            if results[chunk.tag] != nil { continue }
            if await hooks.isToStop(chunk) { break }
            if await call(chunk, depth: 0) { addPending(chunk) }
            if stopped || failsHard(chunk) {
                stopped = true
                return
            }
        }
        while !pending.isEmpty {
            await callPending()
            if stopped { return }
            if !pending.isEmpty { await parallel.waitForAny() }
            await reconcileParallel()
        }
        await settleAll()
    }

    private func callPending() async {
        let waiting = pending
        pending = []
        for (place, chunk) in waiting.enumerated() where results[chunk.tag] == nil {
            if await call(chunk, depth: 0) { addPending(chunk) }
            if stopped || failsHard(chunk) {
                stopped = true
                pending += waiting[(place + 1)...]
                return
            }
        }
    }

    private func addPending(_ chunk: LowChunk) {
        if !pending.contains(where: { $0.tag == chunk.tag }) { pending.append(chunk) }
    }

    /// After a failed state with `failhard` nothing else runs.
    private func failsHard(_ chunk: LowChunk) -> Bool {
        if context.test { return false }
        let wants = chunk.data["failhard"]?.isTruthy ?? settings.failhard
        return wants && results[chunk.tag]?["result"] == .bool(false)
    }

    private func isTestRun(_ chunk: LowChunk) -> Bool { testRunsLeft.contains(chunk.tag) }

    // MARK: One chunk

    /// Runs a chunk as its requisites allow. Returns true when it has to wait for parallel ones.
    private func call(_ original: LowChunk, depth: Int) async -> Bool {
        let chunk = aggregated(original)
        let testRun = isTestRun(chunk)
        let (status, requisites) = await checkRequisites(chunk, testRun: testRun)
        switch status {
        case .unmet: return await callUnmet(chunk, testRun: testRun, depth: depth)
        case .pending: return true
        case .met: await execute(chunk, testRun: testRun)
        case .change where !testRun: await executeWatching(chunk, requisites)
        case .change: await execute(chunk, testRun: true)
        case .skipWatch:
            var result = await perform(chunk)
            result["comment"] = .string(
                (result["comment"]?.pythonString ?? "") + " mod_watch was not run because requisites were skipped by another state")
            await record(chunk, result)
        case .skipRequisite:
            await recordNotRun(chunk, true, "State was not run because requisites were skipped by another state", testRun)
        case .fail: await recordFailedRequisite(chunk, requisites, testRun)
        case .pre: await recordNotRun(chunk, true, "No changes detected", testRun)
        case .onfail: await recordNotRun(chunk, true, "State was not run because onfail req did not change", testRun)
        case .onchanges: await recordNotRun(chunk, true, "State was not run because none of the onchanges reqs changed", testRun)
        }
        return false
    }

    private func execute(_ chunk: LowChunk, testRun: Bool) async {
        if testRun {
            foreseen[chunk.tag] = await perform(chunk, testRun: true)
            testRunsLeft.remove(chunk.tag)
        } else if chunk.data["parallel"]?.isTruthy == true {
            await startParallel(chunk)
        } else {
            await record(chunk, await perform(chunk))
        }
    }

    /// The state, and its `mod_watch` when the state itself had nothing to do.
    private func executeWatching(_ chunk: LowChunk, _ requisites: Requisites) async {
        if chunk.data["parallel"]?.isTruthy == true { return await startParallel(chunk, watching: watching(chunk, requisites)) }
        let result = await perform(chunk)
        if result["changes"]?.isTruthy != true, result["skip_watch"]?.isTruthy != true {
            await record(chunk, await perform(watching(chunk, requisites)))
        } else {
            await record(chunk, result)
        }
    }

    private func watching(_ chunk: LowChunk, _ requisites: Requisites) -> LowChunk {
        var watching = chunk
        watching.data["sfun"] = .string(chunk.function)
        watching.data["fun"] = "mod_watch"
        let watched = requisites.filter { $0.type == .watch }.flatMap(\.chunks).map { graph.chunks[$0] }
        let changed = watched.filter { results[$0.tag]?["changes"]?.isTruthy == true }
        watching.data["__changed__"] = changed.map { "\($0.state): \($0.id)" }.value
        return watching
    }

    /// Runs first what has not run and is needed, which happens for test runs of `prereq`.
    private func callUnmet(_ chunk: LowChunk, testRun: Bool, depth: Int) async -> Bool {
        for (_, index) in graph.dependencies(ofTag: chunk.tag, testRun: testRun) {
            let needed = graph.chunks[index]
            if results[needed.tag] == nil {
                if await call(needed, depth: 0) { return true }
                if stopped || failsHard(needed) {
                    stopped = true
                    return false
                }
            }
        }
        var waits = false
        if testRun {
            await foresee(chunk)
        } else if depth >= 19 {
            var result = notRun(chunk, false, "Recursive requisite found")
            for key in ["__state_ran__", "duration", "start_time"] { result.removeValue(forKey: key) }
            await record(chunk, result)
        } else {
            waits = await call(chunk, depth: depth + 1)
        }
        if failsHard(chunk) { stopped = true }
        return waits
    }

    private func foresee(_ chunk: LowChunk) async {
        let (status, _) = await checkRequisites(chunk, testRun: true)
        if status == .pre {
            foreseen[chunk.tag] = notRun(chunk, true, "No changes detected")
        } else {
            var result = await perform(chunk, testRun: true)
            if result["changes"]?.isTruthy != true, status == .change {
                result["changes"] = ["watch": "watch"]
                result["result"] = .null
            }
            foreseen[chunk.tag] = result
        }
        testRunsLeft.remove(chunk.tag)
    }

    private func perform(_ chunk: LowChunk, testRun: Bool = false) async -> ValueMap {
        let call = stateCall(chunk, testRun: testRun)
        if testRun { return await call.run(number: nil) }
        var result = await call.run(number: runNumber)
        // Every attempt of a retried state counts.
        runNumber = max(runNumber, result["__run_num__"]?.intValue ?? runNumber) + 1
        let warnings = await refresh(after: chunk, changed: result["changes"]?.isTruthy == true)
        if !warnings.isEmpty { result["warnings"] = .list((result["warnings"]?.listValue ?? []) + warnings.map(Value.string)) }
        return result
    }

    func stateCall(_ chunk: LowChunk, testRun: Bool = false) -> StateCall {
        StateCall(context: context, chunk: chunk, testRun: testRun, settings: settings, isMocked: hooks.isMocked)
    }

    // MARK: Aggregation

    /// The chunk with the work of those that it may take over.
    private func aggregated(_ chunk: LowChunk) -> LowChunk {
        guard chunk.data["__agg__"] == nil, let aggregate = context.services.registry.aggregates[chunk.state] else { return chunk }
        let members = graph.aggregated(withTag: chunk.tag)
        guard let own = members.first(where: { graph.chunks[$0].tag == chunk.tag }) else { return chunk }
        let waiting = members.filter { $0 != own && results[graph.chunks[$0].tag] == nil }
        var data = chunk.data
        data["__agg__"] = true
        var others = waiting.map { graph.chunks[$0].data }
        aggregate(&data, &others)
        graph.replaceData(ofChunk: own, data)
        for (index, other) in zip(waiting, others) { graph.replaceData(ofChunk: index, other) }
        return LowChunk(data)
    }

    // MARK: Results

    func record(_ chunk: LowChunk, _ result: ValueMap) async {
        var result = result
        let inner = result.removeValue(forKey: "sub_state_run")?.listValue ?? []
        results[chunk.tag] = .map(result)
        await hooks.finished(chunk, result, total)
        for case .map(let run) in inner { recordInner(run, of: chunk) }
    }

    /// A state that another one ran inside itself stands in the results as one of its own.
    private func recordInner(_ run: ValueMap, of chunk: LowChunk) {
        var run = run
        guard let low = run.removeValue(forKey: "low")?.mapValue else { return }
        let timing = StateTiming.start()
        run["start_time"] = .string(timing.text)
        run["duration"] = .float(timing.elapsedMilliseconds)
        run["__state_ran__"] = true
        // Salt counts before it numbers, so that the next state has the same number.
        runNumber += 1
        run["__run_num__"] = .int(runNumber)
        run["__sls__"] = chunk.data["__sls__"] ?? .null
        results[["state", "__id__", "name", "fun"].map { low[$0]?.pythonString ?? "" }.joined(separator: "_|-")] = .map(run)
    }

    private func notRun(_ chunk: LowChunk, _ result: Bool, _ comment: String) -> ValueMap {
        defer { runNumber += 1 }
        let timing = StateTiming.start()
        return [
            "changes": [:], "result": .bool(result), "duration": .float(timing.elapsedMilliseconds),
            "start_time": .string(timing.text), "comment": .string(comment), "__state_ran__": false,
            "__run_num__": .int(runNumber), "__sls__": chunk.data["__sls__"] ?? .null, "__id__": .string(chunk.id),
            "name": .string(chunk.name),
        ]
    }

    private func recordNotRun(_ chunk: LowChunk, _ result: Bool, _ comment: String, _ testRun: Bool) async {
        let entry = notRun(chunk, result, comment)
        if testRun {
            foreseen[chunk.tag] = entry
            testRunsLeft.remove(chunk.tag)
        }
        await record(chunk, entry)
    }

    private func recordFailedRequisite(_ chunk: LowChunk, _ requisites: Requisites, _ testRun: Bool) async {
        if var earlier = foreseen[chunk.tag] {
            // The test run foresaw changes that are not made now.
            earlier["changes"] = [:]
            earlier["__run_num__"] = .int(runNumber)
            earlier["__sls__"] = chunk.data["__sls__"] ?? .null
            earlier["__id__"] = .string(chunk.id)
            earlier["name"] = .string(chunk.name)
            runNumber += 1
            return await record(chunk, earlier)
        }
        var failed: [String] = []
        for (_, chunks) in requisites {
            for index in chunks {
                let needed = graph.chunks[index]
                let result = foreseen[needed.tag] ?? results[needed.tag]?.mapValue
                let key = "\(needed.sls).\(needed.id)"
                if result?["result"] == .bool(false), !failed.contains(key) { failed.append(key) }
            }
        }
        await recordNotRun(chunk, false, "One or more requisite failed: " + failed.joined(separator: ", "), testRun)
    }
}

/// What surrounds a run: who hears of its progress, who may stop it, and where new data comes from.
struct StateRunHooks: Sendable {
    /// Called with each finished state, for progress and events.
    var finished: @Sendable (_ chunk: LowChunk, _ result: ValueMap, _ total: Int) async -> Void = { _, _, _ in }
    /// Asked before each chunk; waits as long as the run is paused, and says true when it shall end here.
    var isToStop: @Sendable (_ chunk: LowChunk) async -> Bool = { _ in false }
    /// The pillar of the run, compiled anew.
    var pillar: (@Sendable (CallContext) async throws -> ValueMap)?
    /// `mock=True`: nothing is called.
    var isMocked = false
}
