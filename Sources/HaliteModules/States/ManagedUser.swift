import HaliteHost
import HaliteModuleKit
import HaliteValue

/// One user that a state makes or changes.
struct ManagedUser {
    let state: StateContext
    let settings: UserState.Settings
    let missingGroups: [String]

    private var call: CallContext { state.call }
    private var host: any Host { state.call.host }
    private var name: String { state.name }

    func apply() async throws -> StateResult {
        guard let entry = try await host.user(named: name) else { return try await create() }
        let changes = try await differences(entry)
        var errors: [String] = []
        if !settings.allowUidChange, let uid = changes["uid"] {
            errors.append(
                "Changing uid (\(entry.userID) -> \(uid.pythonString)) not permitted, set allow_uid_change to True to force this change. Note that this will not change file ownership.")
        }
        if !settings.allowGidChange, let gid = changes["gid"] {
            errors.append(
                "Changing gid (\(entry.groupID) -> \(gid.pythonString)) not permitted, set allow_gid_change to True to force this change. Note that this will not change file ownership.")
        }
        if !errors.isEmpty {
            return state.failed("Encountered error checking for needed changes. Additional info follows:\n\n" + errors.map { "- \($0)" }.joined(separator: "\n"))
        }
        if changes.isEmpty { return state.unchanged("User \(name) is present and up to date") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: plan(changes))
        }, do: { try await change(entry, changes) })
    }

    private func plan(_ changes: ValueMap) -> String {
        var comment = "The following user attributes are set to be changed:\n"
        for (key, value) in changes { comment += "\(key.pythonString): \(key == "passwd" ? "XXX-REDACTED-XXX" : value.pythonString)\n" }
        if !missingGroups.isEmpty { comment += "groups (pending creation): \(missingGroups.joined(separator: ","))\n" }
        return comment
    }

    // MARK: - What differs

    /// The primary group's number that is wanted; nil keeps it.
    private func wantedGroupID() async throws -> Int? {
        if settings.usergroup == true, let own = try await host.group(named: name) { return own.groupID }
        guard let gid = settings.gid else { return nil }
        return try await Ownership.groupID(gid, host)
    }

    private func differences(_ entry: UserEntry) async throws -> ValueMap {
        var changes = ValueMap()
        if let uid = settings.uid, uid != 0, entry.userID != uid { changes["uid"] = .int(uid) }
        let group = try await wantedGroupID()
        if let wanted = settings.usergroup == true ? group.map({ Value.int($0) }) : settings.gid?.value, group != entry.groupID { changes["gid"] = wanted }
        if let groups = try await groupDifference(entry, primary: group ?? entry.groupID) { changes["groups"] = groups.value }
        if let home = settings.home, !home.isEmpty, entry.home != home { changes["home"] = .string(home) }
        if settings.createhome {
            let home = settings.home ?? entry.home
            if try await !host.isDirectory(home) { changes["homeDoesNotExist"] = .string(home) }
        }
        if let shell = settings.shell, !shell.isEmpty, entry.shell != shell { changes["shell"] = .string(shell) }
        try await addShadow(&changes)
        let fields = UserModule.fields(entry)
        for (key, text) in settings.gecos {
            if let index = UserModule.fieldNames.firstIndex(of: key), fields[index] != text { changes[.string(key)] = .string(text) }
        }
        return changes
    }

    /// The groups to set, sorted; nil when they are as they should be.
    private func groupDifference(_ entry: UserEntry, primary: Int) async throws -> [String]? {
        let given = (settings.groups ?? []) + (settings.optionalGroups ?? [])
        let current = Set(try await UserModule.groups(of: entry, host))
        var wanted = Set(given)
        let keepsOthers = !settings.removeGroups || (settings.groups == nil && (settings.optionalGroups ?? []).isEmpty)
        if keepsOthers { wanted.formUnion(current) }
        // The primary groups, old and new, and one of the user's own name are not further groups.
        let primaryName = try await host.group(id: primary)?.name
        let oldName = try await host.group(id: entry.groupID)?.name
        var compared = current
        for own in [primaryName, oldName].compactMap({ $0 }) { compared.remove(own) }
        if let primaryName { wanted.remove(primaryName) }
        if !wanted.contains(name) { compared.remove(name) }
        if compared == wanted || (!settings.removeGroups && wanted.isSubset(of: compared)) { return nil }
        if wanted.isEmpty, !settings.removeGroups { return nil }
        return wanted.sorted()
    }

    private func addShadow(_ changes: inout ValueMap) async throws {
        let shadow = await ShadowModule.entry(host, name)
        guard shadow["name"]?.isTruthy == true else { return }
        let hash = shadow["passwd"]?.pythonString ?? ""
        if let password = settings.password, !password.isEmpty, !settings.emptyPassword, hash == "!" || settings.enforcePassword, hash != password {
            changes["passwd"] = .string(password)
        }
        if settings.emptyPassword, !hash.isEmpty { changes["empty_password"] = true }
        let days: [(String, String, Int?)] = [
            ("date", "lstchg", settings.date), ("mindays", "min", settings.mindays), ("maxdays", "max", settings.maxdays),
            ("inactdays", "inact", settings.inactdays), ("warndays", "warn", settings.warndays), ("expire", "expire", settings.expire),
        ]
        for (key, field, wanted) in days {
            if let wanted, shadow[field] != .int(wanted), !(key == "expire" && wanted == 0) { changes[.string(key)] = .int(wanted) }
        }
        if let lock = settings.passwordLock, lock != hash.hasPrefix("!") { changes["password_lock"] = .bool(lock) }
    }

    // MARK: - Changing

    private func change(_ entry: UserEntry, _ changes: ValueMap) async throws -> StateResult {
        let before = try await UserModule.describe(entry, host)
        let shadowBefore = await ShadowModule.entry(host, name)
        try await setShadow(changes)
        try await setHome(changes, entry)
        if let uid = changes["uid"]?.intValue { _ = try await UserModule.changeID(call, name: name, id: uid) }
        if let gid = changes["gid"] { _ = try await UserModule.changeGroup(call, name: name, group: gid.pythonString) }
        if let shell = changes["shell"] { _ = try await UserModule.changeShell(call, name: name, shell: shell.pythonString) }
        for key in UserModule.fieldNames {
            if let text = changes[key] { _ = try await UserModule.changeField(call, name, key, text.pythonString) }
        }
        if let groups = changes["groups"]?.listValue {
            _ = try await UserModule.changeGroups(call, name: name, groups: groups.map(\.pythonString), append: !settings.removeGroups)
        }
        guard let now = try await host.user(named: name) else { return state.failed("Failed to update user \(name)") }
        let after = try await UserModule.describe(now, host)
        let shadowAfter = await ShadowModule.entry(host, name)
        var made = ValueMap()
        for (key, value) in after where before[key] != value { made[key] = value }
        for (key, value) in shadowAfter where shadowBefore[key] != value { made[key] = key == "passwd" ? "XXX-REDACTED-XXX" : value }
        let left = try await differences(now)
        if !left.isEmpty {
            return state.failed("These values could not be changed: \(Value.map(left).pythonRepr)", changes: made)
        }
        return StateResult(
            name: name, result: true, comment: made.isEmpty ? "User \(name) is present and up to date" : "Updated user \(name)", changes: made)
    }

    private func setShadow(_ changes: ValueMap) async throws {
        if changes["passwd"] != nil, let password = settings.password {
            _ = try await ShadowModule.setPassword(call, name: name, hash: password, ignored: [:])
        }
        if changes["empty_password"] != nil { _ = try await ShadowModule.deletePassword(call, name: name, ignored: [:]) }
        if let lock = changes["password_lock"] {
            _ = lock.isTruthy
                ? try await ShadowModule.lock(call, name: name, ignored: [:]) : try await ShadowModule.unlock(call, name: name, ignored: [:])
        }
        for (key, option) in [("date", "-d"), ("mindays", "-m"), ("maxdays", "-M"), ("inactdays", "-I"), ("warndays", "-W"), ("expire", "-E")] {
            if let value = changes[key] { _ = try await host.run("chage", option, value.pythonString, name) }
        }
    }

    private func setHome(_ changes: ValueMap, _ entry: UserEntry) async throws {
        guard let home = (changes["homeDoesNotExist"] ?? changes["home"])?.stringValue else { return }
        if entry.home != home { _ = try await UserModule.changeHome(call, name: name, home: home, persist: settings.persistHome) }
        if changes["homeDoesNotExist"] != nil, try await !host.isDirectory(home) {
            try await host.makeDirectories(home, FileAttributes(mode: 0o755, userID: entry.userID, groupID: entry.groupID))
        }
    }

    // MARK: - Making

    private func create() async throws -> StateResult {
        try await state.either(would: {
            let pending = missingGroups.isEmpty ? "" : " (pending groups: \(missingGroups.joined(separator: ",")))"
            return StateResult(name: name, result: nil, comment: "User \(name) set to be added\(pending)")
        }, do: {
            var add = UserModule.AddSettings()
            add.name = name
            (add.uid, add.gid) = (settings.uid.map { String($0) }, settings.gid?.text)
            add.groups = (settings.groups ?? []) + (settings.optionalGroups ?? [])
            (add.home, add.shell, add.unique, add.system) = (settings.home, settings.shell, settings.unique, settings.system)
            (add.fullname, add.roomnumber, add.workphone) = (settings.fullname ?? "", settings.roomnumber ?? "", settings.workphone ?? "")
            (add.homephone, add.other, add.createhome) = (settings.homephone ?? "", settings.other ?? "", settings.createhome)
            (add.nologinit, add.usergroup) = (settings.nologinit, settings.usergroup)
            guard try await UserModule.add(call, add), let entry = try await host.user(named: name) else {
                return state.failed("Failed to create new user \(name)")
            }
            var result = StateResult(
                name: name, result: true, comment: "New user \(name) created", changes: try await UserModule.describe(entry, host))
            if !settings.createhome { result.changes["home"] = "" }
            try await finish(&result)
            return result
        })
    }

    /// Sets the password and its days of a new user.
    private func finish(_ result: inout StateResult) async throws {
        var changes = ValueMap()
        try await addShadow(&changes)
        try await setShadow(changes)
        if settings.password?.isEmpty == false, !settings.emptyPassword { result.changes["password"] = "XXX-REDACTED-XXX" }
        if settings.emptyPassword, settings.password == nil { result.changes["password"] = "" }
        let days = [
            ("date", settings.date), ("mindays", settings.mindays), ("maxdays", settings.maxdays), ("inactdays", settings.inactdays),
            ("warndays", settings.warndays), ("expire", settings.expire),
        ]
        for (key, value) in days { if let value, value != 0 || key == "date" { result.changes[.string(key)] = .int(value) } }
        var left = ValueMap()
        try await addShadow(&left)
        if left["passwd"] != nil {
            result.result = false
            result.comment = "User \(name) created but failed to set password to XXX-REDACTED-XXX"
        }
    }
}
