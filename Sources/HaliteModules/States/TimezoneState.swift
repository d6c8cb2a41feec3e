import HaliteCore
import HaliteModuleKit
import HaliteValue

/// The host's time zone.
package struct TimezoneState: StateModule {
    package static let name = "timezone"
    package static let summary = "The host's time zone."

    package static let functions: [StateFunction] = [
        StateFunction("system", "The host is in a zone.", .required("name", "The zone, such as Europe/Zurich."), .optional("utc", true, "The hardware clock is UTC."), body: system)
    ]

    private static func system(_ state: StateContext, name: String, utc: Bool) async throws -> StateResult {
        let call = state.call
        let isSet: Bool
        do {
            isSet = try await TimezoneModule.compare(call, zone: name)
        } catch let error as ExecutionError {
            return state.failed("Unable to compare desired timezone '\(name)' to system timezone: \(error)")
        }
        let isUTC = try await TimezoneModule.clock(call) == "UTC"
        let setsClock = utc && !isUTC
        if isSet, !setsClock { return state.unchanged("Timezone \(name) already set" + (utc ? ", UTC already set to \(name)" : "")) }
        var would: [String] = []
        if !isSet { would.append("Timezone \(name) needs to be set") }
        if setsClock { would.append("UTC needs to be set to True") }
        return try await state.either(would: { StateResult(name: name, result: nil, comment: would.joined(separator: ", ")) }, do: {
            var result = state.unchanged("")
            var did: [String] = []
            if !isSet {
                _ = try await TimezoneModule.set(call, zone: name)
                result.changes["timezone"] = .string(name)
                did.append("Set timezone \(name)")
            }
            if setsClock {
                let isDone = try await call.call("timezone.set_hwclock", "UTC").isTruthy
                if isDone { result.changes["utc"] = true }
                if !isDone { result.result = false }
                did.append(isDone ? "Set UTC to True" : "Failed to set UTC to True")
            }
            result.comment = did.joined(separator: ", ")
            return result
        })
    }
}
