import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Sends events to the master.
package struct EventModule: ExecutionModule {
    package static let name = "event"
    package static let summary = "Sends events to the master."

    package static let functions: [Function] = [
        Function("send", "Send an event with data, and what the minion can add to it.", .required("tag", "The tag."), .optional("data", [:] as ValueMap, "The data."), .keywords("kwargs", "with_grains, with_pillar and further data."), example: "halite '*' event.send my/tag '{a: 1}'", body: send),
        Function("fire_master", "Send an event to the master.", .required("data", "The data."), .required("tag", "The tag."), .keywords("kwargs", "Ignored."), body: fireMaster),
        Function("fire", "Send an event.", .required("data", "The data."), .required("tag", "The tag."), .keywords("kwargs", "Ignored."), body: fireMaster),
    ]

    private static func send(_ call: CallContext, tag: String, data: ValueMap, options: ValueMap) async throws -> Bool {
        var event = data
        for (key, value) in options {
            switch key.pythonString {
            case "with_grains": if value.isTruthy { event["grains"] = .map(select(call.grains, value)) }
            case "with_pillar": if value.isTruthy { event["pillar"] = .map(select(call.pillar, value)) }
            case "with_env", "with_env_opts", "preload", "timeout": break
            default: event[key] = value
            }
        }
        return try await fireMaster(call, data: event, tag: tag, options: [:])
    }

    /// All of a map, or the keys that a list names.
    private static func select(_ map: ValueMap, _ wanted: Value) -> ValueMap {
        guard case .list(let names) = wanted else { return map }
        return ValueMap(names.compactMap { name in map[name].map { (name, $0) } })
    }

    private static func fireMaster(_ call: CallContext, data: ValueMap, tag: String, options: ValueMap) async throws -> Bool {
        guard let master = call.services.master else { return false }
        try await master.fire(tag: tag, data: data)
        return true
    }
}
