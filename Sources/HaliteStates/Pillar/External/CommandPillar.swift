import HaliteCore
import HaliteModuleKit
import HaliteRender
import HaliteValue

/// `cmd_yaml`: what a command line of the shell writes as YAML. `%s` stands for the minion's id.
struct CommandYAMLPillar: ExternalPillar {
    static let name = "cmd_yaml"
    private let line: String

    init(_ arguments: Value) throws { line = try CommandLineSetting.read(arguments) }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        let line = CommandLineSetting.filled(line, request.minionID)
        let output = try await request.context.call("cmd.run_stdout", .string(line), keywords: ["python_shell": true])
        return try CommandLineSetting.data(try YAML.load(output.pythonString, file: line), of: line)
    }
}

/// `cmd_json`: what a program writes as JSON; no shell reads the line.
struct CommandJSONPillar: ExternalPillar {
    static let name = "cmd_json"
    private let line: String

    init(_ arguments: Value) throws { line = try CommandLineSetting.read(arguments) }

    func compile(_ request: ExternalPillarRequest) async throws -> ValueMap {
        let line = CommandLineSetting.filled(line, request.minionID)
        let output = try await request.context.call("cmd.run", .string(line))
        return try CommandLineSetting.data(try Value(jsonText: output.pythonString), of: line)
    }
}

/// What the two have in common.
private enum CommandLineSetting {
    static func read(_ arguments: Value) throws -> String {
        let line = arguments.listValue.flatMap { $0.count == 1 ? $0[0] : nil } ?? arguments["command"] ?? arguments
        guard let text = line.stringValue else { throw ExecutionError("expected a command line, found \(arguments.pythonRepr)") }
        return text
    }

    /// An id holds nothing that means something to a shell: it is checked where it comes in.
    static func filled(_ line: String, _ id: String) -> String {
        DataPath.split(line, "%s").joined(separator: MinionOptions.isValid(id: id) ? id : "")
    }

    static func data(_ value: Value, of line: String) throws -> ValueMap {
        guard value.isTruthy else { return [:] }
        guard case .map(let map) = value else {
            throw ExecutionError("expected a dictionary from '\(line)', found \(value.typeName)")
        }
        return map
    }
}
