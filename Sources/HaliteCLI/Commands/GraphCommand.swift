import ArgumentParser
import HaliteAPI
import HaliteCore
import HaliteStates
import HaliteValue

/// `halite graph`: draws the requisites of SLS files, of the highstate or of an orchestration.
struct GraphCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Draws which state requires which, as a picture or as text.",
        discussion: """
              halite graph web --local                          a tree in the terminal
              halite graph web,db -o web.svg                    a picture
              halite graph --highstate --format dot | dot -Tpng -o highstate.png
              halite graph --orchestration orch.deploy -o deploy.svg
            """)

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var local: LocalArguments
    @Flag(help: "Draw what the top files give this minion.") var highstate = false
    @Flag(name: [.customLong("orchestration"), .customLong("orch")], help: "The SLS files are an orchestration of the master.")
    var orchestration = false
    @Option(help: ArgumentHelp("svg, dot or text; by default what the name of the file says, else text.", valueName: "name")) var format:
        String?
    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("Write to a file.", valueName: "path")) var output: String?
    @Flag(name: [.customLong("no-color"), .customLong("no-colour")], help: "No colours.") var noColour = false
    @Flag(name: [.customLong("force-color"), .customLong("force-colour")], help: "Colours also when the output is no terminal.")
    var forceColour = false
    @Argument(help: ArgumentHelp("Names of SLS files, and name=value as for state.apply.", valueName: "word")) var words: [String] = []

    private static let formats = ["dot", "svg", "text"]

    func validate() throws {
        if let format, !Self.formats.contains(format) {
            throw ValidationError(
                "unknown format '\(format)'\(NearestName.hint(format, among: Self.formats)) (known: \(Self.formats.joined(separator: ", ")))"
            )
        }
    }

    /// The format that was asked for, or that belongs to the file.
    var chosenFormat: String {
        if let format { return format }
        guard let output else { return "text" }
        if output.hasSuffix(".svg") { return "svg" }
        return output.hasSuffix(".dot") || output.hasSuffix(".gv") ? "dot" : "text"
    }

    func run() async throws {
        var arguments = CommandLineValue.arguments(words)
        guard highstate != arguments.positional.contains(where: { $0.isTruthy }) else {
            throw CommandError(
                highstate ? "--highstate takes no names of SLS files" : "expected names of SLS files, or --highstate: halite graph web",
                code: 64)
        }
        // Salt's plain DOT is what the function gives unasked; here nobody needs the old form.
        let format = chosenFormat == "dot" ? "graphviz" : chosenFormat
        arguments.keywords["format"] = .string(format)
        if format == "text" { arguments.keywords["colour"] = .bool(hasColours) }
        let (value, code) = orchestration && !local.local ? try await askMaster(arguments) : try await call(arguments)
        guard code == 0, case .string(let text) = value else { throw CommandError(Self.errors(value), code: 1) }
        if let output {
            try OutputFile.write(text, to: output, append: false)
        } else {
            Terminal.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
        }
    }

    private var hasColours: Bool {
        forceColour || (!noColour && output == nil && Terminal.isInteractive && Terminal.environment("NO_COLOR") == nil)
    }

    private func call(_ arguments: Arguments) async throws -> (Value, Int) {
        let options = try configuration.minion(overrides: local.overrides)
        let job = Job(
            id: JobID.make().description, function: "state.graph", arguments: arguments, user: "root", target: .string(options.id),
            targetKind: "glob")
        let result = try await local.run(job, options, staticGrains: try configuration.staticGrains(options), log: log)
        return (result.value, result.returnCode)
    }

    private func askMaster(_ arguments: Arguments) async throws -> (Value, Int) {
        let master = try configuration.master()
        let request: ValueMap = ["client": "runner", "fun": "state.graph", "arg": .list(arguments.jobForm)]
        let lines = try await CommandError.wrapping(69) { try await APIClient(socketPath: master.socketPath).run(request) }
        for try await line in lines {
            switch line["type"]?.stringValue {
            case "result": return (line["return"] ?? .null, line["retcode"]?.intValue ?? 0)
            case "unknown", "exception", "error": throw CommandError(line["message"]?.pythonString ?? "the master reported an error")
            default: continue
            }
        }
        throw CommandError("the master ended the connection without an answer", code: 69)
    }

    private static func errors(_ value: Value) -> String {
        value.listValue.map { $0.map(\.pythonString).joined(separator: "\n") } ?? value.pythonString
    }
}
