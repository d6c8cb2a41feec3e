import Glibc
import HaliteCore
import HaliteMaster
import HaliteValue
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// What a route sends back, line by line.
package typealias LineWriter = @Sendable (ValueMap) async throws -> Void

/// HTTP over a unix socket. Who asks is named by the kernel; answers are lines of JSON, sent as things happen.
package final class APIServer: Sendable {
    private let channel: any Channel

    private init(channel: any Channel) { self.channel = channel }

    /// - Parameter path: of the socket; a left-over of a killed master is replaced, a living one is an error.
    package static func start(
        master: MasterService, path: String, group: any EventLoopGroup
    ) async throws -> APIServer {
        try prepare(path)
        let routes = MasterRoutes(master: master)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(routes: routes))
                }
            }
        let channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        // Commands on all minions: for the owner alone.
        chmod(path, 0o600)
        return APIServer(channel: channel)
    }

    private static func prepare(_ path: String) throws {
        let directory = path.split(separator: "/").dropLast()
        var partial = ""
        for part in directory {
            partial += "/" + part
            if mkdir(partial, 0o755) != 0, errno != EEXIST {
                throw APIError("cannot make the directory \(partial): \(String(cString: strerror(errno)))")
            }
        }
        if APIServer.isAnswered(path) { throw APIError("another master answers at \(path)") }
    }

    private static func isAnswered(_ path: String) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    package func close() async {
        // Closing what is closed already is no failure.
        try? await channel.close()
    }
}

/// What the interface could not do, worded for the user of a command.
package struct APIError: Error, CustomStringConvertible, Equatable {
    package let description: String
    package init(_ description: String) { self.description = description }
}

/// One connection: collects a request, hands it to the routes and writes what they say.
private final class RequestHandler: ChannelInboundHandler, @unchecked Sendable {
    // Sendable although mutable: only the event loop of its connection touches it.
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let bodyLimit = 64 << 20
    private let routes: MasterRoutes
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var task: Task<Void, Never>?

    init(routes: MasterRoutes) { self.routes = routes }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var part):
            body.writeBuffer(&part)
            if body.readableBytes > Self.bodyLimit { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            start(head, Array(body.readableBytesView), context.channel)
        }
    }

    private func start(_ head: HTTPRequestHead, _ body: [UInt8], _ channel: any Channel) {
        let routes = routes
        // Owned by the connection: it is cancelled when the client goes away.
        task = Task {
            let writer = ResponseWriter(channel: channel)
            do {
                let user = try await PeerUser.name(of: channel)
                try await routes.handle(method: head.method.rawValue, path: head.uri, body: body, user: user) { line in
                    try await writer.write(line)
                }
            } catch {
                // A client that is gone needs no answer.
                try? await writer.write(["type": "error", "message": .string("\(error)")])
            }
            await writer.end()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        task?.cancel()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Writes the head with the first line.
private actor ResponseWriter {
    private let channel: any Channel
    private var started = false

    init(channel: any Channel) { self.channel = channel }

    private func begin() {
        guard !started else { return }
        started = true
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: "application/x-ndjson")
        headers.add(name: "connection", value: "close")
        channel.write(HTTPServerResponsePart.head(.init(version: .http1_1, status: .ok, headers: headers)), promise: nil)
    }

    func write(_ line: ValueMap) async throws {
        begin()
        let text = Value.map(line).json(ensureASCII: false) + "\n"
        try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))))
    }

    func end() async {
        begin()
        // A client that is gone needs no end.
        try? await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        try? await channel.close()
    }
}

/// The user at the other end of a unix socket, as the kernel knows it.
private enum PeerUser {
    /// What SO_PEERCRED gives: the C library's `ucred`, which Swift does not import.
    private struct Credentials {
        var processID: Int32
        var uid: UInt32
        var gid: UInt32
    }

    static func name(of channel: any Channel) async throws -> String {
        guard let provider = channel as? any SocketOptionProvider else { throw APIError("a connection without a user") }
        let credentials: Credentials = try await provider.unsafeGetSocketOption(level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)).get()
        guard credentials.uid == geteuid() || credentials.uid == 0 else { throw APIError("you are not allowed to talk to this master") }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(credentials.uid, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return "uid \(credentials.uid)" }
        return String(cString: entry.pw_name)
    }
}
