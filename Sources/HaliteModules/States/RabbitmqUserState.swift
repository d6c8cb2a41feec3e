import HaliteModuleKit
import HaliteValue

/// Users of RabbitMQ.
package struct RabbitmqUserState: StateModule {
    package static let name = "rabbitmq_user"
    package static let summary = "Users of RabbitMQ."
    package static let requires: Requirement = .command("rabbitmqctl")

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "A user is there, with this password, these tags and rights.", .required("name", "The user."),
            .optional("password", nil as String?, "The password."), .optional("force", false, "Set the password in any case."),
            .optional("tags", .null as Value, "Its tags, as a list or a text."),
            .optional("perms", [] as [ValueMap], "Host to what it may configure, write and read."),
            .optional("runas", nil as String?, "The account to run as."), body: present),
        StateFunction(
            "absent", "A user is not there.", .required("name", "The user."), .optional("runas", nil as String?, "The account to run as."),
            body: absent),
    ]

    private static func present(
        _ state: StateContext, name: String, password: String?, force: Bool, tags: Value, perms: [ValueMap], runas: String?
    ) async throws -> StateResult {
        let rabbit = RabbitMQ(call: state.call, runas: runas)
        do {
            let found = try await rabbit.users()[name]
            var isOther = false
            if found != nil, let password { isOther = try await !rabbit.hasPassword(name, password) }
            if found != nil, !force, !isOther, perms.isEmpty, !tags.isTruthy {
                return state.unchanged("User '\(name)' is already present.")
            }
            var changes = ValueMap()
            if found == nil { changes["user"] = ["old": "", "new": .string(name)] }
            let setsPassword = found != nil && (force || isOther)
            if setsPassword {
                changes["password"] = password == nil ? ["old": "Removed password.", "new": ""] : ["old": "", "new": "Set password."]
            }
            let wantedTags = tags.isNull ? nil : tags.stringValue.map { $0.words() } ?? (tags.listValue ?? []).map(\.pythonString)
            let currentTags = (found?.listValue ?? []).map(\.pythonString).filter { !$0.isEmpty }
            let setsTags = wantedTags.map { Set($0) != Set(currentTags) } ?? false
            if setsTags { changes["tags"] = ["old": found ?? [""], "new": (wantedTags ?? []).value] }
            let existing = found == nil ? [:] : try await rabbit.userPermissions(name)
            let rights = rights(perms, existing, &changes)
            if changes.isEmpty { return state.unchanged("'\(name)' is already in the desired state.") }
            let foreseen = changes
            return try await state.either(
                would: {
                    found == nil
                        ? state.planned("User '\(name)' is set to be created.", changes: ["user": ["old": "", "new": .string(name)]])
                        : state.planned("Configuration for '\(name)' will change.", changes: foreseen)
                },
                do: {
                    if found == nil { _ = try await rabbit.addUser(name, password) }
                    if setsPassword, let password { _ = try await rabbit.output(["change_password", name], input: password) }
                    if setsPassword, password == nil { _ = try await rabbit.output(["clear_password", name]) }
                    if setsTags { _ = try await rabbit.output(["set_user_tags", name] + (wantedTags ?? [])) }
                    for (host, three) in rights { _ = try await rabbit.output(["set_permissions", "-p", host, name] + three) }
                    return StateResult(name: name, result: true, comment: "'\(name)' was configured.", changes: foreseen)
                })
        } catch let error as ExecutionError {
            return state.failed("Error: \(error)")
        }
    }

    /// The rights that are to be set, which also go into the changes.
    private static func rights(_ perms: [ValueMap], _ existing: ValueMap, _ changes: inout ValueMap) -> [(host: String, three: [String])] {
        var rights: [(host: String, three: [String])] = []
        var (old, new) = (ValueMap(), ValueMap())
        for (key, value) in perms.flatMap({ $0.map { ($0.key, $0.value) } }) {
            let three = (value.listValue ?? []).map(\.pythonString)
            guard three.count == 3 else { continue }
            let wanted: Value = ["configure": .string(three[0]), "write": .string(three[1]), "read": .string(three[2])]
            if existing[key] == wanted { continue }
            rights.append((key.pythonString, three))
            for (name, pattern) in existing[key]?.mapValue ?? [:] { old[name] = pattern }
            new[key] = wanted
        }
        if !new.isEmpty { changes["perms"] = old.isEmpty ? ["new": .map(new)] : ["old": .map(old), "new": .map(new)] }
        return rights
    }

    private static func absent(_ state: StateContext, name: String, runas: String?) async throws -> StateResult {
        let rabbit = RabbitMQ(call: state.call, runas: runas)
        do {
            guard try await rabbit.users()[name] != nil else { return state.unchanged("The user '\(name)' is not present.") }
            return try await state.change(
                ["name": ["old": .string(name), "new": ""]], would: "The user '\(name)' will be removed.",
                did: "The user '\(name)' was removed."
            ) {
                _ = try await rabbit.output(["delete_user", name])
                return nil
            }
        } catch let error as ExecutionError {
            return state.failed("Error: \(error)")
        }
    }
}
