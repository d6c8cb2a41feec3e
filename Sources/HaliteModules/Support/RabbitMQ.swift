import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Speaks to a RabbitMQ server through its own tools. Passwords go by standard input.
struct RabbitMQ: Sendable {
    let call: CallContext
    var runas: String?

    func run(_ words: [String], tool: String = "rabbitmqctl", input: String? = nil) async throws -> CommandOutcome {
        guard let program = await call.host.which(tool) else {
            throw ExecutionError("'\(call.function)' needs the program \(tool), which is not in the path")
        }
        var settings = CommandSettings()
        settings.cmd = .list(([program] + words).map { .string($0) })
        settings.runas = runas
        settings.resetSystemLocale = false
        settings.stdin = input.map { $0 + "\n" }
        return try await settings.run(call, mergesErrors: false)
    }

    /// The output; a code or a complaint is an error.
    func output(_ words: [String], tool: String = "rabbitmqctl", input: String? = nil) async throws -> String {
        let outcome = try await run(words, tool: tool, input: input)
        guard outcome.code == 0, outcome.errors.isEmpty else { throw ExecutionError("RabbitMQ command failed: \(outcome.errors)") }
        // Asking for a password on standard input is told on the output.
        return outcome.output.hasPrefix("Password:") ? String(outcome.output.dropFirst(9)).stripped() : outcome.output
    }

    /// The lines that are neither titles nor warnings.
    func lines(_ words: [String], tool: String = "rabbitmqctl") async throws -> [String] {
        PythonLines.split(try await output(words, tool: tool)).filter { line in
            let isTitle = line.hasPrefix("Listing") && (line.hasSuffix("...") || !line.contains("\t"))
            return !isTitle && !line.contains("...done") && !line.hasPrefix("WARNING:") && !line.isEmpty
        }
    }

    func table(_ words: [String], _ map: (String) -> Value) async throws -> ValueMap {
        ValueMap(
            try await lines(words).map { line in
                let pair = line.parts("\t", maxSplits: 1)
                return (.string(pair[0]), pair.count > 1 ? map(pair[1]) : "")
            })
    }

    /// Without the title of newer versions, which names the columns.
    func users() async throws -> ValueMap {
        var users = try await table(["list_users", "-q"]) { text in
            let inner = String(text.dropFirst().dropLast())
            return inner.contains(",") ? inner.parts(",").map { $0.stripped() }.value : inner.parts(" ").value
        }
        if users["user"] == ["ag"] { users.removeValue(forKey: "user") }
        return users
    }

    func hosts() async throws -> [String] { try await lines(["list_vhosts", "-q"]).flatMap { $0.words() } }

    func upstreams() async throws -> ValueMap {
        ValueMap(
            try await lines(["list_parameters", "-q"]).compactMap { line -> (Value, Value)? in
                let parts = line.parts("\t")
                return parts.count == 3 && parts[0] != "component" ? (.string(parts[1]), .string(parts[2])) : nil
            })
    }

    func json(_ text: String) async throws -> Value {
        try await call.services.templates.parse(text, format: "json", name: "rabbitmqctl", in: call)
    }

    /// Rows by one of their columns.
    func permissions(_ words: [String], by column: String) async throws -> ValueMap {
        let rows = try await json(try await output(words)).listValue ?? []
        return ValueMap(
            rows.compactMap(\.mapValue).map { row in
                var row = row
                return (row.removeValue(forKey: column) ?? "", .map(row))
            })
    }

    func userPermissions(_ name: String) async throws -> ValueMap {
        try await permissions(["list_user_permissions", name, "--formatter=json"], by: "vhost")
    }

    func addUser(_ name: String, _ password: String?) async throws -> String {
        let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let given = password ?? String((0..<15).map { _ in characters[Int.random(in: 0..<characters.count)] })
        let answer = try await output(["add_user", name], input: given)
        guard password == nil else { return answer }
        do { _ = try await output(["clear_password", name]) } catch {
            _ = try await output(["delete_user", name])
            throw error
        }
        return answer
    }

    func hasPassword(_ name: String, _ password: String) async throws -> Bool {
        let outcome = try await run(["authenticate_user", name], input: password)
        return outcome.code == 0 && outcome.errors.isEmpty
    }

    /// None for a virtual host that is not there: an earlier state may be about to add it.
    func policies(_ host: String) async throws -> ValueMap {
        var found = ValueMap()
        let lines: [String]
        do { lines = try await self.lines(["list_policies", "-q", "-p", host]) } catch let error as ExecutionError
            where error.description.contains("does not exist")
        {
            return [:]
        }
        for line in lines {
            let parts = line.stripped().parts("\t")
            guard parts.count == 6, parts[0] != "vhost" else { continue }
            var map = found[parts[0]]?.mapValue ?? [:]
            map[.string(parts[1])] = [
                "pattern": .string(parts[2]), "apply_to": .string(parts[3]), "definition": .string(parts[4]), "priority": .string(parts[5]),
            ]
            found[.string(parts[0])] = .map(map)
        }
        return found
    }

    func setPolicy(_ policy: RabbitMQPolicy) async throws -> String {
        var words = ["set_policy", "-p", policy.vhost]
        if policy.priority != 0 { words += ["--priority", String(policy.priority)] }
        if let applyTo = policy.applyTo { words += ["--apply-to", applyTo] }
        return try await output(words + [policy.name, policy.pattern, policy.definitionText])
    }

    func plugins(enabled: Bool) async throws -> [String] {
        try await lines(["list", "-m"] + (enabled ? ["-e"] : []), tool: "rabbitmq-plugins").flatMap { $0.words() }
    }

    func set(plugin: String, enabled: Bool) async throws -> String {
        try await output([enabled ? "enable" : "disable", plugin], tool: "rabbitmq-plugins")
    }

    func join(_ node: String, ram: Bool) async throws -> String {
        _ = try await output(["stop_app"])
        let outcome = try await run(["join_cluster"] + (ram ? ["--ram"] : []) + [node])
        _ = try await output(["start_app"])
        guard outcome.code == 0, outcome.errors.isEmpty else { throw ExecutionError("RabbitMQ command failed: \(outcome.errors)") }
        return outcome.output
    }
}

/// A policy of RabbitMQ.
struct RabbitMQPolicy: Sendable {
    var vhost = "/"
    var name = ""
    var pattern = ""
    var definition: Value = ""
    var priority = 0
    var applyTo: String?

    var definitionText: String { definition.stringValue ?? definition.json() }
}

/// The link to another broker whose messages come here.
struct RabbitMQUpstream: ArgumentGroup {
    var values = ValueMap()
    private subscript(key: String) -> Value {
        get { values[key] ?? .null }
        set { if newValue.isTruthy { values[.string(key)] = newValue } }
    }
    private var uri: Value {
        get { self["uri"] }
        set { self["uri"] = newValue }
    }
    private var prefetch: Value {
        get { self["prefetch-count"] }
        set { self["prefetch-count"] = newValue }
    }
    private var delay: Value {
        get { self["reconnect-delay"] }
        set { self["reconnect-delay"] = newValue }
    }
    private var ack: Value {
        get { self["ack-mode"] }
        set { self["ack-mode"] = newValue }
    }
    private var trust: Value {
        get { self["trust-user-id"] }
        set { self["trust-user-id"] = newValue }
    }
    private var exchange: Value {
        get { self["exchange"] }
        set { self["exchange"] = newValue }
    }
    private var hops: Value {
        get { self["max-hops"] }
        set { self["max-hops"] = newValue }
    }
    private var expires: Value {
        get { self["expires"] }
        set { self["expires"] = newValue }
    }
    private var ttl: Value {
        get { self["message-ttl"] }
        set { self["message-ttl"] = newValue }
    }
    private var policy: Value {
        get { self["ha-policy"] }
        set { self["ha-policy"] = newValue }
    }
    private var queue: Value {
        get { self["queue"] }
        set { self["queue"] = newValue }
    }

    static let fields: [ArgumentField<Self>] = [
        .field("uri", \.uri, "Where the other broker is.", required: true),
        .field("prefetch_count", \.prefetch, "The most messages in flight."),
        .field("reconnect_delay", \.delay, "Seconds before another try."), .field("ack_mode", \.ack, "When messages are confirmed."),
        .field("trust_user_id", \.trust, "Believe the names of users in messages."), .field("exchange", \.exchange, "The exchange there."),
        .field("max_hops", \.hops, "How many links a message may pass."),
        .field("expires", \.expires, "Milliseconds that the queue there outlives the link."),
        .field("message_ttl", \.ttl, "Milliseconds that messages live there."),
        .field("ha_policy", \.policy, "The policy of the queue there."),
        .field("queue", \.queue, "The queue there."),
    ]
}
