import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Files of users and passwords of web servers, through htpasswd.
package struct WebutilModule: ExecutionModule {
    package static let name = "webutil"
    package static let aliases = ["htpasswd"]
    package static let summary = "Files of users and passwords of web servers, through htpasswd."
    package static let requires: Requirement = .command("htpasswd")

    package static let functions: [Function] = [
        Function(
            "useradd", "Add a user to a file, or change the password.", .required("pwfile", "The file."), .required("user", "The user."),
            .required("password", "The password."), .optional("opts", "", "Letters of htpasswd's options, such as B."),
            .optional("runas", nil as String?, "The account to run as."),
            body: {
                (call: CallContext, file: String, user: String, password: String, options: String, runas: String?) async throws -> ValueMap
                in
                try await add(call, file, user, password, options, runas).map
            }),
        Function(
            "userdel", "Remove a user from a file.", .required("pwfile", "The file."), .required("user", "The user."),
            .optional("runas", nil as String?, "The account to run as."),
            .optional("all_results", false, "Return the code and the errors too."),
            body: { (call: CallContext, file: String, user: String, runas: String?, all: Bool) async throws -> Value in
                guard try await call.host.exists(file) else { return "Error: The specified htpasswd file does not exist" }
                let outcome = try await remove(call, file, user, runas, merged: !all)
                return all ? .map(outcome.map) : PythonLines.split(outcome.output).value
            }),
        Function(
            "verify", "Tell whether a password is that of a user.", .required("pwfile", "The file."), .required("user", "The user."),
            .required("password", "The password."), .optional("opts", "", "Letters of htpasswd's options."),
            .optional("runas", nil as String?, "The account to run as."),
            body: {
                (call: CallContext, file: String, user: String, password: String, options: String, runas: String?) async throws -> Bool in
                try await verify(call, file, user, password, options, runas)
            }),
    ]

    /// The password goes by standard input, which the option `i` asks for in the place of Salt's `b`.
    private static func run(_ call: CallContext, _ words: [String], _ password: String?, _ runas: String?, merged: Bool = false)
        async throws -> CommandOutcome
    {
        var settings = CommandSettings()
        settings.cmd = .list((["htpasswd"] + words).map { .string($0) })
        settings.stdin = password
        settings.runas = runas
        return try await settings.run(call, mergesErrors: merged)
    }

    private static func checked(_ user: String) throws -> String {
        guard !user.hasPrefix("-") else { throw ExecutionError("'\(user)' is no name of a user") }
        return user
    }

    static func add(_ call: CallContext, _ file: String, _ user: String, _ password: String, _ options: String, _ runas: String?)
        async throws -> CommandOutcome
    {
        let isNew = try await !call.host.exists(file)
        return try await run(call, ["-i\(options)\(isNew ? "c" : "")", file, checked(user)], password, runas)
    }

    static func remove(_ call: CallContext, _ file: String, _ user: String, _ runas: String?, merged: Bool = false) async throws
        -> CommandOutcome
    {
        try await run(call, ["-D", file, checked(user)], nil, runas, merged: merged)
    }

    static func verify(_ call: CallContext, _ file: String, _ user: String, _ password: String, _ options: String, _ runas: String?)
        async throws -> Bool
    {
        guard try await call.host.exists(file) else { return false }
        return try await run(call, ["-iv\(options)", file, checked(user)], password, runas).code == 0
    }

    static func contains(_ call: CallContext, _ file: String, _ user: String) async -> Bool {
        let text = await call.host.readTextIfPresent(file) ?? ""
        return PythonLines.split(text).contains { $0.hasPrefix(user + ":") }
    }
}
