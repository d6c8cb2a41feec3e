import HaliteCore
import HaliteModuleKit
import HaliteValue

/// `state.graph` and `state.graph_highstate`: the requisites of SLS files, or of the highstate, as a drawing.
extension StateExecutionModule {
    private static let format = "dot as Salt writes it, graphviz (with frames and colours), svg, or text."

    static let graphFunctions: [Function] = [
        Function(
            "graph", "Draws the requisites of SLS files.",
            .rest("mods", "Names of SLS files, separated by commas; none means the highstate."),
            .keywords("kwargs", "format: \(format) test, pillar, saltenv, pillarenv, exclude."),
            example: "halite '*' state.graph web --out=newline_values_only | dot -Tsvg", body: graph),
        Function(
            "graph_highstate", "Draws the requisites of the highstate.",
            .keywords("kwargs", "format: \(format) pillar, saltenv, pillarenv.")
        ) {
            context, keywords in try await graph(context, [], keywords)
        },
    ]

    private static func graph(_ context: CallContext, _ modules: [Value], _ keywords: ValueMap) async throws -> Value {
        var keywords = keywords
        let format = keywords.removeValue(forKey: "format")?.pythonString ?? "dot"
        let title = keywords.removeValue(forKey: "title")?.stringValue
        let colour = keywords.removeValue(forKey: "colour")?.isTruthy ?? false
        guard GraphFormat(rawValue: format) != nil else {
            let known = GraphFormat.allCases.map(\.rawValue)
            throw ExecutionError(
                "unknown format '\(format)'\(NearestName.hint(format, among: known)) (known: \(known.joined(separator: ", ")))")
        }
        do {
            let engine = try await StateEngine.prepare(try StateRequest(modules, keywords, in: context))
            var graph = try await engine.requisites()
            if format == GraphFormat.dot.rawValue { return .string(PlainDOT.text(graph)) }
            let order = graph.ordered()
            let what = engine.request.sls.isEmpty ? "the highstate of \(context.services.id)" : engine.request.sls.joined(separator: ", ")
            let drawn = StateGraph(title: title ?? "Requisites of \(what)", graph, order: order)
            switch GraphFormat(rawValue: format) {
            case .svg: return .string(GraphSVG.text(drawn))
            case .graphviz: return .string(GraphDOT.text(drawn))
            default: return .string(GraphText.text(drawn, colour: colour))
            }
        } catch let refusal as StateRefusal {
            context.outcome.returnCode = refusal.returnCode
            return refusal.value
        }
    }
}

/// What `state.graph` can write.
package enum GraphFormat: String, CaseIterable, Sendable {
    case dot, graphviz, svg, text
}

extension StateEngine {
    /// The graph of what was asked for. Requisites that lead nowhere or round in a circle are no reason to draw nothing.
    fileprivate func requisites() async throws -> DependencyGraph {
        var (high, errors) = try await highData(try await requestedMatches())
        errors += compiler.reconcile(&high)
        if !errors.isEmpty { throw StateRefusal(messages: errors, returnCode: 1) }
        return compiler.graph(high.lowChunks())
    }
}

extension StateCompiler {
    /// Chunks with the edges of their requisites, without an order.
    func graph(_ chunks: [LowChunk]) -> DependencyGraph {
        var chunks = chunks
        for index in chunks.indices { reconcileWatch(&chunks[index]) }
        var graph = DependencyGraph(chunks)
        for index in graph.chunks.indices { _ = graph.addRequisites(ofChunk: index, disabled: settings.disabledRequisites) }
        return graph
    }
}
