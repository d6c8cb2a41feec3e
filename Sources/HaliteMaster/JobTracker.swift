import HaliteCore
import HaliteValue
import Synchronization

/// What becomes of a job, one minion after the other.
package enum JobUpdate: Sendable {
    case returned(JobReturn)
    /// A minion that will not answer, and why.
    case missing(minion: String, reason: String)
}

/// Follows the jobs for those who wait for them: which minions still owe a return.
final class JobTracker: Sendable {
    private struct Running {
        /// Who still owes a return, and over which connection the job went.
        var owed: [String: ObjectIdentifier?]
        let continuation: AsyncStream<JobUpdate>.Continuation
    }

    private let running = Mutex<[String: Running]>([:])

    /// The updates of one job; the stream ends when nobody owes anything.
    func follow(_ jobID: String, minions: [String]) -> AsyncStream<JobUpdate> {
        let (stream, continuation) = AsyncStream<JobUpdate>.makeStream()
        if minions.isEmpty {
            continuation.finish()
            return stream
        }
        running.withLock {
            $0[jobID] = Running(owed: Dictionary(uniqueKeysWithValues: minions.map { ($0, nil) }), continuation: continuation)
        }
        continuation.onTermination = { [weak self] _ in
            self?.running.withLock { $0[jobID] = nil }
        }
        return stream
    }

    private func settle(_ jobID: String, _ minion: String, _ update: JobUpdate) {
        let (continuation, isLast): (AsyncStream<JobUpdate>.Continuation?, Bool) = running.withLock { running in
            guard running[jobID]?.owed.removeValue(forKey: minion) != nil else { return (nil, false) }
            return (running[jobID]?.continuation, running[jobID]?.owed.isEmpty ?? true)
        }
        continuation?.yield(update)
        if isLast { continuation?.finish() }
    }

    func returned(_ result: JobReturn) { settle(result.jobID, result.minion, .returned(result)) }

    func missing(_ jobID: String, _ minion: String, _ reason: String) {
        settle(jobID, minion, .missing(minion: minion, reason: reason))
    }

    /// The job goes over this connection now. To be said before it is sent.
    func assign(_ jobID: String, to session: MinionSession) {
        running.withLock { running in
            guard running[jobID]?.owed.keys.contains(session.id) == true else { return }
            running[jobID]?.owed[session.id] = .some(ObjectIdentifier(session))
        }
    }

    /// A connection is closed: every job that went over it and has no return learns so at once, also when the minion has
    /// connected anew, since a minion that was started anew knows nothing of the job.
    func disconnected(_ session: MinionSession) {
        let key = ObjectIdentifier(session)
        let jobs = running.withLock { running in running.filter { $0.value.owed[session.id] == .some(key) }.map(\.key) }
        for job in jobs { missing(job, session.id, "The connection to the minion was lost while the job ran") }
    }

    /// Jobs with the minions that still owe a return.
    var active: [String: [String]] { running.withLock { $0.mapValues { $0.owed.keys.sorted() } } }
}
