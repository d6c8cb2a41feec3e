import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Groups of users on FreeBSD, through pw.
package struct GroupFreeBSD: ExecutionModule {
    package static let name = "group"
    package static let summary = "Groups of users on FreeBSD, through pw."
    package static let requires: Requirement = .kernel("FreeBSD") || .kernel("DragonFly")

    package static let functions: [Function] = [
        Function("add", "Add a group.", group, .optional("gid", nil as Int?, "The number."), .keywords("kwargs", "system, without effect.")) { (call: CallContext, name: String, id: Int?, _: ValueMap) async throws -> Bool in
            try await pw(call, ["groupadd"] + (id.flatMap { $0 == 0 ? nil : ["-g", String($0)] } ?? []) + ["-n", name])
        },
        Function("delete", "Remove a group.", group) { (call: CallContext, name: String) async throws -> Bool in try await pw(call, ["groupdel", name]) },
        Function("info", "Return what is known of a group; nothing when there is none.", group) { (call: CallContext, name: String) async throws -> ValueMap in
            try await GroupModule.info(call, name: name, ignored: [:])
        },
        Function("getent", "Return what is known of all groups.", .optional("refresh", false, "Kept for compatibility.")) { (call: CallContext, _: Bool) async throws -> [Value] in
            await AccountFiles.groups(call.host).map { .map(GroupModule.describe($0)) }
        },
        Function("chgid", "Set the number of a group.", group, .required("gid", "The number.")) { (call: CallContext, name: String, id: Int) async throws -> Bool in
            if try await call.host.group(named: name)?.groupID == id { return true }
            _ = try await pw(call, ["groupmod", name, "-g", String(id)])
            return try await call.host.group(named: name)?.groupID == id
        },
        Function("adduser", "Add a user to a group.", group, user) { (call: CallContext, name: String, user: String) async throws -> Bool in
            try await pw(call, ["groupmod", name, "-m", user])
        },
        Function("deluser", "Take a user out of a group.", group, user) { (call: CallContext, name: String, user: String) async throws -> Bool in
            guard try await call.host.group(named: name)?.members.contains(user) == true else { return true }
            return try await pw(call, ["groupmod", name, "-d", user])
        },
        Function("members", "Set the members of a group.", group, .required("members_list", "Users with commas.")) { (call: CallContext, name: String, users: String) async throws -> Bool in
            try await pw(call, ["groupmod", name, "-M", users])
        },
    ]

    private static let group: Parameter<String> = .required("name", "The group.")
    private static let user: Parameter<String> = .required("username", "The user.")

    private static func pw(_ call: CallContext, _ words: [String]) async throws -> Bool {
        let result = try await call.host.run(Command(["pw"] + words))
        call.outcome.returnCode = result.exitCode
        return result.succeeded
    }
}
