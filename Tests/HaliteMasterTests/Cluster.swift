import FoundationEssentials
import HaliteCore
import HaliteHost
import HaliteMinion
import HaliteModuleKit
import HaliteModules
import HaliteStates
import HaliteTransport
import HaliteValue
import Logging
import Synchronization
import Testing

@testable import HaliteMaster

/// A master and its minions in one process: real services, real folders, lines in memory, no sockets and no waiting by the
/// clock. What has to be waited for is an event of the master.
final class Cluster: Sendable {
    let folder: String
    let identity: Identity
    let master: MasterService
    private let tasks = Mutex<[Task<Void, Never>]>([])
    private let stops = Mutex<[@Sendable () async -> Void]>([])

    private init(folder: String, identity: Identity, master: MasterService) {
        self.folder = folder
        self.identity = identity
        self.master = master
    }

    /// What a cluster is made of; files by their path below `/srv/salt` and `/srv/pillar`.
    struct Setting: Sendable {
        var states: [String: String] = [:]
        var pillar: [String: String] = [:]
        var autoAccept = true
        var master: ValueMap = [:]
    }

    /// Runs a body with a cluster and takes it down afterwards.
    static func run(_ setting: Setting = Setting(), minions: [String] = [], _ body: (Cluster) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/halite-cluster-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let cluster = try await make(folder, setting)
        do {
            for id in minions { try await cluster.start(id) }
            try await body(cluster)
        } catch {
            await cluster.stop()
            throw error
        }
        await cluster.stop()
    }

    private static func make(_ folder: String, _ setting: Setting) async throws -> Cluster {
        for directory in ["salt", "pillar"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(directory)", withIntermediateDirectories: true)
        }
        for (files, directory) in [(setting.states, "salt"), (setting.pillar, "pillar")] {
            for (path, text) in files { try write("\(folder)/\(directory)/\(path)", text) }
        }
        var map: ValueMap = [
            "id": "boss", "pki_dir": .string("\(folder)/pki"), "cachedir": .string("\(folder)/cache"),
            "file_roots": ["base": [.string("\(folder)/salt")]], "pillar_roots": ["base": [.string("\(folder)/pillar")]],
            "auto_accept": .bool(setting.autoAccept),
        ]
        for (key, value) in setting.master { map[key] = value }
        let options = try MasterOptions(map, file: "master", directory: folder, hostName: "boss")
        let identity = Identity.make()
        let master = try await MasterService.make(
            options: options, catalogue: catalogue, host: LocalHost(), identity: identity, storePath: ":memory:", logger: logger)
        return Cluster(folder: folder, identity: identity, master: master)
    }

    static let catalogue = ModuleCatalogue(
        modules: [StateExecutionModule.self, ProbeModule.self] + builtInModules, states: builtInStates, grains: [])

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func write(_ path: String, _ text: String) throws {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: "/" + parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private func stop() async {
        for stop in stops.withLock({ $0 }) { await stop() }
        for task in tasks.withLock({ $0 }) { task.cancel() }
        for task in tasks.withLock({ $0 }) { await task.value }
    }

    // MARK: Minions

    /// One minion with its key and its line.
    final class Node: Sendable {
        let id: String
        let identity: Identity
        let service: MinionService
        let link: Link
        let spoolFolder: String

        init(id: String, identity: Identity, service: MinionService, link: Link, spoolFolder: String) {
            self.id = id
            self.identity = identity
            self.service = service
            self.link = link
            self.spoolFolder = spoolFolder
        }

        /// The names of the returns that the master has not confirmed.
        var spooled: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: spoolFolder)) ?? []).sorted() }
    }

    /// The way from a minion to the master, which a test can cut and open again.
    final class Link: Sendable {
        private let state = Mutex(State())
        private struct State {
            var isOpen = true
            var channel: MemoryChannel?
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        /// Returns when the way is open.
        func pass() async {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func use(_ channel: MemoryChannel) { state.withLock { $0.channel = channel } }

        /// Ends the connection; no other is made until `open`.
        func cut() async {
            let channel = state.withLock { state in
                state.isOpen = false
                return state.channel
            }
            await channel?.close()
        }

        func open() {
            let waiting = state.withLock { state in
                state.isOpen = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    /// Starts a minion and waits for what becomes of its greeting.
    @discardableResult
    func start(
        _ id: String, grains: ValueMap = [:], options: ValueMap = [:], identity: Identity = .make(), waitFor tag: String? = nil
    ) async throws -> Node {
        let link = Link()
        let base = "\(folder)/minions/\(id)-\(UInt32.random(in: 0...UInt32.max))"
        var map: ValueMap = ["id": .string(id), "pki_dir": .string("\(base)/pki"), "cachedir": .string("\(base)/cache")]
        for (key, value) in options { map[key] = value }
        let minionOptions = try MinionOptions(map, file: "minion", directory: base, hostName: id)
        var grains = grains
        if grains["kernel"] == nil { grains["kernel"] = "Linux" }
        let service = try await MinionService.make(
            options: minionOptions, catalogue: Self.catalogue, staticGrains: { [grains] in grains }, host: LocalHost(), logger: Self.logger
        ) { [self] in
            await link.pass()
            try Task.checkCancellation()
            let pair = MemoryChannel.pair(master: self.identity, minion: identity)
            link.use(pair.minion)
            serve(pair.master)
            return pair.minion
        }
        let node = Node(id: id, identity: identity, service: service, link: link, spoolFolder: "\(base)/cache/returns")
        let events = master.events.events()
        let task = Task { await service.run() }
        tasks.withLock { $0.append(task) }
        stops.withLock { stops in
            stops.append {
                task.cancel()
                link.open()
                await link.cut()
                link.open()
            }
        }
        await Self.first(events, tag ?? "salt/minion/\(id)/start")
        return node
    }

    private func serve(_ channel: MemoryChannel) {
        let task = Task { await master.accept(channel) }
        tasks.withLock { $0.append(task) }
    }

    /// Waits for an event that matches, since a stream was asked for.
    @discardableResult
    static func first(_ events: AsyncStream<Event>, _ pattern: String, where test: (ValueMap) -> Bool = { _ in true }) async -> Event? {
        let glob = GlobPattern(pattern)
        for await event in events where glob.matches(event.tag) && test(event.data) { return event }
        return nil
    }

    /// A line of which the test plays the minion's part, word for word.
    func raw(identity: Identity = .make()) -> RawMinion {
        let pair = MemoryChannel.pair(master: self.identity, minion: identity)
        serve(pair.master)
        stops.withLock { stops in stops.append { await pair.minion.close() } }
        return RawMinion(channel: pair.minion)
    }

    // MARK: Commands

    /// Calls a function on minions; minion to its return, or the reason why there is none.
    func call(_ target: Value, _ function: String, _ arguments: Arguments = Arguments(), kind: Target.Kind = .glob) async throws -> [String:
        Answer]
    {
        let job = try await master.publish(function, arguments, target: Target(target, kind: kind), user: "tester")
        return await Self.answers(job)
    }

    static func answers(_ job: PublishedJob) async -> [String: Answer] {
        var answers: [String: Answer] = [:]
        for await update in job.updates {
            switch update {
            case .returned(let result): answers[result.minion] = .returned(result.value, code: result.returnCode)
            case .missing(let minion, let reason): answers[minion] = .missing(reason)
            }
        }
        return answers
    }

    enum Answer: Equatable {
        case returned(Value, code: Int)
        case missing(String)

        var value: Value? { if case .returned(let value, _) = self { value } else { nil } }
    }

    /// Calls a runner.
    func run(_ function: String, _ positional: Value..., keywords: ValueMap = [:]) async throws -> Value {
        try await master.runtime.run(function, Arguments(positional, keywords: keywords), jobID: JobID.make().description, user: "tester")
            .value
    }

    /// Runs an orchestration; the results of its states by name, and its code.
    func orchestrate(_ sls: String, keywords: ValueMap = [:]) async throws -> (states: [String: Value], code: Int) {
        let (value, code) = try await master.runtime.run(
            "state.orchestrate", Arguments([.string(sls)], keywords: keywords), jobID: JobID.make().description, user: "tester")
        var states: [String: Value] = [:]
        for result in value["data"]?["boss_master"]?.mapValue?.values.map({ $0 }) ?? [] {
            states[result["__id__"]?.pythonString ?? ""] = result
        }
        return (states, code)
    }
}

/// Ends a test whose failure is recorded already.
struct TestFailure: Error {
    init(_ issue: Issue) {}
}

/// The minion's end of a line without a minion behind it.
final class RawMinion {
    let channel: MemoryChannel
    private var messages: AsyncThrowingStream<Message, any Error>.Iterator

    init(channel: MemoryChannel) {
        self.channel = channel
        channel.allowLargeMessages()
        messages = channel.incoming.makeAsyncIterator()
    }

    func send(_ kind: Message.Kind, _ body: ValueMap) async throws { try await channel.send(Message(kind, body)) }

    /// The next message; nil when the master has closed the line.
    func next() async throws -> Message? { try await messages.next(isolation: #isolation) }

    /// Greets and gives the status of the welcome.
    func greet(_ id: String, grains: ValueMap = [:]) async throws -> String? {
        try await send(.hello, ["version": .int(Message.protocolVersion), "id": .string(id), "grains": .map(grains)])
        return try await next()?.body["status"]?.stringValue
    }

    /// Asks, and gives the whole answer.
    func ask(_ operation: String, _ arguments: ValueMap = [:]) async throws -> ValueMap? {
        try await send(.request, ["number": 1, "operation": .string(operation), "arguments": .map(arguments)])
        return try await next()?.body
    }
}

/// Functions that wait for the test.
struct ProbeModule: ExecutionModule {
    static let name = "probe"
    static let summary = "Waits for the test."

    static let functions: [Function] = [
        Function("hold", "Waits until the test says so.", .required("name", "What the test calls it.")) { context, name in
            let hold = Hold.named(name)
            await hold.arrive(context.services.id)
            return context.services.id
        },
        Function("large", "Returns so many bytes.", .required("count", "Bytes.")) { _, count in
            Value.bytes([UInt8](repeating: 7, count: count))
        },
    ]
}

/// A place where a job stops until the test lets it go on.
final class Hold: Sendable {
    private static let all = Mutex<[String: Hold]>([:])
    private let state = Mutex(State())
    private let arrivals: AsyncStream<String>
    private let announce: AsyncStream<String>.Continuation

    private struct State {
        var isReleased = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private init() { (arrivals, announce) = AsyncStream.makeStream() }

    static func named(_ name: String) -> Hold {
        all.withLock { all in
            if let known = all[name] { return known }
            let hold = Hold()
            all[name] = hold
            return hold
        }
    }

    func arrive(_ who: String) async {
        announce.yield(who)
        await withCheckedContinuation { continuation in
            let isReleased = state.withLock { state in
                if !state.isReleased { state.waiting.append(continuation) }
                return state.isReleased
            }
            if isReleased { continuation.resume() }
        }
    }

    /// Who has come first.
    func arrived() async -> String? {
        for await who in arrivals { return who }
        return nil
    }

    func release() {
        let waiting = state.withLock { state in
            state.isReleased = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
