import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteStates
import HaliteStore
import HaliteTransport
import HaliteValue
import Logging
import Synchronization

/// A master: admits minions, publishes jobs, keeps what they return, answers what they ask.
package final class MasterService: Sendable {
    package let options: MasterOptions
    package let store: Store
    package let keys: KeyRing
    package let events: EventBus
    package let logger: Logger
    let sessions = SessionTable()
    let jobs = JobTracker()
    let fileRoots: FileServer
    let pillarRoots: RootsFileClient
    private let identity: Identity
    /// The modules with which the master renders pillars and runs its own states. Set once, by `make`.
    private let runtimeBox = Mutex<MasterRuntime?>(nil)

    private init(options: MasterOptions, store: Store, keys: KeyRing, identity: Identity, logger: Logger) {
        self.options = options
        self.store = store
        self.keys = keys
        self.identity = identity
        self.logger = logger
        events = EventBus(store: store)
        fileRoots = FileServer(options.map, fetchesAlways: false) { logger.warning("\($0)") }
        pillarRoots = RootsFileClient(options.pillarRoots)
    }

    /// - Parameter catalogue: the library; the master adds its own runners and orchestration states.
    package static func make(
        options: MasterOptions, catalogue: ModuleCatalogue, host: any Host, identity: Identity, storePath: String,
        logger: Logger
    ) async throws -> MasterService {
        let master = MasterService(
            options: options, store: try Store(path: storePath), keys: try KeyRing(directory: options.pkiDirectory),
            identity: identity, logger: logger)
        let runtime = await MasterRuntime.make(master: master, catalogue: catalogue, host: host)
        master.runtimeBox.withLock { $0 = runtime }
        try master.store.prune(olderThan: options.keepJobs * 3600)
        return master
    }

    package var fingerprint: String { identity.fingerprint }

    package var runtime: MasterRuntime {
        guard let runtime = runtimeBox.withLock({ $0 }) else { fatalError("a master without its runtime: only make() builds one") }
        return runtime
    }

    // MARK: Connections

    /// Serves one connection until it ends.
    package func accept(_ channel: any MessageChannel) async {
        var session: MinionSession?
        do {
            for try await message in channel.incoming {
                if let session {
                    try await handle(message, from: session)
                } else {
                    guard message.kind == .hello else { throw MessageError("a peer that did not greet") }
                    session = try await greet(message.body, channel)
                }
            }
        } catch {
            logger.warning("the connection from \(channel.peerAddress) was closed: \(error)")
        }
        await channel.close()
        sessions.removeWaiting(channel)
        guard let session else { return }
        let wasCurrent = sessions.remove(session)
        jobs.disconnected(session)
        if wasCurrent {
            events.publish("salt/presence/change", ["new": [], "lost": [.string(session.id)]])
        }
    }

    /// Looks at the key of a peer. A session only for an accepted one.
    private func greet(_ body: ValueMap, _ channel: any MessageChannel) async throws -> MinionSession? {
        guard body["version"]?.intValue == Message.protocolVersion else {
            throw MessageError("a peer that speaks another version of the protocol")
        }
        let id = body["id"]?.stringValue ?? ""
        guard MinionOptions.isValid(id: id) else { throw MessageError("a peer with a malformed id") }
        let state = try keys.admit(
            id: id, publicKey: channel.peerPublicKey, fingerprint: channel.peerFingerprint, autoAccept: options.autoAccept)
        let status = state == .accepted ? "accepted" : state == .pending ? "pending" : state == .rejected ? "rejected" : "denied"
        events.publish(
            "salt/auth",
            [
                "act": .string(status == "accepted" ? "accept" : status == "pending" ? "pend" : status), "id": .string(id),
                "pub": .string(channel.peerPublicKey), "result": .bool(state == .accepted),
            ])
        switch state {
        case .accepted:
            let session = MinionSession(id: id, channel: channel, grains: body["grains"]?.mapValue ?? [:])
            channel.allowLargeMessages()
            try store.saveFacts(of: id, grains: session.grains)
            let isCaller = body["caller"]?.isTruthy == true
            // A call beside the running minion takes no jobs and must not take its place.
            if !isCaller { await sessions.add(session)?.channel.close() }
            try await channel.send(Message(.welcome, ["status": "accepted", "master": .string(options.id)]))
            if !isCaller { events.publish("salt/presence/change", ["new": [.string(id)], "lost": []]) }
            return session
        case .pending:
            sessions.addWaiting(id, channel)
            if keys.fingerprint(of: id, .accepted) == channel.peerFingerprint {
                // Accepted in between, when nobody waited yet: the next greeting finds it.
                await channel.close()
                return nil
            }
            fallthrough
        case .rejected, .denied:
            logger.warning("minion \(id) from \(channel.peerAddress): key \(channel.peerFingerprint) is \(status)")
            try await channel.send(Message(.welcome, ["status": .string(status), "master": .string(options.id)]))
            return nil
        }
    }

    private func handle(_ message: Message, from session: MinionSession) async throws {
        switch message.kind {
        case .jobReturn: try await store(message.body, from: session)
        case .request:
            // Ends with its answer, or with the connection; a slow question must not hold up returns.
            Task { await self.answer(message.body, session) }
        case .facts:
            session.grains = message.body["grains"]?.mapValue ?? [:]
            try store.saveFacts(of: session.id, grains: session.grains)
        case .hello: break
        default: throw MessageError("a minion must not send '\(message.kind.rawValue)'")
        }
    }

    /// Stores a return, confirms it, and tells those who wait.
    private func store(_ body: ValueMap, from session: MinionSession) async throws {
        let result = try JobReturn(map: body, minion: session.id)
        guard JobID(result.jobID) != nil else { throw MessageError("a return with a malformed job id") }
        let isNew = try store.save(result)
        try await session.channel.send(Message(.stored, ["jid": .string(result.jobID)]))
        if isNew {
            events.publish("salt/job/\(result.jobID)/ret/\(session.id)", result.map)
            jobs.returned(result)
        }
    }

    private func answer(_ body: ValueMap, _ session: MinionSession) async {
        let number = body["number"] ?? .null
        var response: ValueMap = ["number": number]
        do {
            let operation = body["operation"]?.stringValue ?? ""
            response["result"] = try await MinionRequests(master: self, session: session)
                .answer(operation, body["arguments"]?.mapValue ?? [:])
        } catch {
            response["error"] = .string("\(error)")
        }
        do {
            try await session.channel.send(Message(.response, response))
        } catch {
            logger.warning("an answer to \(session.id) could not be sent: \(error)")
        }
    }

    /// A key was accepted: those who waited with it connect again and are let in.
    func keyAccepted(_ id: String) async {
        events.publish("salt/key", ["act": "accept", "id": .string(id), "result": true])
        // A connection under another key than the one that is good now.
        if let session = sessions.session(id), session.channel.peerFingerprint != keys.fingerprint(of: id, .accepted) {
            await session.channel.close()
        }
        for channel in sessions.takeWaiting(id) { await channel.close() }
    }

    /// A key is no longer good: the connection that used it is cut, no other.
    func keyRevoked(_ id: String, act: String) async {
        events.publish("salt/key", ["act": .string(act), "id": .string(id), "result": true])
        await sessions.session(id)?.channel.close()
        for channel in sessions.takeWaiting(id) { await channel.close() }
    }
}
