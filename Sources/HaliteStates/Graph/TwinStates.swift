import HaliteCore

/// States of one SLS that have the same requisites on the same states and are needed by the same states, such as the files
/// of one service. They are drawn as one item, a frame with a table of boxes.
struct TwinStates {
    /// The nodes of each item, in their order.
    private(set) var items: [[Int]] = []
    private(set) var edges: [Edge] = []

    struct Edge: Hashable {
        let from: Int
        let to: Int
        let kind: RequisiteType
        let isInCircle: Bool
    }

    private struct Shape: Hashable {
        let sls: String
        let sources: [Link]
        let targets: [Link]
    }

    private struct Link: Hashable, Comparable {
        let node: Int
        let kind: RequisiteType
        static func < (left: Link, right: Link) -> Bool { (left.node, left.kind.rawValue) < (right.node, right.kind.rawValue) }
    }

    /// Fewer are drawn one by one.
    private static let least = 4

    init(_ graph: StateGraph, _ nodes: [Int], _ edges: [StateGraph.Edge]) {
        var sources: [Int: [Link]] = [:]
        var targets: [Int: [Link]] = [:]
        for edge in edges {
            sources[edge.to, default: []].append(Link(node: edge.from, kind: edge.kind))
            targets[edge.from, default: []].append(Link(node: edge.to, kind: edge.kind))
        }
        var twins: [Shape: [Int]] = [:]
        for node in nodes where !graph.isInCircle(node) && !graph.nodes[node].isMissing {
            let shape = Shape(sls: graph.nodes[node].sls, sources: (sources[node] ?? []).sorted(), targets: (targets[node] ?? []).sorted())
            twins[shape, default: []].append(node)
        }
        var itemOf: [Int: Int] = [:]
        let groups = Dictionary(uniqueKeysWithValues: twins.values.filter { $0.count >= Self.least }.map { ($0[0], $0) })
        let grouped = Set(groups.values.joined())
        for node in nodes where groups[node] != nil || !grouped.contains(node) {
            let members = groups[node] ?? [node]
            for member in members { itemOf[member] = items.count }
            items.append(members)
        }
        var seen: Set<Edge> = []
        for edge in edges where edge.from != edge.to {
            let edge = Edge(from: itemOf[edge.from] ?? 0, to: itemOf[edge.to] ?? 0, kind: edge.kind, isInCircle: graph.isInCircle(edge))
            if seen.insert(edge).inserted { self.edges.append(edge) }
        }
    }
}

/// The boxes of one item: a single one, or a table of them in a frame.
struct ItemTable {
    private(set) var boxes: [GraphDrawing.Box] = []
    let size: LayeredLayout.Size
    let hasFrame: Bool

    private static let padding = 10.0
    private static let gap = 8.0

    init(_ nodes: [Int], _ labels: [GraphLabel]) {
        hasFrame = nodes.count > 1
        guard hasFrame else {
            let label = labels[nodes[0]]
            boxes = [GraphDrawing.Box(node: nodes[0], lines: label, width: label.width, left: 0, top: 0)]
            size = LayeredLayout.Size(width: label.width, height: label.height)
            return
        }
        let width = nodes.map { labels[$0].width }.max() ?? 0
        let height = nodes.map { labels[$0].height }.max() ?? 0
        let columns = max(1, Int((Double(nodes.count) * (height + Self.gap) * 2 / (width + Self.gap)).squareRoot().rounded()))
        for (number, node) in nodes.enumerated() {
            boxes.append(
                GraphDrawing.Box(
                    node: node, lines: labels[node], width: width, left: Self.padding + Double(number % columns) * (width + Self.gap),
                    top: Self.padding + Double(number / columns) * (height + Self.gap)))
        }
        let rows = (nodes.count + columns - 1) / columns
        let shown = min(columns, nodes.count)
        size = LayeredLayout.Size(
            width: 2 * Self.padding + Double(shown) * (width + Self.gap) - Self.gap,
            height: 2 * Self.padding + Double(rows) * (height + Self.gap) - Self.gap)
    }
}
