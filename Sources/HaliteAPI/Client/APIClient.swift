import HaliteCore
import HaliteValue
import NIOCore
import NIOHTTP1
import NIOPosix

/// Talks to a master over its unix socket.
package struct APIClient: Sendable {
    let socketPath: String

    package init(socketPath: String) { self.socketPath = socketPath }

    /// Sends a request and gives the lines of the answer as they come.
    package func run(_ request: ValueMap) async throws -> AsyncThrowingStream<ValueMap, any Error> {
        try await send(.POST, "/run", Value.map(request).json(ensureASCII: false))
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: String) async throws -> AsyncThrowingStream<ValueMap, any Error> {
        let (stream, continuation) = AsyncThrowingStream<ValueMap, any Error>.makeStream()
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(LineReader(continuation))
                    }
                }
                .connect(unixDomainSocketPath: socketPath).get()
        } catch {
            throw APIError("no master answers at \(socketPath): is `halite master` running, and are you the user that it runs as?")
        }
        continuation.onTermination = { _ in channel.close(promise: nil) }
        var headers = HTTPHeaders()
        headers.add(name: "host", value: "localhost")
        headers.add(name: "content-type", value: "application/json")
        headers.add(name: "content-length", value: String(body.utf8.count))
        channel.write(HTTPClientRequestPart.head(.init(version: .http1_1, method: method, uri: path, headers: headers)), promise: nil)
        channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: body))), promise: nil)
        try await channel.writeAndFlush(HTTPClientRequestPart.end(nil))
        return stream
    }
}

/// Cuts the body of an answer into lines and reads each as JSON.
private final class LineReader: ChannelInboundHandler, @unchecked Sendable {
    // Sendable although mutable: only the event loop of its connection touches it.
    typealias InboundIn = HTTPClientResponsePart
    private let continuation: AsyncThrowingStream<ValueMap, any Error>.Continuation
    private var pending: [UInt8] = []
    private var isComplete = false

    init(_ continuation: AsyncThrowingStream<ValueMap, any Error>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: break
        case .body(let part):
            pending.append(contentsOf: part.readableBytesView)
            while let end = pending.firstIndex(of: 0x0A) {
                let line = Array(pending[..<end])
                pending.removeSubrange(...end)
                do {
                    continuation.yield(try ValueMap(value: try Value(json: line)))
                } catch {
                    continuation.finish(throwing: APIError("the master's answer is malformed: \(error)"))
                }
            }
        case .end:
            isComplete = true
            continuation.finish()
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !isComplete { continuation.finish(throwing: APIError("the master closed the connection before it had answered")) }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        continuation.finish(throwing: error)
        context.close(promise: nil)
    }
}
