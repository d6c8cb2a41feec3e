import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Accounts of users.
package struct UserModule: ExecutionModule {
    package static let name = "user"
    package static let summary = "Accounts of users."
    package static let requires: Requirement = .kernel("Linux") && .command("useradd")

    package static let functions: [Function] = [
        Function("add", "Add a user.", AddSettings.self, example: "halite '*' user.add deploy shell=/bin/bash", body: add),
        Function("delete", "Remove a user.", .required("name", "The user."), .optional("remove", false, "With the home."), .optional("force", false, "Also when logged in."), .keywords("kwargs", "Ignored."), body: delete),
        Function("info", "Return what is known of a user; nothing when there is none.", .required("name", "The user."), .keywords("kwargs", "Ignored."), body: info),
        Function("getent", "Return what is known of all users.", .optional("refresh", false, "Kept for compatibility."), .keywords("kwargs", "Ignored."), body: all),
        Function("list_users", "Return the names of all users.", .keywords("kwargs", "Ignored."), body: list),
        Function("list_groups", "Return the groups of a user.", .required("name", "The user."), body: listGroups),
        Function("primary_group", "Return the primary group of a user.", .required("name", "The user."), body: primaryGroup),
        Function("chuid", "Set the number of a user.", .required("name", "The user."), .required("uid", "The number."), body: changeID),
        Function("chgid", "Set the primary group of a user.", .required("name", "The user."), .required("gid", "The group's number."), body: changeGroup),
        Function("chshell", "Set the shell of a user.", .required("name", "The user."), .required("shell", "The shell."), body: changeShell),
        Function("chhome", "Set the home of a user.", .required("name", "The user."), .required("home", "The folder."), .optional("persist", false, "Move what is in it."), body: changeHome),
        Function("chgroups", "Set the groups of a user.", .required("name", "The user."), .required("groups", "Names."), .optional("append", false, "Keep the others."), body: changeGroups),
        Function("chfullname", "Set the full name of a user.", .required("name", "The user."), .required("fullname", "The name."), body: changeFullName),
        Function("chroomnumber", "Set the room of a user.", .required("name", "The user."), .required("roomnumber", "The room."), body: changeRoom),
        Function("chworkphone", "Set the telephone of a user at work.", .required("name", "The user."), .required("workphone", "The number."), body: changeWorkPhone),
        Function("chhomephone", "Set the telephone of a user at home.", .required("name", "The user."), .required("homephone", "The number."), body: changeHomePhone),
        Function("chother", "Set the last field of what is known of a user.", .required("name", "The user."), .required("other", "Any text."), body: changeOther),
        Function("rename", "Give a user another name.", .required("name", "The user."), .required("new_name", "The other name."), body: rename),
        Function("current", "Return the name of the user that the minion runs as.", body: current),
    ]

    struct AddSettings: ArgumentGroup {
        var name = ""
        var uid: String?
        var gid: String?
        var groups: [String] = []
        var home: String?
        var shell: String?
        var unique = true
        var system = false
        var fullname = ""
        var roomnumber = ""
        var workphone = ""
        var homephone = ""
        var other = ""
        var createhome = true
        var loginclass: Value = .null
        var nologinit = false
        var usergroup: Bool?
        var local = false

        static let fields: [ArgumentField<AddSettings>] = [
            .field("name", \.name, "The user.", required: true),
            .field("uid", \.uid, "The number."),
            .field("gid", \.gid, "The primary group, by name or number."),
            .field("groups", \.groups, "Further groups."),
            .field("home", \.home, "The home."),
            .field("shell", \.shell, "The shell."),
            .field("unique", \.unique, "The number belongs to nobody else."),
            .field("system", \.system, "A user of the system."),
            .field("fullname", \.fullname, "The full name."),
            .field("roomnumber", \.roomnumber, "The room."),
            .field("workphone", \.workphone, "The telephone at work."),
            .field("homephone", \.homephone, "The telephone at home."),
            .field("other", \.other, "Any text."),
            .field("createhome", \.createhome, "Make the home."),
            .field("loginclass", \.loginclass, "Without effect on Linux."),
            .field("nologinit", \.nologinit, "Keep it out of the databases of logins."),
            .field("usergroup", \.usergroup, "Make a group of the same name."),
            .field("local", \.local, "Only in the local files."),
        ]
    }

    static func add(_ call: CallContext, _ settings: AddSettings) async throws -> Bool {
        var words = [settings.local ? "luseradd" : "useradd"]
        if let shell = settings.shell, !shell.isEmpty { words += ["-s", shell] }
        if let uid = settings.uid, !uid.isEmpty { words += ["-u", uid] }
        if let gid = settings.gid, !gid.isEmpty {
            words += ["-g", gid]
        } else if settings.usergroup == true, !settings.local {
            words.append("-U")
        } else if settings.groups.contains(settings.name), try await usesUserGroups(call.host) {
            if let group = try await call.host.group(named: settings.name) { words += ["-g", String(group.groupID)] }
        }
        if settings.usergroup == false { words.append(settings.local ? "-n" : "-N") }
        if settings.createhome { if !settings.local { words.append("-m") } } else { words.append("-M") }
        if settings.nologinit { words.append("-l") }
        if let home = settings.home { words += ["-d", home] }
        if !settings.unique { words.append("-o") }
        if settings.system { words.append("-r") }
        let result = try await call.host.run(Command(words + [settings.name]))
        call.outcome.returnCode = result.exitCode
        guard result.succeeded else { return false }
        if !settings.groups.isEmpty { _ = try await changeGroups(call, name: settings.name, groups: settings.groups, append: false) }
        for (key, text) in [
            ("fullname", settings.fullname), ("roomnumber", settings.roomnumber), ("workphone", settings.workphone),
            ("homephone", settings.homephone), ("other", settings.other),
        ] where !text.isEmpty {
            _ = try await changeField(call, settings.name, key, text)
        }
        return true
    }

    private static func usesUserGroups(_ host: any Host) async throws -> Bool {
        let text = await host.readTextIfPresent("/etc/login.defs") ?? ""
        return PythonLines.split(text).contains { $0.hasPrefix("USERGROUPS_ENAB") && $0.contains("yes") }
    }

    static func delete(_ call: CallContext, name: String, remove: Bool, force: Bool, ignored: ValueMap) async throws -> Bool {
        var words = ["userdel"]
        if remove { words.append("-r") }
        if force { words.append("-f") }
        let result = try await call.host.run(Command(words + [name]))
        // Debian's userdel fails so when there is no mail spool to remove.
        return result.succeeded || (result.exitCode == 12 && result.errorText.contains("mail"))
    }

    // MARK: - Looking

    static let fieldNames = ["fullname", "roomnumber", "workphone", "homephone", "other"]

    static func fields(_ entry: UserEntry) -> [String] {
        let parts = entry.fullName.parts(",", maxSplits: 4)
        return parts + Array(repeating: "", count: max(0, 5 - parts.count))
    }

    static func describe(_ entry: UserEntry, _ host: any Host) async throws -> ValueMap {
        var info: ValueMap = [
            "gid": .int(entry.groupID), "groups": try await groups(of: entry, host).value, "home": .string(entry.home),
            "name": .string(entry.name), "passwd": "x", "shell": .string(entry.shell), "uid": .int(entry.userID),
        ]
        for (key, text) in zip(fieldNames, fields(entry)) { info[.string(key)] = .string(text) }
        return info
    }

    /// The primary group and those that list the user, by name.
    static func groups(of entry: UserEntry, _ host: any Host) async throws -> [String] {
        var names: Set<String> = []
        if let primary = try await host.group(id: entry.groupID) { names.insert(primary.name) }
        for group in await AccountFiles.groups(host) where group.members.contains(entry.name) { names.insert(group.name) }
        return names.sorted()
    }

    static func info(_ call: CallContext, name: String, ignored: ValueMap) async throws -> ValueMap {
        guard let entry = try await call.host.user(named: name) else { return [:] }
        return try await describe(entry, call.host)
    }

    private static func all(_ call: CallContext, refresh: Bool, ignored: ValueMap) async throws -> [Value] {
        var found: [Value] = []
        for entry in await AccountFiles.users(call.host) { found.append(.map(try await describe(entry, call.host))) }
        return found
    }

    private static func list(_ call: CallContext, ignored: ValueMap) async throws -> [String] {
        await AccountFiles.users(call.host).map(\.name).sorted()
    }

    private static func listGroups(_ call: CallContext, name: String) async throws -> [String] {
        guard let entry = try await call.host.user(named: name) else { return [] }
        return try await groups(of: entry, call.host)
    }

    private static func primaryGroup(_ call: CallContext, name: String) async throws -> String {
        guard let entry = try await call.host.user(named: name) else { return "" }
        return try await Ownership.groupName(entry.groupID, call.host)
    }

    private static func current(_ call: CallContext) async throws -> String { try await call.ownAccounts().user }

    // MARK: - Changing

    private static func modify(_ call: CallContext, _ name: String, _ words: [String]) async throws -> Bool {
        guard try await call.host.user(named: name) != nil else { throw ExecutionError("User '\(name)' does not exist") }
        return try await call.host.run(Command(["usermod"] + words + [name])).succeeded
    }

    static func changeID(_ call: CallContext, name: String, id: Int) async throws -> Bool { try await modify(call, name, ["-u", String(id)]) }
    static func changeGroup(_ call: CallContext, name: String, group: String) async throws -> Bool { try await modify(call, name, ["-g", group]) }
    static func changeShell(_ call: CallContext, name: String, shell: String) async throws -> Bool { try await modify(call, name, ["-s", shell]) }
    static func changeHome(_ call: CallContext, name: String, home: String, persist: Bool) async throws -> Bool {
        try await modify(call, name, (persist ? ["-m"] : []) + ["-d", home])
    }

    static func changeGroups(_ call: CallContext, name: String, groups: [String], append: Bool) async throws -> Bool {
        let wanted = groups.flatMap { $0.parts(",") }
        if let entry = try await call.host.user(named: name), Set(try await Self.groups(of: entry, call.host)) == Set(wanted) { return true }
        return try await modify(call, name, (append ? ["-a"] : []) + ["-G", wanted.joined(separator: ",")])
    }

    static func changeField(_ call: CallContext, _ name: String, _ field: String, _ text: String) async throws -> Bool {
        guard let entry = try await call.host.user(named: name), let index = fieldNames.firstIndex(of: field) else { return false }
        var fields = fields(entry)
        if fields[index] == text { return true }
        fields[index] = text
        var joined = fields.joined(separator: ",")
        while joined.hasSuffix(",") { joined.removeLast() }
        return try await modify(call, name, ["-c", joined])
    }

    private static func changeFullName(_ call: CallContext, name: String, text: String) async throws -> Bool { try await changeField(call, name, "fullname", text) }
    private static func changeRoom(_ call: CallContext, name: String, text: String) async throws -> Bool { try await changeField(call, name, "roomnumber", text) }
    private static func changeWorkPhone(_ call: CallContext, name: String, text: String) async throws -> Bool { try await changeField(call, name, "workphone", text) }
    private static func changeHomePhone(_ call: CallContext, name: String, text: String) async throws -> Bool { try await changeField(call, name, "homephone", text) }
    private static func changeOther(_ call: CallContext, name: String, text: String) async throws -> Bool { try await changeField(call, name, "other", text) }

    private static func rename(_ call: CallContext, name: String, other: String) async throws -> Bool {
        if try await call.host.user(named: other) != nil { throw ExecutionError("User '\(other)' already exists") }
        return try await modify(call, name, ["-l", other])
    }
}
