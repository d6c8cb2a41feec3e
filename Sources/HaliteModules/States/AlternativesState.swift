import HaliteCore
import HaliteHost
import HaliteModuleKit
import HaliteValue

/// Programs that names stand for.
package struct AlternativesState: StateModule {
    package static let name = "alternatives"
    package static let summary = "Programs that names stand for."
    package static let requires: Requirement = .path("/etc/alternatives")

    package static let functions: [StateFunction] = [
        StateFunction("install", "A program is among those of a name.", .required("name", "The name."), .required("link", "The link."), .required("path", "The program."), .required("priority", "Its priority."), body: install),
        StateFunction("remove", "A program is not among those of a name.", .required("name", "The name."), .required("path", "The program."), body: remove),
        StateFunction("set", "A name stands for a program.", .required("name", "The name."), .required("path", "The program."), body: set),
        StateFunction("auto", "A name stands for the program of the highest priority.", .required("name", "The name."), body: auto),
    ]

    private static func install(_ state: StateContext, name: String, link: String, path: String, priority: Int) async throws -> StateResult {
        let call = state.call
        if try await AlternativesModule.exists(call, name: name, path: path) { return state.unchanged("Alternative \(path) for \(name) is already registered") }
        return try await state.change(
            ["name": .string(name), "link": .string(link), "path": .string(path), "priority": .int(priority)],
            would: "Alternative will be set for \(name) to \(path) with priority \(priority)",
            did: "Alternative for \(name) set to path \(path) with priority \(priority)"
        ) {
            let result = try await AlternativesModule.run(call, "--install", link, name, path, String(priority))
            guard result.succeeded else { throw ExecutionError("Alternative for \(name) not installed: \(result.errorText)") }
            return nil
        }
    }

    private static func remove(_ state: StateContext, name: String, path: String) async throws -> StateResult {
        let call = state.call
        guard try await AlternativesModule.exists(call, name: name, path: path) else { return state.unchanged("Alternative for \(name) is not registered") }
        return try await state.change(
            ["path": .string(path)], would: "Alternative for \(name) will be removed", did: "Alternative for \(name) removed"
        ) {
            let result = try await AlternativesModule.run(call, "--remove", name, path)
            guard result.succeeded else { throw ExecutionError(result.errorText) }
            return nil
        }
    }

    private static func set(_ state: StateContext, name: String, path: String) async throws -> StateResult {
        let call = state.call
        if try await AlternativesModule.isCurrent(call, name: name, path: path) { return state.unchanged("Alternative for \(name) already set to \(path)") }
        guard try await AlternativesModule.exists(call, name: name, path: path) else { return state.failed("Alternative \(path) for \(name) doesn't exist") }
        return try await state.change(
            ["path": .string(path)], would: "Alternative for \(name) will be set to path \(path)", did: "Alternative for \(name) set to path \(path)"
        ) {
            let result = try await AlternativesModule.run(call, "--set", name, path)
            guard result.succeeded else { throw ExecutionError(result.errorText) }
            return nil
        }
    }

    private static func auto(_ state: StateContext, name: String) async throws -> StateResult {
        let call = state.call
        let lines = try await AlternativesModule.run(call, "--display", name).lines
        if lines.first?.hasSuffix(" auto mode") == true { return state.unchanged("\(name) already in auto mode") }
        return try await state.either(would: {
            StateResult(name: name, result: nil, comment: "\(name) will be put in auto mode")
        }, do: {
            let result = try await AlternativesModule.run(call, "--auto", name)
            guard result.succeeded else { return state.failed(result.errorText) }
            return StateResult(name: name, result: true, comment: "\(name) put in auto mode", changes: ["result": .string(result.text)])
        })
    }
}
