import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Policies for files and ports.
extension SelinuxState {
    private static let user: Parameter<String?> = .optional("sel_user", nil, "The SELinux user.")
    private static let level: Parameter<String?> = .optional("sel_level", nil, "The level.")
    private static let proto: Parameter<String?> = .optional("protocol", nil, "tcp or udp, when the name does not say it.")
    private static let port: Parameter<String?> = .optional("port", nil, "The port or range, when the name does not say it.")

    static let policies: [StateFunction] = [
        StateFunction(
            "fcontext_policy_present", "Files have a type by policy.", .required("name", "The pattern of the files."),
            .required("sel_type", "The type."), .optional("filetype", "a", "The kind of files."), user, level, body: filePresent),
        StateFunction(
            "fcontext_policy_absent", "There is no policy for files.", .required("name", "The pattern of the files."),
            .optional("filetype", "a", "The kind of files."), .optional("sel_type", nil as String?, "The type."), user, level,
            body: fileAbsent),
        StateFunction(
            "fcontext_policy_applied", "Files are as the policy says.", .required("name", "The path."),
            .optional("recursive", false, "Below it too."), body: applied),
        StateFunction(
            "port_policy_present", "A port has a type by policy.", .required("name", "Such as tcp/8080."),
            .required("sel_type", "The type."), proto,
            port, .optional("sel_range", nil as String?, "The range of levels."), body: portPresent),
        StateFunction(
            "port_policy_absent", "There is no policy for a port.", .required("name", "Such as tcp/8080."),
            .optional("sel_type", nil as String?, "The type."), proto, port, body: portAbsent),
    ]

    private static func word(_ text: String?) -> String { text ?? "None" }

    private static func filePresent(
        _ state: StateContext, name: String, type: String, kind: String, user: String?, level: String?
    ) async throws -> StateResult {
        let words = try SelinuxModule.words(kind)
        if try await SelinuxModule.filePolicy(state.call, name: name, kind: kind, type: type, user: user, level: level) != nil {
            return state.unchanged(
                "SELinux policy for \"\(name)\" already present with specified filetype \"\(words)\" and sel_type \"\(type)\".")
        }
        return try await state.either(
            would: { StateResult(name: name, result: nil, comment: "") },
            do: {
                let made = try await SelinuxModule.addFilePolicy(state.call, name: name, kind: kind, type: type, user: user, level: level)
                if made["retcode"] != 0 { return state.failed("Error adding new rule: \(Value.map(made).pythonRepr)") }
                let new: Value = [.string(name): ["filetype": .string(words), "sel_type": .string(type)]]
                return StateResult(name: name, result: true, comment: "", changes: ["old": [:], "new": new])
            })
    }

    private static func fileAbsent(
        _ state: StateContext, name: String, kind: String, type: String?, user: String?, level: String?
    ) async throws -> StateResult {
        let found = try await SelinuxModule.filePolicy(state.call, name: name, kind: kind, type: type, user: user, level: level)
        guard let found else {
            return state.unchanged(
                "SELinux policy for \"\(name)\" already absent with specified filetype \"\(kind)\" and sel_type \"\(word(type))\".")
        }
        let changes: ValueMap = ["old": [.string(name): .map(found)], "new": [:]]
        return try await state.either(
            would: { StateResult(name: name, result: nil, comment: "", changes: changes) },
            do: {
                let made = try await SelinuxModule.deleteFilePolicy(
                    state.call, name: name, kind: kind, type: type ?? found["sel_type"]?.stringValue, user: user, level: level)
                if made["retcode"] != 0 { return state.failed("Error removing policy: \(Value.map(made).pythonRepr)", changes: changes) }
                return StateResult(name: name, result: true, comment: "", changes: changes)
            })
    }

    private static func applied(_ state: StateContext, name: String, recursive: Bool) async throws -> StateResult {
        if try await SelinuxModule.unapplied(state.call, name: name, recursive: recursive).isEmpty {
            return state.unchanged("SElinux policies are already applied for filespec \"\(name)\"")
        }
        return try await state.either(
            would: { StateResult(name: name, result: nil, comment: "") },
            do: {
                let made = try await SelinuxModule.applyPolicy(state.call, name: name, recursive: recursive)
                if made["retcode"] != 0 { return state.failed(Value.map(made).pythonRepr) }
                return StateResult(name: name, result: true, comment: "", changes: made["changes"]?.mapValue ?? [:])
            })
    }

    private static func portWords(_ name: String, _ type: String?, _ proto: String?, _ port: String?, _ verb: String) -> String {
        "SELinux policy for \"\(name)\" already \(verb) with specified sel_type \"\(word(type))\", protocol \"\(word(proto))\" and port \"\(word(port))\"."
    }

    private static func portPresent(
        _ state: StateContext, name: String, type: String, proto: String?, port: String?, range: String?
    ) async throws -> StateResult {
        let call = state.call
        if try await SelinuxModule.portPolicy(call, name: name, type: type, proto: proto, port: port) != nil {
            return state.unchanged(portWords(name, type, proto, port, "present"))
        }
        return try await state.either(
            would: { StateResult(name: name, result: nil, comment: "") },
            do: {
                let old = try await SelinuxModule.portPolicy(call, name: name, type: nil, proto: proto, port: port)
                let made =
                    old == nil
                    ? try await SelinuxModule.addPort(call, name: name, type: type, proto: proto, port: port, range: range)
                    : try await SelinuxModule.modifyPort(call, name: name, type: type, proto: proto, port: port, range: range)
                if made["retcode"] != 0 { return state.failed("Error adding new policy: \(Value.map(made).pythonRepr)") }
                let new = try await SelinuxModule.portPolicy(call, name: name, type: type, proto: proto, port: port)
                return StateResult(name: name, result: true, comment: "", changes: ["old": old.value, "new": new.value])
            })
    }

    private static func portAbsent(_ state: StateContext, name: String, type: String?, proto: String?, port: String?) async throws
        -> StateResult
    {
        let call = state.call
        guard let old = try await SelinuxModule.portPolicy(call, name: name, type: type, proto: proto, port: port) else {
            return state.unchanged(portWords(name, type, proto, port, "absent"))
        }
        return try await state.either(
            would: { StateResult(name: name, result: nil, comment: "") },
            do: {
                let made = try await SelinuxModule.deletePort(call, name: name, proto: proto, port: port)
                if made["retcode"] != 0 { return state.failed("Error deleting policy: \(Value.map(made).pythonRepr)") }
                let new = try await SelinuxModule.portPolicy(call, name: name, type: type, proto: proto, port: port)
                return StateResult(name: name, result: true, comment: "", changes: ["old": .map(old), "new": new.value])
            })
    }
}
