import HaliteCore
import Synchronization

/// Two connected ends inside one process, for tests and for a master that is its own minion. Messages pass through
/// their encoded form, so that what works here works on the wire.
package final class MemoryChannel: MessageChannel {
    package let peerFingerprint: String
    package let peerPublicKey: String
    package let peerAddress = "memory"
    package let incoming: AsyncThrowingStream<Message, any Error>
    private let inbound: AsyncThrowingStream<Message, any Error>.Continuation
    private let outbound: AsyncThrowingStream<Message, any Error>.Continuation
    private let ownLimit: Limit
    private let peerLimit: Limit

    /// How long a message may be that one end takes.
    private final class Limit: Sendable {
        let bytes = Mutex(Message.greetingLimit)
    }

    private init(
        limits: (own: Limit, peer: Limit), peer: Identity, incoming: AsyncThrowingStream<Message, any Error>,
        inbound: AsyncThrowingStream<Message, any Error>.Continuation,
        outbound: AsyncThrowingStream<Message, any Error>.Continuation
    ) {
        peerFingerprint = peer.fingerprint
        peerPublicKey = peer.publicKeyPEM
        ownLimit = limits.own
        peerLimit = limits.peer
        self.incoming = incoming
        self.inbound = inbound
        self.outbound = outbound
    }

    package static func pair(master: Identity, minion: Identity) -> (master: MemoryChannel, minion: MemoryChannel) {
        let (toMaster, fromMinion) = AsyncThrowingStream<Message, any Error>.makeStream()
        let (toMinion, fromMaster) = AsyncThrowingStream<Message, any Error>.makeStream()
        let (first, second) = (Limit(), Limit())
        return (
            MemoryChannel(limits: (first, second), peer: minion, incoming: toMaster, inbound: fromMinion, outbound: fromMaster),
            MemoryChannel(limits: (second, first), peer: master, incoming: toMinion, inbound: fromMaster, outbound: fromMinion)
        )
    }

    package func send(_ message: Message) async throws {
        let bytes = message.encoded()
        guard bytes.count <= Message.sizeLimit else {
            throw TransportError("a message of \(bytes.count) bytes, the limit is \(Message.sizeLimit)")
        }
        let limit = peerLimit.bytes.withLock { $0 }
        guard bytes.count <= limit else {
            // As on the wire: the one who receives it cuts the line.
            outbound.finish(throwing: TransportError("a message of \(bytes.count) bytes, the limit is \(limit)"))
            return
        }
        if case .terminated = outbound.yield(try Message(decoding: bytes)) {
            throw TransportError("the connection is closed")
        }
    }

    package func allowLargeMessages() { ownLimit.bytes.withLock { $0 = Message.sizeLimit } }

    package func close() async {
        inbound.finish()
        outbound.finish()
    }
}
