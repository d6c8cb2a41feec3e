import HaliteModuleKit
import HaliteValue

/// The arguments of the functions that create and change roles: the same ones, in another order each.
extension PostgresModule {
    struct UserCreation: RoleArguments {
        var role = Role()
        static let nameArgument = "username"
        static let order = [
            "createdb", "createroles", "inherit", "login", "connlimit", "encrypted", "superuser", "replication", "rolepassword",
            "valid_until", "groups",
        ]
        static let fields = orderedFields
    }

    struct UserUpdate: RoleArguments {
        var role = Role()
        static let nameArgument = "username"
        static let order = [
            "createdb", "createroles", "encrypted", "superuser", "inherit", "login", "connlimit", "replication", "rolepassword",
            "valid_until", "groups",
        ]
        static let fields = orderedFields
    }

    struct GroupCreation: RoleArguments {
        var role = Role()
        static let nameArgument = "groupname"
        static let order = [
            "createdb", "createroles", "encrypted", "login", "inherit", "superuser", "replication", "rolepassword", "groups",
        ]
        static let fields = orderedFields
    }

    struct GroupUpdate: RoleArguments {
        var role = Role()
        static let nameArgument = "groupname"
        static let order = [
            "createdb", "createroles", "encrypted", "inherit", "login", "superuser", "replication", "rolepassword", "groups",
        ]
        static let fields = orderedFields
    }

    struct UserRemoval: ArgumentGroup {
        var name = ""
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [.field("username", \.name, "The user.", required: true)] + PostgresConnection.fields.map { $0.within(\.connection) }
    }

    struct GroupRemoval: ArgumentGroup {
        var name = ""
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [.field("groupname", \.name, "The group.", required: true)] + PostgresConnection.fields.map { $0.within(\.connection) }
    }
}

/// Arguments that describe a role.
protocol RoleArguments: ArgumentGroup {
    var role: PostgresModule.Role { get set }
    static var nameArgument: String { get }
    /// The attributes in the order of positional arguments.
    static var order: [String] { get }
}

extension RoleArguments {
    static var orderedFields: [ArgumentField<Self>] {
        let known: [ArgumentField<Self>] = [
            .field("createdb", \.role.createdb, "It may create databases."),
            .field("createroles", \.role.createroles, "It may create roles."),
            .field("inherit", \.role.inherit, "It has the rights of its groups without asking."),
            .field("login", \.role.login, "It may connect."),
            .field("connlimit", \.role.connectionLimit, "The most connections at a time."),
            .field("encrypted", \.role.encrypted, "How its password is kept: md5 or true, scram-sha-256, or false."),
            .field("superuser", \.role.superuser, "It may do everything."),
            .field("replication", \.role.replication, "It may replicate the server."),
            .field("rolepassword", \.role.password, "Its password."),
            .field("valid_until", \.role.validUntil, "When its password ends."),
            .field("groups", \.role.groupsValue, "Its groups: a list, or a text with commas."),
        ]
        return [.field(nameArgument, \.role.name, "The name.", required: true)]
            + PostgresConnection.serverFields.map { $0.within(\.role.connection) }
            + order.compactMap { name in known.first { $0.argumentName == name } }
            + [PostgresConnection.runasField.within(\.role.connection)]
    }
}
