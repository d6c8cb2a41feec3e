import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// The layout of the keyboard.
package struct KeyboardState: StateModule {
    package static let name = "keyboard"
    package static let summary = "The layout of the keyboard."
    package static let requires: Requirement = KeyboardModule.requires

    package static let functions: [StateFunction] = [
        StateFunction("system", "The console has a layout.", .required("name", "Such as us."), body: system),
        StateFunction("xorg", "The X server has a layout.", .required("name", "Such as us."), body: xorg),
    ]

    private static func system(_ state: StateContext, name: String) async throws -> StateResult {
        if try await KeyboardModule.system(state.call) == name { return state.unchanged("System layout \(name) already set") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "System layout \(name) needs to be set")
            },
            do: {
                _ = try await KeyboardModule.setSystem(state.call, layout: name)
                return StateResult(
                    name: name, result: true, comment: "Set system keyboard layout \(name)", changes: ["layout": .string(name)])
            })
    }

    private static func xorg(_ state: StateContext, name: String) async throws -> StateResult {
        if try await KeyboardModule.xorg(state.call) == name { return state.unchanged("XOrg layout \(name) already set") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "XOrg layout \(name) needs to be set")
            },
            do: {
                _ = try await KeyboardModule.setXorg(state.call, layout: name)
                return StateResult(
                    name: name, result: true, comment: "Set XOrg keyboard layout \(name)", changes: ["layout": .string(name)])
            })
    }
}
