/// Writes the graph by which a run is ordered in the form in which Salt's `state.graph` writes it.
///
/// Test runs that `prereq` brings are boxes of their own. Unlike Salt, quotes and line breaks in names are escaped, so that
/// Graphviz can read every graph.
enum PlainDOT {
    static func text(_ graph: DependencyGraph) -> String {
        var lines = ["digraph G {"]
        for node in graph.nodes {
            let chunk = graph.chunks[node.chunk]
            var label = "\(escaped(chunk.fullName))\\n\(escaped(chunk.id))"
            if chunk.name != chunk.id { label += "\\n(\(escaped(chunk.name)))" }
            lines.append("  \"\(escaped(node.tag))\" [label=\"\(label)\"];")
        }
        for node in graph.nodes {
            for edge in grouped(node.outgoing) {
                lines.append("  \"\(escaped(node.tag))\" -> \"\(escaped(graph.nodes[edge.other].tag))\" [label=\"\(edge.type.rawValue)\"];")
            }
        }
        return lines.joined(separator: "\n") + "\n}"
    }

    /// The edges to one node stand together, at the place of the first.
    private static func grouped(_ edges: [DependencyGraph.Edge]) -> [DependencyGraph.Edge] {
        var order: [Int] = []
        var groups: [Int: [DependencyGraph.Edge]] = [:]
        for edge in edges {
            if groups[edge.other] == nil { order.append(edge.other) }
            groups[edge.other, default: []].append(edge)
        }
        return order.flatMap { groups[$0] ?? [] }
    }

    private static func escaped(_ text: String) -> String { String(GraphDOT.quoted(text).dropFirst().dropLast()) }
}
