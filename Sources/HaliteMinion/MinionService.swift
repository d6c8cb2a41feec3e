import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteStates
import HaliteValue
import Logging
import Synchronization

/// Opens a line to the master; throws when there is none to be had.
package typealias MasterConnector = @Sendable () async throws -> any MessageChannel

/// A minion: keeps a line to its master, runs the jobs that come and sees that no return is lost.
package final class MinionService: Sendable {
    package let options: MinionOptions
    package let runtime: ModuleRuntime
    private let line: MasterLine
    private let spool: ReturnSpool
    private let connect: MasterConnector
    private let pin: MasterPin
    private let logger: Logger

    private init(
        options: MinionOptions, runtime: ModuleRuntime, line: MasterLine, spool: ReturnSpool,
        connect: @escaping MasterConnector, pin: MasterPin, logger: Logger
    ) {
        self.options = options
        self.runtime = runtime
        self.line = line
        self.spool = spool
        self.connect = connect
        self.pin = pin
        self.logger = logger
    }

    package static func make(
        options: MinionOptions, catalogue: ModuleCatalogue, staticGrains: @escaping GrainSource, host: any Host, logger: Logger,
        connect: @escaping MasterConnector
    ) async throws -> MinionService {
        let line = MasterLine()
        let files = RemoteFileClient(line: line, cacheDirectory: options.cacheDirectory)
        let runtime = await ModuleRuntime.make(
            id: options.id, options: options.map, host: host, files: files, master: line, catalogue: catalogue,
            staticGrains: staticGrains,
            pillarSource: { context, saltenv, pillarenv, override in
                try await line.pillar(grains: context.grains, saltenv: saltenv, pillarenv: pillarenv, override: override)
            })
        return MinionService(
            options: options, runtime: runtime, line: line,
            spool: try await ReturnSpool(directory: options.cacheDirectory + "/returns"), connect: connect,
            pin: MasterPin(directory: options.pkiDirectory, configured: options.masterFinger), logger: logger)
    }

    /// Runs until the task is cancelled: connects, serves, and connects again with a growing pause.
    package func run() async {
        var pause = 0.2
        while !Task.isCancelled {
            do {
                try await serve { pause = 0.2 }
            } catch is CancellationError {
                return
            } catch {
                logger.warning("\(error)")
            }
            // Spread out, so that a restarted master is not met by everybody at once.
            try? await Task.sleep(for: .seconds(pause * Double.random(in: 0.5...1)))
            pause = min(pause * 2, 10)
        }
    }

    /// One connection from greeting to end.
    /// - Parameter welcomed: called when the master accepts this minion.
    private func serve(welcomed: () -> Void) async throws {
        let channel = try await connect()
        defer {
            // Ends with the closing of the socket.
            Task { await channel.close() }
        }
        try await pin.check(channel)
        channel.allowLargeMessages()
        let connection = MasterConnection(channel: channel)
        defer {
            line.set(nil)
            connection.closed()
        }
        try await channel.send(
            Message(.hello, ["version": .int(Message.protocolVersion), "id": .string(options.id), "grains": .map(runtime.grains)]))
        var accepted = false
        try await withTaskCancellationHandler {
            for try await message in channel.incoming {
                switch message.kind {
                case .welcome:
                    let status = message.body["status"]?.pythonString ?? ""
                    if status == "accepted" {
                        accepted = true
                        welcomed()
                        line.set(connection)
                        // Ends by itself; a line that breaks makes it fail, and the next connection starts it again.
                        Task { await self.ready(channel) }
                    } else {
                        logger.warning("the master has not accepted the key of this minion (\(status))")
                    }
                case .job where accepted: start(message.body)
                case .stored: await spool.remove(message.body["jid"]?.pythonString ?? "")
                case .response: connection.answer(message.body)
                default: logger.warning("the master sent an unexpected message (\(message.kind.rawValue))")
                }
            }
        } onCancel: {
            // Ends with the closing of the socket, which ends the loop above.
            Task { await channel.close() }
        }
        try Task.checkCancellation()
        if accepted { logger.warning("the connection to the master was lost") }
    }

    /// After the welcome: what was not confirmed is sent again, the pillar is fetched, the start is announced.
    private func ready(_ channel: any MessageChannel) async {
        do {
            for body in await spool.pending() { try await channel.send(Message(.jobReturn, body)) }
            let pillar = try await runtime.refreshPillar(runtime.context())
            if let errors = pillar["_errors"] { logger.error("the pillar has errors: \(errors.pythonString)") }
            if runtime.registry.functions["mine.update"] != nil {
                _ = try? await runtime.call("mine.update", Arguments(), in: runtime.context(function: "mine.update"))
            }
            try await line.fire(
                tag: "salt/minion/\(options.id)/start",
                data: ["cmd": "_minion_event", "id": .string(options.id), "data": .string("Minion \(options.id) started")])
            logger.info("connected to the master")
        } catch {
            logger.warning("\(error)")
        }
    }

    private func start(_ body: ValueMap) {
        let job: Job
        do { job = try Job(value: body) } catch {
            logger.error("the master sent a malformed job: \(error)")
            return
        }
        // Owned by the runtime's list of jobs, which may cancel it; it ends with its return.
        let gate = JobGate()
        let task = Task {
            await gate.wait()
            await self.perform(job)
        }
        var description = job.value
        description["pid"] = .int(ProcessNumber.own)
        runtime.jobStarted(job.id, description, task: task)
        gate.open()
    }

    private func perform(_ job: Job) async {
        logger.info("job \(job.id): \(job.function)")
        let result = Self.sendable(await JobRunner(runtime: runtime).run(job))
        runtime.jobEnded(job.id)
        do {
            try await spool.add(result)
        } catch {
            logger.error("the return of job \(job.id) cannot be written down: \(error)")
        }
        do {
            // The line of the moment: the one that the job came over may have ended meanwhile.
            try await line.send(Message(.jobReturn, result.map))
        } catch {
            logger.warning("the return of job \(job.id) waits for the next connection: \(error)")
        }
    }
}

extension MinionService {
    /// A return that no message can hold would never be confirmed: the master is told so instead.
    static func sendable(_ result: JobReturn) -> JobReturn {
        let size = Message(.jobReturn, result.map).encoded().count
        guard size > Message.sizeLimit else { return result }
        return JobReturn(
            jobID: result.jobID, minion: result.minion, function: result.function, arguments: [],
            value: .string("ERROR: the return has \(size) bytes, the limit is \(Message.sizeLimit)"), returnCode: 1, success: false)
    }
}

/// Keeps a task from running before it is listed.
private final class JobGate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    init() { (stream, continuation) = AsyncStream.makeStream() }
    func open() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
