import HaliteValue
import Synchronization

/// Data of a run as its templates have changed it: one dictionary for the whole run, as under Salt.
package final class SharedData: Sendable {
    package struct Content: Sendable {
        package var grains: ValueMap?
        package var pillar: ValueMap?
        /// The pillar that functions see, which is another dictionary than that of templates.
        package var functionPillar: ValueMap?
        package var options: ValueMap?
    }

    private let held = Mutex(Content())

    package init() {}

    package var content: Content { held.withLock { $0 } }

    package func change(_ body: @Sendable (inout Content) -> Void) { held.withLock { body(&$0) } }

    /// Gives a function what it sees. The pillar that is compiled anew is not laid over a changed one.
    func apply(to context: inout CallContext, function: String) {
        let content = content
        if let grains = content.grains { context.grains = grains }
        if let pillar = content.functionPillar, !Self.compiling.contains(function) { context.pillar = pillar }
    }

    private static let compiling: Set<String> = ["pillar.items", "pillar.data", "pillar.ls", "pillar.obfuscate", "pillar.ext"]
}
