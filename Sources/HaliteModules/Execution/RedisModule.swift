import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Keys and settings of a Redis server, through redis-cli.
package struct RedisModule: ExecutionModule {
    package static let name = "redis"
    package static let summary = "Keys and settings of a Redis server, through redis-cli."
    package static let requires: Requirement = .command("redis-cli")

    /// What becomes of the answer.
    private enum Kind { case plain, float, done, yes, pairs }

    package static let functions: [Function] = [
        command("bgrewriteaof", "Write the log anew in the background.", ["BGREWRITEAOF"], [], .done),
        command("bgsave", "Save in the background.", ["BGSAVE"], [], .done),
        command("config_get", "Return settings.", ["CONFIG", "GET"], [("pattern", "*")], .pairs),
        command("config_set", "Change a setting.", ["CONFIG", "SET"], [("name", nil), ("value", nil)], .done),
        command("dbsize", "Return the number of keys.", ["DBSIZE"], [], .plain),
        command("exists", "Return 1 when a key is there.", ["EXISTS"], [("key", nil)], .plain),
        command("expire", "Set the seconds that a key has to live.", ["EXPIRE"], [("key", nil), ("seconds", nil)], .yes),
        command("expireat", "Set the moment at which a key ends.", ["EXPIREAT"], [("key", nil), ("timestamp", nil)], .yes),
        command("flushall", "Remove all keys of all databases.", ["FLUSHALL"], [], .done),
        command("flushdb", "Remove all keys of a database.", ["FLUSHDB"], [], .done),
        command("get_key", "Return the value of a key.", ["GET"], [("key", nil)], .plain),
        command("hexists", "Tell whether a hash has a field.", ["HEXISTS"], [("key", nil), ("field", nil)], .yes),
        command("hget", "Return a field of a hash.", ["HGET"], [("key", nil), ("field", nil)], .plain),
        command("hgetall", "Return a hash.", ["HGETALL"], [("key", nil)], .pairs),
        command("hincrby", "Add to a field of a hash.", ["HINCRBY"], [("key", nil), ("field", nil), ("increment", "1")], .plain),
        command(
            "hincrbyfloat", "Add to a field of a hash.", ["HINCRBYFLOAT"], [("key", nil), ("field", nil), ("increment", "1.0")], .float),
        command("hlen", "Return the number of fields of a hash.", ["HLEN"], [("key", nil)], .plain),
        command("hset", "Set a field of a hash.", ["HSET"], [("key", nil), ("field", nil), ("value", nil)], .plain),
        command(
            "hsetnx", "Set a field of a hash when it is not there.", ["HSETNX"], [("key", nil), ("field", nil), ("value", nil)], .plain),
        command("hvals", "Return the values of a hash.", ["HVALS"], [("key", nil)], .plain),
        command("keys", "Return the keys that match a pattern.", ["KEYS"], [("pattern", "*")], .plain),
        command("key_type", "Return the type of a key.", ["TYPE"], [("key", nil)], .plain),
        command("lastsave", "Return when the data were saved last.", ["LASTSAVE"], [], .plain),
        command("llen", "Return the length of a list.", ["LLEN"], [("key", nil)], .plain),
        command("lrange", "Return a part of a list.", ["LRANGE"], [("key", nil), ("start", nil), ("stop", nil)], .plain),
        command("save", "Save the data.", ["SAVE"], [], .done),
        command("set_key", "Set a key.", ["SET"], [("key", nil), ("value", nil)], .done),
        command("smembers", "Return the members of a set.", ["SMEMBERS"], [("key", nil)], .plain),
        command("zcard", "Return the number of members of a sorted set.", ["ZCARD"], [("key", nil)], .plain),
        command("zrange", "Return a part of a sorted set.", ["ZRANGE"], [("key", nil), ("start", nil), ("stop", nil)], .plain),
        Function(
            "delete", "Remove keys.", .rest("keys", "The keys."), .keywords("connection_args", "host, port, db, password."),
            body: { (call: CallContext, keys: [Value], arguments: ValueMap) async throws -> Value in
                try await RedisClient(call: call, arguments: arguments).run(["DEL"] + keys.map(\.pythonString))
            }),
        Function(
            "hdel", "Remove fields of a hash.", .required("key", "The key."), .rest("fields", "The fields."),
            .keywords("options", "host, port, db, password."),
            body: { (call: CallContext, key: String, fields: [Value], arguments: ValueMap) async throws -> Value in
                try await RedisClient(call: call, arguments: arguments).run(["HDEL", key] + fields.map(\.pythonString))
            }),
        Function(
            "hmget", "Return fields of a hash.", .required("key", "The key."), .rest("fields", "The fields."),
            .keywords("options", "host, port, db, password."),
            body: { (call: CallContext, key: String, fields: [Value], arguments: ValueMap) async throws -> Value in
                try await RedisClient(call: call, arguments: arguments).run(["HMGET", key] + fields.map(\.pythonString))
            }),
        Function(
            "hmset", "Set fields of a hash.", .required("key", "The key."),
            .keywords("fieldsvals", "Fields with their values; host, port, db, password."), body: setFields),
        Function(
            "hscan", "Return a part of a hash and where to go on.", .required("key", "The key."),
            .optional("cursor", "0", "Where to go on."), .optional("match", nil as String?, "A pattern."),
            .optional("count", nil as String?, "How many at about."), .keywords("connection_args", "host, port, db, password."), body: scan),
        Function(
            "info", "Return the counters of the server.", .keywords("connection_args", "host, port, db, password."),
            body: { (call: CallContext, arguments: ValueMap) async throws -> ValueMap in
                try await info(RedisClient(call: call, arguments: arguments))
            }),
        Function(
            "ping", "Tell whether the server answers.", .keywords("connection_args", "host, port, db, password."),
            body: { (call: CallContext, arguments: ValueMap) async throws -> Bool in
                (try? await RedisClient(call: call, arguments: arguments).run(["PING"])) == "PONG"
            }),
        Function(
            "shutdown", "Save the data and end the server.", .keywords("connection_args", "host, port, db, password."), body: shutdown),
        Function(
            "slaveof", "Make the server a replica of another, or of none.", .optional("master_host", nil as String?, "The other server."),
            .optional("master_port", nil as String?, "Its port."), .keywords("connection_args", "host, port, db, password."),
            body: { (call: CallContext, host: String?, port: String?, arguments: ValueMap) async throws -> Bool in
                try await RedisClient(call: call, arguments: arguments).run([
                    "REPLICAOF", host ?? "NO", host == nil ? "ONE" : port ?? "6379",
                ]) == "OK"
            }),
        Function(
            "time", "Return the time of the server.", .keywords("connection_args", "host, port, db, password."),
            body: { (call: CallContext, arguments: ValueMap) async throws -> Value in
                let parts = try await RedisClient(call: call, arguments: arguments).run(["TIME"]).listValue ?? []
                return parts.first.flatMap { Int($0.pythonString) }.map { .int($0) } ?? .null
            }),
        Function(
            "sentinel_get_master_ip", "Return where a sentinel sees a master.", .required("master", "The master."),
            .keywords("connection_args", "host, port, password."),
            body: { (call: CallContext, master: String, arguments: ValueMap) async throws -> ValueMap in
                try await sentinelMaster(call, master, arguments)
            }),
        Function(
            "get_master_ip", "Return the master of a replica.", .keywords("connection_args", "host, port, password."),
            body: { (call: CallContext, arguments: ValueMap) async throws -> ValueMap in
                try await master(RedisClient(call: call, arguments: arguments))
            }),
    ]

    private static func command(
        _ name: String, _ summary: String, _ words: [String], _ parameters: [(name: String, fallback: String?)], _ kind: Kind
    ) -> Function {
        func parameter(_ index: Int) -> Parameter<String> {
            let (name, fallback) = parameters[index]
            return fallback.map { .optional(name, $0, "The \(name).") } ?? .required(name, "The \(name).")
        }
        @Sendable func run(_ call: CallContext, _ given: [String], _ connection: [String?]) async throws -> Value {
            let arguments = ValueMap(
                zip(["host", "port", "db", "password"], connection).compactMap { name, value in value.map { (.string(name), .string($0)) } }
            )
            return shaped(try await RedisClient(call: call, arguments: arguments).run(words + given), kind)
        }
        let host = Parameter<String?>.optional("host", nil, "The server."), port = Parameter<String?>.optional("port", nil, "Its port.")
        let database = Parameter<String?>.optional("db", nil, "The number of the database."),
            password = Parameter<String?>.optional("password", nil, "The password.")
        switch parameters.count {
        case 0:
            return Function(
                name, summary, host, port, database, password,
                body: { (call: CallContext, h: String?, p: String?, d: String?, w: String?) async throws -> Value in
                    try await run(call, [], [h, p, d, w])
                })
        case 1:
            return Function(
                name, summary, parameter(0), host, port, database, password,
                body: { (call: CallContext, a: String, h: String?, p: String?, d: String?, w: String?) async throws -> Value in
                    try await run(call, [a], [h, p, d, w])
                })
        case 2:
            return Function(
                name, summary, parameter(0), parameter(1), host, port, database, password,
                body: { (call: CallContext, a: String, b: String, h: String?, p: String?, d: String?, w: String?) async throws -> Value in
                    try await run(call, [a, b], [h, p, d, w])
                })
        default:
            return Function(
                name, summary, parameter(0), parameter(1), parameter(2), host, port, database, password,
                body: {
                    (call: CallContext, a: String, b: String, c: String, h: String?, p: String?, d: String?, w: String?) async throws
                        -> Value in try await run(call, [a, b, c], [h, p, d, w])
                })
        }
    }

    private static func shaped(_ answer: Value, _ kind: Kind) -> Value {
        switch kind {
        case .plain: return answer
        case .float: return Double(answer.pythonString).map { .float($0) } ?? answer
        // Those that run in the background say that they have begun.
        case .done: return .bool(answer == "OK" || answer.stringValue?.hasPrefix("Background") == true)
        case .yes: return .bool(answer == 1)
        case .pairs: return .map(pairs(answer))
        }
    }

    private static func pairs(_ answer: Value) -> ValueMap {
        let list = answer.listValue ?? []
        return ValueMap(stride(from: 0, to: list.count - 1, by: 2).map { (list[$0], list[$0 + 1]) })
    }

    private static func setFields(_ call: CallContext, key: String, given: ValueMap) async throws -> Bool {
        var (fields, arguments) = (given, ValueMap())
        for name in ["host", "port", "db", "password"] { arguments[.string(name)] = fields.removeValue(forKey: name) }
        let words = fields.flatMap { [$0.key.pythonString, $0.value.pythonString] }
        return try await RedisClient(call: call, arguments: arguments).run(["HMSET", key] + words) == "OK"
    }

    private static func scan(_ call: CallContext, key: String, cursor: String, match: String?, count: String?, arguments: ValueMap)
        async throws -> Value
    {
        let words = ["HSCAN", key, cursor] + (match.map { ["MATCH", $0] } ?? []) + (count.map { ["COUNT", $0] } ?? [])
        let answer = try await RedisClient(call: call, arguments: arguments).run(words).listValue ?? []
        let next = answer.first.flatMap { Int($0.pythonString) }.map { Value.int($0) } ?? 0
        return [next, .map(answer.count > 1 ? pairs(answer[1]) : [:])]
    }

    static func info(_ client: RedisClient) async throws -> ValueMap {
        let text = try await client.run(["INFO"]).pythonString
        return ValueMap(
            PythonLines.split(text).compactMap { line -> (Value, Value)? in
                let pair = line.stripped().parts(":", maxSplits: 1)
                guard pair.count == 2, !line.hasPrefix("#") else { return nil }
                if pair[1].contains(","), pair[1].contains("=") {
                    return (
                        .string(pair[0]),
                        .map(
                            ValueMap(
                                pair[1].parts(",").map { item in
                                    let inner = item.parts("=", maxSplits: 1)
                                    return (.string(inner[0]), inner.count > 1 ? number(inner[1]) : .null)
                                }))
                    )
                }
                return (.string(pair[0]), number(pair[1]))
            })
    }

    private static func number(_ text: String) -> Value {
        Int(text).map { .int($0) } ?? (text.contains(".") ? Double(text).map { .float($0) } : nil) ?? .string(text)
    }

    static func master(_ client: RedisClient) async throws -> ValueMap {
        let info = try await info(client)
        return ["master_host": info["master_host"] ?? "", "master_port": info["master_port"] ?? ""]
    }

    static func sentinelMaster(_ call: CallContext, _ name: String, _ arguments: ValueMap) async throws -> ValueMap {
        let client = RedisClient(call: call, arguments: arguments, settings: "redis_sentinel")
        let answer = try await client.run(["SENTINEL", "get-master-addr-by-name", name]).listValue ?? []
        guard answer.count == 2 else { throw ExecutionError("the sentinel knows no master '\(name)'") }
        return ["master_host": answer[0], "master_port": Int(answer[1].pythonString).map { .int($0) } ?? answer[1]]
    }

    private static func shutdown(_ call: CallContext, arguments: ValueMap) async throws -> Bool {
        let client = RedisClient(call: call, arguments: arguments)
        guard (try? await client.run(["PING"])) == "PONG" else { return false }
        _ = try? await client.run(["SHUTDOWN"])
        return (try? await client.run(["PING"])) == nil
    }
}
