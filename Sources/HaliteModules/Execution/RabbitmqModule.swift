import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Users, hosts, policies and plugins of RabbitMQ, through its own tools.
package struct RabbitmqModule: ExecutionModule {
    package static let name = "rabbitmq"
    package static let summary = "Users, hosts, policies and plugins of RabbitMQ, through its own tools."
    package static let requires: Requirement = .command("rabbitmqctl")

    private static let runas: Parameter<String?> = .optional("runas", nil, "The account to run as.")
    private static func text(_ name: String, _ summary: String) -> Parameter<String> { .required(name, summary) }

    private static func plain<R: ValueConvertible>(
        _ name: String, _ summary: String, body: @escaping @Sendable (RabbitMQ) async throws -> R
    ) -> Function {
        Function(
            name, summary, runas,
            body: { (call: CallContext, user: String?) async throws -> R in try await body(RabbitMQ(call: call, runas: user)) })
    }

    private static func one<R: ValueConvertible>(
        _ name: String, _ summary: String, _ argument: String, body: @escaping @Sendable (RabbitMQ, String) async throws -> R
    ) -> Function {
        Function(
            name, summary, text(argument, "The \(argument)."), runas,
            body: { (call: CallContext, name: String, user: String?) async throws -> R in
                try await body(RabbitMQ(call: call, runas: user), name)
            })
    }

    package static let functions: [Function] = [
        plain("list_users", "Return the users with their tags.") { try await $0.users() },
        plain("list_vhosts", "Return the virtual hosts.") { try await $0.hosts() },
        plain("list_upstreams", "Return the upstreams.") { try await $0.upstreams() },
        one("user_exists", "Tell whether there is a user.", "name") { try await $0.users()[$1] != nil },
        one("vhost_exists", "Tell whether there is a virtual host.", "name") { try await $0.hosts().contains($1) },
        one("upstream_exists", "Tell whether there is an upstream.", "name") { try await $0.upstreams()[$1] != nil },
        Function(
            "add_user", "Add a user.", text("name", "The user."), .optional("password", nil as String?, "The password."), runas,
            body: { (call: CallContext, name: String, password: String?, user: String?) async throws -> ValueMap in
                ["Added": .string(try await RabbitMQ(call: call, runas: user).addUser(name, password))]
            }),
        one("delete_user", "Remove a user.", "name") { ["Deleted": .string(try await $0.output(["delete_user", $1]))] as ValueMap },
        Function(
            "change_password", "Change a password.", text("name", "The user."), text("password", "The password."), runas,
            body: { (call: CallContext, name: String, password: String, user: String?) async throws -> ValueMap in
                [
                    "Password Changed": .string(
                        try await RabbitMQ(call: call, runas: user).output(["change_password", name], input: password))
                ]
            }),
        one("clear_password", "Take the password of a user.", "name") {
            ["Password Cleared": .string(try await $0.output(["clear_password", $1]))] as ValueMap
        },
        Function(
            "check_password", "Tell whether a password is that of a user.", text("name", "The user."), text("password", "The password."),
            runas,
            body: { (call: CallContext, name: String, password: String, user: String?) async throws -> Bool in
                try await RabbitMQ(call: call, runas: user).hasPassword(name, password)
            }),
        one("add_vhost", "Add a virtual host.", "vhost") { ["Added": .string(try await $0.output(["add_vhost", $1]))] as ValueMap },
        one("delete_vhost", "Remove a virtual host.", "vhost") {
            ["Deleted": .string(try await $0.output(["delete_vhost", $1]))] as ValueMap
        },
        Function(
            "set_permissions", "Set what a user may do on a virtual host.", text("vhost", "The host."), text("user", "The user."),
            .optional("conf", ".*", "What it may configure."), .optional("write", ".*", "Where it may write."),
            .optional("read", ".*", "What it may read."), runas,
            body: {
                (call: CallContext, host: String, name: String, conf: String, write: String, read: String, user: String?) async throws
                    -> ValueMap in
                [
                    "Permissions Set": .string(
                        try await RabbitMQ(call: call, runas: user).output(["set_permissions", "-p", host, name, conf, write, read]))
                ]
            }),
        one("list_permissions", "Return what users may do on a virtual host.", "vhost") {
            try await $0.permissions(["list_permissions", "--formatter=json", "-p", $1], by: "user")
        },
        one("list_user_permissions", "Return what a user may do.", "name") { try await $0.userPermissions($1) },
        Function(
            "set_user_tags", "Set the tags of a user.", text("name", "The user."), .required("tags", "The tags.") as Parameter<[String]>,
            runas,
            body: { (call: CallContext, name: String, tags: [String], user: String?) async throws -> ValueMap in
                ["Tag(s) set": .string(try await RabbitMQ(call: call, runas: user).output(["set_user_tags", name] + tags))]
            }),
        plain("status", "Return the state of the server.") { try await $0.output(["status"]) },
        plain("cluster_status", "Return the state of the cluster.") { try await $0.output(["cluster_status"]) },
        Function(
            "join_cluster", "Join a cluster.", text("host", "A host of it."), .optional("user", "rabbit", "The name of its node."),
            .optional("ram_node", false, "Keep data in memory alone."), runas,
            body: { (call: CallContext, host: String, node: String, ram: Bool, user: String?) async throws -> ValueMap in
                ["Join": .string(try await RabbitMQ(call: call, runas: user).join("\(node)@\(host)", ram: ram))]
            }),
        plain("stop_app", "Stop the application.") { try await $0.output(["stop_app"]) },
        plain("start_app", "Start the application.") { try await $0.output(["start_app"]) },
        plain("reset", "Forget all data.") { try await $0.output(["reset"]) },
        plain("force_reset", "Forget all data, whatever the cluster.") { try await $0.output(["force_reset"]) },
        Function(
            "list_queues", "Return the queues.", runas, .rest("args", "Columns."),
            body: { (call: CallContext, user: String?, columns: [Value]) async throws -> ValueMap in
                try await RabbitMQ(call: call, runas: user).table(["list_queues", "-q"] + columns.map(\.pythonString)) {
                    $0.parts("\t").value
                }
            }),
        Function(
            "list_queues_vhost", "Return the queues of a virtual host.", text("vhost", "The host."), runas, .rest("args", "Columns."),
            body: { (call: CallContext, host: String, user: String?, columns: [Value]) async throws -> ValueMap in
                try await RabbitMQ(call: call, runas: user).table(["list_queues", "-q", "-p", host] + columns.map(\.pythonString)) {
                    $0.parts("\t").value
                }
            }),
        Function(
            "list_policies", "Return the policies of a virtual host.", .optional("vhost", "/", "The host."), runas,
            body: { (call: CallContext, host: String, user: String?) async throws -> ValueMap in
                try await RabbitMQ(call: call, runas: user).policies(host)
            }),
        Function(
            "set_policy", "Set a policy.", text("vhost", "The host."), text("name", "The policy."), text("pattern", "Whom it is for."),
            .required("definition", "What it sets.") as Parameter<Value>, .optional("priority", 0, "Which one counts."), runas,
            .optional("apply_to", nil as String?, "queues, exchanges or all."),
            body: {
                (
                    call: CallContext, host: String, name: String, pattern: String, definition: Value, priority: Int, user: String?,
                    applyTo: String?
                ) async throws -> ValueMap in
                let policy = RabbitMQPolicy(
                    vhost: host, name: name, pattern: pattern, definition: definition, priority: priority, applyTo: applyTo)
                return ["Set": .string(try await RabbitMQ(call: call, runas: user).setPolicy(policy))]
            }),
        Function(
            "delete_policy", "Remove a policy.", text("vhost", "The host."), text("name", "The policy."), runas,
            body: { (call: CallContext, host: String, name: String, user: String?) async throws -> ValueMap in
                ["Deleted": .string(try await RabbitMQ(call: call, runas: user).output(["clear_policy", "-p", host, name]))]
            }),
        Function(
            "policy_exists", "Tell whether there is a policy.", text("vhost", "The host."), text("name", "The policy."), runas,
            body: { (call: CallContext, host: String, name: String, user: String?) async throws -> Bool in
                try await RabbitMQ(call: call, runas: user).policies(host)[host]?[name] != nil
            }),
        plain("list_available_plugins", "Return all plugins.") { try await $0.plugins(enabled: false) },
        plain("list_enabled_plugins", "Return the plugins that are on.") { try await $0.plugins(enabled: true) },
        one("plugin_is_enabled", "Tell whether a plugin is on.", "name") { try await $0.plugins(enabled: true).contains($1) },
        one("enable_plugin", "Switch a plugin on.", "name") {
            ["Enabled": .string(try await $0.set(plugin: $1, enabled: true))] as ValueMap
        },
        one("disable_plugin", "Switch a plugin off.", "name") {
            ["Disabled": .string(try await $0.set(plugin: $1, enabled: false))] as ValueMap
        },
        Function(
            "set_upstream", "Set an upstream.", UpstreamSettings.self,
            body: { call, settings in
                _ = try await RabbitMQ(call: call, runas: settings.runas).output([
                    "set_parameter", "federation-upstream", settings.name, Value.map(settings.upstream.values).json(),
                ])
                return true
            }),
        one("delete_upstream", "Remove an upstream.", "name") { rabbit, name in
            _ = try await rabbit.output(["clear_parameter", "federation-upstream", name])
            return true
        },
    ]

    struct UpstreamSettings: ArgumentGroup {
        var name = ""
        var upstream = RabbitMQUpstream()
        var runas: String?
        static let fields: [ArgumentField<Self>] =
            [.field("name", \.name, "The upstream.", required: true)] + RabbitMQUpstream.fields.map { $0.within(\.upstream) }
            + [.field("runas", \.runas, "The account to run as.")]
    }
}
