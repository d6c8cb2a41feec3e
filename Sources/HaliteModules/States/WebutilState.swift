import HaliteModuleKit
import HaliteValue

/// Users in the password files of web servers.
package struct WebutilState: StateModule {
    package static let name = "webutil"
    package static let summary = "Users in the password files of web servers."
    package static let requires: Requirement = .command("htpasswd")

    package static let functions: [StateFunction] = [
        StateFunction(
            "user_exists", "A user is in a file.", .required("name", "The user."), .optional("password", nil as String?, "The password."),
            .optional("htpasswd_file", "", "The file."), .optional("options", "", "Letters of htpasswd's options, such as B."),
            .optional("force", false, "Set the password in any case."), .optional("runas", nil as String?, "The account to run as."),
            .optional("update", false, "Set the password when it is another one."), body: exists),
        StateFunction(
            "user_absent", "A user is not in a file.", .required("name", "The user."), .optional("htpasswd_file", "", "The file."),
            .optional("runas", nil as String?, "The account to run as."), body: absent),
    ]

    private static func exists(
        _ state: StateContext, name: String, password: String?, file: String, options: String, force: Bool, runas: String?, update: Bool
    ) async throws -> StateResult {
        let call = state.call
        let isThere = await WebutilModule.contains(call, file, name)
        var isOther = false
        if isThere, update, !force { isOther = try await !WebutilModule.verify(call, file, name, password ?? "", options, runas) }
        guard !isThere || isOther || force else { return state.unchanged("User already known") }
        return try await state.either(
            would: {
                state.planned("User '\(name)' is set to be added to htpasswd file", changes: [.string(name): true])
            },
            do: {
                let outcome = try await WebutilModule.add(call, file, name, password ?? "", options, runas)
                return outcome.code == 0 ? state.changed(outcome.errors, true) : state.failed(outcome.errors)
            })
    }

    private static func absent(_ state: StateContext, name: String, file: String, runas: String?) async throws -> StateResult {
        guard await WebutilModule.contains(state.call, file, name) else { return state.unchanged("User already not in file") }
        return try await state.either(
            would: {
                state.planned("User '\(name)' is set to be removed from htpasswd file", changes: [.string(name): true])
            },
            do: {
                let outcome = try await WebutilModule.remove(state.call, file, name, runas)
                return outcome.code == 0 ? state.changed(outcome.errors, true) : state.failed(outcome.errors)
            })
    }
}
