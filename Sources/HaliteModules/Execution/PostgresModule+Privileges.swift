import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Rights on tables, schemas, databases and other objects, and membership of groups.
extension PostgresModule {
    static let privilegeFunctions: [Function] = [
        Function(
            "privileges_list", "Return who has which rights on an object.", PrivilegeListSettings.self,
            body: { call, settings in
                try await PostgresPrivileges(settings.object, PostgresClient(call, settings.connection)).list()
            }),
        Function(
            "has_privileges", "Tell whether a role has rights on an object.", PrivilegeSettings.self,
            body: { call, settings in
                try await settings.privileges(call).isGranted(to: settings.name, settings.privileges, withGrant: settings.grantOption)
            }),
        Function(
            "privileges_grant", "Grant rights on an object to a role.", PrivilegeSettings.self,
            body: { call, settings in
                try await settings.privileges(call).grant(to: settings.name, settings.privileges, withGrant: settings.grantOption)
            }),
        Function(
            "privileges_revoke", "Revoke rights on an object from a role.", PrivilegeRemoval.self,
            body: { call, settings in
                let privileges = PostgresPrivileges(settings.object, PostgresClient(call, settings.connection))
                return try await privileges.revoke(from: settings.name, settings.privileges)
            }),
    ]

    /// Something that rights are granted on.
    struct PrivilegeObject: Sendable {
        var name = ""
        var type = ""
        var schema = "public"
    }

    struct PrivilegeListSettings: ArgumentGroup {
        var object = PrivilegeObject()
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [
                .field("name", \.object.name, "The object.", required: true),
                .field("object_type", \.object.type, "Such as table, schema or database.", required: true),
                .field("prepend", \.object.schema, "The schema of a table, sequence or function."),
            ] + databaseFirst.map { $0.within(\.connection) }
    }

    /// Here the database comes before the role.
    private static let databaseFirst = [
        PostgresConnection.databaseField, PostgresConnection.userField, PostgresConnection.hostField, PostgresConnection.portField,
        PostgresConnection.passwordField, PostgresConnection.runasField,
    ]

    struct PrivilegeSettings: ArgumentGroup {
        var name = ""
        var object = PrivilegeObject()
        var privileges: String?
        var grantOption = false
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [
                .field("name", \.name, "The role.", required: true), .field("object_name", \.object.name, "The object.", required: true),
                .field("object_type", \.object.type, "Such as table, schema or database.", required: true),
                .field("privileges", \.privileges, "The rights, with commas between them."),
                .field("grant_option", \.grantOption, "The role may pass them on."),
                .field("prepend", \.object.schema, "The schema of a table, sequence or function."),
            ] + databaseFirst.map { $0.within(\.connection) }

        func privileges(_ call: CallContext) -> PostgresPrivileges { PostgresPrivileges(object, PostgresClient(call, connection)) }
    }

    struct PrivilegeRemoval: ArgumentGroup {
        var name = ""
        var object = PrivilegeObject()
        var privileges: String?
        var connection = PostgresConnection()
        static let fields: [ArgumentField<Self>] =
            [
                .field("name", \.name, "The role.", required: true), .field("object_name", \.object.name, "The object.", required: true),
                .field("object_type", \.object.type, "Such as table, schema or database.", required: true),
                .field("privileges", \.privileges, "The rights, with commas between them."),
                .field("prepend", \.object.schema, "The schema of a table, sequence or function."),
            ] + databaseFirst.map { $0.within(\.connection) }
    }
}
