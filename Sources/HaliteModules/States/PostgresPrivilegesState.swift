import HaliteModuleKit
import HaliteValue

/// Rights of roles of PostgreSQL.
package struct PostgresPrivilegesState: StateModule {
    package static let name = "postgres_privileges"
    package static let summary = "Rights of roles of PostgreSQL."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A role has rights on an object.", Settings.self, body: present),
        StateFunction("absent", "A role has not all of these rights on an object.", RemovalSettings.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var object = PostgresModule.PrivilegeObject()
        var privileges: [String] = []
        var grantOption = false
        var login = PostgresLogin()

        static let objectFields: [ArgumentField<Settings>] = [
            .field("object_name", \.object.name, "The object; ALL means all of a schema.", required: true),
            .field(
                "object_type", \.object.type, "table, sequence, schema, database, function, language, tablespace or group.", required: true),
            .field("privileges", \.privileges, "The rights, such as SELECT or ALL."),
        ]
        static let grantField: ArgumentField<Settings> = .field("grant_option", \.grantOption, "The role may pass them on.")
        static let rest: [ArgumentField<Settings>] =
            [.field("prepend", \.object.schema, "The schema of a table, sequence or function.")]
            + PostgresLogin.fields.map { $0.within(\.login) }
        static let fields = objectFields + [grantField] + rest

        /// Rights, as the comment names them and as the statement does.
        var text: String? { privileges.isEmpty ? nil : privileges.joined(separator: ",") }
        var shown: String { object.type == "group" ? object.name : text ?? "None" }

        func privileges(_ state: StateContext) -> PostgresPrivileges { PostgresPrivileges(object, login.client(state)) }
    }

    struct RemovalSettings: ArgumentGroup {
        var settings = Settings()
        static let fields = (Settings.objectFields + Settings.rest).map { $0.within(\RemovalSettings.settings) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let privileges = settings.privileges(state)
        if try await privileges.isGrantedOnAll(to: state.name, settings.text, withGrant: settings.grantOption) {
            return state.unchanged("The requested privilege(s) are already set")
        }
        return try await state.either(
            would: {
                state.planned("The privilege(s): \(settings.shown) are set to be granted to \(state.name)")
            },
            do: {
                guard try await privileges.grant(to: state.name, settings.text, withGrant: settings.grantOption) else {
                    return state.failed("Failed to grant privilege(s): \(settings.shown) to \(state.name)")
                }
                return state.changed("The privilege(s): \(settings.shown) have been granted to \(state.name)", "Present")
            })
    }

    private static func absent(_ state: StateContext, _ removal: RemovalSettings) async throws -> StateResult {
        let settings = removal.settings
        let privileges = settings.privileges(state)
        guard try await privileges.isGrantedOnAll(to: state.name, settings.text, withGrant: false) else {
            return state.unchanged("The requested privilege(s) are not set so cannot be revoked")
        }
        return try await state.either(
            would: {
                state.planned("The privilege(s): \(settings.shown) are set to be revoked from \(state.name)")
            },
            do: {
                guard try await privileges.revoke(from: state.name, settings.text) else {
                    return state.failed("Failed to revoke privilege(s): \(settings.shown) from \(state.name)")
                }
                return state.changed("The privilege(s): \(settings.shown) have been revoked from \(state.name)", "Absent")
            })
    }
}
