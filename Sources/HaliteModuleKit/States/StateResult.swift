import HaliteValue

/// How one state went; Salt's result dictionary.
package struct StateResult: Sendable, Equatable {
    package var name: String
    /// True went well, false failed, nil would change something (`test=True`).
    package var result: Bool?
    package var comment: String
    package var changes: ValueMap
    package var warnings: [String]
    /// Further keys that some states give, such as `skip_watch` or `pchanges`.
    package var extra: ValueMap

    package init(
        name: String, result: Bool?, comment: String, changes: ValueMap = [:], warnings: [String] = [],
        extra: ValueMap = [:]
    ) {
        self.name = name
        self.result = result
        self.comment = comment
        self.changes = changes
        self.warnings = warnings
        self.extra = extra
    }
}

/// What a state function may use, and the one place that knows about `test=True`.
package struct StateContext: Sendable {
    package let call: CallContext
    package let name: String
    package let id: String
    /// The SLS that the state stands in.
    package let sls: String
    /// The whole low chunk, for the few states that read more than their arguments.
    package let low: ValueMap

    package init(call: CallContext, name: String, id: String, sls: String, low: ValueMap) {
        self.call = call
        self.name = name
        self.id = id
        self.sls = sls
        self.low = low
    }

    /// The same state about another name, such as a path whose `~` was resolved.
    package func named(_ name: String) -> StateContext {
        StateContext(call: call, name: name, id: id, sls: sls, low: low)
    }

    /// The host is as the state says.
    package func unchanged(_ comment: String) -> StateResult {
        StateResult(name: name, result: true, comment: comment)
    }

    package func failed(_ comment: String, changes: ValueMap = [:]) -> StateResult {
        StateResult(name: name, result: false, comment: comment, changes: changes)
    }

    /// The comment of a state that changes nothing, where Salt words it differently under `test=True`.
    package func text(would: String, did: String) -> String { call.test ? would : did }

    /// Looks at something only when changes are made, such as what an earlier state of a real run has prepared.
    package func whenApplying<Found>(_ look: () async throws -> Found?) async throws -> Found? {
        call.test ? nil : try await look()
    }

    /// Looks at something only under `test=True`, to tell more of what would be done.
    package func whenPlanning<Found>(_ look: () async throws -> Found) async throws -> Found? {
        call.test ? try await look() : nil
    }

    /// What a state says under `test=True`, or what it does: for those whose two results have little in common.
    ///
    /// Where a journal listens, the plan is made first and told to it.
    package func either(
        would: () async throws -> StateResult, do perform: () async throws -> StateResult
    ) async throws -> StateResult {
        if call.test { return try await would() }
        if let journal = call.journal {
            let planned = try await would()
            if planned.result == nil { try await journal.willChange(change(planned.changes, planned.comment)) }
        }
        return try await perform()
    }

    private func change(_ changes: ValueMap, _ comment: String) -> StateChange {
        StateChange(function: call.function, id: id, sls: sls, name: name, changes: changes, comment: comment)
    }

    /// Makes a change, or only tells it under `test=True`.
    ///
    /// - Parameters:
    ///   - changes: what differs, in the form that Salt's state reports; known before anything is done.
    ///   - would: the comment under `test=True`.
    ///   - did: the comment when it is done.
    ///   - perform: does it. It may return other changes than were foreseen; nil keeps `changes`.
    package func change(
        _ changes: ValueMap, would: String, did: String, perform: () async throws -> ValueMap?
    ) async throws -> StateResult {
        if call.test { return StateResult(name: name, result: nil, comment: would, changes: changes) }
        try await call.journal?.willChange(change(changes, would))
        let made = try await perform()
        return StateResult(name: name, result: true, comment: did, changes: made ?? changes)
    }
}
