import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Groups of users that exist, or do not.
package struct GroupState: StateModule {
    package static let name = "group"
    package static let summary = "Groups of users that exist, or do not."

    package static let functions: [StateFunction] = [
        StateFunction("present", "A group exists.", Settings.self, body: present),
        StateFunction("absent", "A group does not exist.", .required("name", "The group."), .optional("local", false, "Without effect."), body: absent),
    ]

    struct Settings: ArgumentGroup {
        var gid: Int?
        var system = false
        var addusers: [String]?
        var delusers: [String]?
        var members: [String]?
        var nonUnique = false
        var local = false

        static let fields: [ArgumentField<Settings>] = [
            .field("gid", \.gid, "The number."),
            .field("system", \.system, "A group of the system, when it is made."),
            .field("addusers", \.addusers, "Users who belong to it."),
            .field("delusers", \.delusers, "Users who do not."),
            .field("members", \.members, "All users who belong to it."),
            .field("non_unique", \.nonUnique, "The number may belong to another."),
            .field("local", \.local, "Without effect."),
        ]
    }

    /// What differs, in Salt's names; nil when there is no such group.
    private static func differences(_ state: StateContext, _ settings: Settings) async throws -> ValueMap? {
        guard let group = try await state.call.host.group(named: state.name) else { return nil }
        var changes = ValueMap()
        if let gid = settings.gid, gid != 0, group.groupID != gid { changes["gid"] = .int(gid) }
        if let members = settings.members, Set(members) != Set(group.members) {
            if members.isEmpty { changes["delusers"] = group.members.value } else { changes["members"] = members.value }
        }
        let missing = (settings.addusers ?? []).filter { !group.members.contains($0) }
        if !missing.isEmpty { changes["addusers"] = missing.value }
        let extra = (settings.delusers ?? []).filter { group.members.contains($0) }
        if !extra.isEmpty { changes["delusers"] = extra.value }
        return changes
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        if settings.members != nil, settings.addusers != nil || settings.delusers != nil {
            return StateResult(
                name: name, result: nil,
                comment: "Error: Conflicting options \"members\" with \"addusers\" and/or \"delusers\" can not be used together. ")
        }
        if let add = settings.addusers, let delete = settings.delusers, !Set(add).isDisjoint(with: delete) {
            return StateResult(name: name, result: nil, comment: "Error. Same user(s) can not be added and deleted simultaneously")
        }
        guard let changes = try await differences(state, settings) else { return try await create(state, settings) }
        if changes.isEmpty { return state.unchanged("Group \(name) is present and up to date") }
        let comment = "The following group attributes are set to be changed:\n" + changes.map { "\($0.key.pythonString): \($0.value.pythonString)\n" }.joined()
        return try await state.either(would: { StateResult(name: name, result: nil, comment: comment) }, do: {
            try await apply(state, changes, settings)
            let left = try await differences(state, settings) ?? changes
            if left.isEmpty {
                return StateResult(name: name, result: true, comment: comment, changes: ["Final": "All changes applied successfully"])
            }
            return state.failed(comment + "Some changes could not be applied", changes: ["Failed": .map(left)])
        })
    }

    private static func apply(_ state: StateContext, _ changes: ValueMap, _ settings: Settings) async throws {
        let call = state.call
        if let gid = changes["gid"]?.intValue { _ = try await GroupModule.changeID(call, name: state.name, id: gid, nonUnique: settings.nonUnique) }
        for user in changes["addusers"]?.listValue ?? [] { _ = try await GroupModule.addUser(call, name: state.name, user: user.pythonString) }
        for user in changes["delusers"]?.listValue ?? [] { _ = try await GroupModule.removeUser(call, name: state.name, user: user.pythonString) }
        if let members = changes["members"]?.listValue {
            _ = try await GroupModule.setMembers(call, name: state.name, members: members.map(\.pythonString).joined(separator: ","))
        }
    }

    private static func create(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "Group \(name) set to be added")
        }, do: {
            if let gid = settings.gid, !settings.nonUnique, let taken = try await state.call.host.group(id: gid) {
                return state.failed("Group \(name) is not present but gid \(gid) is already taken by group \(taken.name)")
            }
            let isMade = try await GroupModule.add(
                state.call, name: name, id: settings.gid, system: settings.system, nonUnique: settings.nonUnique, ignored: [:])
            guard isMade else { return state.failed("Failed to create new group \(name)") }
            let members = settings.addusers ?? settings.members ?? []
            if !members.isEmpty { _ = try await GroupModule.setMembers(state.call, name: name, members: members.joined(separator: ",")) }
            if let left = try await differences(state, settings), !left.isEmpty {
                return state.failed("Group \(name) has been created but, some changes could not be applied", changes: ["Failed": .map(left)])
            }
            let info = try await GroupModule.info(state.call, name: name, ignored: [:])
            return StateResult(name: name, result: true, comment: "New group \(name) created", changes: info)
        })
    }

    private static func absent(_ state: StateContext, name: String, local: Bool) async throws -> StateResult {
        guard try await state.call.host.group(named: name) != nil else { return state.unchanged("Group not present") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "Group \(name) is set for removal")
        }, do: {
            guard try await GroupModule.delete(state.call, name: name, ignored: [:]) else { return state.failed("Failed to remove group \(name)") }
            return StateResult(name: name, result: true, comment: "Removed group \(name)", changes: [.string(name): ""])
        })
    }
}
