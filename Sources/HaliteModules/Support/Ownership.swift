import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A user or group by name or number, as states take it.
struct Account: ValueConvertible, Equatable {
    let value: Value
    static var valueDescription: String { "a name or a number" }

    init(value: Value) throws(ValueError) {
        switch value {
        case .string, .int: self.value = value
        default: throw ValueError(expected: Self.valueDescription, found: value)
        }
    }

    init(_ name: String) { value = .string(name) }

    /// An empty name or the number 0 asks for nothing, as it is false in Python.
    var isGiven: Bool { value.isTruthy }
    var text: String { value.pythonString }

    func matches(name: String, id: Int) -> Bool { value == .string(name) || value == .int(id) }
}

/// Owner, group and mode of files: what differs from what a state wants, and setting it.
struct Ownership: Sendable {
    var user: Account?
    var group: Account?
    var mode: FileMode?

    /// Salt's message about accounts that do not exist; empty when all is well.
    func missingAccounts(_ host: any Host) async throws -> String {
        var message = ""
        if let user, user.isGiven, try await Self.userID(user, host) == nil { message += "User \(user.text) is not available " }
        if let group, group.isGiven, try await Self.groupID(group, host) == nil { message += "Group \(group.text) is not available" }
        return message
    }

    static func userID(_ account: Account, _ host: any Host) async throws -> Int? {
        if case .int(let id) = account.value { return id }
        return try await host.user(named: account.text)?.userID
    }

    static func groupID(_ account: Account, _ host: any Host) async throws -> Int? {
        if case .int(let id) = account.value { return id }
        return try await host.group(named: account.text)?.groupID
    }

    static func userName(_ id: Int, _ host: any Host) async throws -> String { try await host.user(id: id)?.name ?? String(id) }
    static func groupName(_ id: Int, _ host: any Host) async throws -> String { try await host.group(id: id)?.name ?? String(id) }

    /// What differs at a path, in Salt's form of changes.
    func differences(_ status: FileStatus, _ host: any Host) async throws -> ValueMap {
        var changes = ValueMap()
        if let user, user.isGiven, !user.matches(name: try await Self.userName(status.userID, host), id: status.userID) {
            changes["user"] = user.value
        }
        if let group, group.isGiven, !group.matches(name: try await Self.groupName(status.groupID, host), id: status.groupID) {
            changes["group"] = group.value
        }
        // Links have no mode of their own on Linux.
        if let mode, status.kind != .link, mode.bits != status.mode { changes["mode"] = mode.value }
        return changes
    }

    func attributes(_ host: any Host) async throws -> FileAttributes {
        var attributes = FileAttributes(mode: mode?.bits)
        if let user, user.isGiven { attributes.userID = try await Self.userID(user, host) }
        if let group, group.isGiven { attributes.groupID = try await Self.groupID(group, host) }
        return attributes
    }

    /// Sets what differs.
    /// - Returns: what changed, and Salt's sentences about what could not be changed.
    func enforce(
        _ path: String, _ host: any Host, followLinks: Bool, was: FileStatus? = nil
    ) async throws -> (changes: ValueMap, problems: [String]) {
        guard let status = try await host.status(path, followLinks: followLinks) else { return ([:], []) }
        var seen = was ?? status
        seen.kind = status.kind
        let wanted = try await differences(seen, host)
        let now = try await differences(status, host)
        if wanted.isEmpty { return ([:], []) }
        var problems: [String] = []
        var changes = wanted
        func set(_ key: String, _ word: String, _ attributes: FileAttributes) async throws {
            guard let value = now[key] else { return }
            do {
                try await host.setAttributes(path, attributes, followLinks: followLinks)
            } catch let error as HostError where error.code == .notPermitted {
                problems.append("Failed to change \(word) to \(value.pythonString)")
                changes[key] = nil
            }
        }
        let all = try await attributes(host)
        try await set("user", "user", FileAttributes(userID: all.userID))
        try await set("group", "group", FileAttributes(groupID: all.groupID))
        // Changing the owner clears set-uid and set-gid bits, so the mode is set again.
        let keepsMode = now["mode"] == nil && (now["user"] != nil || now["group"] != nil) && status.kind != .link
        if keepsMode { try await host.setAttributes(path, FileAttributes(mode: status.mode), followLinks: followLinks) }
        try await set("mode", "mode", FileAttributes(mode: all.mode))
        return (changes, problems)
    }
}

extension CallContext {
    /// The user and group a state takes when it names none: whoever the minion runs as.
    func ownAccounts() async throws -> (user: String, group: String) {
        let identity = try await host.identity()
        let user = try await host.user(id: identity.userID)
        let group = try await Ownership.groupName(user?.groupID ?? identity.groupID, host)
        return (user?.name ?? String(identity.userID), group)
    }
}
