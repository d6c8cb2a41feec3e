import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys of a Redis server, and whose replica it is.
package struct RedisState: StateModule {
    package static let name = "redis"
    package static let summary = "Keys of a Redis server, and whose replica it is."
    package static let requires = RedisModule.requires

    package static let functions: [StateFunction] = [
        StateFunction("string", "A key has a text as its value.", StringSettings.self, body: string),
        StateFunction("absent", "Keys are not there.", AbsentSettings.self, body: absent),
        StateFunction("slaveof", "The server is a replica of the master that a sentinel names.", ReplicaSettings.self, body: replica),
    ]

    struct Login: ArgumentGroup {
        var host: String?
        var port: String?
        var database: String?
        var password: String?
        static let fields: [ArgumentField<Login>] = [
            .field("host", \.host, "The server."), .field("port", \.port, "Its port."),
            .field("db", \.database, "The number of the database."),
            .field("password", \.password, "The password."),
        ]

        func client(_ state: StateContext) -> RedisClient {
            RedisClient(
                call: state.call, arguments: ["host": host.value, "port": port.value, "db": database.value, "password": password.value])
        }
    }

    struct StringSettings: ArgumentGroup {
        var text = ""
        var expire: Int?
        var expireAt: Int?
        var login = Login()
        static let fields: [ArgumentField<StringSettings>] =
            [
                .field("value", \.text, "The value.", required: true), .field("expire", \.expire, "Seconds that the key has to live."),
                .field("expireat", \.expireAt, "The moment at which it ends, in seconds since 1970."),
            ] + Login.fields.map { $0.within(\.login) }
    }

    struct AbsentSettings: ArgumentGroup {
        var keys: Value = .null
        var login = Login()
        static let fields: [ArgumentField<AbsentSettings>] =
            [.field("keys", \.keys, "A list of keys, in the place of the name.")] + Login.fields.map { $0.within(\.login) }
    }

    struct ReplicaSettings: ArgumentGroup {
        var sentinelHost: String?
        var sentinelPort: String?
        var sentinelPassword: String?
        var login = Login()
        static let fields: [ArgumentField<ReplicaSettings>] =
            [
                .field("sentinel_host", \.sentinelHost, "The sentinel."), .field("sentinel_port", \.sentinelPort, "Its port."),
                .field("sentinel_password", \.sentinelPassword, "Its password."),
            ] + Login.fields.map { $0.within(\.login) }
    }

    private static func string(_ state: StateContext, _ settings: StringSettings) async throws -> StateResult {
        let client = settings.login.client(state)
        let name = state.name
        var changes = ValueMap()
        let isOther = try await client.run(["GET", name]) != .string(settings.text)
        if isOther { changes[.string(name)] = "Value updated" }
        if let moment = settings.expireAt, moment != 0 {
            changes["expireat"] = .string("Key expires at \(moment)")
        } else if let seconds = settings.expire, seconds != 0 {
            changes["expire"] = .string("TTL set to \(seconds) seconds")
        }
        let same = "Key already set to defined value"
        if changes.isEmpty { return state.unchanged(same) }
        return try await state.change(
            changes, would: isOther ? "Key would be updated to new value" : same, did: isOther ? "Key updated to new value" : same
        ) {
            if isOther { _ = try await client.run(["SET", name, settings.text]) }
            if let moment = settings.expireAt, moment != 0 {
                _ = try await client.run(["EXPIREAT", name, String(moment)])
            } else if let seconds = settings.expire, seconds != 0 {
                _ = try await client.run(["EXPIRE", name, String(seconds)])
            }
            return nil
        }
    }

    private static func absent(_ state: StateContext, _ settings: AbsentSettings) async throws -> StateResult {
        let client = settings.login.client(state)
        let isList = settings.keys.isTruthy
        if isList, settings.keys.listValue == nil { return state.failed("`keys` not formed as a list type") }
        var found: [String] = []
        for key in isList ? (settings.keys.listValue ?? []).map(\.pythonString) : [state.name]
        where try await client.run(["EXISTS", key]) == 1 {
            found.append(key)
        }
        if found.isEmpty { return state.unchanged("Key(s) specified already absent") }
        let keys = found
        return try await state.change(
            ["deleted": keys.value], would: isList ? "Keys would be deleted" : "Key would be deleted",
            did: isList ? "Keys deleted" : "Key deleted"
        ) {
            _ = try await client.run(["DEL"] + keys)
            return nil
        }
    }

    private static func replica(_ state: StateContext, _ settings: ReplicaSettings) async throws -> StateResult {
        let client = settings.login.client(state)
        let name = state.name
        let sentinel: ValueMap = [
            "host": settings.sentinelHost.value, "port": settings.sentinelPort.value, "password": settings.sentinelPassword.value,
        ]
        let wanted = try await RedisModule.sentinelMaster(state.call, name, sentinel)
        let host = wanted["master_host"] ?? ""
        let own = try await state.call.call("network.ip_addrs").listValue ?? []
        if own.contains(host) { return state.unchanged("Minion is the master: \(name)") }
        let first = try await RedisModule.master(client)
        if first == wanted { return state.unchanged("Minion already slave of master: \(name)") }
        return try await state.either(
            would: {
                state.planned("Minion will be made a slave of \(name): \(host.pythonString)")
            },
            do: {
                _ = try await client.run(["REPLICAOF", host.pythonString, wanted["master_port"]?.pythonString ?? "6379"])
                let current = try await RedisModule.master(client)
                guard current == wanted else { return state.failed("Failed to setup slave") }
                return StateResult(
                    name: name, result: true, comment: "Minion successfully connected to master: \(name)",
                    changes: ["old": .map(first), "new": .map(current)])
            })
    }
}
