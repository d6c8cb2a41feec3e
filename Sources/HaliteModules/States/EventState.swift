import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Events that tell the master of something.
package struct EventState: StateModule {
    package static let name = "event"
    package static let summary = "Events that tell the master of something."

    package static let functions: [StateFunction] = ["send", "fire_master", "mod_watch"].map { name in
        StateFunction(
            name, "An event is sent.", .required("name", "The tag."), .optional("data", .null as Value, "The data."),
            .optional("show_changed", true, "Show it among the changes."), .keywords("kwargs", "with_grains, with_pillar and further data."), body: send)
    } + [
        StateFunction("wait", "An event is sent when something it watches has changed.", .required("name", "The tag."), .keywords("kwargs", "As for send."), body: wait)
    ]

    private static func wait(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult { state.unchanged("") }

    private static func send(_ state: StateContext, name: String, data: Value, shows: Bool, options: ValueMap) async throws -> StateResult {
        let changes: ValueMap = shows ? ["tag": .string(name), "data": data] : [:]
        var isSent = true
        var result = try await state.change(changes, would: "Event would have been fired", did: "Event fired") {
            var keywords = options
            keywords["sfun"] = nil
            keywords["data"] = data
            isSent = try await state.call.call("event.send", Arguments([.string(name)], keywords: keywords)).isTruthy
            return nil
        }
        if !isSent { result.result = false }
        return result
    }
}
