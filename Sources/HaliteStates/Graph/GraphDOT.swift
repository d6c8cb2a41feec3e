import HaliteCore

/// Writes a graph in Graphviz's language: boxes in a frame for each SLS, lines in the colours of their kinds.
package enum GraphDOT {
    package static func text(_ graph: StateGraph) -> String {
        var lines = [
            "digraph requisites {", "  label=\(quoted(graph.title + "\n" + graph.summary));", "  labelloc=t;",
            "  graph [rankdir=TB, ranksep=0.6, nodesep=0.3, fontname=\"Helvetica\"];",
            "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11];",
            "  edge [fontname=\"Helvetica\", fontsize=9];",
        ]
        for (number, sls) in graph.slsNames.enumerated() {
            lines.append("  subgraph \"cluster_\(number)\" {")
            lines.append(
                "    label=\(quoted(sls.isEmpty ? "no SLS" : sls)); color=\"\(GraphColours.band(number))\"; style=rounded; fontsize=10;")
            for (place, node) in graph.nodes.enumerated() where !node.isMissing && node.sls == sls {
                lines.append("    " + box(graph, place, node, number))
            }
            lines.append("  }")
        }
        for (place, node) in graph.nodes.enumerated() where node.isMissing {
            lines.append(
                "  n\(place) [label=\(quoted("\(node.function): \(node.id)\nnot found")), style=\"rounded,dashed\", color=\"#b0392b\", fontcolor=\"#b0392b\"];"
            )
        }
        lines += graph.edges.map { "  " + line(graph, $0) }
        return lines.joined(separator: "\n") + "\n}\n"
    }

    private static func box(_ graph: StateGraph, _ place: Int, _ node: StateGraph.Node, _ sls: Int) -> String {
        let label = "\(node.id)\n\(node.function)" + (node.name == node.id ? "" : "\n(\(node.name))")
        let border = graph.isInCircle(place) ? GraphColours.circle : GraphColours.band(sls)
        let width = graph.isInCircle(place) ? ", penwidth=2.5" : ""
        return "n\(place) [label=\(quoted(label)), fillcolor=\"\(GraphColours.fill(sls))\", color=\"\(border)\"\(width)];"
    }

    private static func line(_ graph: StateGraph, _ edge: StateGraph.Edge) -> String {
        let isInCircle = graph.isInCircle(edge)
        let colour = isInCircle ? GraphColours.circle : GraphColours.line(edge.kind)
        let style = isInCircle ? ", penwidth=2.5" : GraphColours.dashes(edge.kind) == nil ? "" : ", style=dashed"
        return "n\(edge.from) -> n\(edge.to) [label=\(quoted(edge.kind.rawValue)), color=\"\(colour)\", fontcolor=\"\(colour)\"\(style)];"
    }

    /// A text in quotes; a backslash would begin one of Graphviz's own escapes.
    static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\0": output += "\u{FFFD}"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
