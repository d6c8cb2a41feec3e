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

    /// What differs from a status, in Salt's form of changes; an account that is false in Python asks for nothing.
    func differences(_ status: FileStatus, _ host: any Host) async throws -> ValueMap {
        var changes = ValueMap()
        if let user, user.isGiven, try await !Self.isOwner(user, status, host) { changes["user"] = user.value }
        if let group, group.isGiven, try await !Self.isGroup(group, status, host) { changes["group"] = group.value }
        // Links have no mode of their own on Linux.
        if let mode, status.kind != .link, mode.text != status.modeText { changes["mode"] = mode.value }
        return changes
    }

    /// The same as Salt foresees it for a managed file: any account that is given counts, and the mode of links too.
    func foreseenDifferences(_ status: FileStatus, _ host: any Host) async throws -> ValueMap {
        var changes = ValueMap()
        if let user, try await !Self.isOwner(user, status, host) { changes["user"] = user.value }
        if let group, try await !Self.isGroup(group, status, host) { changes["group"] = group.value }
        if let mode, mode.text != status.modeText { changes["mode"] = mode.value }
        return changes
    }

    private static func isOwner(_ user: Account, _ status: FileStatus, _ host: any Host) async throws -> Bool {
        if case .int(let id) = user.value { return id == status.userID }
        return try await user.matches(name: userName(status.userID, host), id: status.userID)
    }

    private static func isGroup(_ group: Account, _ status: FileStatus, _ host: any Host) async throws -> Bool {
        if case .int(let id) = group.value { return id == status.groupID }
        return try await group.matches(name: groupName(status.groupID, host), id: status.groupID)
    }

    func attributes(_ host: any Host) async throws -> FileAttributes {
        var attributes = FileAttributes(mode: mode?.bits)
        if let user, user.isGiven { attributes.userID = try await Self.userID(user, host) }
        if let group, group.isGiven { attributes.groupID = try await Self.groupID(group, host) }
        return attributes
    }

    /// Salt's complaint of accounts that a change would need and that do not exist.
    private func missingForChange(_ found: FileAttributes) async throws -> String? {
        var text = ""
        if let user, user.isGiven, found.userID == nil { text += "User does not exist\n" }
        if let group, group.isGiven, found.groupID == nil { text += "Group does not exist\n" }
        return text.isEmpty ? nil : text
    }

    /// Sets what differs.
    /// - Parameter was: what a file that was just made counts as, where it got its mode at once.
    /// - Returns: what changed, and Salt's sentences about what could not be changed.
    func enforce(
        _ path: String, _ host: any Host, followLinks: Bool, was: FileStatus? = nil
    ) async throws -> (changes: ValueMap, problems: [String]) {
        let followed = followLinks ? try await host.status(path) : nil
        guard let status = try await followed.orElse({ try await host.status(path, followLinks: false) }) else {
            throw ExecutionError("Path not found: \(path)")
        }
        if followLinks, followed == nil, let mode, mode.text != status.modeText { throw ExecutionError("\(path): File not found") }
        var seen = was ?? status
        seen.kind = status.kind
        let wanted = try await differences(seen, host)
        if wanted.isEmpty { return ([:], []) }
        let now = try await differences(status, host)
        var problems: [String] = []
        var changes = wanted
        let all = try await attributes(host)
        func set(_ key: String, _ attributes: FileAttributes) async throws {
            guard let value = now[key] else { return }
            do {
                try await host.setAttributes(path, attributes, followLinks: followLinks && followed != nil)
            } catch let error as HostError where error.code == .notPermitted {
                problems.append("Failed to change \(key) to \(value.pythonString)")
                changes[key] = nil
            }
        }
        if let missing = try await missingForChange(all) {
            // Salt then changes neither.
            problems.append(missing)
            for key in ["user", "group"] {
                guard let value = now[key] else { continue }
                problems.append("Failed to change \(key) to \(value.pythonString)")
                changes[key] = nil
            }
        } else {
            try await set("user", FileAttributes(userID: all.userID))
            try await set("group", FileAttributes(groupID: all.groupID))
        }
        // Changing the owner clears set-uid and set-gid bits, so the mode is set again.
        let keepsMode = now["mode"] == nil && (now["user"] != nil || now["group"] != nil) && status.kind != .link
        if keepsMode, status.mode & 0o6000 != 0 {
            try await host.setAttributes(path, FileAttributes(mode: status.mode), followLinks: followLinks)
        }
        guard let mode, wanted["mode"] != nil else { return (changes, problems) }
        if mode.bits == nil {
            problems.append("Failed to change mode to \(mode.text)")
            changes["mode"] = nil
        } else {
            try await set("mode", FileAttributes(mode: mode.bits))
        }
        return (changes, problems)
    }
}

extension Optional {
    func orElse(_ other: () async throws -> Wrapped?) async rethrows -> Wrapped? {
        if let self { return self }
        return try await other()
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
