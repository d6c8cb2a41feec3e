import HaliteCore
import HaliteValue

/// The settings that say how a pillar is made, with Salt's names and defaults.
struct PillarSettings: Sendable {
    let options: ValueMap
    let topPath: String
    let strategyName: String
    let environmentOrder: [String]
    let includesOverride: Bool
    /// Whether errors of rendering are told to the log alone: they may show secrets to the minion.
    let hidesRenderErrors: Bool
    private let strategy: DictMerge.Strategy
    private let mergeLists: Bool

    init(_ options: ValueMap) {
        self.options = options
        topPath = TopSettings.path(options)
        strategyName = options["pillar_source_merging_strategy"].flatMap { $0.isTruthy ? $0.pythonString : nil } ?? "smart"
        strategy = DictMerge.Strategy(strategyName, renderer: options["renderer"]?.stringValue ?? "jinja|yaml")
        mergeLists = options["pillar_merge_lists"]?.isTruthy == true && DictMerge.Strategy.joinsLists(strategyName)
        environmentOrder = options["env_order"]?.listValue?.map(\.pythonString) ?? []
        includesOverride = options["pillar_includes_override_sls"]?.isTruthy ?? false
        hidesRenderErrors = options["pillar_safe_render_error"]?.isTruthy ?? true
    }

    func merge(_ below: ValueMap, _ above: ValueMap) -> ValueMap {
        DictMerge.merge(below, above, strategy, mergeLists: mergeLists)
    }

    func isOn(_ key: String) -> Bool { options[key]?.isTruthy ?? false }

    /// What stands for `__env__` in paths and names of environments.
    func dynamicEnvironment(pillarenv: String?, saltenv: String?) -> String {
        [pillarenv, saltenv].lazy.compactMap { $0 }.first { !$0.isEmpty } ?? "base"
    }
}
