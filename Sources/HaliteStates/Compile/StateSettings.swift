import HaliteCore
import HaliteModuleKit
import HaliteValue

/// What the configuration and the grains say about state runs.
struct StateSettings: Sendable {
    /// `disabled_requisites`: kinds of requisites that are ignored, such as `require` or `watch_in`.
    var disabledRequisites: Set<String> = []
    /// The patterns of `state.disable`, kept in the grain `state_runs_disabled`.
    var disabledStates: [GlobPattern] = []
    /// `state_aggregate`: true, or the names of state modules.
    var aggregate: Value = false
    /// Whether a state module can do the work of several chunks at once.
    var canAggregate: @Sendable (String) -> Bool = { _ in false }
    /// `failhard`: after the first failure nothing else runs.
    var failhard = false
    /// `state_max_parallel`: how many states with `parallel: True` may run at once; 0 for any number.
    var maximumParallel = 0
    /// `global_state_conditions`: state or `*` to the compound targets of which one must match the minion.
    var globalConditions = ValueMap()

    init() {}

    init(options: ValueMap, grains: ValueMap, registry: ModuleRegistry) {
        let requisites = options["disabled_requisites"]
        disabledRequisites = Set((requisites?.listValue ?? requisites.map { [$0] } ?? []).map(\.pythonString))
        disabledStates = (grains["state_runs_disabled"]?.listValue ?? []).map { GlobPattern($0.pythonString) }
        aggregate = options["state_aggregate"] ?? false
        failhard = options["failhard"]?.isTruthy ?? false
        maximumParallel = options["state_max_parallel"]?.intValue ?? 0
        globalConditions = options["global_state_conditions"]?.mapValue ?? [:]
        canAggregate = { registry.aggregates[$0] != nil }
    }

    func isDisabled(_ chunk: LowChunk) -> Bool {
        disabledStates.contains { $0.matches(chunk.fullName) }
    }

    func aggregates(_ chunk: LowChunk) -> Bool {
        let wanted = chunk.data["aggregate"] ?? aggregate
        switch wanted {
        case .bool(true): return canAggregate(chunk.state)
        case .list(let names): return names.contains(.string(chunk.state)) && canAggregate(chunk.state)
        case .map(let names): return names[chunk.state] != nil && canAggregate(chunk.state)
        default: return false
        }
    }

    /// The compound targets that speak about a state, or nil when nothing does.
    func conditions(of chunk: LowChunk) -> [String]? {
        var found: [String] = []
        for (state, conditions) in globalConditions where ["*", chunk.fullName, chunk.state].contains(state.pythonString) {
            found += (conditions.listValue ?? [conditions]).map(\.pythonString)
        }
        return found.isEmpty ? nil : found
    }
}
