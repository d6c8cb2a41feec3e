import ArgumentParser
import HaliteAPI
import HaliteCore
import HaliteValue

/// `halite '<target>' function arguments...`: calls a function on minions.
struct TargetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "halite", abstract: "Calls a function on the minions of a target.",
        usage: "halite [options] '<target>' <function> [arguments] [name=value ...]", version: "halite \(Entry.version)")

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputArguments

    @Flag(name: [.customShort("E"), .customLong("pcre")], help: "The target is a regular expression.") var pcre = false
    @Flag(name: [.customShort("L"), .customLong("list")], help: "The target is a list of ids.") var list = false
    @Flag(name: [.customShort("G"), .customLong("grain")], help: "The target is a grain and a glob: os:Debian.") var grain = false
    @Flag(name: [.customShort("P"), .customLong("grain-pcre")], help: "The target is a grain and a regular expression.") var grainPCRE = false
    @Flag(name: [.customShort("C"), .customLong("compound")], help: "The target combines others: 'G@os:Debian and web*'.") var compound = false
    @Flag(name: [.customShort("I"), .customLong("pillar")], help: "The target is a pillar key and a glob.") var pillar = false
    @Flag(name: [.customShort("J"), .customLong("pillar-pcre")], help: "The target is a pillar key and a regular expression.") var pillarPCRE = false
    @Flag(name: [.customShort("N"), .customLong("nodegroup")], help: "The target is a nodegroup.") var nodegroup = false
    @Flag(name: [.customShort("S"), .customLong("ipcidr")], help: "The target is a network or an address.") var ipcidr = false
    @Option(help: ArgumentHelp("Separates the parts of a grain or pillar key.", valueName: "text")) var delimiter = ":"

    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("Kept for Salt's sake: nobody waits for a timeout here.", valueName: "s")) var timeout: Int?
    @Flag(name: [.customShort("s"), .customLong("static")], help: "Show all returns together at the end.") var isStatic = false
    @Flag(name: .customLong("async"), help: "Print the id of the job and do not wait.") var isAsync = false
    @Option(help: ArgumentHelp("Only so many of the minions, chosen by chance.", valueName: "n")) var subset: Int?
    @Flag(name: [.customShort("v"), .long], help: "Also show the id of the job.") var verbose = false
    @Flag(name: .customLong("show-jid"), help: "Also show the id of the job.") var showJID = false
    @Flag(name: .customLong("preview-target"), help: "Only show which minions match.") var previewTarget = false
    @Flag(help: "Also count who returned.") var summary = false

    @Argument(help: ArgumentHelp("The target, the function and its arguments.", valueName: "word")) var words: [String] = []

    private var kind: Target.Kind {
        let kinds: [(Bool, Target.Kind)] = [
            (pcre, .pcre), (list, .list), (grain, .grain), (grainPCRE, .grainPCRE), (compound, .compound), (pillar, .pillar),
            (pillarPCRE, .pillarPCRE), (nodegroup, .nodegroup), (ipcidr, .ipcidr),
        ]
        return kinds.first { $0.0 }?.1 ?? .glob
    }

    func run() async throws {
        guard words.count >= 2 || (previewTarget && words.count == 1) else {
            Terminal.print(TargetCommand.helpMessage())
            throw CommandError("expected a target and a function, such as: halite '*' test.ping", code: 42)
        }
        let function = words.count > 1 ? words[1] : "test.ping"
        let master = try configuration.master()
        let arguments = CommandLineValue.arguments(Array(words.dropFirst(2)))
        var request: ValueMap = [
            "client": "local", "tgt": .string(words[0]), "tgt_type": .string(kind.rawValue), "delimiter": .string(delimiter),
            "fun": .string(function), "arg": .list(arguments.jobForm), "async": .bool(isAsync), "preview": .bool(previewTarget),
        ]
        if let subset { request["subset"] = .int(subset) }
        let lines = try await CommandError.wrapping(69) { try await APIClient(socketPath: master.socketPath).run(request) }
        var collector = ReturnCollector(output: output, options: output.options(master.map, keywords: arguments.keywords), isStatic: isStatic, verbose: verbose || showJID)
        if previewTarget || isAsync {
            for try await line in lines { try collector.announce(line, preview: previewTarget) }
            return
        }
        do {
            for try await line in lines { try collector.take(line) }
        } catch let error as APIError {
            throw CommandError("\(error)")
        }
        try collector.finish(summary: summary)
    }
}

extension CommandError {
    /// Gives what a body throws an exit code.
    static func wrapping<T>(_ code: Int32, _ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch { throw CommandError("\(error)", code: code) }
    }
}
