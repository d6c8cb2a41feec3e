import HaliteCore
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization

/// One TLS 1.3 connection between master and minion, both sides with a proven key.
package final class TLSChannel: MessageChannel {
    package let peerFingerprint: String
    package let peerPublicKey: String
    package let peerAddress: String
    package let incoming: AsyncThrowingStream<Message, any Error>
    private let channel: any Channel
    private let limit: FrameLimit

    init(channel: any Channel, peer: PeerKey, limit: FrameLimit, incoming: AsyncThrowingStream<Message, any Error>) {
        self.channel = channel
        self.limit = limit
        self.incoming = incoming
        peerFingerprint = peer.fingerprint
        peerPublicKey = peer.pem
        peerAddress = channel.remoteAddress?.ipAddress ?? "unknown"
    }

    package func send(_ message: Message) async throws {
        let bytes = message.encoded()
        guard bytes.count <= Message.sizeLimit else {
            throw TransportError("a message of \(bytes.count) bytes, the limit is \(Message.sizeLimit)")
        }
        var buffer = channel.allocator.buffer(capacity: bytes.count + 4)
        buffer.writeInteger(UInt32(bytes.count))
        buffer.writeBytes(bytes)
        try await channel.writeAndFlush(buffer)
    }

    package func allowLargeMessages() {
        limit.bytes = Message.sizeLimit
    }

    package func close() async {
        // Closing what is closed already is no failure.
        try? await channel.close()
    }
}

/// The key that the other side has shown.
struct PeerKey: Sendable {
    let fingerprint: String
    let pem: String

    init(certificate: NIOSSLCertificate) throws {
        let bytes = try certificate.extractPublicKey().toSPKIBytes()
        fingerprint = Identity.fingerprint(ofDER: bytes)
        let text = Base64Lines.encode(bytes)
        pem = "-----BEGIN PUBLIC KEY-----\n\(text)\n-----END PUBLIC KEY-----\n"
    }
}

/// Base64 in lines of 64 characters, as PEM wants it.
enum Base64Lines {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var column = 0
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).map { start + $0 < bytes.count ? UInt32(bytes[start + $0]) : 0 }
            let bits = group[0] << 16 | group[1] << 8 | group[2]
            if column == 64 {
                output.append(0x0A)
                column = 0
            }
            for place in 0..<4 {
                output.append(start + place > bytes.count ? UInt8(ascii: "=") : alphabet[Int(bits >> (18 - 6 * place)) & 63])
            }
            column += 4
        }
        return String(decoding: output, as: UTF8.self)
    }
}

/// Builds the handlers of a connection, the same on both sides but for TLS.
enum ChannelSetup {

    static func configure(
        _ channel: any Channel, tls: any ChannelHandler & RemovableChannelHandler, box: PeerBox,
        ready: EventLoopPromise<TLSChannel>, deadline: TimeAmount? = nil
    ) throws {
        let limit = FrameLimit()
        let (stream, continuation) = AsyncThrowingStream<Message, any Error>.makeStream(
            bufferingPolicy: .bufferingOldest(MessageHandler.queueLimit))
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(tls)
        try pipeline.addHandler(
            HandshakeHandler(box: box, limit: limit, stream: stream, ready: ready))
        try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(limit: limit)))
        if let deadline { try pipeline.addHandler(GreetingDeadline(deadline)) }
        try pipeline.addHandler(MessageHandler(continuation))
    }
}

/// Where the TLS callback leaves the key that it saw.
final class PeerBox: Sendable {
    private let key = Mutex<PeerKey?>(nil)
    var value: PeerKey? { key.withLock { $0 } }

    /// Takes every certificate: whose key it is, the key ring (or the pinned fingerprint) decides.
    @Sendable func verify(_ certificates: [NIOSSLCertificate], _ promise: EventLoopPromise<NIOSSLVerificationResult>) {
        guard let leaf = certificates.first, let peer = try? PeerKey(certificate: leaf) else {
            promise.succeed(.failed)
            return
        }
        key.withLock { $0 = peer }
        promise.succeed(.certificateVerified)
    }
}

/// Waits for the end of the handshake; before it nobody has proven anything.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = ByteBuffer
    private let box: PeerBox
    private let limit: FrameLimit
    private let stream: AsyncThrowingStream<Message, any Error>
    private let ready: EventLoopPromise<TLSChannel>

    init(box: PeerBox, limit: FrameLimit, stream: AsyncThrowingStream<Message, any Error>, ready: EventLoopPromise<TLSChannel>) {
        self.box = box
        self.limit = limit
        self.stream = stream
        self.ready = ready
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted? = event as? TLSUserEvent {
            if let peer = box.value {
                ready.succeed(TLSChannel(channel: context.channel, peer: peer, limit: limit, incoming: stream))
            } else {
                ready.fail(TransportError("the other side has shown no key"))
                context.close(promise: nil)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ready.fail(TransportError("the connection was closed during the handshake"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ready.fail(error)
        context.fireErrorCaught(error)
    }
}
