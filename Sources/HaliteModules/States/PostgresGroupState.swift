import HaliteModuleKit
import HaliteValue

/// Groups of PostgreSQL: roles that do not connect.
package struct PostgresGroupState: StateModule {
    package static let name = "postgres_group"
    package static let summary = "Groups of PostgreSQL."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "A group is there, with these attributes.", Settings.self,
            body: { state, settings in
                var wanted = settings.role
                wanted.connection = settings.login.connection
                return try await PostgresRole(kind: .group, wanted: wanted, refreshPassword: settings.refreshPassword).present(state)
            }),
        StateFunction(
            "absent", "A group is not there.", PostgresLogin.self,
            body: { state, login in try await PostgresRole.absent(state, login, .group) }),
    ]

    struct Settings: ArgumentGroup {
        var role = PostgresModule.Role()
        var refreshPassword = false
        var login = PostgresLogin()

        static let fields: [ArgumentField<Settings>] =
            [
                .field("createdb", \.role.createdb, "It may create databases."),
                .field("createroles", \.role.createroles, "It may create roles."),
                .field("encrypted", \.role.encrypted, "How its password is kept: md5 or true, scram-sha-256, or false."),
                .field("superuser", \.role.superuser, "It may do everything."),
                .field("inherit", \.role.inherit, "It has the rights of its groups without asking."),
                .field("login", \.role.login, "It may connect."),
                .field("replication", \.role.replication, "It may replicate the server."),
                .field("password", \.role.password, "Its password, or the form that the server keeps."),
                .field("refresh_password", \.refreshPassword, "Set the password without a look at the one that is there."),
                .field("groups", \.role.groupsValue, "Its groups: a list, or a text with commas."),
            ] + PostgresLogin.fields.map { $0.within(\.login) }
    }
}
