import HaliteModuleKit
import HaliteValue

/// Users of PostgreSQL.
package struct PostgresUserState: StateModule {
    package static let name = "postgres_user"
    package static let summary = "Users of PostgreSQL."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "A user is there, with these attributes.", Settings.self,
            body: { state, settings in
                var wanted = settings.role
                wanted.connection = settings.login.connection
                let role = PostgresRole(
                    kind: .user, wanted: wanted, defaultPassword: settings.defaultPassword, refreshPassword: settings.refreshPassword)
                return try await role.present(state)
            }),
        StateFunction(
            "absent", "A user is not there.", PostgresLogin.self,
            body: { state, login in try await PostgresRole.absent(state, login, .user) }),
    ]

    struct Settings: ArgumentGroup {
        var role = PostgresModule.Role()
        var defaultPassword: String?
        var refreshPassword = false
        var login = PostgresLogin()

        static let fields: [ArgumentField<Settings>] =
            [
                .field("createdb", \.role.createdb, "It may create databases."),
                .field("createroles", \.role.createroles, "It may create roles."),
                .field("encrypted", \.role.encrypted, "How its password is kept: md5 or true, scram-sha-256, or false."),
                .field("superuser", \.role.superuser, "It may do everything."),
                .field("replication", \.role.replication, "It may replicate the server."),
                .field("inherit", \.role.inherit, "It has the rights of its groups without asking."),
                .field("login", \.role.login, "It may connect."),
                .field("password", \.role.password, "Its password, or the form that the server keeps."),
                .field("default_password", \.defaultPassword, "The password when it is new and has no other."),
                .field("refresh_password", \.refreshPassword, "Set the password without a look at the one that is there."),
                .field("valid_until", \.role.validUntil, "When its password ends."),
                .field("groups", \.role.groupsValue, "Its groups: a list, or a text with commas."),
            ] + PostgresLogin.fields.map { $0.within(\.login) }
    }
}
