import HaliteCore

/// A graph of states as boxes and curves on a plane: components beside and below one another, single states in a table.
struct GraphDrawing {
    struct Box {
        let node: Int
        let lines: GraphLabel
        let width: Double
        var left: Double
        var top: Double
        var right: Double { left + width }
        var bottom: Double { top + lines.height }
    }

    /// A curve of one kind. The arrow stands at the end, or at the start when the line was turned round.
    struct Curve {
        let kind: RequisiteType
        let isInCircle: Bool
        let isTurned: Bool
        let hasArrow: Bool
        var start: LayeredLayout.Point
        var end: LayeredLayout.Point
        /// How far it goes straight down first, and at last: it bends between the layers only.
        let lead: Double
        let tail: Double
    }

    /// Where many lines meet and part again.
    struct Knot {
        let kind: RequisiteType
        var centre: LayeredLayout.Point
    }

    /// Around boxes that have their lines in common.
    struct Frame {
        var left: Double
        var top: Double
        let size: LayeredLayout.Size
    }

    private(set) var boxes: [Box] = []
    private(set) var frames: [Frame] = []
    private(set) var curves: [Curve] = []
    private(set) var knots: [Knot] = []
    /// The states that wait for themselves.
    private(set) var loops: [(box: Int, kind: RequisiteType)] = []
    private(set) var width = 0.0
    private(set) var height = 0.0

    private static let gap = 48.0

    init(_ graph: StateGraph) {
        let labels = graph.nodes.map { GraphLabel($0) }
        var parts: [GraphDrawing.Part] = []
        var single: [Int] = []
        for component in Self.components(graph) {
            if component.nodes.count == 1, component.edges.isEmpty {
                single.append(component.nodes[0])
            } else {
                parts.append(Part(graph, component, labels))
            }
        }
        if !single.isEmpty { parts += Self.tables(single, labels, widest: parts.map(\.width).max() ?? 0) }
        pack(parts)
        for edge in graph.edges where edge.from == edge.to {
            if let box = boxes.firstIndex(where: { $0.node == edge.from }) { loops.append((box, edge.kind)) }
        }
    }

    // MARK: Parts

    /// One component with its own origin.
    struct Part {
        var boxes: [Box] = []
        var frames: [Frame] = []
        var curves: [Curve] = []
        var knots: [Knot] = []
        var width = 0.0
        var height = 0.0
    }

    struct Component {
        var nodes: [Int] = []
        var edges: [StateGraph.Edge] = []
    }

    private static func components(_ graph: StateGraph) -> [Component] {
        var parent = Array(graph.nodes.indices)
        func root(_ node: Int) -> Int {
            var node = node
            while parent[node] != node {
                parent[node] = parent[parent[node]]
                node = parent[node]
            }
            return node
        }
        for edge in graph.edges {
            let (a, b) = (root(edge.from), root(edge.to))
            parent[max(a, b)] = min(a, b)
        }
        var numbers: [Int: Int] = [:]
        var components: [Component] = []
        for node in graph.nodes.indices {
            let own = root(node)
            if numbers[own] == nil {
                numbers[own] = components.count
                components.append(Component())
            }
            components[numbers[own] ?? 0].nodes.append(node)
        }
        for edge in graph.edges { components[numbers[root(edge.from)] ?? 0].edges.append(edge) }
        return components
    }

    /// States that nothing binds, in rows.
    private static func tables(_ nodes: [Int], _ labels: [GraphLabel], widest: Double) -> [Part] {
        let area = nodes.reduce(0) { $0 + (labels[$1].width + 16) * (labels[$1].height + 16) }
        let limit = max(widest, (area * 2).squareRoot())
        var part = Part()
        var (left, top, lowest) = (0.0, 0.0, 0.0)
        for node in nodes {
            let label = labels[node]
            if left > 0, left + label.width > limit { (left, top) = (0, top + lowest + 16) }
            if left == 0 { lowest = 0 }
            part.boxes.append(Box(node: node, lines: label, width: label.width, left: left, top: top))
            part.width = max(part.width, left + label.width)
            lowest = max(lowest, label.height)
            part.height = max(part.height, top + lowest)
            left += label.width + 16
        }
        return [part]
    }

    /// The parts in rows, the tallest first; the table of single states last.
    private mutating func pack(_ parts: [Part]) {
        let area = parts.reduce(0) { $0 + ($1.width + Self.gap) * ($1.height + Self.gap) }
        let limit = max(parts.map(\.width).max() ?? 0, (area * 1.7).squareRoot())
        let order = parts.indices.sorted { a, b in
            let isTable = (parts[a].curves.isEmpty, parts[b].curves.isEmpty)
            if isTable.0 != isTable.1 { return isTable.1 }
            return parts[a].height == parts[b].height ? a < b : parts[a].height > parts[b].height
        }
        var (left, top, lowest) = (0.0, 0.0, 0.0)
        for number in order {
            let part = parts[number]
            if left > 0, left + part.width > limit { (left, top, lowest) = (0, top + lowest + Self.gap, 0) }
            take(part, left, top)
            width = max(width, left + part.width)
            lowest = max(lowest, part.height)
            height = max(height, top + lowest)
            left += part.width + Self.gap
        }
    }

    private mutating func take(_ part: Part, _ left: Double, _ top: Double) {
        for var box in part.boxes {
            box.left += left
            box.top += top
            boxes.append(box)
        }
        for var frame in part.frames {
            frame.left += left
            frame.top += top
            frames.append(frame)
        }
        for var curve in part.curves {
            curve.start = Self.moved(curve.start, left, top)
            curve.end = Self.moved(curve.end, left, top)
            curves.append(curve)
        }
        for var knot in part.knots {
            knot.centre = Self.moved(knot.centre, left, top)
            knots.append(knot)
        }
    }

    private static func moved(_ point: LayeredLayout.Point, _ x: Double, _ y: Double) -> LayeredLayout.Point {
        LayeredLayout.Point(x: point.x + x, y: point.y + y)
    }
}
