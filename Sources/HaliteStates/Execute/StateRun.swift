import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Runs compiled chunks in their order and collects Salt's result dictionaries.
///
/// One run belongs to one task; states with `parallel: True` are tasks that the run owns and waits for.
final class StateRun {
    let context: CallContext
    var graph: DependencyGraph
    /// Called with each finished state, for progress and events.
    let observer: @Sendable (_ tag: String, _ result: ValueMap, _ total: Int) async -> Void

    private(set) var results = ValueMap()
    private var foreseen: [String: ValueMap] = [:]
    private var runNumber = 0
    private var parallel: [String: Task<ValueMap, Never>] = [:]
    private var testRunsLeft: Set<String> = []
    private var stopped = false
    private var total = 0

    init(
        context: CallContext, graph: DependencyGraph,
        observer: @escaping @Sendable (String, ValueMap, Int) async -> Void = { _, _, _ in }
    ) {
        self.context = context
        self.graph = graph
        self.observer = observer
    }

    /// Runs everything and returns tag to result.
    func run(order: [Int]) async -> ValueMap {
        total = order.count
        for index in order where graph.chunks[index].data["__prereq__"] == true { testRunsLeft.insert(graph.chunks[index].tag) }
        await call(order)
        // Also after a `failhard`: what has changed has changed.
        await callListeners(order)
        for tag in parallel.keys.sorted() { await settle(tag) }
        return results
    }

    private func call(_ order: [Int]) async {
        for index in order {
            let chunk = graph.chunks[index]
            if results[chunk.tag] != nil { continue }
            await call(chunk, depth: 0)
            if stopped || failsHard(chunk) {
                stopped = true
                return
            }
        }
    }

    /// After a failed state with `failhard` nothing else runs.
    private func failsHard(_ chunk: LowChunk) -> Bool {
        if context.test { return false }
        let wants = chunk.data["failhard"]?.isTruthy ?? context.services.options["failhard"]?.isTruthy ?? false
        return wants && results[chunk.tag]?["result"] == .bool(false)
    }

    private func isTestRun(_ chunk: LowChunk) -> Bool { testRunsLeft.contains(chunk.tag) }

    // MARK: One chunk

    private func call(_ chunk: LowChunk, depth: Int) async {
        let tag = chunk.tag
        let testRun = isTestRun(chunk)
        let (status, requisites) = await checkRequisites(chunk, testRun: testRun)
        switch status {
        case .unmet: await callUnmet(chunk, testRun: testRun, depth: depth)
        case .met:
            await execute(chunk, testRun: testRun)
        case .change where !testRun:
            let result = await perform(chunk)
            if result["changes"]?.isTruthy != true, result["skip_watch"]?.isTruthy != true {
                await record(tag, await perform(watching(chunk, requisites)))
            } else {
                await record(tag, result)
            }
        case .change: await execute(chunk, testRun: true)
        case .skipWatch:
            var result = await perform(chunk)
            result["comment"] = .string(
                (result["comment"]?.pythonString ?? "") + " mod_watch was not run because requisites were skipped by another state")
            await record(tag, result)
        case .skipRequisite:
            await recordNotRun(chunk, true, "State was not run because requisites were skipped by another state", testRun)
        case .fail: await recordFailedRequisite(chunk, requisites, testRun)
        case .pre: await recordNotRun(chunk, true, "No changes detected", testRun)
        case .onfail: await recordNotRun(chunk, true, "State was not run because onfail req did not change", testRun)
        case .onchanges: await recordNotRun(chunk, true, "State was not run because none of the onchanges reqs changed", testRun)
        }
    }

    private func execute(_ chunk: LowChunk, testRun: Bool) async {
        if testRun {
            foreseen[chunk.tag] = await perform(chunk, testRun: true)
            testRunsLeft.remove(chunk.tag)
        } else if chunk.data["parallel"]?.isTruthy == true {
            startParallel(chunk)
        } else {
            await record(chunk.tag, await perform(chunk))
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
    private func callUnmet(_ chunk: LowChunk, testRun: Bool, depth: Int) async {
        for (_, index) in graph.dependencies(ofTag: chunk.tag, testRun: testRun) {
            let needed = graph.chunks[index]
            if results[needed.tag] == nil {
                await call(needed, depth: depth)
                if failsHard(needed) {
                    stopped = true
                    return
                }
            }
        }
        if testRun {
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
        } else if depth >= 20 {
            var result = notRun(chunk, false, "Recursive requisite found")
            result.removeValue(forKey: "__state_ran__")
            await record(chunk.tag, result)
        } else {
            await call(chunk, depth: depth + 1)
        }
        if failsHard(chunk) { stopped = true }
    }

    private func perform(_ chunk: LowChunk, testRun: Bool = false) async -> ValueMap {
        if testRun {
            let call = StateCall(context: context, chunk: chunk, testRun: true)
            return await call.run(number: nil)
        }
        let call = StateCall(context: context, chunk: chunk, testRun: false)
        let result = await call.run(number: runNumber)
        // Every attempt of a retried state counts.
        runNumber = max(runNumber, result["__run_num__"]?.intValue ?? runNumber) + 1
        return result
    }

    // MARK: Results

    private func record(_ tag: String, _ result: ValueMap) async {
        results[tag] = .map(result)
        await observer(tag, result, total)
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
        await record(chunk.tag, entry)
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
            await record(chunk.tag, earlier)
            return
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

    // MARK: Parallel states

    private func startParallel(_ chunk: LowChunk) {
        let call = StateCall(context: context, chunk: chunk, testRun: false)
        let number = runNumber
        runNumber += 1
        results[chunk.tag] = .map([
            "name": .string(chunk.name), "result": .null, "changes": [:], "comment": "Started in a separate process",
            "__run_num__": .int(number),
        ])
        // Owned by this run: `settle` waits for it before the run ends.
        parallel[chunk.tag] = Task {
            var result = await call.run(number: number)
            result["__parallel__"] = true
            return result
        }
    }

    private func settle(_ tag: String) async {
        guard let task = parallel.removeValue(forKey: tag) else { return }
        await record(tag, await task.value)
    }

    // MARK: Requisites

    typealias Requisites = [(type: RequisiteType, chunks: [Int])]

    enum Status { case unmet, met, change, skipWatch, skipRequisite, fail, pre, onfail, onchanges }

    private func checkRequisites(_ chunk: LowChunk, testRun: Bool) async -> (Status, Requisites) {
        var grouped: Requisites = []
        for (type, index) in graph.dependencies(ofTag: chunk.tag, testRun: testRun) {
            if let place = grouped.firstIndex(where: { $0.type == type }) {
                grouped[place].chunks.append(index)
            } else {
                grouped.append((type, [index]))
            }
        }
        var all: Set<String> = []
        for (type, chunks) in grouped {
            for index in chunks { await settle(graph.chunks[index].tag) }
            all.formUnion(outcomes(type, chunks))
        }
        return (Self.status(all), grouped)
    }

    private func outcomes(_ type: RequisiteType, _ chunks: [Int]) -> Set<String> {
        var outcomes: Set<String> = []
        for index in chunks {
            let tag = graph.chunks[index].tag
            let found = type.base == .prereq ? foreseen[tag] : results[tag]?.mapValue
            guard let result = found else {
                outcomes.insert("unmet")
                continue
            }
            if result["skip_req"]?.isTruthy == true { outcomes.insert("skip_req") }
            let failed = result["result"] == .bool(false)
            let changed = result["changes"]?.isTruthy == true
            switch type.base {
            case .onfail:
                if result["result"] == .bool(true) {
                    outcomes.insert("onfail")
                    continue
                }
            case .onchanges:
                outcomes.insert(failed || !changed ? "onchanges" : "onchangesmet")
                continue
            default:
                if failed {
                    outcomes.insert("fail")
                    continue
                }
            }
            if type.base == .watch, changed {
                outcomes.insert("change")
            } else if type.base == .prereq {
                outcomes.insert(result["result"]?.isNull == true ? "premet" : "pre")
            } else if result["__state_ran__"]?.isTruthy ?? true {
                outcomes.insert("met")
            }
        }
        if type.isAny || type == .onfail || type == .onfailAny {
            if outcomes.contains("met") || outcomes.contains("change") { outcomes.remove("fail") }
            if outcomes.contains("onchangesmet") { outcomes.subtract(["onchanges", "fail"]) }
            if outcomes.contains("met") { outcomes.remove("onfail") }
        }
        if type == .onfailAll, outcomes.contains("onfail") { outcomes.remove("met") }
        return outcomes
    }

    private static func status(_ all: Set<String>) -> Status {
        if all.contains("unmet") { return .unmet }
        if all.contains("fail") { return .fail }
        if all.contains("skip_req") {
            if all.contains("onchangesmet") || all.contains("premet") { return .skipRequisite }
            if all.contains("change") { return .skipWatch }
        }
        if all.contains("pre") { return all.contains("premet") ? .met : .pre }
        if all.contains("onfail"), !all.contains("onchangesmet") { return .onfail }
        if all.contains("onchanges"), !all.contains("onchangesmet") { return .onchanges }
        if all.contains("change") { return .change }
        return all.contains("onfail") ? .onfail : .met
    }

    // MARK: Listeners

    /// `listen`: the `mod_watch` of those who listen to a changed state, once, after everything else.
    private func callListeners(_ order: [Int]) async {
        for tag in parallel.keys.sorted() { await settle(tag) }
        var seen: Set<String> = []
        let chunks = order.map { graph.chunks[$0] }.filter { seen.insert($0.tag).inserted }
        var listeners: [(state: String, name: String, targets: [Value])] = []
        for chunk in chunks {
            if let listen = chunk.data["listen"]?.listValue { listeners.append((chunk.state, chunk.id, listen)) }
            for element in chunk.data["listen_in"]?.listValue ?? [] {
                for (state, name) in element.mapValue ?? [:] {
                    listeners.append((state.pythonString, name.pythonString, [.map([.string(chunk.state): .string(chunk.id)])]))
                }
            }
        }
        var watchers: [LowChunk] = []
        var errors: [(tag: String, name: String, comment: String)] = []
        func matching(_ state: String, _ name: String) -> [LowChunk] {
            chunks.filter { $0.state == state && ($0.id == name || $0.name == name || $0.state == name) }
        }
        for listener in listeners {
            for target in listener.targets {
                var pairs: [(String, String)] = []
                switch target {
                case .map(let map): pairs = map.map { ($0.key.pythonString.stateModule, $0.value.pythonString) }
                case .string(let name):
                    if let chunk = chunks.last(where: { $0.id == name || $0.name == name }) { pairs = [(chunk.state, chunk.id)] }
                default: continue
                }
                for (state, name) in pairs {
                    let targets = matching(state, name)
                    if targets.isEmpty { errors.append(Self.listenError(state, name)) }
                    for changed in targets where results[changed.tag]?["changes"]?.isTruthy == true {
                        let found = matching(listener.state, listener.name)
                        if found.isEmpty { errors.append(Self.listenError(listener.state, listener.name)) }
                        watchers += found
                    }
                }
            }
        }
        var order: [Int] = []
        for watcher in watchers {
            var chunk = watcher
            chunk.data["sfun"] = .string(watcher.function)
            chunk.data["fun"] = "mod_watch"
            chunk.data["__id__"] = .string("listener_" + watcher.id)
            for key in StateKeywords.requisites { chunk.data.removeValue(forKey: key) }
            graph.add(chunk)
            order.append(graph.chunks.count - 1)
        }
        await call(order)
        for error in errors where results[error.tag] == nil {
            results[error.tag] = .map([
                "comment": .string(error.comment), "name": .string(error.name), "result": false, "changes": [:],
                "__run_num__": .int(runNumber),
            ])
            runNumber += 1
        }
    }

    private static func listenError(_ state: String, _ name: String) -> (tag: String, name: String, comment: String) {
        (
            "Listen_Error_|-listen_\(name)_|-listen_\(state)_|-Listen_Error", "listen_\(state):\(name)",
            "Referenced state \(state): \(name) does not exist"
        )
    }
}
