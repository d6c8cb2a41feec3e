import HaliteModuleKit
import HaliteValue
import Synchronization

/// The states of a run that are started beside it.
struct ParallelStates {
    final class Member: Sendable {
        let chunk: LowChunk
        private let call: StateCall
        /// Its `mod_watch`, for when something that it watches has changed and it has nothing to do itself.
        private let watch: StateCall?
        private let number: Int
        private let outcome = Mutex<ValueMap?>(nil)

        init(chunk: LowChunk, call: StateCall, watch: StateCall?, number: Int) {
            self.chunk = chunk
            self.call = call
            self.watch = watch
            self.number = number
        }

        var result: ValueMap? { outcome.withLock { $0 } }

        func run() async {
            var result = await call.runParallel(number: number)
            if let watch, result["changes"]?.isTruthy != true, result["skip_watch"]?.isTruthy != true {
                result = await watch.runParallel(number: number)
            }
            outcome.withLock { $0 = result }
        }
    }

    private(set) var waiting: [Member] = []
    private(set) var running: [(member: Member, task: Task<Void, Never>)] = []

    var isEmpty: Bool { waiting.isEmpty && running.isEmpty }

    func contains(_ tag: String) -> Bool {
        running.contains { $0.member.chunk.tag == tag } || waiting.contains { $0.chunk.tag == tag }
    }

    /// Starts a member, or lets it wait while as many run as may.
    mutating func add(_ member: Member, limit: Int) -> Bool {
        waiting.append(member)
        return start(limit: limit).contains { $0 === member }
    }

    /// Starts of the waiting ones as many as may run, and returns them.
    mutating func start(limit: Int) -> [Member] {
        var started: [Member] = []
        while !waiting.isEmpty, limit == 0 || running.count(where: { $0.member.result == nil }) < limit {
            let member = waiting.removeFirst()
            // Owned by the run: it does not end before its members have.
            running.append((member, Task { await member.run() }))
            started.append(member)
        }
        return started
    }

    /// Removes the members that have ended.
    mutating func takeFinished() -> [(Member, ValueMap)] {
        let finished = running.compactMap { entry in entry.member.result.map { (entry.member, $0) } }
        if !finished.isEmpty { running.removeAll { $0.member.result != nil } }
        return finished
    }

    /// Returns when at least one has ended, or at once when none runs.
    func waitForAny() async {
        while !running.isEmpty, !running.contains(where: { $0.member.result != nil }) {
            try? await Task.sleep(for: .milliseconds(2))
            if Task.isCancelled { return running.forEach { $0.task.cancel() } }
        }
    }
}

extension StateRun {
    func startParallel(_ chunk: LowChunk, watching: LowChunk? = nil) async {
        let number = runNumber
        runNumber += 1
        let member = ParallelStates.Member(chunk: chunk, call: stateCall(chunk), watch: watching.map { stateCall($0) }, number: number)
        let timing = StateTiming.start()
        let isStarted = parallel.add(member, limit: settings.maximumParallel)
        results[chunk.tag] = .map([
            "name": .string(chunk.name), "result": .null, "changes": [:],
            "comment": isStarted ? "Started in a separate process" : "Waiting to be started in a separate process, max_parallel hit",
            "__sls__": chunk.data["__sls__"] ?? .null, "__run_num__": .int(number), "start_time": .string(timing.text),
            "duration": .float(timing.elapsedMilliseconds), "__id__": .string(chunk.id),
        ])
    }

    /// Takes the results of those that have ended and starts those that waited for them.
    func reconcileParallel() async {
        if parallel.isEmpty { return }
        for (member, result) in parallel.takeFinished() {
            var merged = results[member.chunk.tag]?.mapValue ?? [:]
            for (key, value) in result { merged[key] = value }
            await record(member.chunk, merged)
        }
        for member in parallel.start(limit: settings.maximumParallel) {
            guard case .map(var entry)? = results[member.chunk.tag] else { continue }
            entry["comment"] = "Started in a separate process"
            results[member.chunk.tag] = .map(entry)
        }
    }

    /// Waits for the parallel states among the tags.
    func settle(_ tags: [String]) async {
        await reconcileParallel()
        while tags.contains(where: parallel.contains) {
            await parallel.waitForAny()
            await reconcileParallel()
        }
    }

    func settleAll() async {
        while !parallel.isEmpty {
            await parallel.waitForAny()
            await reconcileParallel()
        }
    }
}
