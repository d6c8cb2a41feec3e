import HaliteCore
import NIOCore
import Synchronization

/// A frame is a length of four bytes, big-endian, and that many bytes of MessagePack.
struct FrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer
    let limit: FrameLimit

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self).map(Int.init) else { return .needMoreData }
        guard length <= limit.bytes else { throw TransportError("a message of \(length) bytes, the limit is \(limit.bytes)") }
        guard buffer.readableBytes >= 4 + length else { return .needMoreData }
        buffer.moveReaderIndex(forwardBy: 4)
        guard let frame = buffer.readSlice(length: length) else { return .needMoreData }
        context.fireChannelRead(wrapInboundOut(frame))
        return .continue
    }
}

/// How long a message may be; small until the peer is accepted.
///
/// It holds from the moment it is set: a peer that was just told of its acceptance may send a large message at once.
final class FrameLimit: Sendable {
    private let value = Atomic(Message.greetingLimit)

    var bytes: Int {
        get { value.load(ordering: .acquiring) }
        set { value.store(newValue, ordering: .releasing) }
    }
}

/// Closes a connection whose peer does not say a word in time, be it TLS or its greeting.
///
/// Sendable although mutable: only the event loop of its connection touches it.
final class GreetingDeadline: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    private let time: TimeAmount
    private var timer: Scheduled<Void>?

    init(_ time: TimeAmount) { self.time = time }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        timer?.cancel()
        timer = nil
        context.fireChannelRead(data)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }
}

/// Turns frames into messages and hands them to the stream. The stream is bounded: a peer that sends faster than its
/// messages are handled loses the connection, and sends again what was not confirmed.
final class MessageHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    /// Messages that may wait to be handled.
    static let queueLimit = 4096
    private let continuation: AsyncThrowingStream<Message, any Error>.Continuation

    init(_ continuation: AsyncThrowingStream<Message, any Error>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do {
            if case .dropped = continuation.yield(try Message(decoding: buffer.readableBytesView)) {
                throw TransportError("more than \(Self.queueLimit) messages wait to be handled")
            }
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        continuation.finish(throwing: error)
        context.close(promise: nil)
    }
}
