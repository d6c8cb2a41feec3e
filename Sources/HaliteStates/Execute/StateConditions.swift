import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// `onlyif`, `unless`, `creates` and `check_cmd`: what decides about a state from outside.
struct StateConditions: Sendable {
    let context: CallContext
    let chunk: LowChunk

    /// The result of a state that is not to run, or nil when it is.
    func check() async throws -> ValueMap? {
        guard ["onlyif", "unless", "creates"].contains(where: { chunk.data[$0] != nil }) else { return nil }
        var comments: [Value] = []
        var isSkipped = false
        for verdict in [try await onlyif(), try await unless(), try await creates()] {
            guard let verdict else { continue }
            comments.append(.string(verdict.comment))
            isSkipped = isSkipped || verdict.skips
        }
        guard isSkipped else { return nil }
        return [
            "name": .string(chunk.name), "changes": [:], "result": true,
            // Salt joins the comments of all conditions with line ends when it unifies the result.
            "comment": .string(comments.map(\.pythonString).joined(separator: "\n")), "skip_watch": true,
        ]
    }

    private struct Verdict {
        let skips: Bool
        let comment: String
    }

    private func onlyif() async throws -> Verdict? {
        guard let conditions = chunk.data["onlyif"] else { return nil }
        for condition in Self.list(conditions) {
            switch condition {
            case .string(let line):
                if try await returnCode(line) != 0 { return Verdict(skips: true, comment: "onlyif condition is false") }
            case .map(let map):
                guard map["fun"] != nil else { return Verdict(skips: false, comment: "no `fun` argument in onlyif: \(condition.pythonString)") }
                if try await !holds(map) { return Verdict(skips: true, comment: "onlyif condition is false") }
            default: return Verdict(skips: false, comment: "onlyif execution failed, bad type passed")
            }
        }
        return Verdict(skips: false, comment: "onlyif condition is true")
    }

    private func unless() async throws -> Verdict? {
        guard let conditions = chunk.data["unless"] else { return nil }
        for condition in Self.list(conditions) {
            switch condition {
            case .string(let line):
                if try await returnCode(line) != 0 { return Verdict(skips: false, comment: "unless condition is false") }
            case .map(let map):
                guard map["fun"] != nil else { return Verdict(skips: false, comment: "no `fun` argument in unless: \(condition.pythonString)") }
                if try await !holds(map) { return Verdict(skips: false, comment: "unless condition is false") }
            case .null: return Verdict(skips: false, comment: "unless condition is false")
            default: return Verdict(skips: false, comment: "unless condition is false, bad type passed")
            }
        }
        return Verdict(skips: true, comment: "unless condition is true")
    }

    private func creates() async throws -> Verdict? {
        switch chunk.data["creates"] {
        case .string(let path)?:
            return try await context.host.exists(path)
                ? Verdict(skips: true, comment: "\(path) exists") : Verdict(skips: false, comment: "Creates files not found")
        case .list(let paths)?:
            for path in paths where try await !context.host.exists(path.pythonString) {
                return Verdict(skips: false, comment: "Creates files not found")
            }
            return Verdict(skips: true, comment: "All files in creates exist")
        default: return nil
        }
    }

    /// Says whether the state succeeded, by commands of the user.
    func checkCommand() async throws -> ValueMap {
        for line in Self.list(chunk.data["check_cmd"] ?? .null) where try await returnCode(line.pythonString) != 0 {
            return ["comment": "check_cmd determined the state failed", "result": false]
        }
        return ["comment": "check_cmd determined the state succeeded", "result": true]
    }

    private static func list(_ value: Value) -> [Value] { value.listValue ?? [value] }

    private func returnCode(_ line: String) async throws -> Int {
        var keywords: ValueMap = ["ignore_retcode": true, "python_shell": true]
        let excluded = Self.list(chunk.data["cmd_opts_exclude"] ?? []).map(\.pythonString)
        for option in ["cwd", "root", "runas", "env", "prepend_path", "umask", "timeout", "success_retcodes", "shell"]
        where !excluded.contains(option) {
            if let value = chunk.data[option], !value.isNull { keywords[option] = value }
        }
        do {
            return try await context.call("cmd.retcode", .string(line), keywords: keywords).intValue ?? 1
        } catch is UnknownFunctionError {
            throw ExecutionError("cmd.retcode is not available on this host")
        } catch {
            // What cannot be started counts as failed, as in Salt.
            return 100
        }
    }

    /// `{fun: service.status, args: [...], get_return: a:b}`.
    private func holds(_ entry: ValueMap) async throws -> Bool {
        var keywords = entry
        let function = keywords.removeValue(forKey: "fun")?.pythonString ?? ""
        let positional = keywords.removeValue(forKey: "args")?.listValue ?? []
        let path = keywords.removeValue(forKey: "get_return")?.stringValue
        var call = context
        let outcome = CallOutcome()
        call = CallContext(
            host: context.host, services: context.services, grains: context.grains, pillar: context.pillar,
            saltenv: context.saltenv, pillarenv: context.pillarenv, test: context.test, jobID: context.jobID,
            function: function, outcome: outcome)
        var result = try await context.services.call(function, Arguments(positional, keywords: keywords), in: call)
        if let path { result = CallContext.traverse(result, path) ?? .null }
        if outcome.returnCode != 0 { return false }
        return result.isTruthy
    }
}
