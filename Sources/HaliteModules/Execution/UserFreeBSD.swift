import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Accounts of users on FreeBSD, through pw.
package struct UserFreeBSD: ExecutionModule {
    package static let name = "user"
    package static let summary = "Accounts of users on FreeBSD, through pw."
    package static let requires: Requirement = .kernel("FreeBSD") || .kernel("DragonFly")

    package static let functions: [Function] = looking + changing + fields

    private static let user: Parameter<String> = .required("name", "The user.")

    private static let looking: [Function] = [
        Function("info", "Return what is known of a user; nothing when there is none.", user, body: info),
        Function("getent", "Return what is known of all users.", .optional("refresh", false, "Kept for compatibility.")) { (call: CallContext, _: Bool) async throws -> [Value] in
            var found: [Value] = []
            for entry in await AccountFiles.users(call.host) { found.append(.map(try await info(call, name: entry.name))) }
            return found
        },
        Function("list_users", "Return the names of all users.") { (call: CallContext) async throws -> [String] in
            await AccountFiles.users(call.host).map(\.name).sorted()
        },
        Function("list_groups", "Return the groups of a user.", user, body: groups),
        Function("get_loginclass", "Return the login class of a user.", user, body: loginClass),
    ]

    private static let changing: [Function] = [
        Function("add", "Add a user.", AddSettings.self, example: "halite '*' user.add deploy shell=/bin/sh", body: add),
        Function("delete", "Remove a user.", user, .optional("remove", false, "With the home."), .optional("force", false, "Without effect.")) { (call: CallContext, name: String, remove: Bool, _: Bool) async throws -> Bool in
            try await pw(call, ["userdel"] + (remove ? ["-r"] : []) + ["-n", name])
        },
        Function("chuid", "Set the number of a user.", user, .required("uid", "The number.")) { (call: CallContext, name: String, id: Int) async throws -> Bool in
            try await change(call, name, "uid", .int(id), ["-u", String(id), "-n", name])
        },
        Function("chgid", "Set the primary group of a user.", user, .required("gid", "The group's number.")) { (call: CallContext, name: String, id: Int) async throws -> Bool in
            try await change(call, name, "gid", .int(id), ["-g", String(id), "-n", name])
        },
        Function("chshell", "Set the shell of a user.", user, .required("shell", "The shell.")) { (call: CallContext, name: String, shell: String) async throws -> Bool in
            try await change(call, name, "shell", .string(shell), ["-s", shell, "-n", name])
        },
        Function("chhome", "Set the home of a user.", user, .required("home", "The folder."), .optional("persist", false, "Move what is in it.")) { (call: CallContext, name: String, home: String, persist: Bool) async throws -> Bool in
            try await change(call, name, "home", .string(home), [name, "-d", home] + (persist ? ["-m"] : []))
        },
        Function("chgroups", "Set the groups of a user.", user, .required("groups", "Names."), .optional("append", false, "Keep the others.")) { (call: CallContext, name: String, given: [String], append: Bool) async throws -> Bool in
            let wanted = given.flatMap { $0.parts(",") }
            let present = try await groups(call, name: name)
            if Set(present) == Set(wanted) { return true }
            return try await pw(call, ["usermod", "-G", (wanted + (append ? present : [])).joined(separator: ","), "-n", name])
        },
        Function("chloginclass", "Set the login class of a user.", user, .required("loginclass", "The class."), .optional("root", nil as String?, "Without effect.")) { (call: CallContext, name: String, wanted: String, _: String?) async throws -> Bool in
            if try await loginClass(call, name: name) == wanted { return true }
            _ = try await pw(call, ["usermod", "-L", wanted, "-n", name])
            return try await loginClass(call, name: name) == wanted
        },
        Function("rename", "Give a user another name.", user, .required("new_name", "The other name.")) { (call: CallContext, name: String, other: String) async throws -> Bool in
            guard try await call.host.user(named: name) != nil else { throw ExecutionError("User '\(name)' does not exist") }
            if try await call.host.user(named: other) != nil { throw ExecutionError("User '\(other)' already exists") }
            _ = try await pw(call, ["usermod", "-l", other, "-n", name])
            return try await call.host.user(named: other) != nil
        },
    ]

    private static let fields: [Function] = [
        ("fullname", "Set the full name of a user."), ("roomnumber", "Set the room of a user."),
        ("workphone", "Set the telephone of a user at work."), ("homephone", "Set the telephone of a user at home."),
    ].enumerated().map { index, field in
        Function("ch\(field.0)", field.1, user, .required(field.0, "The text.")) { (call: CallContext, name: String, text: String) async throws -> Bool in
            guard let entry = try await call.host.user(named: name) else { throw ExecutionError("User '\(name)' does not exist") }
            var parts = Self.parts(entry)
            parts[index] = text
            return try await change(call, name, field.0, .string(text), [name, "-c", parts.joined(separator: ",")])
        }
    }

    struct AddSettings: ArgumentGroup {
        var name = ""
        var uid: String?
        var gid: String?
        var groups: [String] = []
        var home: String?
        var shell: String?
        var unique = true
        var fullname = ""
        var roomnumber = ""
        var workphone = ""
        var homephone = ""
        var createhome = true
        var loginclass: String?
        var ignored: Value = .null

        static let fields: [ArgumentField<AddSettings>] = [
            .field("name", \.name, "The user.", required: true), .field("uid", \.uid, "The number."),
            .field("gid", \.gid, "The primary group, by name or number."), .field("groups", \.groups, "Further groups."),
            .field("home", \.home, "The home."), .field("shell", \.shell, "The shell."),
            .field("unique", \.unique, "The number belongs to nobody else."), .field("fullname", \.fullname, "The full name."),
            .field("roomnumber", \.roomnumber, "The room."), .field("workphone", \.workphone, "The telephone at work."),
            .field("homephone", \.homephone, "The telephone at home."), .field("createhome", \.createhome, "Make the home."),
            .field("loginclass", \.loginclass, "The login class."), .field("system", \.ignored, "Without effect."),
        ]
    }

    private static func pw(_ call: CallContext, _ words: [String]) async throws -> Bool {
        let result = try await call.host.run(Command(["pw"] + words))
        call.outcome.returnCode = result.exitCode
        return result.succeeded
    }

    private static func parts(_ entry: UserEntry) -> [String] { Array(UserModule.fields(entry).prefix(4)) }

    private static func info(_ call: CallContext, name: String) async throws -> ValueMap {
        var found = try await UserModule.info(call, name: name, ignored: [:])
        found["other"] = nil
        return found
    }

    private static func groups(_ call: CallContext, name: String) async throws -> [String] {
        guard let entry = try await call.host.user(named: name) else { return [] }
        return try await UserModule.groups(of: entry, call.host)
    }

    private static func loginClass(_ call: CallContext, name: String) async throws -> String {
        let parts = try await call.host.run("pw", "usershow", "-n", name).text.parts(":")
        return parts.count == 10 ? parts[4] : ""
    }

    /// Changes what differs, and tells whether it is so afterwards.
    private static func change(_ call: CallContext, _ name: String, _ key: String, _ value: Value, _ words: [String]) async throws -> Bool {
        let before = try await info(call, name: name)
        if before.isEmpty { throw ExecutionError("User '\(name)' does not exist") }
        if before[key] == value { return true }
        _ = try await pw(call, ["usermod"] + words)
        return try await info(call, name: name)[key] == value
    }

    private static func add(_ call: CallContext, _ settings: AddSettings) async throws -> Bool {
        var words = ["useradd"]
        for (option, text) in [("-u", settings.uid), ("-g", settings.gid), ("-G", settings.groups.joined(separator: ","))] {
            if let text, !text.isEmpty, text != "0" { words += [option, text] }
        }
        if let home = settings.home { words += ["-d", home] }
        if settings.createhome { words.append("-m") }
        for (option, text) in [("-L", settings.loginclass), ("-s", settings.shell)] {
            if let text, !text.isEmpty { words += [option, text] }
        }
        if !settings.unique { words.append("-o") }
        let known = [settings.fullname, settings.roomnumber, settings.workphone, settings.homephone].joined(separator: ",")
        return try await pw(call, words + ["-c", known, "-n", settings.name])
    }
}
