import HaliteCore
import HaliteStore
import HaliteValue

/// A published job with what becomes of it.
package struct PublishedJob: Sendable {
    package let jobID: String
    /// The minions that match, whether they are connected or not.
    package let minions: [String]
    package let updates: AsyncStream<JobUpdate>
}

extension MasterService {
    /// The accepted minions that a target means, sorted.
    package func minions(matching target: Target) throws -> [String] {
        let matcher = try TargetMatcher(target, nodegroups: options.nodegroups)
        return keys.ids(.accepted).filter { id in
            // By name alone nothing has to be looked up.
            if target.kind == .glob || target.kind == .list || target.kind == .pcre { return matcher.matches(MinionFacts(id: id)) }
            let stored = try? store.facts(of: id)
            let grains = sessions.session(id)?.grains ?? stored?.grains ?? [:]
            return matcher.matches(MinionFacts(id: id, grains: grains, pillar: stored?.pillar ?? [:]))
        }
    }

    /// Sends a job to the minions that match. Those that are not connected are named at once.
    package func publish(_ function: String, _ arguments: Arguments, target: Target, user: String, jobID: JobID = .make()) async throws
        -> PublishedJob
    {
        let minions = try minions(matching: target)
        let job = Job(
            id: jobID.description, function: function, arguments: arguments, user: user, target: target.expression,
            targetKind: target.kind.rawValue)
        guard !minions.isEmpty else {
            return PublishedJob(jobID: job.id, minions: [], updates: jobs.follow(job.id, minions: []))
        }
        try store.save(job, minions: minions)
        var announcement = job.value
        announcement["minions"] = minions.value
        announcement["missing"] = []
        events.publish("salt/job/\(job.id)/new", announcement)
        let updates = jobs.follow(job.id, minions: minions)
        let message = Message(.job, job.value)
        for minion in minions {
            guard let session = sessions.session(minion) else {
                jobs.missing(job.id, minion, "Not connected")
                continue
            }
            jobs.assign(job.id, to: session)
            do {
                try await session.channel.send(message)
            } catch {
                jobs.missing(job.id, minion, "The job could not be sent: \(error)")
            }
        }
        return PublishedJob(jobID: job.id, minions: minions, updates: updates)
    }
}
