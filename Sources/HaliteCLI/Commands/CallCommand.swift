import ArgumentParser
import HaliteCore
import HaliteHost
import HaliteMinion
import HaliteModuleKit
import HaliteStates
import HaliteTransport
import HaliteValue
import NIOPosix

/// `halite call`: calls a function on this machine.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "call", abstract: "Calls a function on this machine, with or without a master.")

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputArguments
    @Flag(help: "Take files and pillar from this machine; no master is asked.") var local = false
    @Option(name: .customLong("file-root"), help: ArgumentHelp("The folder of the states, with --local.", valueName: "dir")) var fileRoot: String?
    @Option(name: .customLong("pillar-root"), help: ArgumentHelp("The folder of the pillar, with --local.", valueName: "dir")) var pillarRoot: String?
    @Option(help: ArgumentHelp("The id of this minion.", valueName: "id")) var id: String?
    @Option(help: ArgumentHelp("The master to ask.", valueName: "address")) var master: String?
    @Flag(name: [.customShort("g"), .long], help: "Show the grains.") var grains = false
    @Flag(name: .customLong("retcode-passthrough"), help: "Exit with the code of the function.") var retcodePassthrough = false
    @Flag(name: [.customShort("d"), .long], help: "Show the documentation of a module or function.") var doc = false
    @Argument(help: ArgumentHelp("The function and its arguments.", valueName: "word")) var words: [String] = []

    func run() async throws {
        var words = words
        if grains { words = ["grains.items"] }
        if doc { words = ["sys.doc"] + words }
        guard let function = words.first else {
            Terminal.print(CallCommand.helpMessage())
            throw CommandError("expected a function, such as: halite call --local test.ping", code: 64)
        }
        var overrides = ValueMap()
        if let id { overrides["id"] = .string(id) }
        if let master { overrides["master"] = .string(master) }
        if let fileRoot { overrides["file_roots"] = ["base": [.string(fileRoot)]] }
        if let pillarRoot { overrides["pillar_roots"] = ["base": [.string(pillarRoot)]] }
        if local { overrides["file_client"] = "local" }
        let options = try configuration.minion(overrides: overrides)
        let staticGrains = try configuration.staticGrains(options)
        let arguments = CommandLineValue.arguments(Array(words.dropFirst()))
        let job = Job(id: JobID.make().description, function: function, arguments: arguments, user: "root", target: .string(options.id), targetKind: "glob")
        let result: JobReturn
        if options.isLocal {
            let runtime = await LocalRuntime.make(options: options, staticGrains: staticGrains)
            try await preparePillar(runtime, function)
            result = await JobRunner(runtime: runtime).run(job)
        } else {
            let logger = try log.logger(options.logLevel)
            result = try await CommandError.wrapping(69) {
                try await MinionCall.run(
                    job, options: options, catalogue: .builtIn, staticGrains: staticGrains, host: LocalHost(), logger: logger,
                    connect: MinionCommandLine.connector(options))
            }
        }
        try show(result, options, arguments)
    }

    /// Most functions need no pillar, and states compile their own.
    private func preparePillar(_ runtime: ModuleRuntime, _ function: String) async throws {
        guard !function.hasPrefix("state."), !function.hasPrefix("test."), !function.hasPrefix("sys."), function != "grains.items" else { return }
        guard try await !runtime.files.environments().isEmpty else { return }
        _ = try await runtime.refreshPillar(runtime.context(function: function))
    }

    private func show(_ result: JobReturn, _ options: MinionOptions, _ arguments: Arguments) throws {
        var outputOptions = output.options(options.map, keywords: arguments.keywords)
        outputOptions.retcode = result.returnCode
        let isUnknown = result.returnCode == 254
        try output.emit(output.outputter(result.outputter ?? "nested", outputOptions).render(["local": result.value], outputOptions))
        if isUnknown { throw ExitStatus(code: 1) }
        if retcodePassthrough { throw ExitStatus(code: Int32(clamping: result.returnCode)) }
        if result.returnCode != 0 || !result.success { throw ExitStatus(code: 1) }
    }
}
