import ArgumentParser
import HaliteCore
import HaliteHost
import HaliteMinion
import HaliteModuleKit
import HaliteStates
import HaliteTransport
import HaliteValue
import NIOPosix

/// As which minion a command calls functions on this machine, and where its files come from.
struct LocalArguments: ParsableArguments {
    @Flag(help: "Take files and pillar from this machine; no master is asked.") var local = false
    @Option(name: .customLong("file-root"), help: ArgumentHelp("The folder of the states, with --local.", valueName: "dir")) var fileRoot:
        String?
    @Option(name: .customLong("pillar-root"), help: ArgumentHelp("The folder of the pillar, with --local.", valueName: "dir"))
    var pillarRoot: String?
    @Option(help: ArgumentHelp("The id of this minion.", valueName: "id")) var id: String?
    @Option(help: ArgumentHelp("The master to ask.", valueName: "address")) var master: String?

    /// What replaces settings of the configuration.
    var overrides: ValueMap {
        var overrides = ValueMap()
        if let id { overrides["id"] = .string(id) }
        if let master { overrides["master"] = .string(master) }
        if let fileRoot { overrides["file_roots"] = ["base": [.string(fileRoot)]] }
        if let pillarRoot { overrides["pillar_roots"] = ["base": [.string(pillarRoot)]] }
        if local { overrides["file_client"] = "local" }
        return overrides
    }

    func run(_ job: Job, _ options: MinionOptions, staticGrains: @escaping GrainSource, log: LogOptions) async throws -> JobReturn {
        if options.isLocal {
            let runtime = await LocalRuntime.make(options: options, staticGrains: staticGrains)
            try await Self.preparePillar(runtime, job.function)
            return await JobRunner(runtime: runtime).run(job)
        }
        let logger = try log.logger(options.logLevel)
        return try await CommandError.wrapping(69) {
            try await MinionCall.run(
                job, options: options, catalogue: .builtIn, staticGrains: staticGrains, host: LocalHost(), logger: logger,
                connect: MinionCommandLine.connector(options))
        }
    }

    /// Most functions need no pillar, and states compile their own.
    private static func preparePillar(_ runtime: ModuleRuntime, _ function: String) async throws {
        guard !function.hasPrefix("state."), !function.hasPrefix("test."), !function.hasPrefix("sys."), function != "grains.items" else {
            return
        }
        _ = try await runtime.refreshPillar(runtime.context(function: function))
    }
}
