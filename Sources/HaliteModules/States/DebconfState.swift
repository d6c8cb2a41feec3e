import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Answers to the questions of Debian's packages, given before the packages ask.
package struct DebconfState: StateModule {
    package static let name = "debconf"
    package static let summary = "Answers to the questions of Debian's packages, given before the packages ask."
    package static let requires: Requirement = DebconfModule.requires

    package static let functions: [StateFunction] = [
        StateFunction(
            "set", "Questions of a package have these answers.", .required("name", "The package."),
            .required("data", "Questions with the type and value of their answers."), body: set),
        StateFunction(
            "set_file", "Answers are taken from a file.", .required("name", "A name for the state."), .required("source", "The file."),
            .optional("template", nil as String?, "An engine that renders it."),
            .optional("context", nil as Value, "Variables for the template."),
            .optional("defaults", nil as Value, "Variables that the context may replace."),
            .optional("saltenv", nil as String?, "The environment of the file."), body: setFile),
    ]

    private static func set(_ state: StateContext, package: String, data: ValueMap) async throws -> StateResult {
        let current = try await DebconfModule.show(state.call, package: package).listValue ?? []
        var comment = ""
        var wanted: [(question: String, kind: String, value: String)] = []
        for (key, answer) in data {
            guard let kind = answer["type"]?.pythonString, let given = answer["value"] else {
                throw ExecutionError("the answer to '\(key.pythonString)' of \(package) needs a type and a value")
            }
            let value = kind == "boolean" ? (given.isTruthy ? "true" : "false") : given.pythonString
            if current.contains([key.pythonString, kind, value].value) {
                comment += (comment.isEmpty ? "Unchanged answers: " : "") + key.pythonString + " "
            } else {
                wanted.append((key.pythonString, kind, value))
            }
        }
        let unchanged = comment
        if wanted.isEmpty { return state.unchanged("All specified answers are already set") }
        func shown(_ answer: (question: String, kind: String, value: String)) -> String {
            answer.kind == "password" ? "(password hidden)" : answer.value
        }
        return try await state.either(
            would: {
                let changes = ValueMap(wanted.map { (.string($0.question), .string("New value: \(shown($0))")) })
                return StateResult(name: package, result: nil, comment: unchanged, changes: changes)
            },
            do: {
                var result = StateResult(name: package, result: true, comment: unchanged)
                for answer in wanted {
                    let done = try await DebconfModule.set(
                        state.call, package: package, question: answer.question, kind: answer.kind, value: answer.value)
                    result.changes[.string(answer.question)] = .string(done ? shown(answer) : "Failed to set!")
                    if !done { (result.result, result.comment) = (false, "Some settings failed to be applied.") }
                }
                return result
            })
    }

    private static func setFile(
        _ state: StateContext, name: String, source: String, template: String?, context: Value, defaults: Value, saltenv: String?
    ) async throws -> StateResult {
        if !context.isNull, context.mapValue == nil { return state.failed("Context must be formed as a dict") }
        if !defaults.isNull, defaults.mapValue == nil { return state.failed("Defaults must be formed as a dict") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Debconf selections would have been set.")
            },
            do: {
                let done: Bool
                if let template, !template.isEmpty {
                    done = try await DebconfModule.setTemplate(
                        state.call, path: source, engine: template, context: context, defaults: defaults, saltenv: saltenv)
                } else {
                    done = try await DebconfModule.setFile(state.call, path: source, saltenv: saltenv)
                }
                return done ? state.unchanged("Debconf selections were set.") : state.failed("Unable to set debconf selections from file.")
            })
    }
}
