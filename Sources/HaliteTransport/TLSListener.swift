import Glibc
import HaliteCore
import NIOCore
import NIOPosix
import NIOSSL

/// The master's end: takes connections and hands each to a handler once both sides have proven their keys.
package final class TLSListener: Sendable {
    private let channel: any Channel
    package let port: Int

    private init(channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    /// - Parameter port: 0 takes a free one.
    /// - Parameter greetingDeadline: somebody who connects and says nothing holds a descriptor no longer than this.
    /// - Parameter accept: called with each connection; it is over when the call returns.
    package static func start(
        identity: Identity, address: String, port: Int, group: any EventLoopGroup, greetingDeadline: TimeAmount = .seconds(20),
        accept: @escaping @Sendable (TLSChannel) async -> Void
    ) async throws -> TLSListener {
        let context = try NIOSSLContext(configuration: try identity.serverConfiguration())
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: Keepalive.idle)
            .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: Keepalive.interval)
            .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: Keepalive.count)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let box = PeerBox()
                    let ready = channel.eventLoop.makePromise(of: TLSChannel.self)
                    let tls = NIOSSLServerHandler(context: context, customVerificationCallback: box.verify)
                    try ChannelSetup.configure(channel, tls: tls, box: box, ready: ready, deadline: greetingDeadline)
                    ready.futureResult.whenComplete { result in
                        guard case .success(let connection) = result else {
                            channel.close(promise: nil)
                            return
                        }
                        // Owned by the connection: the handler returns when the stream of messages ends.
                        Task {
                            await accept(connection)
                            await connection.close()
                        }
                    }
                }
            }
        do {
            return TLSListener(channel: try await bootstrap.bind(host: address, port: port).get())
        } catch {
            throw TransportError("cannot listen on \(address) port \(port): \(error)")
        }
    }

    package func close() async {
        // Closing what is closed already is no failure.
        try? await channel.close()
    }
}

/// A host that lost its power says no farewell: after half a minute of silence the line counts as cut. The system's own
/// default is two hours.
private enum Keepalive {
    static let idle: ChannelOptions.Types.SocketOption.Value = 15
    static let interval: ChannelOptions.Types.SocketOption.Value = 5
    static let count: ChannelOptions.Types.SocketOption.Value = 3
}

/// The minion's end.
package enum TLSConnector {
    package static func connect(
        identity: Identity, address: String, port: Int, group: any EventLoopGroup
    ) async throws -> TLSChannel {
        let context = try NIOSSLContext(configuration: try identity.clientConfiguration())
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(.seconds(10))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: Keepalive.idle)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: Keepalive.interval)
            .channelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: Keepalive.count)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        let ready = group.next().makePromise(of: TLSChannel.self)
        do {
            let channel = try await bootstrap.channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let box = PeerBox()
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: nil, customVerificationCallback: box.verify)
                    try ChannelSetup.configure(channel, tls: tls, box: box, ready: ready)
                }
            }.connect(host: address, port: port).get()
            channel.eventLoop.scheduleTask(in: .seconds(20)) { ready.fail(TransportError("the handshake took too long")) }
        } catch {
            ready.fail(error)
        }
        do {
            return try await ready.futureResult.get()
        } catch {
            throw TransportError("cannot connect to \(address) port \(port): \(error)")
        }
    }
}
