import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The pauses of state runs: a file for each job, written by `state.pause`, read before each state of that job.
struct StatePause: Sendable {
    static let everyState = "__all__"

    let folder: String
    let jobID: String

    /// Nil where there is no cache, or no job.
    init?(_ context: CallContext) {
        self.init(context, jobID: context.jobID)
    }

    init?(_ context: CallContext, jobID: String) {
        guard let cache = context.services.options["cachedir"]?.stringValue, JobID(jobID) != nil else { return nil }
        folder = cache + "/state_pause"
        self.jobID = jobID
    }

    private var path: String { folder + "/" + jobID }

    /// State id to `{duration, kill}`; empty when nothing is paused. A file that cannot be read pauses nothing, as in Salt:
    /// a run must not hang on it.
    func read() async -> ValueMap {
        guard let bytes = try? await LocalHost().read(path) else { return [:] }
        return (try? Value(json: bytes))?.mapValue ?? [:]
    }

    func write(_ pauses: ValueMap) async throws {
        let host = LocalHost()
        try await host.makeDirectories(folder, FileAttributes(mode: 0o700))
        try await host.write(path, Array(Value.map(pauses).json().utf8), FileAttributes(mode: 0o600))
    }

    func remove() async throws { try await LocalHost().remove(path) }

    /// Waits as long as the state or everything is paused. True when the run shall end before this state.
    func isToStop(_ chunk: LowChunk) async -> Bool {
        let start = ContinuousClock.now
        while !Task.isCancelled {
            let pauses = await read()
            guard let pause = pauses[chunk.id] ?? pauses[Self.everyState] else { return false }
            if let seconds = pause["duration"]?.intValue, ContinuousClock.now - start > .seconds(seconds) { return false }
            if pause["kill"]?.isTruthy == true { return true }
            try? await Task.sleep(for: .milliseconds(200))
        }
        return true
    }
}
