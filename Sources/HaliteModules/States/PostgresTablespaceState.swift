import HaliteModuleKit
import HaliteValue

/// Tablespaces of PostgreSQL.
package struct PostgresTablespaceState: StateModule {
    package static let name = "postgres_tablespace"
    package static let summary = "Tablespaces of PostgreSQL."
    package static let requires: Requirement = .command("psql")

    package static let functions: [StateFunction] = [
        StateFunction("present", "A tablespace is there.", Settings.self, body: present),
        StateFunction("absent", "A tablespace is not there.", PostgresLogin.self, body: absent),
    ]

    struct Settings: ArgumentGroup {
        var directory = ""
        var options: ValueMap = [:]
        var owner: String?
        var login = PostgresLogin()
        static let fields: [ArgumentField<Settings>] =
            [
                .field("directory", \.directory, "Its folder, which must be there and belong to the server.", required: true),
                .field("options", \.options, "Such as seq_page_cost and random_page_cost."),
                .field("owner", \.owner, "The role that owns it."),
            ] + PostgresLogin.fields.map { $0.within(\.login) }
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        guard let found = try await PostgresModule.tablespaces(settings.login.client(state))[name]?.mapValue else {
            return try await create(state, settings)
        }
        let owner = settings.owner.flatMap { found["Owner"]?.stringValue == $0 || $0.isEmpty ? nil : $0 }
        let options = settings.options.filter { key, value in
            !(found["Opts"]?.stringValue ?? "").contains("\(key.pythonString)=\(value.pythonString)")
        }
        let isElsewhere = found["Location"]?.stringValue != settings.directory
        if !isElsewhere, owner == nil, options.isEmpty { return state.unchanged("Tablespace \(name) is already present") }
        return try await state.either(
            would: {
                if !options.isEmpty { return state.planned("Tablespace \(name) options to be\n                        altered") }
                return owner == nil
                    ? state.unchanged("Tablespace \(name) is already present") : state.planned("Tablespace \(name) owner to be altered")
            },
            do: {
                if isElsewhere {
                    return state.failed(
                        "Tablespace \(name) is not at the right location. This is\n            unfixable without dropping and recreating the tablespace."
                    )
                }
                return try await alter(state, settings.login, owner: owner, options: ValueMap(options.map { ($0.key, $0.value) }))
            })
    }

    private static func create(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let name = state.name
        return try await state.either(
            would: {
                state.planned("Tablespace \(name) is set to be created")
            },
            do: {
                let wanted = PostgresModule.TablespaceSettings(
                    name: name, location: settings.directory, options: settings.options, owner: settings.owner,
                    connection: settings.login.connection)
                guard try await PostgresModule.createTablespace(state.call, wanted) else {
                    return state.failed("Failed to create tablespace \(name)")
                }
                return state.changed("The tablespace \(name) has been created", "Present")
            })
    }

    private static func alter(_ state: StateContext, _ login: PostgresLogin, owner: String?, options: ValueMap) async throws -> StateResult
    {
        let name = state.name
        var result = state.unchanged("Tablespace \(name) is already present")
        var changes = ValueMap()
        func alter(_ change: PostgresModule.TablespaceChange) async throws -> Bool {
            try await PostgresModule.alterTablespace(state.call, change)
        }
        if let owner {
            guard try await alter(.init(name: name, connection: login.connection, newOwner: owner)) else {
                return state.failed("Failed to change the owner of tablespace \(name)")
            }
            result.comment = "Tablespace \(name) owner changed"
            changes["owner"] = .string(owner)
        }
        var made = ValueMap()
        for (key, value) in options {
            guard try await alter(.init(name: name, connection: login.connection, setOption: [key: value])) else {
                return state.failed(
                    "Failed to set the option \(key.pythonString) of tablespace \(name)", changes: [.string(name): .map(changes)])
            }
            result.comment = "Tablespace \(name) opts changed"
            made[key] = value
        }
        if !made.isEmpty { changes["options"] = .map(made) }
        if !changes.isEmpty { result.changes[.string(name)] = .map(changes) }
        return result
    }

    private static func absent(_ state: StateContext, _ login: PostgresLogin) async throws -> StateResult {
        let client = login.client(state)
        let name = state.name
        guard try await PostgresModule.tablespaces(client)[name] != nil else {
            return state.unchanged("Tablespace \(name) is not present, so it cannot be removed")
        }
        return try await state.either(
            would: {
                state.planned("Tablespace \(name) is set to be removed")
            },
            do: {
                guard try await client.run("DROP TABLESPACE \(SQLText.name(name))").code == 0 else {
                    return state.failed("Failed to remove tablespace \(name)")
                }
                return state.changed("Tablespace \(name) has been removed", "Absent")
            })
    }
}
