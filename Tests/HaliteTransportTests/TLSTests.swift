import Glibc
import HaliteCore
import HaliteValue
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

@testable import HaliteTransport

/// Real TLS on a free port of the loopback.
@Suite(.timeLimit(.minutes(1)))
struct TLSTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

    /// A listener, and the connections that it has taken.
    private final class Server: Sendable {
        let identity = Identity.make()
        let listener: TLSListener
        let accepted: AsyncStream<TLSChannel>

        init() async throws {
            let (stream, continuation) = AsyncStream<TLSChannel>.makeStream()
            accepted = stream
            let (ends, end) = AsyncStream<Void>.makeStream()
            finish = end
            let gate = Gate(ends)
            listener = try await TLSListener.start(identity: identity, address: "127.0.0.1", port: 0, group: TLSTests.group) { channel in
                continuation.yield(channel)
                await gate.wait()
            }
        }

        private let finish: AsyncStream<Void>.Continuation

        /// Keeps connections until the test ends.
        private actor Gate {
            private let stream: AsyncStream<Void>
            private var isOpen = false
            private var waiting: [CheckedContinuation<Void, Never>] = []
            init(_ stream: AsyncStream<Void>) {
                self.stream = stream
                Task { await self.watch() }
            }
            private func watch() async {
                for await _ in stream {}
                isOpen = true
                for continuation in waiting { continuation.resume() }
            }
            func wait() async {
                if isOpen { return }
                await withCheckedContinuation { waiting.append($0) }
            }
        }

        func first() async throws -> TLSChannel {
            for await channel in accepted { return channel }
            throw TransportError("no connection came")
        }

        func close() async {
            finish.finish()
            await listener.close()
        }
    }

    private func withServer(_ body: (Server) async throws -> Void) async throws {
        let server = try await Server()
        do { try await body(server) } catch {
            await server.close()
            throw error
        }
        await server.close()
    }

    private func connect(_ server: Server, _ identity: Identity) async throws -> TLSChannel {
        try await TLSConnector.connect(identity: identity, address: "127.0.0.1", port: server.listener.port, group: Self.group)
    }

    @Test func bothSidesLearnTheOthersKey() async throws {
        try await withServer { (server: Server) async throws in
            let minion = Identity.make()
            let client = try await connect(server, minion)
            let accepted = try await server.first()
            #expect(client.peerFingerprint == server.identity.fingerprint)
            #expect(client.peerPublicKey == server.identity.publicKeyPEM)
            #expect(accepted.peerFingerprint == minion.fingerprint)
            #expect(accepted.peerPublicKey == minion.publicKeyPEM)
            #expect(accepted.peerAddress == "127.0.0.1")
            await client.close()
        }
    }

    @Test func messagesArriveInOrderBothWays() async throws {
        try await withServer { (server: Server) async throws in
            let client = try await connect(server, .make())
            let accepted = try await server.first()
            for number in 0..<100 {
                try await client.send(Message(.facts, ["n": .int(number)]))
                try await accepted.send(Message(.job, ["n": .int(number)]))
            }
            for (channel, kind) in [(accepted, Message.Kind.facts), (client, .job)] {
                var messages = channel.incoming.makeAsyncIterator()
                for number in 0..<100 {
                    #expect(try await messages.next(isolation: #isolation) == Message(kind, ["n": .int(number)]))
                }
            }
            await client.close()
            var end = accepted.incoming.makeAsyncIterator()
            _ = try? await end.next(isolation: #isolation)
        }
    }

    /// Before acceptance a message may have 1 MiB, afterwards 64 MiB; this holds in both directions.
    @Test(arguments: [true, false])
    func aLargeMessageNeedsTrust(_ trusted: Bool) async throws {
        try await withServer { (server: Server) async throws in
            let client = try await connect(server, .make())
            let accepted = try await server.first()
            for (sender, receiver) in [(client, accepted), (accepted, client)] where trusted || sender === client {
                if trusted { receiver.allowLargeMessages() }
                let message = Message(.facts, ["data": .bytes([UInt8](repeating: 1, count: 3 << 20))])
                var messages = receiver.incoming.makeAsyncIterator()
                if trusted {
                    try await sender.send(message)
                    #expect(try await messages.next(isolation: #isolation) == message)
                } else {
                    // The line may be cut before all of it is written.
                    try? await sender.send(message)
                    await #expect(throws: TransportError.self) { _ = try await messages.next(isolation: #isolation) }
                }
            }
            await client.close()
        }
    }

    @Test func whatIsLargerThanAnyMessageIsNotSent() async throws {
        try await withServer { (server: Server) async throws in
            let client = try await connect(server, .make())
            let message = Message(.facts, ["data": .bytes([UInt8](repeating: 1, count: Message.sizeLimit))])
            await #expect(throws: TransportError.self) { try await client.send(message) }
            await client.close()
        }
    }

    /// A peer that has proven a key and then sends what is no message.
    @Test(
        arguments: [
            [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1, 0xC1], [0, 0, 0, 2, 0x92, 0x01], [0, 0, 0, 1, 0x01],
            [0, 0, 0, 4, 0x92, 0xA1, 0x78, 0x80],
            [0, 0, 0, 5, 0xDD, 0xFF, 0xFF, 0xFF, 0xFF],
        ] as [[UInt8]])
    func garbageInAFrameCutsTheLine(_ bytes: [UInt8]) async throws {
        try await withServer { (server: Server) async throws in
            let channel = try await raw(server, tls: try Identity.make().clientConfiguration())
            let accepted = try await server.first()
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
            var messages = accepted.incoming.makeAsyncIterator()
            await #expect(throws: (any Error).self) { _ = try await messages.next(isolation: #isolation) }
            try await channel.closeFuture.get()
        }
    }

    /// The frames of a message may arrive in any pieces.
    @Test func aFrameInPiecesIsOneMessage() async throws {
        try await withServer { (server: Server) async throws in
            let channel = try await raw(server, tls: try Identity.make().clientConfiguration())
            let accepted = try await server.first()
            let message = Message(.facts, ["a": "b"])
            let frame = message.encoded()
            for byte in [0, 0, 0, UInt8(frame.count)] + frame { try await channel.writeAndFlush(ByteBuffer(bytes: [byte])) }
            var messages = accepted.incoming.makeAsyncIterator()
            #expect(try await messages.next(isolation: #isolation) == message)
            try await channel.close()
        }
    }

    @Test func whoShowsNoKeyIsRefused() async throws {
        try await withServer { (server: Server) async throws in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = .none
            let channel = try await raw(server, tls: configuration)
            try await channel.closeFuture.get()
            let client = try await connect(server, .make())
            // The first that is handed over is the one with a key.
            #expect(try await server.first().peerAddress == "127.0.0.1")
            await client.close()
        }
    }

    @Test func anOlderTLSIsRefused() async throws {
        try await withServer { (server: Server) async throws in
            var configuration = try Identity.make().clientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.maximumTLSVersion = .tlsv12
            configuration.certificateVerification = .none
            let channel = try await raw(server, tls: configuration)
            try await channel.closeFuture.get()
        }
    }

    @Test func plainBytesAreRefused() async throws {
        try await withServer { (server: Server) async throws in
            let channel = try await raw(server, tls: nil)
            try await channel.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
            try await channel.closeFuture.get()
        }
    }

    /// Silence before TLS and silence after it.
    @Test(arguments: [true, false])
    func whoSaysNothingIsCut(_ hasKey: Bool) async throws {
        let listener = try await TLSListener.start(
            identity: .make(), address: "127.0.0.1", port: 0, group: Self.group, greetingDeadline: .milliseconds(hasKey ? 500 : 10)
        ) { channel in
            do { for try await _ in channel.incoming {} } catch {}
        }
        if hasKey {
            let client = try await TLSConnector.connect(identity: .make(), address: "127.0.0.1", port: listener.port, group: Self.group)
            var messages = client.incoming.makeAsyncIterator()
            // The end, with or without a farewell of TLS.
            let message = try? await messages.next(isolation: #isolation)
            #expect(message == nil)
        } else {
            let channel = try await ClientBootstrap(group: Self.group).connect(host: "127.0.0.1", port: listener.port).get()
            try await channel.closeFuture.get()
        }
        await listener.close()
    }

    @Test func nobodyThereIsAnErrorWithThePlace() async throws {
        let server = try await Server()
        let port = server.listener.port
        await server.close()
        do {
            _ = try await TLSConnector.connect(identity: .make(), address: "127.0.0.1", port: port, group: Self.group)
            Issue.record("no error")
        } catch {
            #expect("\(error)".hasPrefix("cannot connect to 127.0.0.1 port \(port)"))
        }
    }

    @Test func aPortInUseIsAnErrorWithThePlace() async throws {
        try await withServer { (server: Server) async throws in
            await #expect(throws: TransportError.self) {
                _ = try await TLSListener.start(
                    identity: .make(), address: "127.0.0.1", port: server.listener.port, group: Self.group
                ) { _ in }
            }
        }
    }

    @Test func sendingOverAClosedLineIsAnError() async throws {
        try await withServer { (server: Server) async throws in
            let client = try await connect(server, .make())
            await client.close()
            await #expect(throws: (any Error).self) { try await client.send(Message(.facts, [:])) }
        }
    }

    /// A connection below the messages, with TLS as given or without.
    private func raw(_ server: Server, tls: TLSConfiguration?) async throws -> any Channel {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        return try await ClientBootstrap(group: Self.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let context else { return }
                    let handler = try NIOSSLClientHandler(context: context, serverHostname: nil) { _, promise in
                        promise.succeed(.certificateVerified)
                    }
                    try channel.pipeline.syncOperations.addHandler(handler)
                    try channel.pipeline.syncOperations.addHandler(CloseOnError())
                }
            }
            .connect(host: "127.0.0.1", port: server.listener.port).get()
    }

    private final class CloseOnError: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
