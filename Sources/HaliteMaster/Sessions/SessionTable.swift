import HaliteCore
import HaliteValue
import Synchronization

/// One accepted minion that is connected.
final class MinionSession: Sendable {
    let id: String
    let channel: any MessageChannel
    private let state: Mutex<ValueMap>

    init(id: String, channel: any MessageChannel, grains: ValueMap) {
        self.id = id
        self.channel = channel
        state = Mutex(grains)
    }

    var grains: ValueMap {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// Who is connected now: the one true answer to who is up.
final class SessionTable: Sendable {
    private let sessions = Mutex<[String: MinionSession]>([:])
    /// Connections whose key waits to be accepted, by id.
    private let waiting = Mutex<[String: [any MessageChannel]]>([:])

    /// Takes the place of an older connection of the same minion, which is returned to be closed.
    func add(_ session: MinionSession) -> MinionSession? {
        sessions.withLock { sessions in
            defer { sessions[session.id] = session }
            return sessions[session.id]
        }
    }

    /// True when it was this session and not a newer one.
    func remove(_ session: MinionSession) -> Bool {
        sessions.withLock { sessions in
            guard sessions[session.id] === session else { return false }
            sessions[session.id] = nil
            return true
        }
    }

    func session(_ id: String) -> MinionSession? { sessions.withLock { $0[id] } }
    var ids: [String] { sessions.withLock { $0.keys.sorted() } }

    func addWaiting(_ id: String, _ channel: any MessageChannel) {
        waiting.withLock { waiting in
            // One that greets again is the same connection.
            if waiting[id]?.contains(where: { $0 === channel }) != true { waiting[id, default: []].append(channel) }
        }
    }

    /// A connection that has ended waits no longer.
    func removeWaiting(_ channel: any MessageChannel) {
        waiting.withLock { waiting in
            for (id, channels) in waiting where channels.contains(where: { $0 === channel }) {
                let rest = channels.filter { $0 !== channel }
                waiting[id] = rest.isEmpty ? nil : rest
            }
        }
    }

    /// The connections that wait under an id; they are forgotten here.
    func takeWaiting(_ id: String) -> [any MessageChannel] { waiting.withLock { $0.removeValue(forKey: id) ?? [] } }
}
