import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Who gets mail in the place of others, and who does not.
package struct AliasState: StateModule {
    package static let name = "alias"
    package static let summary = "Who gets mail in the place of others, and who does not."

    package static let functions: [StateFunction] = [
        StateFunction(
            "present", "An alias has a target.", .required("name", "The alias."), .required("target", "Text or list."), body: present),
        StateFunction("absent", "There is no such alias.", .required("name", "The alias."), body: absent),
    ]

    private static func present(_ state: StateContext, name: String, target: Value) async throws -> StateResult {
        if try await AliasesModule.hasTarget(state.call, alias: name, target: target) {
            return state.unchanged("Alias \(name) already present")
        }
        let arrow = "\(name) -> \(target.pythonString)"
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Alias \(arrow) is set to be added")
            },
            do: {
                _ = try await AliasesModule.setTarget(state.call, alias: name, target: target)
                return StateResult(name: name, result: true, comment: "Set email alias \(arrow)", changes: ["alias": .string(name)])
            })
    }

    private static func absent(_ state: StateContext, name: String) async throws -> StateResult {
        if try await AliasesModule.target(state.call, alias: name).isEmpty { return state.unchanged("Alias \(name) already absent") }
        return try await state.either(
            would: {
                StateResult(name: name, result: nil, comment: "Alias \(name) is set to be removed")
            },
            do: {
                _ = try await AliasesModule.remove(state.call, alias: name)
                return StateResult(name: name, result: true, comment: "Removed alias \(name)", changes: ["alias": .string(name)])
            })
    }
}
