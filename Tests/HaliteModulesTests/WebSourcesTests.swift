import FoundationEssentials
import Glibc
import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteTesting
import HaliteValue
import Synchronization
import Testing

@testable import HaliteModules

/// Sources of the web and of S3 stores, against a server on this machine.
@Suite(.timeLimit(.minutes(1)))
struct WebSourcesTests {
    @Test func aDownloadIsKeptWhereSaltKeepsIt() async throws {
        try await Bench.run { (bench: Bench) async throws in
            bench.server.answer("/a/b.txt", "200 OK", "web\n")
            let path = try await bench.call("cp.cache_file", .string(bench.url + "/a/b.txt"))
            #expect(path == .string("\(bench.cache)/extrn_files/base/127.0.0.1\(bench.server.port)/a/b.txt"))
            #expect(try await bench.call("cp.get_url", .string(bench.url + "/a/b.txt"), .null) == "web\n")
            #expect(try await bench.call("cp.is_cached", .string(bench.url + "/a/b.txt")) == path)
        }
    }

    @Test func redirectsAreFollowedToTheWebAlone() async throws {
        try await Bench.run { (bench: Bench) async throws in
            bench.server.answer("/old", "302 Found", "", ["Location: /new"])
            bench.server.answer("/new", "200 OK", "moved\n")
            bench.server.answer("/file", "302 Found", "", ["Location: file:///etc/hostname"])
            #expect(try await bench.call("cp.get_url", .string(bench.url + "/old"), .null) == "moved\n")
            await bench.fails("cp.get_url", .string(bench.url + "/file"), .null)
        }
    }

    @Test func anErrorIsToldAndLeavesNothing() async throws {
        try await Bench.run { (bench: Bench) async throws in
            bench.server.answer("/gone", "410 Gone For Good", "page\n")
            let message = await bench.fails("cp.cache_file", .string(bench.url + "/gone"))
            #expect(message.contains("HTTP 410: Gone For Good reading /gone"))
            #expect(try await bench.call("cp.list_minion") == [])
            #expect(try await bench.call("cp.is_cached", .string(bench.url + "/gone")) == "")
        }
    }

    @Test func aCopyWithTheRightDigestIsNotFetchedAgain() async throws {
        try await Bench.run { (bench: Bench) async throws in
            bench.server.answer("/f", "200 OK", "web\n")
            let hash: ValueMap = ["source_hash": .string(Digest.hexadecimal(Array("web\n".utf8), .sha256))]
            for _ in 0..<3 { _ = try await bench.call("cp.cache_file", .string(bench.url + "/f"), keywords: hash) }
            #expect(bench.server.requests.count == 1)
            _ = try await bench.call("cp.cache_file", .string(bench.url + "/f"), keywords: ["source_hash": .string(String(repeating: "0", count: 64))])
            #expect(bench.server.requests.count == 2)
        }
    }

    @Test func aPasswordGoesToTheServerAndNowhereElse() async throws {
        try await Bench.run { (bench: Bench) async throws in
            bench.server.answer("/x", "200 OK", "in\n")
            let url = "http://us%40er:p%22w@127.0.0.1:\(bench.server.port)/x"
            #expect(try await bench.call("cp.get_url", .string(url), .null) == "in\n")
            #expect(bench.server.requests[0].contains("Authorization: Basic dXNAZXI6cCJ3"))
            let message = await bench.fails("cp.cache_file", .string("http://user:geheim@127.0.0.1:1/x"))
            #expect(!message.contains("geheim"))
        }
    }

    @Test(arguments: ["http://h/../../../etc/x", "http://../x", "http://h/a\nb"])
    func aURLCannotLeadOutOfTheCache(_ url: String) async throws {
        try await Bench.run { (bench: Bench) async throws in await bench.fails("cp.cache_file", .string(url)) }
    }

    @Test func anObjectOfAStoreIsAskedForWithASignature() async throws {
        try await Bench.run { (bench: Bench) async throws in
            bench.server.answer("/bucket/dir/o%20b.txt", "200 OK", "object\n")
            #expect(try await bench.call("cp.get_url", "s3://bucket/dir/o b.txt", .null) == "object\n")
            let request = bench.server.requests[0]
            #expect(request.contains("Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"))
            #expect(request.contains("/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="))
            #expect(!request.contains("secretEXAMPLE"))
        }
    }

    /// The signatures were made by another program after Amazon's description.
    @Test func signaturesAreAmazons() {
        func signature(_ settings: ValueMap) -> String {
            var options: ValueMap = ["s3.keyid": "AKIDEXAMPLE", "s3.key": "secretEXAMPLE/KEY", "s3.location": "eu-west-1"]
            for (key, value) in settings { options[key] = value }
            let request = S3Request(
                bucket: "bucket", object: "a b/c+d.txt", settings: S3Request.Settings(options: options, pillar: [:]) { _ in nil })
            return request.headers(1_709_210_096).last?.value.split(separator: "=").last.map { String($0) } ?? ""
        }
        #expect(
            signature(["s3.service_url": "store.example.com:9000", "s3.path_style": true])
                == "5d091ddb2798765cb6a6f0b1a49b91100017d2b849909c8565f37d40fa4b2304")
        #expect(signature(["s3.token": "TOKEN"]) == "8b1a36c3fca03df4772cd80241a75f8413f7f4888f99d2a2eb2b735858fc36a8")
    }
}

/// A minion with an empty file server, and the web server that it asks.
private struct Bench: Sendable {
    let folder: String
    let server: WebServer
    let context: CallContext

    var cache: String { folder + "/cache" }
    var url: String { "http://127.0.0.1:\(server.port)" }

    static func run(_ body: (Bench) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "halite-web-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try WebServer()
        defer { server.stop() }
        let options: ValueMap = [
            "cachedir": .string(folder + "/cache"), "s3.keyid": "AKIDEXAMPLE", "s3.key": "secretEXAMPLE/KEY", "s3.location": "eu-west-1",
            "s3.path_style": true, "s3.https_enable": false, "s3.service_url": .string("127.0.0.1:\(server.port)"),
        ]
        let registry = await ModuleRegistry(modules: builtInModules, states: [], host: LocalHost(), grains: [:])
        let services = TestServices(options: options, registry: registry)
        let context = CallContext(host: LocalHost(), services: services, grains: [:], pillar: [:])
        try await body(Bench(folder: folder, server: server, context: context))
    }

    func call(_ function: String, _ arguments: Value..., keywords: ValueMap = [:]) async throws -> Value {
        var context = context
        // Each call is a run of its own.
        context.memory = RunMemory()
        return try await context.call(function, Arguments(arguments, keywords: keywords))
    }

    @discardableResult
    func fails(_ function: String, _ arguments: Value...) async -> String {
        do {
            let value = try await context.call(function, Arguments(arguments))
            Issue.record("no error, but \(value.pythonRepr)")
            return ""
        } catch {
            return "\(error)"
        }
    }
}

/// Answers requests with what it was told, one connection after the other, until it is stopped.
private final class WebServer: Sendable {
    private let listener: Int32
    let port: Int
    private let state = Mutex<(answers: [String: String], requests: [String])>(([:], []))

    var requests: [String] { state.withLock { $0.requests } }

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isBound)
        port = Int(UInt16(bigEndian: address.sin_port))
        let thread = Thread(self)
        thread.start()
    }

    func answer(_ path: String, _ status: String, _ body: String, _ headers: [String] = []) {
        let lines = ["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)", "Connection: close"] + headers
        state.withLock { $0.answers[path] = lines.joined(separator: "\r\n") + "\r\n\r\n" + body }
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Serves on a thread of its own; it ends when the listener is shut down.
    private struct Thread {
        let server: WebServer
        init(_ server: WebServer) { self.server = server }

        func start() {
            let box = Unmanaged.passRetained(server)
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { pointer in
                    guard let pointer else { return nil }
                    Unmanaged<WebServer>.fromOpaque(pointer).takeRetainedValue().serve()
                    return nil
                }, box.toOpaque())
            pthread_detach(thread)
        }
    }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            if connection < 0 { break }
            let request = read(connection)
            let path = request.split(separator: " ").dropFirst().first.map { String($0) } ?? ""
            let answer = state.withLock { state in
                state.requests.append(request)
                return state.answers[path] ?? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            }
            var bytes = Array(answer.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                if count <= 0 { break }
                bytes = bytes.dropFirst(count)
            }
            close(connection)
        }
        close(listener)
    }

    private func read(_ connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 65_536, !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
            let count = recv(connection, &buffer, buffer.count, 0)
            if count <= 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
