import ArgumentParser
import HaliteAPI
import HaliteCore
import HaliteHost
import HaliteMaster
import HaliteStates
import HaliteTransport
import Logging
import NIOPosix

/// `halite master`: runs a master until it is told to stop.
struct MasterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "master", abstract: "Runs a master.")

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var log: LogOptions

    func run() async throws {
        let options = try configuration.master()
        let logger = try log.logger(options.logLevel)
        let host = LocalHost()
        try await CommandError.wrapping(1) {
            try await host.makeDirectories(options.cacheDirectory, FileAttributes(mode: 0o700))
            let identity = try Identity.load(directory: options.pkiDirectory, name: "master")
            let master = try await MasterService.make(
                options: options, catalogue: .builtIn, host: host, identity: identity,
                storePath: options.cacheDirectory + "/master.sqlite", logger: logger)
            let group = MultiThreadedEventLoopGroup.singleton
            let api = try await APIServer.start(master: master, path: options.socketPath, group: group)
            let listener = try await TLSListener.start(
                identity: identity, address: options.interface, port: options.port, group: group
            ) { channel in await master.accept(channel) }
            logger.notice("listening on \(options.interface) port \(listener.port), key \(identity.fingerprint)")
            await StopSignal.wait()
            await listener.close()
            await api.close()
            unlinkSocket(options.socketPath)
        }
    }

    private func unlinkSocket(_ path: String) {
        // A socket that is gone already is as well.
        _ = path.withCString { unlinkPath($0) }
    }
}
