import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteStates
import HaliteValue
import Logging

/// One function beside a minion that may be running: greets the master as a caller, which takes no jobs.
package enum MinionCall {
    package static func run(
        _ job: Job, options: MinionOptions, catalogue: ModuleCatalogue, staticGrains: @escaping GrainSource, host: any Host, logger: Logger,
        connect: @escaping MasterConnector
    ) async throws -> JobReturn {
        let line = MasterLine()
        let runtime = await ModuleRuntime.make(
            id: options.id, options: options.map, host: host,
            files: RemoteFileClient(line: line, cacheDirectory: options.cacheDirectory), master: line, catalogue: catalogue,
            staticGrains: staticGrains,
            pillarSource: { context, saltenv, pillarenv, override in
                try await line.pillar(grains: context.grains, saltenv: saltenv, pillarenv: pillarenv, override: override)
            })
        let channel = try await connect()
        try await MasterPin(directory: options.pkiDirectory, configured: options.masterFinger).check(channel)
        channel.allowLargeMessages()
        let connection = MasterConnection(channel: channel)
        try await channel.send(
            Message(
                .hello,
                [
                    "version": .int(Message.protocolVersion), "id": .string(options.id), "grains": .map(runtime.grains), "caller": true,
                ]))
        let (welcome, arrived) = AsyncStream<String>.makeStream()
        // Ends with the connection, which is closed below.
        let reader = Task {
            do {
                for try await message in channel.incoming {
                    switch message.kind {
                    case .welcome: arrived.yield(message.body["status"]?.pythonString ?? "")
                    case .response: connection.answer(message.body)
                    default: continue
                    }
                }
            } catch {
                logger.warning("\(error)")
            }
            arrived.finish()
            connection.closed()
        }
        defer { reader.cancel() }
        var statuses = welcome.makeAsyncIterator()
        let status = await statuses.next()
        guard status == "accepted" else {
            await channel.close()
            throw ExecutionError(
                status.map { "the master has not accepted the key of '\(options.id)' (\($0)); on the master: halite key -a \(options.id)" }
                    ?? "the master closed the connection")
        }
        line.set(connection)
        if !job.function.hasPrefix("state.") { _ = try await runtime.refreshPillar(runtime.context(function: job.function)) }
        let result = await JobRunner(runtime: runtime).run(job)
        await channel.close()
        return result
    }
}
