import HaliteModuleKit
import HaliteValue

/// Texts that `file.accumulated` keeps for the state that writes a file.
enum Accumulators {
    private static let key = "file.accumulators"
    private static let targetsKey = "file.accumulators.targets"

    static func values(_ state: StateContext, _ path: String) -> ValueMap? { state.call.memory[key]?[path]?.mapValue }

    /// The texts for a state that writes a file: of the accumulators that name it, or of all when none does.
    static func texts(_ state: StateContext, _ path: String) -> [String] {
        let all = values(state, path) ?? [:]
        let targets = state.call.memory[targetsKey]?[path]?.mapValue ?? [:]
        let meant = all.filter { targets[$0.key]?.listValue?.contains(.string(state.id)) == true }
        return (meant.isEmpty ? all.map { $0 } : meant.map { $0 }).flatMap { $0.value.listValue ?? [] }.map(\.pythonString)
    }

    /// Remembers the states that an accumulator names, by ID or by name.
    static func address(_ targets: [Value], name: String, path: String, _ state: StateContext) {
        var all = state.call.memory[targetsKey]?.mapValue ?? [:]
        var file = all[path]?.mapValue ?? [:]
        let named = targets.flatMap { target in target.mapValue.map { Array($0.map(\.value)) } ?? [] }
        file[name] = .list((file[name]?.listValue ?? []) + named)
        all[path] = .map(file)
        state.call.memory[targetsKey] = .map(all)
    }

    /// Adds what is not there yet; tells whether something was.
    static func add(_ texts: [Value], name: String, path: String, _ state: StateContext) -> Bool {
        var all = state.call.memory[key]?.mapValue ?? [:]
        var file = all[path]?.mapValue ?? [:]
        let known = file[name]?.listValue ?? []
        var new: [Value] = []
        for text in texts where !known.contains(text) && !new.contains(text) { new.append(text) }
        file[name] = .list(known + new)
        all[path] = .map(file)
        state.call.memory[key] = .map(all)
        return !new.isEmpty
    }
}
