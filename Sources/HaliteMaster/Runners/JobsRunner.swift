import HaliteCore
import HaliteModuleKit
import HaliteStore
import HaliteValue

/// What jobs there were and what they returned.
struct JobsRunner: ExecutionModule {
    static let name = "jobs"
    static let summary = "Looks up jobs and their returns."

    private static let jobID = Parameter<String>.required("jid", "The id of a job.")

    static let functions: [Function] = [
        Function(
            "lookup_jid", "Shows what the minions returned for a job.", jobID,
            .optional("missing", false, "Also name the minions that did not return."),
            .optional("display_progress", false, "Kept for Salt's sake.")
        ) {
            context, jobID, missing, _ in
            let master = try context.requireMaster()
            var map = ValueMap()
            for result in try master.store.returns(ofJob: jobID) { map[result.minion] = result.value }
            if missing, let job = try master.store.job(jobID) {
                for minion in job.minions where map[minion] == nil { map[minion] = "Minion did not return" }
            }
            return map
        },
        Function(
            "list_jobs", "Lists the jobs that are kept.", .optional("search_function", "", "A glob for the function."),
            .optional("search_target", "", "A glob for the target."), .keywords("kwargs", "Further filters.")
        ) { context, function, target, _ in
            var map = ValueMap()
            for (job, _) in try context.requireMaster().store.jobs().reversed() {
                if !function.isEmpty, !GlobPattern(function).matches(job.function) { continue }
                if !target.isEmpty, !GlobPattern(target).matches(job.target.pythonString) { continue }
                map[job.id] = .map(summary(job))
            }
            return map
        },
        Function("list_job", "Shows one job with its returns.", jobID) { context, jobID in
            let master = try context.requireMaster()
            guard let (job, minions) = try master.store.job(jobID) else {
                return ["Error": "Cannot contact returner or no job with this jid"] as ValueMap
            }
            var map = summary(job)
            map["jid"] = .string(jobID)
            map["Minions"] = minions.value
            map["Result"] = .map(
                ValueMap(
                    try master.store.returns(ofJob: jobID).map {
                        (.string($0.minion), .map(["return": $0.value, "retcode": .int($0.returnCode), "success": .bool($0.success)]))
                    }))
            return map
        },
        Function("print_job", "Shows one job with its returns.", jobID) { context, jobID in
            try await context.services.callRunner("jobs.list_job", jobID, context).mapValue.map { ValueMap([(.string(jobID), .map($0))]) }
                ?? [:]
        },
        Function("active", "Lists the jobs that run now, with the minions that still owe a return.") { context in
            let master = try context.requireMaster()
            var map = ValueMap()
            for (jobID, owed) in master.jobs.active.sorted(by: { $0.key < $1.key }) {
                guard let (job, minions) = try master.store.job(jobID) else { continue }
                var entry = summary(job)
                entry["Running"] = owed.value
                entry["Returned"] = minions.filter { !owed.contains($0) }.value
                map[jobID] = .map(entry)
            }
            return map
        },
        Function("exit_success", "Tells for each minion whether a job went well.", jobID) { context, jobID in
            let master = try context.requireMaster()
            var map = ValueMap()
            for minion in try master.store.job(jobID)?.minions ?? [] { map[minion] = false }
            for result in try master.store.returns(ofJob: jobID) { map[result.minion] = .bool(result.returnCode == 0) }
            return map
        },
        Function(
            "last_run", "Shows the newest job of a function or target.", .optional("function", "", "A glob for the function."),
            .optional("target", "", "A glob for the target.")
        ) { context, function, target in
            for (job, _) in try context.requireMaster().store.jobs() {
                if !function.isEmpty, !GlobPattern(function).matches(job.function) { continue }
                if !target.isEmpty, !GlobPattern(target).matches(job.target.pythonString) { continue }
                return ValueMap([(.string(job.id), .map(summary(job)))])
            }
            return ValueMap()
        },
    ]

    private static func summary(_ job: Job) -> ValueMap {
        [
            "Arguments": .list(job.arguments.jobForm), "Function": .string(job.function),
            "StartTime": .string(JobID(job.id)?.display ?? ""), "Target": job.target, "Target-type": .string(job.targetKind),
            "User": .string(job.user),
        ]
    }
}

extension MinionServices {
    /// Another runner function with one argument.
    func callRunner(_ function: String, _ argument: String, _ context: CallContext) async throws -> Value {
        guard let runtime = self as? MasterRuntime else { throw ExecutionError("'\(function)' runs on a master only") }
        return try await runtime.runners.function(function).call(context, Arguments([.string(argument)]))
    }
}
