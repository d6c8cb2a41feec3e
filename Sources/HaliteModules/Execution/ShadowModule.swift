import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Passwords of users and how long they last.
package struct ShadowModule: ExecutionModule {
    package static let name = "shadow"
    package static let summary = "Passwords of users and how long they last."
    package static let requires: Requirement = .kernel("Linux")

    package static let functions: [Function] = [
        Function("info", "Return what the shadow file has of a user.", .required("name", "The user."), .keywords("kwargs", "Ignored."), body: info),
        Function("default_hash", "Return the hash of a user without a password.", body: { (_: CallContext) async throws -> String in "!" }),
        Function("set_password", "Set the hash of a user's password.", .required("name", "The user."), .required("password", "The hash."), .keywords("kwargs", "Ignored."), body: setPassword),
        Function("del_password", "Remove a user's password.", .required("name", "The user."), .keywords("kwargs", "Ignored."), body: deletePassword),
        Function("lock_password", "Lock a user's password.", .required("name", "The user."), .keywords("kwargs", "Ignored."), body: lock),
        Function("unlock_password", "Unlock a user's password.", .required("name", "The user."), .keywords("kwargs", "Ignored."), body: unlock),
        Function("set_date", "Set the day of the last change.", .required("name", "The user."), .required("date", "Days since 1970, or a date."), .keywords("kwargs", "Ignored."), body: setDate),
        Function("set_mindays", "Set the days before which it cannot change.", .required("name", "The user."), .required("mindays", "Days."), .keywords("kwargs", "Ignored."), body: setMinimum),
        Function("set_maxdays", "Set the days after which it must change.", .required("name", "The user."), .required("maxdays", "Days."), .keywords("kwargs", "Ignored."), body: setMaximum),
        Function("set_inactdays", "Set the days after which the account is locked.", .required("name", "The user."), .required("inactdays", "Days."), .keywords("kwargs", "Ignored."), body: setInactive),
        Function("set_warndays", "Set the days of warning.", .required("name", "The user."), .required("warndays", "Days."), .keywords("kwargs", "Ignored."), body: setWarning),
        Function("set_expire", "Set the day on which the account ends.", .required("name", "The user."), .required("expire", "Days since 1970, or a date."), .keywords("kwargs", "Ignored."), body: setExpiry),
        Function("gen_password", "Return the SHA-512 hash of a password.", .required("password", "The password."), .optional("crypt_salt", nil as String?, "The salt."), .optional("algorithm", "sha512", "sha512, sha256 or md5."), body: generate),
        Function("list_users", "Return the users of the shadow file.", .keywords("kwargs", "Ignored."), body: list),
    ]

    private static let path = "/etc/shadow"
    private static let keys = ["name", "passwd", "lstchg", "min", "max", "warn", "inact", "expire"]

    static func entry(_ host: any Host, _ name: String) async -> ValueMap {
        // Only lines that begin with the name are looked at: the file may be long, and is read for each user.
        let start = Array(name.utf8) + [UInt8(ascii: ":")]
        for line in ((try? await host.read(path)) ?? []).split(separator: UInt8(ascii: "\n")) where line.starts(with: start) {
            let fields = String(decoding: line, as: UTF8.self).parts(":")
            guard fields.count >= 8 else { continue }
            var found = ValueMap()
            for (index, key) in keys.enumerated() {
                found[.string(key)] = index < 2 ? .string(fields[index]) : .int(Int(fields[index]) ?? -1)
            }
            return found
        }
        return ValueMap(keys.map { (.string($0), "") })
    }

    private static func info(_ call: CallContext, name: String, ignored: ValueMap) async throws -> ValueMap { await entry(call.host, name) }

    private static func list(_ call: CallContext, ignored: ValueMap) async throws -> [String] {
        PythonLines.split(await call.host.readTextIfPresent(path) ?? "").compactMap { $0.parts(":").first }.sorted()
    }

    static func setPassword(_ call: CallContext, name: String, hash: String, ignored: ValueMap) async throws -> Bool {
        guard !hash.contains("\n"), !hash.contains(":") else { throw ExecutionError("a hash holds neither colons nor line feeds") }
        var command = Command(["chpasswd", "-e"])
        command.standardInput = Array("\(name):\(hash)\n".utf8)
        return try await call.host.run(command).succeeded
    }

    static func deletePassword(_ call: CallContext, name: String, ignored: ValueMap) async throws -> Bool {
        try await call.host.run("passwd", "-d", name).succeeded
    }

    static func lock(_ call: CallContext, name: String, ignored: ValueMap) async throws -> Bool {
        if await entry(call.host, name)["passwd"]?.pythonString.hasPrefix("!") == true { return true }
        return try await call.host.run("passwd", "-l", name).succeeded
    }

    static func unlock(_ call: CallContext, name: String, ignored: ValueMap) async throws -> Bool {
        try await call.host.run("passwd", "-u", name).succeeded
    }

    private static func change(_ call: CallContext, _ name: String, _ option: String, _ value: String) async throws -> Bool {
        try await call.host.run("chage", option, value, name).succeeded
    }

    static func setDate(_ call: CallContext, name: String, value: String, ignored: ValueMap) async throws -> Bool { try await change(call, name, "-d", value) }
    static func setMinimum(_ call: CallContext, name: String, value: String, ignored: ValueMap) async throws -> Bool { try await change(call, name, "-m", value) }
    static func setMaximum(_ call: CallContext, name: String, value: String, ignored: ValueMap) async throws -> Bool { try await change(call, name, "-M", value) }
    static func setInactive(_ call: CallContext, name: String, value: String, ignored: ValueMap) async throws -> Bool { try await change(call, name, "-I", value) }
    static func setWarning(_ call: CallContext, name: String, value: String, ignored: ValueMap) async throws -> Bool { try await change(call, name, "-W", value) }
    static func setExpiry(_ call: CallContext, name: String, value: String, ignored: ValueMap) async throws -> Bool { try await change(call, name, "-E", value) }

    static func generate(_ call: CallContext, password: String, salt: String?, algorithm: String) async throws -> String {
        let option = ["sha512": "-6", "sha256": "-5", "md5": "-1"][algorithm]
        guard let option else { throw ExecutionError("no algorithm '\(algorithm)'") }
        var command = Command(["openssl", "passwd", option, "-stdin"] + (salt.map { ["-salt", $0] } ?? []))
        command.standardInput = Array(password.utf8)
        let result = try await call.host.run(command)
        guard result.succeeded else { throw ExecutionError(result.errorText) }
        return result.text
    }
}
