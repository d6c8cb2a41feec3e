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

    private init(
        peer: Identity, incoming: AsyncThrowingStream<Message, any Error>,
        inbound: AsyncThrowingStream<Message, any Error>.Continuation,
        outbound: AsyncThrowingStream<Message, any Error>.Continuation
    ) {
        peerFingerprint = peer.fingerprint
        peerPublicKey = peer.publicKeyPEM
        self.incoming = incoming
        self.inbound = inbound
        self.outbound = outbound
    }

    package static func pair(master: Identity, minion: Identity) -> (master: MemoryChannel, minion: MemoryChannel) {
        let (toMaster, fromMinion) = AsyncThrowingStream<Message, any Error>.makeStream()
        let (toMinion, fromMaster) = AsyncThrowingStream<Message, any Error>.makeStream()
        return (
            MemoryChannel(peer: minion, incoming: toMaster, inbound: fromMinion, outbound: fromMaster),
            MemoryChannel(peer: master, incoming: toMinion, inbound: fromMaster, outbound: fromMinion)
        )
    }

    package func send(_ message: Message) async throws {
        if case .terminated = outbound.yield(try Message(decoding: message.encoded())) {
            throw TransportError("the connection is closed")
        }
    }

    package func close() async {
        inbound.finish()
        outbound.finish()
    }
}
