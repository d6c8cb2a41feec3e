import HaliteHost
import HaliteValue

/// One group of facts about a host. Grains run in the order of the registry and see what earlier ones found.
package protocol Grain: Sendable {
    /// For messages and for switching it off.
    static var name: String { get }
    /// The facts; an absent fact is left out, never an error.
    static func collect(_ host: any Host, known: ValueMap) async -> ValueMap
}
