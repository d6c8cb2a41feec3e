import ArgumentParser
import HaliteCore
import HaliteHost
import HaliteMinion
import HaliteStates
import HaliteTransport
import NIOPosix

/// `halite minion`: runs a minion until it is told to stop.
struct MinionCommandLine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "minion", abstract: "Runs a minion.")

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        let options = try configuration.minion()
        let logger = try log.logger(options.logLevel)
        let staticGrains = try configuration.staticGrains(options)
        try await CommandError.wrapping(1) {
            let service = try await MinionService.make(
                options: options, catalogue: .builtIn, staticGrains: staticGrains, host: LocalHost(), logger: logger,
                connect: Self.connector(options))
            // Owned by this command, which cancels it when it is told to stop.
            let running = Task { await service.run() }
            await StopSignal.wait()
            running.cancel()
            await running.value
        }
    }

    /// Connects to the configured master with the minion's own key.
    static func connector(_ options: MinionOptions) throws -> MasterConnector {
        let identity = try Identity.load(directory: options.pkiDirectory, name: "minion")
        return {
            try await TLSConnector.connect(
                identity: identity, address: options.masterAddress, port: options.masterPort,
                group: MultiThreadedEventLoopGroup.singleton)
        }
    }
}
