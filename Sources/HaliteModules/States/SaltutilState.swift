import HaliteCore
import HaliteModuleKit
import HaliteValue

/// Custom modules of the file server that are on the minion.
package struct SaltutilState: StateModule {
    package static let name = "saltutil"
    package static let summary = "Custom modules of the file server that are on the minion."

    package static let functions: [StateFunction] =
        [StateFunction("sync_all", "All custom modules are on the minion.", .required("name", "Any name."), .keywords("kwargs", "saltenv and more."), body: syncAll)]
        + SaltutilModule.kinds.map { kind in
            StateFunction("sync_\(kind)", "Custom \(kind) are on the minion.", .required("name", "Any name."), .keywords("kwargs", "saltenv and more.")) {
                try await sync($0, $1, $2, kind)
            }
        }

    private static func syncAll(_ state: StateContext, name: String, options: ValueMap) async throws -> StateResult {
        try await perform(state, "saltutil.sync_all", "sync_all", done: "Sync performed", options) { answer in
            ValueMap((answer.mapValue ?? [:]).filter { $0.value.isTruthy }.map { ($0.key, $0.value) })
        }
    }

    private static func sync(_ state: StateContext, _ name: String, _ options: ValueMap, _ kind: String) async throws -> StateResult {
        try await perform(state, "saltutil.sync_\(kind)", "sync_\(kind)", done: "Updated \(kind).", options) { answer in
            answer.isTruthy ? [.string(kind): answer] : [:]
        }
    }

    private static func perform(
        _ state: StateContext, _ function: String, _ word: String, done: String, _ options: ValueMap, _ changes: (Value) -> ValueMap
    ) async throws -> StateResult {
        try await state.either(would: {
            StateResult(name: state.name, result: nil, comment: "\(function) would have been run")
        }, do: {
            do {
                let changes = changes(try await state.call.call(function, Arguments([], keywords: options)))
                return StateResult(name: state.name, result: true, comment: changes.isEmpty ? "No updates to sync" : done, changes: changes)
            } catch let error as ExecutionError {
                return state.failed("Failed to run \(word): \(error)")
            }
        })
    }
}
