import ArgumentParser
import HaliteCore
import HaliteRender
import HaliteStates
import HaliteValue
import Logging

/// Where the configuration lies.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: [.customShort("c"), .long], help: ArgumentHelp("The folder of the configuration.", valueName: "dir"))
    var configDir: String?

    var directory: String { ConfigurationLoader.directory(configDir) }

    func master() throws -> MasterOptions {
        let directory = directory
        do {
            let map = try ConfigurationLoader.load(directory: directory, role: "master")
            return try warned(try MasterOptions(map, file: "\(directory)/master", directory: directory, hostName: Terminal.hostName()), \.warnings)
        } catch {
            throw CommandError("\(error)", code: 78)
        }
    }

    func minion(overrides: ValueMap = [:]) throws -> MinionOptions {
        let directory = directory
        do {
            var map = try ConfigurationLoader.load(directory: directory, role: "minion")
            for (key, value) in overrides { map[key] = value }
            return try warned(try MinionOptions(map, file: "\(directory)/minion", directory: directory, hostName: Terminal.hostName()), \.warnings)
        } catch {
            throw CommandError("\(error)", code: 78)
        }
    }

    /// The grains of the administrator: those of the configuration and the file beside it, which functions such as
    /// `grains.setval` change. A file that cannot be read stops the start; later the last good state would be lost
    /// otherwise, so that it counts as empty then.
    func staticGrains(_ options: MinionOptions) throws -> GrainSource {
        let path = "\(directory)/grains"
        do { _ = try ConfigurationLoader.read(path) } catch { throw CommandError("\(error)", code: 78) }
        let configured = options.grains
        return {
            var grains = (try? ConfigurationLoader.read(path)) ?? [:]
            for (key, value) in configured { grains[key] = value }
            return grains
        }
    }

    private func warned<T>(_ options: T, _ warnings: KeyPath<T, [String]>) throws -> T {
        for warning in options[keyPath: warnings] { Terminal.error("[WARNING ] \(warning)") }
        return options
    }
}

/// How much is logged.
struct LogOptions: ParsableArguments {
    @Option(name: [.customShort("l"), .long], help: ArgumentHelp("debug, info, warning, error or quiet.", valueName: "level"))
    var logLevel: String?

    func logger(_ configured: String) throws -> Logger {
        let name = (logLevel ?? configured).lowercased()
        let levels: [String: Logger.Level] = [
            "all": .trace, "garbage": .trace, "trace": .trace, "debug": .debug, "profile": .debug, "info": .info, "warning": .warning,
            "warn": .warning, "error": .error, "critical": .critical, "quiet": .critical,
        ]
        guard let level = levels[name] else {
            throw ValidationError("unknown log level '\(name)'\(NearestName.hint(name, among: levels.keys.sorted()))")
        }
        var logger = Logger(label: "halite") { label in StreamLogHandler.standardError(label: label) }
        logger.logLevel = level
        return logger
    }
}
