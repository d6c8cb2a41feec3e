import HaliteHost
import HaliteValue

/// A change of one state, described before it is made.
package struct StateChange: Sendable, Equatable {
    /// The state function, such as `file.managed`.
    package let function: String
    package let id: String
    package let sls: String
    package let name: String
    /// In the form that the state reports when it is done.
    package let changes: ValueMap
    /// What the state says of it under `test=True`.
    package let comment: String
}

/// Hears of changes before they are made: the seam for a saved plan, which compares, and for undoing, which saves.
///
/// An error from here stops the change; the state fails with its words.
package protocol ChangeJournal: Sendable {
    func willChange(_ change: StateChange) async throws
    /// One step of a change, or of a state that describes no change of its own.
    func willPerform(_ step: HostChange, id: String) async throws
}
