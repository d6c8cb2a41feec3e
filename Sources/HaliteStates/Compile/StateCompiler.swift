import HaliteCore
import HaliteValue

/// From high data to ordered chunks: data in, chunks or errors out; nothing is read and nothing is run.
package struct StateCompiler: Sendable {
    /// The chunks with their graph, ready to be run.
    package struct Compiled: Sendable {
        package var graph: DependencyGraph
        /// Indices into the graph's chunks, in the order of the run.
        package let order: [Int]
        /// How many chunks `state.disable` left out; Salt counts them among the runs.
        var disabledCount = 0

        package var chunks: [LowChunk] { order.map { graph.chunks[$0] } }
    }

    /// Whether a state module has a `mod_watch`, by which `watch` differs from `require`.
    package var hasWatch: @Sendable (String) -> Bool
    var settings: StateSettings

    init(settings: StateSettings = StateSettings(), hasWatch: @escaping @Sendable (String) -> Bool) {
        self.settings = settings
        self.hasWatch = hasWatch
    }

    /// Applies extensions, requisites of the `_in` kind and exclusions. Returns all errors.
    package func reconcile(_ high: inout HighData) -> [String] {
        let errors = high.reconcileExtend() + high.verify()
        if !errors.isEmpty { return errors }
        let requisiteErrors = high.applyRequisitesIn(disabled: settings.disabledRequisites)
        high.applyExclude()
        return requisiteErrors
    }

    /// As `state.show_lowstate` does it: goes on after errors, so that it names more of them than a run does.
    func compileAll(_ high: HighData, errors: [String]) throws(StateCompileError) -> Compiled {
        var high = high
        var errors = errors + high.reconcileExtend() + high.verify()
        errors += high.applyRequisitesIn(disabled: settings.disabledRequisites)
        high.applyExclude()
        if !errors.isEmpty { throw StateCompileError(errors) }
        return try order(high.lowChunks())
    }

    /// As `state.sls_id` does it: extensions and exclusions are not looked at.
    func compileWithoutExtend(_ high: HighData, errors: [String]) throws(StateCompileError) -> Compiled {
        var high = high
        let errors = errors + high.verify() + high.applyRequisitesIn(disabled: settings.disabledRequisites)
        if !errors.isEmpty { throw StateCompileError(errors) }
        return try order(high.lowChunks())
    }

    package func compile(_ high: HighData) throws(StateCompileError) -> Compiled {
        var high = high
        let errors = reconcile(&high)
        if !errors.isEmpty { throw StateCompileError(errors) }
        return try order(high.lowChunks())
    }

    package func order(_ chunks: consuming [LowChunk]) throws(StateCompileError) -> Compiled {
        let count = chunks.count
        if !settings.disabledStates.isEmpty { chunks = chunks.filter { !settings.isDisabled($0) } }
        for index in chunks.indices { reconcileWatch(&chunks[index]) }
        var graph = DependencyGraph(chunks)
        var errors: [String] = []
        for index in graph.chunks.indices {
            if let error = graph.addRequisites(ofChunk: index, disabled: settings.disabledRequisites) { errors.append(error) }
        }
        if let order = graph.ordered(aggregates: settings.aggregates) {
            if errors.isEmpty { return Compiled(graph: graph, order: order, disabledCount: count - graph.chunks.count) }
        } else {
            errors.append("Recursive requisites were found: \(graph.circle())")
        }
        throw StateCompileError(errors)
    }

    /// Watching means requiring for a module that has nothing to do when a watched state changes.
    func reconcileWatch(_ chunk: inout LowChunk) {
        guard chunk.data["watch"] != nil || chunk.data["watch_any"] != nil, !hasWatch(chunk.state) else { return }
        for (watch, require) in [("watch", "require"), ("watch_any", "require_any")] {
            if let list = chunk.data.removeValue(forKey: watch)?.listValue {
                chunk.data[require] = .list((chunk.data[require]?.listValue ?? []) + list)
            }
        }
    }
}

/// All that is wrong with a tree, in the order it was found.
package struct StateCompileError: Error, CustomStringConvertible, Equatable {
    package let errors: [String]
    package init(_ errors: [String]) { self.errors = errors }
    package var description: String { errors.joined(separator: "\n") }
}
