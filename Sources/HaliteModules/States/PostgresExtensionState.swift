import HaliteModuleKit
import HaliteValue

/// Extensions of databases of PostgreSQL.
package struct PostgresExtensionState: StateModule {
    package static let name = "postgres_extension"
    package static let summary = "Extensions of databases of PostgreSQL."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A database has an extension.", Settings.self, body: present),
        StateFunction("absent", "A database has not an extension.", RemovalSettings.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var wanted = PostgresModule.WantedExtension()
        var login = PostgresLogin()
        static let fields: [ArgumentField<Settings>] =
            [
                .field("if_not_exists", \.wanted.ifNotExists, "One that appears meanwhile is no error."),
                .field("schema", \.wanted.schema, "The schema that it is to be in."),
                .field("ext_version", \.wanted.version, "The version that it is to have."),
                .field("from_version", \.wanted.fromVersion, "The version of what it replaces."),
            ] + PostgresLogin.fields.map { $0.within(\.login) }
    }

    struct RemovalSettings: ArgumentGroup {
        var removal = PostgresModule.ExtensionRemoval()
        var login = PostgresLogin()
        static let fields: [ArgumentField<RemovalSettings>] =
            [
                .field("if_exists", \.removal.ifExists, "One that vanishes meanwhile is no error."),
                .field("restrict", \.removal.restrict, "Not when something depends on it."),
                .field("cascade", \.removal.cascade, "With all that depends on it."),
            ] + PostgresLogin.fields.map { $0.within(\.login) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let client = settings.login.client(state)
        let name = state.name
        var wanted = settings.wanted
        wanted.name = name
        let flags = try await PostgresModule.extensionState(client, wanted)
        if flags == [.installed] { return state.unchanged("Extension \(name) is already present") }
        let verb = flags.contains(.absent) ? "install" : "upgrade"
        let participle = verb.hasSuffix("e") ? verb + "d" : verb + "ed"
        let extensionWanted = wanted
        return try await state.either(
            would: {
                state.planned("Extension \(name) is set to be \(participle)")
            },
            do: {
                guard try await PostgresModule.createExtension(client, extensionWanted) else {
                    return state.failed("Failed to \(verb) extension \(name)")
                }
                return state.changed(
                    "The extension \(name) has been \(participle)", .string(verb.capitalizedFirst + participle.dropFirst(verb.count)))
            })
    }

    private static func absent(_ state: StateContext, _ settings: RemovalSettings) async throws -> StateResult {
        let name = state.name
        guard try await PostgresModule.installedExtensions(settings.login.client(state))[name] != nil else {
            return state.unchanged("Extension \(name) is not present, so it cannot be removed")
        }
        var removal = settings.removal
        (removal.name, removal.connection) = (name, settings.login.connection)
        let wanted = removal
        return try await state.either(
            would: {
                state.planned("Extension \(name) is set to be removed")
            },
            do: {
                guard try await PostgresModule.dropExtension(state.call, wanted) else {
                    return state.failed("Extension \(name) failed to be removed")
                }
                return state.changed("Extension \(name) has been removed", "Absent")
            })
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
