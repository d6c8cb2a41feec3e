import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Accounts of users that exist, or do not.
package struct UserState: StateModule {
    package static let name = "user"
    package static let summary = "Accounts of users that exist, or do not."

    package static let functions: [StateFunction] = [
        StateFunction("present", "A user exists.", Settings.self, body: present),
        StateFunction("absent", "A user does not exist.", .required("name", "The user."), .optional("purge", false, "With the home."), .optional("force", false, "Also when logged in."), .optional("local", false, "Without effect."), body: absent),
    ]

    struct Settings: ArgumentGroup {
        var uid: Int?
        var gid: Account?
        var usergroup: Bool?
        var groups: [String]?
        var optionalGroups: [String]?
        var removeGroups = true
        var home: String?
        var createhome = true
        var persistHome = false
        var password: String?
        var hashPassword = false
        var enforcePassword = true
        var emptyPassword = false
        var shell: String?
        var unique = true
        var system = false
        var fullname: String?
        var roomnumber: String?
        var workphone: String?
        var homephone: String?
        var other: String?
        var loginclass: Value = .null
        var date: Int?
        var mindays: Int?
        var maxdays: Int?
        var inactdays: Int?
        var warndays: Int?
        var expire: Int?
        var nologinit = false
        var allowUidChange = false
        var allowGidChange = false
        var passwordLock: Bool?
        var local = false

        static let fields: [ArgumentField<Settings>] = [
            .field("uid", \.uid, "The number."),
            .field("gid", \.gid, "The primary group, by name or number."),
            .field("usergroup", \.usergroup, "Make a group of the same name."),
            .field("groups", \.groups, "Groups."),
            .field("optional_groups", \.optionalGroups, "Groups, where they exist."),
            .field("remove_groups", \.removeGroups, "Leave all other groups."),
            .field("home", \.home, "The home."),
            .field("createhome", \.createhome, "Make the home."),
            .field("persist_home", \.persistHome, "Move what is in the old home."),
            .field("password", \.password, "The hash of the password."),
            .field("hash_password", \.hashPassword, "The password is given itself; hash it."),
            .field("enforce_password", \.enforcePassword, "Change it also when the user has one."),
            .field("empty_password", \.emptyPassword, "No password."),
            .field("shell", \.shell, "The shell."),
            .field("unique", \.unique, "The number belongs to nobody else."),
            .field("system", \.system, "A user of the system, when it is made."),
            .field("fullname", \.fullname, "The full name."),
            .field("roomnumber", \.roomnumber, "The room."),
            .field("workphone", \.workphone, "The telephone at work."),
            .field("homephone", \.homephone, "The telephone at home."),
            .field("other", \.other, "Any text."),
            .field("loginclass", \.loginclass, "Without effect on Linux."),
            .field("date", \.date, "The day of the last change of password, in days since 1970."),
            .field("mindays", \.mindays, "Days before which the password cannot change."),
            .field("maxdays", \.maxdays, "Days after which it must change."),
            .field("inactdays", \.inactdays, "Days after which the account is locked."),
            .field("warndays", \.warndays, "Days of warning."),
            .field("expire", \.expire, "The day on which the account ends, in days since 1970."),
            .field("nologinit", \.nologinit, "Keep it out of the databases of logins."),
            .field("allow_uid_change", \.allowUidChange, "The number may change."),
            .field("allow_gid_change", \.allowGidChange, "The primary group may change."),
            .field("password_lock", \.passwordLock, "Lock the password, or unlock it."),
            .field("local", \.local, "Without effect."),
        ]

        var gecos: [(key: String, text: String)] {
            let all = [("fullname", fullname), ("roomnumber", roomnumber), ("workphone", workphone), ("homephone", homephone), ("other", other)]
            return all.compactMap { key, text in text.map { (key, $0) } }
        }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let call = state.call
        var settings = settings
        for (key, text) in settings.gecos where ["fullname", "roomnumber", "workphone"].contains(key) && text.contains(",") {
            return state.failed("Unsupported char ',' in \(text)")
        }
        if settings.hashPassword, let password = settings.password {
            let current = await ShadowModule.entry(call.host, state.name)["passwd"]?.stringValue ?? ""
            let parts = current.parts("$")
            settings.password = try await ShadowModule.generate(
                call, password: password, salt: parts.count >= 4 && parts[1] == "6" ? parts[2] : nil, algorithm: "sha512")
        }
        var missing: [String] = []
        for group in settings.groups ?? [] where try await call.host.group(named: group) == nil { missing.append(group) }
        let failure: StateResult? = try await state.whenApplying {
            missing.isEmpty ? nil : state.failed("The following group(s) are not present: \(missing.joined(separator: ","))")
        }
        if let failure { return failure }
        settings.groups = settings.groups?.filter { !missing.contains($0) }
        if let optional = settings.optionalGroups {
            var there: [String] = []
            for group in optional where try await call.host.group(named: group) != nil { there.append(group) }
            settings.optionalGroups = there
        }
        return try await ManagedUser(state: state, settings: settings, missingGroups: missing).apply()
    }

    private static func absent(_ state: StateContext, name: String, purge: Bool, force: Bool, local: Bool) async throws -> StateResult {
        let call = state.call
        guard let entry = try await call.host.user(named: name) else { return state.unchanged("User \(name) is not present") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "User \(name) set for removal")
        }, do: {
            let before = try await UserModule.groups(of: entry, call.host)
            guard try await UserModule.delete(call, name: name, remove: purge, force: force, ignored: [:]) else {
                return state.failed("Failed to remove user \(name)")
            }
            var changes = ValueMap()
            for group in before where try await call.host.group(named: group) == nil { changes[.string("\(group) group")] = "removed" }
            changes[.string(name)] = "removed"
            return StateResult(name: name, result: true, comment: "Removed user \(name)", changes: changes)
        })
    }
}
