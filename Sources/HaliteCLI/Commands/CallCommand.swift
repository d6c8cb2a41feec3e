import ArgumentParser
import HaliteCore
import HaliteMinion
import HaliteValue

/// `halite call`: calls a function on this machine.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Calls a function on this machine, with or without a master.")

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputArguments
    @OptionGroup var local: LocalArguments
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
        var overrides = local.overrides
        if let level = log.logLevel { overrides["log_level"] = .string(level) }
        let options = try configuration.minion(overrides: overrides)
        let staticGrains = try configuration.staticGrains(options)
        let arguments = CommandLineValue.arguments(Array(words.dropFirst()))
        let job = Job(
            id: JobID.make().description, function: function, arguments: arguments, user: "root", target: .string(options.id),
            targetKind: "glob")
        let result = try await local.run(job, options, staticGrains: staticGrains, log: log)
        try show(result, options, arguments)
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
