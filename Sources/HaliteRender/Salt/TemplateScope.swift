import HaliteJinja
import HaliteValue

/// What templates see beside their own text: the data of the host and the functions they may call.
package struct TemplateScope: Sendable {
    package var grains: ValueMap
    package var pillar: ValueMap
    /// The pillar that functions see: another dictionary than that of templates, as under Salt. Nil where both are alike.
    package var functionPillar: ValueMap?
    package var options: ValueMap
    package var saltenv: String
    /// Further variables, such as `sls` and the context of `file.managed`.
    package var values: ValueMap
    /// Calls an execution function and waits for its return; runs on the render thread.
    package var call: @Sendable (_ function: String, _ positional: [Value], _ keywords: ValueMap) throws -> Value
    package var functions: FunctionNames

    /// Hears what a template has changed of its data, for the renderings and calls that follow.
    package var keep: (@Sendable (DataChanges) -> Void)?

    package init(
        grains: ValueMap, pillar: ValueMap, options: ValueMap, saltenv: String, values: ValueMap = [:],
        call: @escaping @Sendable (String, [Value], ValueMap) throws -> Value,
        functions: FunctionNames
    ) {
        self.grains = grains
        self.pillar = pillar
        self.options = options
        self.saltenv = saltenv
        self.values = values
        self.call = call
        self.functions = functions
    }
}

/// What a template has changed of the data that it was given; nil is unchanged.
package struct DataChanges: Sendable {
    package var grains: ValueMap?
    package var pillar: ValueMap?
    package var functionPillar: ValueMap?
    package var options: ValueMap?

    package init() {}

    var isEmpty: Bool { grains == nil && pillar == nil && functionPillar == nil && options == nil }
}

/// The functions that `salt` offers to templates. They are asked for in each file, so that nothing is listed for that.
package struct FunctionNames: Sendable {
    let contains: @Sendable (String) -> Bool
    let hasModule: @Sendable (String) -> Bool
    let all: @Sendable () -> [String]

    package init(
        contains: @escaping @Sendable (String) -> Bool, hasModule: @escaping @Sendable (String) -> Bool, all: @escaping @Sendable () -> [String]
    ) {
        self.contains = contains
        self.hasModule = hasModule
        self.all = all
    }

    package init(_ names: [String]) {
        let known = Set(names)
        let modules = Set(names.compactMap { $0.utf8.contains(UInt8(ascii: ".")) ? String($0.prefix { $0 != "." }) : nil })
        self.init(contains: known.contains, hasModule: modules.contains, all: { names })
    }
}
