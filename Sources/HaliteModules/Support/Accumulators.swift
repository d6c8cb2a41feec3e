import HaliteModuleKit
import HaliteValue

/// Texts that `file.accumulated` keeps for the state that writes a file.
enum Accumulators {
    private static let key = "file.accumulators"

    static func values(_ state: StateContext, _ path: String) -> ValueMap? { state.call.memory[key]?[path]?.mapValue }

    /// The texts for a file, one accumulator after the other.
    static func texts(_ state: StateContext, _ path: String) -> [String] {
        (values(state, path) ?? [:]).flatMap { $0.value.listValue ?? [] }.map(\.pythonString)
    }

    /// Adds what is not there yet; tells whether something was.
    static func add(_ texts: [Value], name: String, path: String, _ state: StateContext) -> Bool {
        var all = state.call.memory[key]?.mapValue ?? [:]
        var file = all[path]?.mapValue ?? [:]
        let known = file[name]?.listValue ?? []
        let new = texts.filter { !known.contains($0) }
        file[name] = .list(known + new)
        all[path] = .map(file)
        state.call.memory[key] = .map(all)
        return !new.isEmpty
    }
}
