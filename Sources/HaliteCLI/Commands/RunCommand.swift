import ArgumentParser
import HaliteAPI
import HaliteCore
import HaliteValue

/// `halite run`: calls a runner on the master.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Calls a runner on the master, such as state.orchestrate.")

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var output: OutputArguments
    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("Kept for Salt's sake.", valueName: "s")) var timeout: Int?
    @Argument(help: ArgumentHelp("The runner and its arguments.", valueName: "word")) var words: [String] = []

    func run() async throws {
        guard let function = words.first else {
            Terminal.print(RunCommand.helpMessage())
            throw CommandError("expected a runner, such as: halite run manage.status", code: 64)
        }
        let master = try configuration.master()
        let arguments = CommandLineValue.arguments(Array(words.dropFirst()))
        let request: ValueMap = ["client": "runner", "fun": .string(function), "arg": .list(arguments.jobForm)]
        let lines = try await CommandError.wrapping(69) { try await APIClient(socketPath: master.socketPath).run(request) }
        let options = output.options(master.map, keywords: arguments.keywords)
        let isWatching = function == "state.event"
        let isPretty = arguments.keywords["pretty"]?.isTruthy ?? false
        var progress = OrchestrationProgress()
        for try await line in lines {
            switch line["type"]?.stringValue {
            case "event":
                if isWatching {
                    let data = (line["data"] ?? [:]).json(indent: isPretty ? 4 : nil, sortKeys: isPretty)
                    Terminal.print("\(line["tag"]?.pythonString ?? "")\t\(data)")
                } else {
                    progress.take(line)
                }
            case "result":
                progress.clear()
                try show(line["return"] ?? .null, options)
                let code = line["retcode"]?.intValue ?? 0
                if code != 0 { throw ExitStatus(code: 1) }
            case "unknown":
                progress.clear()
                try output.emit(output.outputter(nil, options).render(line["message"] ?? "", options))
                throw ExitStatus(code: 1)
            case "exception":
                progress.clear()
                throw CommandError("Exception occurred in runner \(function): \(line["message"]?.pythonString ?? "")")
            case "error": throw CommandError(line["message"]?.pythonString ?? "")
            default: continue
            }
        }
    }

    /// Some runners name the outputter for their data.
    private func show(_ value: Value, _ options: OutputOptions) throws {
        if case .map(let map) = value, let name = map["outputter"]?.stringValue, let data = map["data"] {
            try output.emit(output.outputter(name, options).render(data, options))
        } else {
            try output.emit(output.outputter(nil, options).render(value, options))
        }
    }
}

/// What an orchestration does at the moment, in one line.
struct OrchestrationProgress {
    private var running: [String: (function: String, open: Set<String>)] = [:]
    private let line = ProgressLine()

    mutating func take(_ event: ValueMap) {
        let parts = (event["tag"]?.stringValue ?? "").split(separator: "/").map(String.init)
        guard parts.count >= 4, parts[0] == "salt", parts[1] == "job" else { return }
        let data = event["data"] ?? [:]
        if parts[3] == "new" {
            running[parts[2]] = (data["fun"]?.pythonString ?? "", Set((data["minions"]?.listValue ?? []).map(\.pythonString)))
        } else if parts[3] == "ret", parts.count > 4 {
            running[parts[2]]?.open.remove(parts[4])
            if running[parts[2]]?.open.isEmpty == true { running[parts[2]] = nil }
        }
        let shown = running.sorted { $0.key < $1.key }.map { "\($0.value.function) on \($0.value.open.sorted().joined(separator: " "))" }
        if shown.isEmpty { line.clear() } else { line.show(shown.joined(separator: "; ")) }
    }

    func clear() { line.clear() }
}
