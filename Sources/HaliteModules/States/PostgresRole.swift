import HaliteModuleKit
import HaliteValue

/// What the states of users and groups of PostgreSQL have in common: both are roles.
struct PostgresRole: Sendable {
    let kind: PostgresModule.RoleKind
    var wanted: PostgresModule.Role
    /// For a new role without a password.
    var defaultPassword: String?
    /// Set the password without looking at the one that is there, which only superusers may.
    var refreshPassword = false

    private var title: String { kind == .user ? "User" : "Group" }

    func present(_ state: StateContext) async throws -> StateResult {
        let client = PostgresClient(state.call, wanted.connection)
        var role = wanted
        role.name = state.name
        let found = try await PostgresModule.roles(client, withPasswords: !refreshPassword)?[state.name]?.mapValue
        if found == nil, role.password == nil { role.password = defaultPassword }
        role.password = try newPassword(role, found)
        let name = state.name
        let verb = found == nil ? "create" : "update"
        var changes = ValueMap()
        if let found {
            let update = try await differences(client, role, found)
            if update.isEmpty { return state.unchanged("\(title) \(name) is already present") }
            changes[.string(name)] = .map(update)
        }
        return try await state.either(
            would: {
                state.planned("\(title) \(name) is set to be \(verb)d", changes: changes)
            },
            do: {
                let isDone =
                    found == nil
                    ? try await PostgresModule.create(state.call, role, kind) : try await PostgresModule.update(state.call, role, kind)
                guard isDone else { return state.failed("Failed to \(verb) \(title.lowercased()) \(name)") }
                return state.changed("The \(title.lowercased()) \(name) has been \(verb)d", changes[name] ?? "Present")
            })
    }

    /// The password in its kept form; nil when the role has it already.
    private func newPassword(_ role: PostgresModule.Role, _ found: ValueMap?) throws -> String? {
        guard let password = role.password else { return nil }
        let method = PostgresPassword.Method(role.encrypted)
        if let found, !refreshPassword,
            PostgresPassword.matches(password, role: role.name, kept: found["password"]?.stringValue ?? "", method)
        {
            return nil
        }
        return try PostgresPassword.encrypted(password, role: role.name, method)
    }

    private func differences(_ client: PostgresClient, _ role: PostgresModule.Role, _ found: ValueMap) async throws -> ValueMap {
        var update = ValueMap()
        for (name, key, wanted) in [
            ("createdb", "can create databases", role.createdb), ("inherit", "inherits privileges", role.inherit),
            ("login", "can login", role.login),
            ("createroles", "can create roles", role.createroles), ("replication", "replication", role.replication),
            ("superuser", "superuser", role.superuser),
        ] {
            if let wanted, found[key] != .bool(wanted) { update[.string(name)] = .bool(wanted) }
        }
        if role.password != nil { update["password"] = true }
        if let moment = role.validUntil {
            let rows = try await client.rows("SELECT \(SQLText.literal(moment))::timestamp(0) as dt;")
            guard let text = rows.first?["dt"]?.stringValue else {
                throw ExecutionError("'\(moment)' is no moment of time that the server understands")
            }
            if PostgresModule.moment(text).map({ .string($0) }) ?? .null != found["expiry time"] { update["valid_until"] = .string(moment) }
        }
        let missing = (role.groups ?? []).filter { !(found["groups"]?.listValue ?? []).contains(.string($0)) }
        if !missing.isEmpty { update["groups"] = missing.value }
        return update
    }

    static func absent(_ state: StateContext, _ login: PostgresLogin, _ kind: PostgresModule.RoleKind) async throws -> StateResult {
        let title = kind == .user ? "User" : "Group"
        let client = login.client(state)
        let name = state.name
        guard try await PostgresModule.roles(client)?[name] != nil else {
            return state.unchanged("\(title) \(name) is not present, so it cannot be removed")
        }
        return try await state.either(
            would: {
                state.planned("\(title) \(name) is set to be removed")
            },
            do: {
                guard try await PostgresModule.remove(client, name) else { return state.failed("\(title) \(name) failed to be removed") }
                return state.changed("\(title) \(name) has been removed", "Absent")
            })
    }
}
