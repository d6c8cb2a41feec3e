import HaliteHost
import HaliteModuleKit
import HaliteValue

/// A running HAProxy, through its admin socket.
package struct HaproxyModule: ExecutionModule {
    package static let name = "haproxy"
    package static let aliases = ["haproxyconn"]
    package static let summary = "A running HAProxy, through its admin socket."

    private static let socket: Parameter<String> = .optional("socket", HaproxySocket.standard, "The admin socket.")
    private static let server: Parameter<String> = .required("name", "The server.")
    private static let backend: Parameter<String> = .required("backend", "The backend.")

    package static let functions: [Function] = [
        Function(
            "list_servers", "Return the servers of a backend, a line for each.", backend, socket,
            .optional("objectify", false, "Return a list."), body: listServers),
        Function(
            "wait_state", "Wait until a server has a state.", backend, .required("server", "The server."),
            .optional("value", "up", "The state."), .optional("timeout", 300.0, "Seconds to wait."), socket, body: waitState),
        Function(
            "get_backend", "Return the servers of a backend.", backend, socket,
            body: { (call: CallContext, backend: String, socket: String) async throws -> ValueMap in
                try await HaproxySocket(call, socket).servers(backend)
            }),
        Function(
            "enable_server", "Let a server take requests again; * means all backends.", server, backend, socket,
            body: { (call: CallContext, name: String, backend: String, socket: String) async throws -> ValueMap in
                try await able("enable", call, name, backend, socket)
            }),
        Function(
            "disable_server", "Let a server take no requests; * means all backends.", server, backend, socket,
            body: { (call: CallContext, name: String, backend: String, socket: String) async throws -> ValueMap in
                try await able("disable", call, name, backend, socket)
            }),
        Function(
            "get_weight", "Return the weight of a server.", server, backend, socket,
            body: { (call: CallContext, name: String, backend: String, socket: String) async throws -> String in
                try await HaproxySocket(call, socket).say("get weight", backend, name)
            }),
        Function(
            "set_weight", "Set the weight of a server.", server, backend, .optional("weight", 0, "The weight."), socket, body: setWeight),
        Function(
            "set_state", "Set the state of a server: ready, drain or maint.", server, backend, .required("state", "The state."), socket,
            body: setState),
        Function(
            "show_frontends", "Return the frontends, a line for each.", socket,
            body: { (call: CallContext, socket: String) async throws -> String in
                try await HaproxySocket(call, socket).ends("FRONTEND").joined(separator: "\n")
            }),
        Function(
            "list_frontends", "Return the frontends.", socket,
            body: { (call: CallContext, socket: String) async throws -> [String] in try await HaproxySocket(call, socket).ends("FRONTEND") }
        ),
        Function(
            "show_backends", "Return the backends, a line for each.", socket,
            body: { (call: CallContext, socket: String) async throws -> String in
                try await HaproxySocket(call, socket).ends("BACKEND").joined(separator: "\n")
            }),
        Function(
            "list_backends", "Return the backends, with their servers.", .optional("servers", true, "With their servers."), socket,
            body: listBackends),
        Function(
            "get_sessions", "Return the number of sessions of a server.", server, backend, socket,
            body: { (call: CallContext, name: String, backend: String, socket: String) async throws -> Value in
                try await HaproxySocket(call, socket).rows().first { $0["pxname"] == backend && $0["svname"] == name }?["scur"].map {
                    .string($0)
                } ?? .null
            }),
    ]

    private static func listServers(_ call: CallContext, backend: String, socket: String, asList: Bool) async throws -> Value {
        let lines = try await HaproxySocket(call, socket).lines(backend)
        return asList ? lines.value : .string(lines.joined(separator: "\n"))
    }

    private static func waitState(_ call: CallContext, backend: String, server: String, state: String, seconds: Double, socket: String)
        async throws -> Bool
    {
        let end = ContinuousClock.now + .milliseconds(Int(min(max(0, seconds), 1_000_000) * 1000))
        while ContinuousClock.now < end {
            let found = try await HaproxySocket(call, socket).servers(backend)
            guard let one = found[server] else { throw ExecutionError("'\(backend)' has no server '\(server)'") }
            if one["status"]?.stringValue?.lowercased() == state.lowercased() { return true }
            try await Task.sleep(for: .milliseconds(200))
        }
        return false
    }

    private static func able(_ verb: String, _ call: CallContext, _ name: String, _ backend: String, _ path: String) async throws
        -> ValueMap
    {
        let socket = HaproxySocket(call, path)
        var results = ValueMap()
        for backend in backend == "*" ? try await socket.ends("BACKEND") : [backend] {
            _ = try await socket.say("\(verb) server", backend, name)
            results[.string(backend)] = .string(try await socket.lines(backend).joined(separator: "\n"))
        }
        return results
    }

    private static func setWeight(_ call: CallContext, name: String, backend: String, weight: Int, path: String) async throws -> String {
        let socket = HaproxySocket(call, path)
        let complaint = try await socket.say("set weight", backend, name, String(weight)).stripped()
        if !complaint.isEmpty { throw ExecutionError(complaint) }
        return try await socket.say("get weight", backend, name)
    }

    private static func setState(_ call: CallContext, name: String, backend: String, state: String, socket: String) async throws -> String {
        try await HaproxySocket(call, socket).say("set server", backend, name, "state \(state)")
    }

    private static func listBackends(_ call: CallContext, withServers: Bool, path: String) async throws -> Value {
        let socket = HaproxySocket(call, path)
        let names = try await socket.ends("BACKEND")
        guard withServers else { return names.value }
        var result = ValueMap()
        for name in names { result[.string(name)] = .map(try await socket.servers(name)) }
        return .map(result)
    }
}

/// Speaks to the admin socket of HAProxy: one command, one answer.
struct HaproxySocket: Sendable {
    static let standard = "/var/run/haproxy.sock"
    private let call: CallContext
    private let path: String

    init(_ call: CallContext, _ path: String) {
        self.call = call
        self.path = path
    }

    private func ask(_ line: String) async throws -> String {
        // A line end or a semicolon would begin another command.
        guard line.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0 != ";" }) else {
            throw ExecutionError("'\(line)' is no command of HAProxy")
        }
        guard let status = try await call.host.status(path) else { throw ExecutionError("\(path) does not exist.") }
        guard status.kind == .socket else { throw ExecutionError("\(path) is not a socket.") }
        let answer = try await call.host.exchange(path, Array("\(line)\r\n".utf8), limit: 64 << 20, timeout: .seconds(30))
        return String(decoding: answer, as: UTF8.self)
    }

    /// Such as `set weight backend/server 10`.
    func say(_ verb: String, _ backend: String, _ server: String, _ rest: String? = nil) async throws -> String {
        for name in [backend, server] where name.isEmpty || name.contains(where: { $0 == " " || $0 == "/" || $0 == "\t" }) {
            throw ExecutionError("'\(name)' is no name of a backend or server")
        }
        return try await ask("\(verb) \(backend)/\(server)" + (rest.map { " " + $0 } ?? "")).droppingLastBreaks()
    }

    /// The statistics, by the names of the columns.
    func rows() async throws -> [[String: String]] {
        let lines = try await ask("show stat").parts("\n")
        guard let head = lines.first(where: { $0.hasPrefix("#") }) else {
            throw ExecutionError("Could not parse columns from HAProxy output")
        }
        let columns = head.dropFirst().split(separator: ",", omittingEmptySubsequences: false).map { String($0).stripped() }
        return lines.filter { !$0.hasPrefix("#") && !$0.isEmpty }.map { line in
            Dictionary(zip(columns, line.parts(",")), uniquingKeysWith: { first, _ in first })
        }
    }

    /// Names of all frontends or backends.
    func ends(_ kind: String) async throws -> [String] {
        try await rows().filter { $0["svname"] == kind }.compactMap { $0["pxname"] }
    }

    private func servers(of backend: String) async throws -> [[String: String]] {
        try await rows().filter { $0["pxname"] == backend && $0["svname"] != "BACKEND" && $0["svname"] != "FRONTEND" }
    }

    func lines(_ backend: String) async throws -> [String] {
        try await servers(of: backend).map { row in
            "Name: \(row["svname"] ?? "") Status: \(row["status"] ?? "") Weight: \(row["weight"] ?? "") bIn: \(row["bin"] ?? "") bOut: \(row["bout"] ?? "")"
        }
    }

    func servers(_ backend: String) async throws -> ValueMap {
        func number(_ text: String?) -> Value { text.flatMap { Int($0) }.map { .int($0) } ?? (text ?? "").value }
        return ValueMap(
            try await servers(of: backend).map { row in
                let one: ValueMap = [
                    "status": (row["status"]?.parts(" ").first ?? "").value, "weight": number(row["weight"]), "bin": number(row["bin"]),
                    "bout": number(row["bout"]),
                ]
                return (.string(row["svname"] ?? ""), .map(one))
            })
    }
}

extension String {
    fileprivate func droppingLastBreaks() -> String {
        var text = self[...]
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}
