import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The configuration of logrotate.
package struct LogrotateState: StateModule {
    package static let name = "logrotate"
    package static let summary = "The configuration of logrotate."

    package static let functions: [StateFunction] = [
        StateFunction(
            "set", "A setting has a value.", .required("name", "A name for the state."),
            .required("key", "The setting, or the file of the block."),
            .required("value", "Its value, or a setting of the block."), .optional("setting", nil as Value, "The value in the block."),
            .optional("conf_file", "/etc/logrotate.conf", "The file."), body: set)
    ]

    private static func number(_ value: Value) -> Value {
        guard case .string(let text) = value else { return value }
        return LogrotateFile.number(text)
    }

    private static func set(
        _ state: StateContext, name: String, key: String, value given: Value, setting: Value, file: String
    ) async throws -> StateResult {
        let isBlock = !setting.isNull
        let wanted = number(isBlock ? setting : given)
        let current = try await LogrotateModule.get(state.call, key: key, value: isBlock ? given.pythonString : nil, file: file)
        let subject = isBlock ? "lock '\(key)' command '\(given.pythonString)'" : "ommand '\(key)'"
        let capital = isBlock ? "B" : "C"
        let small = capital.lowercased()
        if current == wanted { return state.unchanged("\(capital)\(subject) already has value: \(wanted.pythonString)") }
        let changes: ValueMap = ["old": current, "new": wanted]
        return try await state.either(
            would: {
                StateResult(
                    name: name, result: nil, comment: "\(capital)\(subject) will be set to value: \(wanted.pythonString)", changes: changes)
            },
            do: {
                let done = try await LogrotateModule.set(
                    state.call, key: key, value: isBlock ? given : wanted, setting: isBlock ? wanted : .null, file: file)
                if !done { return state.failed("Unable to set \(small)\(subject) value: \(wanted.pythonString)", changes: changes) }
                return StateResult(
                    name: name, result: true, comment: "Set \(small)\(subject) value: \(wanted.pythonString)", changes: changes)
            })
    }
}
