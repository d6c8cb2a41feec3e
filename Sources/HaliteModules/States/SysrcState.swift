import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Settings of FreeBSD's rc files.
package struct SysrcState: StateModule {
    package static let name = "sysrc"
    package static let summary = "Settings of FreeBSD's rc files."
    package static let requires: Requirement = .command("sysrc")

    package static let functions: [StateFunction] = [
        StateFunction(
            "managed", "A setting has a value.", .required("name", "The setting."), .required("value", "Its value."),
            .optional("file", nil as String?, "Another file than the system's."),
            .optional("jail", nil as String?, "The jail whose files are meant."),
            body: managed),
        StateFunction(
            "absent", "There is no such setting.", .required("name", "The setting."),
            .optional("file", nil as String?, "Another file than the system's."),
            .optional("jail", nil as String?, "The jail whose files are meant."),
            body: absent),
    ]

    private static func managed(_ state: StateContext, name: String, value: Value, file: String?, jail: String?) async throws -> StateResult
    {
        let current = try await SysrcModule.get(state.call, name: name, file: file, jail: jail)
        let wanted = SysrcModule.text(value)
        if current?.contains(where: { $0.value[name] == .string(wanted) }) == true {
            return state.unchanged("\(name) is already set to the desired value.")
        }
        return try await state.change(
            ["old": current.value, "new": .string("\(name) = \(wanted) will be set.")], would: "The value of \"\(name)\" will be changed!",
            did: "The value of \"\(name)\" was changed!"
        ) {
            let new = try await SysrcModule.set(state.call, name: name, value: value, file: file, jail: jail)
            return ["old": current.value, "new": .map(new)]
        }
    }

    private static func absent(_ state: StateContext, name: String, file: String?, jail: String?) async throws -> StateResult {
        guard let current = try await SysrcModule.get(state.call, name: name, file: file, jail: jail) else {
            return state.unchanged("\"\(name)\" is already absent.")
        }
        return try await state.change(
            ["old": .map(current), "new": .string("\"\(name)\" will be removed.")], would: "\"\(name)\" will be removed!",
            did: "\"\(name)\" was removed!"
        ) {
            let new = try await SysrcModule.remove(state.call, name: name, file: file, jail: jail)
            return ["old": .map(current), "new": .string(new)]
        }
    }
}
