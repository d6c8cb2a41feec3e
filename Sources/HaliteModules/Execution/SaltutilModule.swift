import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Looks after the minion itself: its data, its jobs.
package struct SaltutilModule: ExecutionModule {
    package static let name = "saltutil"
    package static let summary = "Looks after the minion itself: its data, its jobs."

    package static let functions: [Function] = [
        Function("refresh_pillar", "Fetch or compile the pillar anew.", .keywords("kwargs", "Ignored."), example: "halite '*' saltutil.refresh_pillar", body: refreshPillar),
        Function("refresh_grains", "Collect the grains anew, and the pillar with them.", .optional("refresh_pillar", true, "The pillar too."), .keywords("kwargs", "Ignored."), body: refreshGrains),
        Function("refresh_modules", "Do nothing: built-in modules never change.", .keywords("kwargs", "Ignored."), body: succeed),
        Function("running", "Return the jobs that run.", body: running),
        Function("find_job", "Return what is known of a job that runs.", .required("jid", "The job."), body: findJob),
        Function("is_running", "Return the jobs that run a function.", .required("fun", "The function or a pattern."), body: isRunning),
        Function("kill_job", "End a job at once.", .required("jid", "The job."), body: killJob),
        Function("term_job", "Ask a job to end.", .required("jid", "The job."), body: terminateJob),
        Function("signal_job", "Send a signal to a job.", .required("jid", "The job."), .required("sig", "The signal's number."), body: signalJob),
        Function("kill_all_jobs", "End all jobs at once.", body: killAll),
        Function("term_all_jobs", "Ask all jobs to end.", body: terminateAll),
        Function("pillar_refresh", "Fetch or compile the pillar anew.", .keywords("kwargs", "Ignored."), body: refreshPillar),
        Function("sync_all", "Return what custom modules were fetched: none, for there are no custom modules yet.", .keywords("kwargs", "Ignored."), body: syncAll),
    ] + synchronisations

    /// Custom modules do not exist yet, so nothing is ever fetched.
    static let kinds = [
        "beacons", "clouds", "engines", "executors", "grains", "log_handlers", "matchers", "modules", "output", "outputters", "pillar", "proxymodules",
        "renderers", "returners", "sdb", "serializers", "states", "thorium", "utils", "wrapper",
    ]

    private static let synchronisations: [Function] = kinds.map { kind in
        Function("sync_\(kind)", "Return which custom \(kind) were fetched: none, for there are no custom modules yet.", .keywords("kwargs", "Ignored.")) {
            (_: CallContext, _: ValueMap) async throws -> [Value] in []
        }
    }

    private static func syncAll(_ call: CallContext, ignored: ValueMap) async throws -> ValueMap {
        ValueMap(kinds.map { (.string($0), []) })
    }

    private static func succeed(_ call: CallContext, ignored: ValueMap) async throws -> Bool { true }

    private static func refreshPillar(_ call: CallContext, ignored: ValueMap) async throws -> Bool {
        _ = try await call.services.refreshPillar(call)
        return true
    }

    private static func refreshGrains(_ call: CallContext, withPillar: Bool, ignored: ValueMap) async throws -> Bool {
        _ = try await call.services.refreshGrains(call)
        if withPillar { _ = try await call.services.refreshPillar(call) }
        return true
    }

    // MARK: - Jobs

    private static func running(_ call: CallContext) async throws -> [Value] { await call.services.runningJobs().map { .map($0) } }

    private static func findJob(_ call: CallContext, id: String) async throws -> ValueMap {
        await call.services.runningJobs().first { $0["jid"]?.pythonString == id } ?? [:]
    }

    private static func isRunning(_ call: CallContext, function: String) async throws -> [Value] {
        await call.services.runningJobs().filter { Glob.matches(function, $0["fun"]?.pythonString ?? "") }.map { .map($0) }
    }

    private static func signal(_ call: CallContext, _ id: String, _ number: Int) async -> String {
        await call.services.signalJob(id, signal: number) ? "Signal \(number) sent to job \(id)" : ""
    }

    private static func killJob(_ call: CallContext, id: String) async throws -> String { await signal(call, id, 9) }
    private static func terminateJob(_ call: CallContext, id: String) async throws -> String { await signal(call, id, 15) }
    private static func signalJob(_ call: CallContext, id: String, number: Int) async throws -> String { await signal(call, id, number) }

    private static func signalAll(_ call: CallContext, _ number: Int) async -> [String] {
        var answers: [String] = []
        for job in await call.services.runningJobs() {
            guard let id = job["jid"]?.pythonString, id != call.jobID else { continue }
            answers.append(await signal(call, id, number))
        }
        return answers
    }

    private static func killAll(_ call: CallContext) async throws -> [String] { await signalAll(call, 9) }
    private static func terminateAll(_ call: CallContext) async throws -> [String] { await signalAll(call, 15) }
}
