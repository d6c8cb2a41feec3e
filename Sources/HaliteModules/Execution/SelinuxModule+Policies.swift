import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Which contexts files and ports have by policy.
extension SelinuxModule {
    private static let pattern: Parameter<String> = .required("name", "The pattern of the files.")
    private static let fileType: Parameter<String?> = .optional("filetype", nil, "a, f, d, c, b, s, l or p.")
    private static let type: Parameter<String?> = .optional("sel_type", nil, "The type, such as httpd_sys_content_t.")
    private static let user: Parameter<String?> = .optional("sel_user", nil, "The SELinux user.")
    private static let level: Parameter<String?> = .optional("sel_level", nil, "The level.")
    private static let portName: Parameter<String> = .required("name", "Such as tcp/8080.")
    private static let proto: Parameter<String?> = .optional("protocol", nil, "tcp or udp, when the name does not say it.")
    private static let port: Parameter<String?> = .optional("port", nil, "The port or range, when the name does not say it.")
    private static let range: Parameter<String?> = .optional("sel_range", nil, "The range of levels.")

    static let contexts: [Function] = [
        Function(
            "filetype_id_to_string", "Return the words for a kind of file.", .optional("filetype", "a", "Its letter."),
            body: { (_: CallContext, kind: String) async throws -> String in try words(kind) }),
        Function("fcontext_get_policy", "Return the policy for files.", pattern, fileType, type, user, level, body: filePolicy),
        Function("fcontext_add_policy", "Add or change the policy for files.", pattern, fileType, type, user, level, body: addFilePolicy),
        Function("fcontext_delete_policy", "Remove the policy for files.", pattern, fileType, type, user, level, body: deleteFilePolicy),
        Function(
            "fcontext_policy_is_applied", "Return what is not as the policy says.", pattern, .optional("recursive", false, "Below it too."),
            body: unapplied),
        Function(
            "fcontext_apply_policy", "Bring files to the policy.", pattern, .optional("recursive", false, "Below it too."),
            body: applyPolicy),
    ]

    static let ports: [Function] = [
        Function("port_get_policy", "Return the policy for a port.", portName, type, proto, port, body: portPolicy),
        Function("port_add_policy", "Add the policy for a port.", portName, type, proto, port, range, body: addPort),
        Function("port_modify_policy", "Change the policy for a port.", portName, type, proto, port, range, body: modifyPort),
        Function("port_delete_policy", "Remove the policy for a port.", portName, proto, port, body: deletePort),
    ]

    // MARK: - Files

    private static let kinds = [
        "a": "all files", "f": "regular file", "d": "directory", "c": "character device", "b": "block device", "s": "socket",
        "l": "symbolic link", "p": "named pipe",
    ]

    static func words(_ kind: String) throws -> String {
        guard let words = kinds[kind] else {
            throw ExecutionError("Invalid file type code '\(kind)'; expected one of: a, f, d, c, b, s, l, p")
        }
        return words
    }

    private static func context(_ text: String) throws -> ValueMap {
        let parts = text.parts(":", maxSplits: 3)
        guard parts.count == 4, !parts.contains("") else {
            throw ExecutionError(
                "Invalid SELinux context string: \(text). Expected \"sel_user:sel_role:sel_type:sel_level\"")
        }
        return ValueMap(zip(["sel_user", "sel_role", "sel_type", "sel_level"], parts).map { (.string($0), .string($1)) })
    }

    private static func fileLines(_ call: CallContext) async throws -> [String] {
        try await call.host.run("semanage", "fcontext", "--list").lines
    }

    static func filePolicy(
        _ call: CallContext, name: String, kind: String?, type: String?, user: String?, level: String?
    ) async throws -> ValueMap? {
        let wantedKind = try kind.flatMap { $0.isEmpty ? nil : $0 }.map(words)
        for line in try await fileLines(call) where line.hasPrefix(name + " ") {
            let rest = String(line.dropFirst(name.count)).stripped()
            let parts = rest.words()
            guard parts.count > 1, let last = parts.last, let found = try? context(last) else { continue }
            let foundKind = parts.dropLast().joined(separator: " ")
            let wanted = [("sel_type", type), ("sel_user", user), ("sel_level", level)]
            if let wantedKind, wantedKind != foundKind { continue }
            if wanted.contains(where: { key, value in value.map { !$0.isEmpty && found[key] != .string($0) } ?? false }) { continue }
            var answer: ValueMap = ["filespec": .string(name), "filetype": .string(foundKind)]
            for (key, value) in found { answer[key] = value }
            return answer
        }
        return nil
    }

    private static func change(
        _ call: CallContext, _ action: String, _ name: String, _ kind: String?, _ type: String?, _ user: String?, _ level: String?
    ) async throws -> ValueMap {
        var words = ["semanage", "fcontext", "--\(action)"]
        if let kind, kind != "a" {
            _ = try self.words(kind)
            words += ["--ftype", kind]
        }
        for (flag, value) in [("--type", type), ("--seuser", user), ("--range", level)] { if let value { words += [flag, value] } }
        return try await call.host.run(Command(words + [name])).report
    }

    static func addFilePolicy(
        _ call: CallContext, name: String, kind: String?, type: String?, user: String?, level: String?
    ) async throws -> ValueMap {
        let isThere = try await fileLines(call).contains { $0.contains(name + " ") }
        return try await change(call, isThere ? "modify" : "add", name, kind, type, user, level)
    }

    static func deleteFilePolicy(
        _ call: CallContext, name: String, kind: String?, type: String?, user: String?, level: String?
    ) async throws -> ValueMap {
        try await change(call, "delete", name, kind, type, user, level)
    }

    static func unapplied(_ call: CallContext, name: String, recursive: Bool) async throws -> String {
        try await call.host.run(Command(["restorecon", "-n", "-v"] + (recursive ? ["-R"] : []) + [name])).text
    }

    static func applyPolicy(_ call: CallContext, name: String, recursive: Bool) async throws -> ValueMap {
        let foreseen = try await unapplied(call, name: name, recursive: recursive)
        let result = try await call.host.run(Command(["restorecon", "-v", "-F"] + (recursive ? ["-R"] : []) + [name]))
        var answer = result.report
        guard result.succeeded else { return answer }
        let pattern: String
        if foreseen.hasPrefix("Would relabel") {
            pattern = "Would relabel (.*) from (.*) to (.*)$"
        } else if foreseen.hasPrefix("restorecon reset") {
            pattern = "restorecon reset (.*) context (.*)->(.*)$"
        } else {
            answer["retcode"] = 1
            answer["error"] = "Unrecognized response from restorecon command."
            return answer
        }
        let bytes = Array(foreseen.utf8)
        var changes = ValueMap()
        for match in try Pattern.compile(pattern, .multiLine).allMatches(in: bytes) {
            var (old, new) = (try context(match.text(2, of: bytes) ?? ""), try context(match.text(3, of: bytes) ?? ""))
            for (key, value) in old where new[key] == value { (old[key], new[key]) = (nil, nil) }
            changes[.string(match.text(1, of: bytes) ?? "")] = ["old": .map(old), "new": .map(new)]
        }
        if !changes.isEmpty { answer["changes"] = .map(changes) }
        return answer
    }

    // MARK: - Ports

    private static func parsed(_ name: String, _ proto: String?, _ port: String?) throws -> (proto: String, port: String) {
        let pattern = try Pattern.compile(#"^(tcp|udp)\/(([\d]+)\-?[\d]+)$"#)
        for text in [name, "\(proto ?? "None")/\(port ?? "None")"] {
            if let match = try pattern.search(text) { return (match.text(1, of: text) ?? "", match.text(2, of: text) ?? "") }
        }
        throw ExecutionError(
            "Invalid name \"\(name)\" format and protocol and port not provided or invalid: \"\(proto ?? "None")\" \"\(port ?? "None")\".")
    }

    static func portPolicy(_ call: CallContext, name: String, type: String?, proto: String?, port: String?) async throws -> ValueMap? {
        let wanted = try parsed(name, proto, port)
        for line in try await call.host.run("semanage", "port", "--list").lines {
            let words = line.words()
            guard words.count > 2, words[1] == wanted.proto, type.map({ $0.isEmpty || words[0] == $0 }) ?? true else { continue }
            let ports = words.dropFirst(2).joined(separator: " ")
            guard ports.parts(",").contains(where: { $0.stripped() == wanted.port }) else { continue }
            return ["sel_type": .string(words[0]), "protocol": .string(words[1]), "port": .string(ports)]
        }
        return nil
    }

    private static func changePort(
        _ call: CallContext, _ action: String, _ name: String, _ type: String?, _ proto: String?, _ port: String?, _ range: String?
    ) async throws -> ValueMap {
        if action == "add", (type ?? "").isEmpty { throw ExecutionError("SELinux Type is required to add a policy") }
        let wanted = try parsed(name, proto, port)
        var words = ["semanage", "port", "--\(action)", "--proto", wanted.proto]
        if let type, !type.isEmpty { words += ["--type", type] }
        if let range, !range.isEmpty { words += ["--range", range] }
        return try await call.host.run(Command(words + [wanted.port])).report
    }

    static func addPort(_ call: CallContext, name: String, type: String?, proto: String?, port: String?, range: String?) async throws
        -> ValueMap
    {
        try await changePort(call, "add", name, type, proto, port, range)
    }

    static func modifyPort(
        _ call: CallContext, name: String, type: String?, proto: String?, port: String?, range: String?
    ) async throws -> ValueMap {
        try await changePort(call, "modify", name, type, proto, port, range)
    }

    static func deletePort(_ call: CallContext, name: String, proto: String?, port: String?) async throws -> ValueMap {
        try await changePort(call, "delete", name, nil, proto, port, nil)
    }
}
