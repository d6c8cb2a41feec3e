import HaliteCore
import HaliteModuleKit
import HaliteValue

/// One call of `state.apply` and its kind: the SLS asked for and the settings of the run.
struct StateRequest: Sendable {
    var sls: [String]
    var context: CallContext
    var exclude: [Value] = []
    /// Run although another state run is going on.
    var concurrent = false
    /// Wait for another state run instead of giving up.
    var queue = false

    /// Reads positional SLS names and the keywords that all functions share.
    init(_ arguments: [Value], _ keywords: ValueMap, in context: CallContext) throws {
        var context = context
        var mods = arguments
        if let keyword = keywords["mods"] { mods.append(keyword) }
        sls = mods.flatMap { mod -> [String] in
            switch mod {
            case .list(let list): list.map(\.pythonString)
            case .null: []
            default: mod.pythonString.split(separator: ",").map { String($0).trimmingSpaces }
            }
        }.filter { !$0.isEmpty }
        if let test = keywords["test"], !test.isNull { context.test = test.isTruthy }
        if let saltenv = keywords["saltenv"]?.stringValue { context.saltenv = saltenv }
        if let pillarenv = keywords["pillarenv"]?.stringValue { context.pillarenv = pillarenv }
        switch keywords["exclude"] {
        case .list(let list)?: exclude = list
        case .string(let text)?: exclude = text.split(separator: ",").map { .string(String($0)) }
        default: break
        }
        concurrent = keywords["concurrent"]?.isTruthy ?? false
        queue = keywords["queue"]?.isTruthy ?? false
        pillarOverride = keywords["pillar"]?.mapValue ?? [:]
        if let pillar = keywords["pillar"], !pillar.isNull, pillar.mapValue == nil {
            throw ExecutionError("Pillar data must be formatted as a dictionary, unless pillar_enc is specified.")
        }
        self.context = context
    }

    private(set) var pillarOverride: ValueMap = [:]
}

/// What a state function returns when nothing could be run: the messages, and the code that says why.
struct StateRefusal: Error {
    let messages: [String]
    let returnCode: Int

    var value: Value { messages.value }
}
