import HaliteCore
import HaliteStore
import HaliteValue
import Synchronization

/// Tells everybody who listens what happens, and keeps it. A listener that does not keep up loses the oldest events
/// and is told how many.
package final class EventBus: Sendable {
    /// Events that wait for one listener at most.
    static let queueLimit = 10_000

    private let store: Store
    private let listeners = Mutex(Listeners())

    private struct Listeners {
        var nextID = 0
        var continuations: [Int: AsyncStream<Event>.Continuation] = [:]
    }

    package init(store: Store) { self.store = store }

    package func publish(_ tag: String, _ data: ValueMap) {
        var stamped = data
        if stamped["_stamp"] == nil { stamped["_stamp"] = .string(Stamp.now()) }
        let event = Event(tag: tag, data: stamped)
        // A full disk must not stop the listeners from learning it.
        _ = try? store.save(event)
        let continuations = listeners.withLock { $0.continuations.values.map { $0 } }
        for continuation in continuations {
            if case .dropped = continuation.yield(event) {
                continuation.yield(Event(tag: "salt/bus/dropped", data: ["comment": "this listener is too slow and has missed events"]))
            }
        }
    }

    /// The events from now on; ends when the listener stops.
    package func events() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(Self.queueLimit))
        let id = listeners.withLock { listeners in
            listeners.nextID += 1
            listeners.continuations[listeners.nextID] = continuation
            return listeners.nextID
        }
        continuation.onTermination = { [weak self] _ in
            self?.listeners.withLock { $0.continuations[id] = nil }
        }
        return stream
    }
}
