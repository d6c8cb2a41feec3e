import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `program`: the hook for everything else. An executable gets a JSON object on its standard input and answers with one.
///
/// The object has `id`, `pillar` (what is known so far), `grains`, `pillarenv` and `saltenv`. What the program writes to
/// standard error is told when it fails; an exit code other than 0 is an error.
struct ProgramPillar: ExternalPillar {
    static let name = "program"

    private let command: [String]
    private let timeout: Int
    private let limit: Int

    /// A path, a list of words, or a dictionary with `command`, `timeout` (seconds) and `output_bytes`.
    init(_ arguments: Value) throws {
        let words = arguments["command"] ?? arguments
        command = words.listValue?.map(\.pythonString) ?? words.stringValue.map { [$0] } ?? []
        timeout = arguments["timeout"]?.intValue ?? 60
        limit = arguments["output_bytes"]?.intValue ?? 16 << 20
        guard let program = command.first, program.hasPrefix("/") else {
            throw ExecutionError("expected the absolute path of a program, found \(words.pythonRepr)")
        }
        for (key, _) in arguments.mapValue ?? [:] where !["command", "timeout", "output_bytes"].contains(key.pythonString) {
            let name = key.pythonString
            throw ExecutionError("unknown setting '\(name)'\(NearestName.hint(name, among: ["command", "timeout", "output_bytes"]))")
        }
    }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        let question: ValueMap = [
            "id": .string(request.minionID), "pillar": .map(request.pillar), "grains": .map(request.context.grains),
            "pillarenv": request.pillarenv.value, "saltenv": .string(request.context.saltenv),
        ]
        var command = Command(command)
        command.standardInput = Array(Value.map(question).json().utf8)
        command.timeout = .seconds(timeout)
        command.outputLimit = limit
        let result = try await request.context.host.run(command)
        let program = self.command[0]
        if result.timedOut { throw ExecutionError("'\(program)' gave no answer within \(timeout) seconds") }
        guard result.succeeded else { throw ExecutionError("'\(program)' ended with \(result.exitCode): \(result.errorText)") }
        if result.text.isEmpty { return [:] }
        do {
            let answer = try Value(json: result.standardOutput)
            guard answer.isTruthy else { return [:] }
            guard case .map(let map) = answer else { throw ExecutionError("'\(program)': expected a JSON object, found \(answer.typeName)") }
            return map
        } catch let error as JSONError {
            throw ExecutionError("'\(program)': its answer is no JSON: line \(error.line): \(error.message)")
        }
    }
}
