import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Groups of users.
package struct GroupModule: ExecutionModule {
    package static let name = "group"
    package static let summary = "Groups of users."
    package static let requires: Requirement = .kernel("Linux") && .command("groupadd")

    package static let functions: [Function] = [
        Function("add", "Add a group.", .required("name", "The group."), .optional("gid", nil as Int?, "The number."), .optional("system", false, "A group of the system."), .optional("non_unique", false, "The number may belong to another."), .keywords("kwargs", "Ignored."), body: add),
        Function("delete", "Remove a group.", .required("name", "The group."), .keywords("kwargs", "Ignored."), body: delete),
        Function("info", "Return what is known of a group; nothing when there is none.", .required("name", "The group."), .keywords("kwargs", "Ignored."), body: info),
        Function("getent", "Return what is known of all groups.", .optional("refresh", false, "Kept for compatibility."), .keywords("kwargs", "Ignored."), body: all),
        Function("chgid", "Set the number of a group.", .required("name", "The group."), .required("gid", "The number."), .optional("non_unique", false, "It may belong to another."), body: changeID),
        Function("adduser", "Add a user to a group.", .required("name", "The group."), .required("username", "The user."), body: addUser),
        Function("deluser", "Take a user out of a group.", .required("name", "The group."), .required("username", "The user."), body: removeUser),
        Function("members", "Set the members of a group.", .required("name", "The group."), .required("members_list", "Users with commas."), body: setMembers),
    ]

    static func add(_ call: CallContext, name: String, id: Int?, system: Bool, nonUnique: Bool, ignored: ValueMap) async throws -> Bool {
        var words = ["groupadd"]
        if let id {
            words += ["-g", String(id)]
            if nonUnique { words.append("-o") }
        }
        if system { words.append("-r") }
        let result = try await call.host.run(Command(words + [name]))
        call.outcome.returnCode = result.exitCode
        return result.succeeded
    }

    static func delete(_ call: CallContext, name: String, ignored: ValueMap) async throws -> Bool {
        try await call.host.run("groupdel", name).succeeded
    }

    static func describe(_ entry: GroupEntry) -> ValueMap {
        ["name": .string(entry.name), "passwd": "x", "gid": .int(entry.groupID), "members": entry.members.value]
    }

    static func info(_ call: CallContext, name: String, ignored: ValueMap) async throws -> ValueMap {
        try await call.host.group(named: name).map(describe) ?? [:]
    }

    private static func all(_ call: CallContext, refresh: Bool, ignored: ValueMap) async throws -> [Value] {
        await AccountFiles.groups(call.host).map { .map(describe($0)) }
    }

    static func changeID(_ call: CallContext, name: String, id: Int, nonUnique: Bool) async throws -> Bool {
        guard let entry = try await call.host.group(named: name) else { return false }
        if entry.groupID == id { return true }
        return try await call.host.run(Command(["groupmod", "-g", String(id)] + (nonUnique ? ["-o"] : []) + [name])).succeeded
    }

    static func addUser(_ call: CallContext, name: String, user: String) async throws -> Bool {
        try await call.host.run("gpasswd", "--add", user, name).succeeded
    }

    static func removeUser(_ call: CallContext, name: String, user: String) async throws -> Bool {
        guard let entry = try await call.host.group(named: name), entry.members.contains(user) else { return true }
        return try await call.host.run("gpasswd", "--del", user, name).succeeded
    }

    static func setMembers(_ call: CallContext, name: String, members: String) async throws -> Bool {
        try await call.host.run("gpasswd", "--members", members, name).succeeded
    }
}
