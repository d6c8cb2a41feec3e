import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Languages and conventions that the host knows and uses.
package struct LocaleState: StateModule {
    package static let name = "locale"
    package static let summary = "Languages and conventions that the host knows and uses."

    package static let functions: [StateFunction] = [
        StateFunction("system", "The host has a locale.", .required("name", "Such as de_CH.UTF-8."), body: system),
        StateFunction("present", "The host knows a locale.", .required("name", "Such as de_CH.UTF-8."), body: present),
    ]

    private static func system(_ state: StateContext, name: String) async throws -> StateResult {
        do {
            if try await LocaleModule.current(state.call) == name { return state.unchanged("System locale \(name) already set") }
            return try await state.either(
                would: {
                    StateResult(name: name, result: nil, comment: "System locale \(name) needs to be set")
                },
                do: {
                    guard try await LocaleModule.set(state.call, locale: name) else {
                        return state.failed("Failed to set system locale to \(name)")
                    }
                    return StateResult(name: name, result: true, comment: "Set system locale \(name)", changes: ["locale": .string(name)])
                })
        } catch let error as ExecutionError {
            return state.failed("Failed to set system locale: \(error)")
        }
    }

    private static func present(_ state: StateContext, name: String) async throws -> StateResult {
        if try await LocaleModule.isAvailable(state.call, locale: name) { return state.unchanged("Locale \(name) is already present") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Locale \(name) needs to be generated")
            },
            do: {
                guard try await state.call.call("locale.gen_locale", .string(name)).isTruthy else {
                    return state.failed("Failed to generate locale \(name)")
                }
                return StateResult(name: name, result: true, comment: "Generated locale \(name)", changes: ["locale": .string(name)])
            })
    }
}
