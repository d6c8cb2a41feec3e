import HaliteModuleKit
import HaliteValue

/// Links to other brokers whose messages come to this one.
package struct RabbitmqUpstreamState: StateModule {
    package static let name = "rabbitmq_upstream"
    package static let summary = "Links to other brokers whose messages come to this one."
    package static let requires: Requirement = .command("rabbitmqctl")

    package static let functions: [StateFunction] = [
        StateFunction("present", "An upstream is there.", Settings.self, body: present),
        StateFunction(
            "absent", "An upstream is not there.", .required("name", "The upstream."),
            .optional("runas", nil as String?, "The account to run as."), body: absent),
    ]

    struct Settings: ArgumentGroup {
        var upstream = RabbitMQUpstream()
        var runas: String?
        static let fields: [ArgumentField<Settings>] =
            RabbitMQUpstream.fields.map { $0.within(\.upstream) } + [.field("runas", \.runas, "The account to run as.")]
    }

    private static func present(_ state: StateContext, _ settings: Settings) async throws -> StateResult {
        let rabbit = RabbitMQ(call: state.call, runas: settings.runas)
        let (name, wanted) = (state.name, settings.upstream.values)
        do {
            let found = try await rabbit.upstreams()[name]
            var (old, new) = (ValueMap(), wanted)
            if let found {
                old = try await rabbit.json(found.pythonString).mapValue ?? [:]
                if old == wanted { return state.unchanged("Upstream \"\(name)\" already present as specified.") }
                for (key, value) in wanted where old[key] == value {
                    old.removeValue(forKey: key)
                    new.removeValue(forKey: key)
                }
            }
            let verb = found == nil ? "create" : "update"
            var changes: ValueMap = ["old": found == nil ? .null : .map(old), "new": .map(new)]
            if found != nil, old.isEmpty { changes.removeValue(forKey: "old") }
            if new.isEmpty { changes.removeValue(forKey: "new") }
            let made = changes
            return try await state.either(
                would: { state.planned("Upstream \"\(name)\" would have been \(verb)d.") },
                do: {
                    _ = try await rabbit.output(["set_parameter", "federation-upstream", name, Value.map(wanted).json()])
                    return StateResult(name: name, result: true, comment: "Upstream \"\(name)\" \(verb)d.", changes: made)
                })
        } catch let error as ExecutionError {
            return state.failed("Error: \(error)")
        }
    }

    private static func absent(_ state: StateContext, name: String, runas: String?) async throws -> StateResult {
        let rabbit = RabbitMQ(call: state.call, runas: runas)
        do {
            guard try await rabbit.upstreams()[name] != nil else { return state.unchanged("The upstream \"\(name)\" is already absent.") }
            return try await state.either(
                would: { state.planned("Upstream \"\(name)\" would have been deleted.") },
                do: {
                    _ = try await rabbit.output(["clear_parameter", "federation-upstream", name])
                    return StateResult(
                        name: name, result: true, comment: "Upstream \"\(name)\" has been deleted.",
                        changes: ["old": .string(name), "new": .null])
                })
        } catch let error as ExecutionError {
            return state.failed("Error: \(error)")
        }
    }
}
