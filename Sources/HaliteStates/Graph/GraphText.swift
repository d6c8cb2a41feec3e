import HaliteCore

/// Writes a graph for a terminal: each state that no other waits for, and below it what it needs, as a tree.
package enum GraphText {
    package static func text(_ graph: StateGraph, colour: Bool = false) -> String {
        var writer = TreeWriter(graph, colour: colour)
        return writer.text()
    }
}

private struct TreeWriter {
    let graph: StateGraph
    let colour: Bool
    private var lines: [String] = []
    private var needs: [[(kind: RequisiteType, node: Int)]]
    private var isNeeded: [Bool]
    private var expanded: Set<Int> = []
    private var queue: [Int] = []
    private var lists: [List: Int] = [:]
    private var usesMark = false

    private static let deepest = 20

    private struct List: Hashable {
        let kind: RequisiteType
        let nodes: [Int]
    }

    init(_ graph: StateGraph, colour: Bool) {
        self.graph = graph
        self.colour = colour
        needs = Array(repeating: [], count: graph.nodes.count)
        isNeeded = Array(repeating: false, count: graph.nodes.count)
        for edge in graph.edges {
            needs[edge.to].append((edge.kind, edge.from))
            isNeeded[edge.from] = true
        }
        for node in needs.indices { needs[node].sort { ($0.node, $0.kind.rawValue) < ($1.node, $1.kind.rawValue) } }
    }

    mutating func text() -> String {
        lines = [paint("1", graph.title), graph.summary]
        let bound = graph.nodes.indices.filter { !needs[$0].isEmpty || isNeeded[$0] }
        let roots = bound.filter { !isNeeded[$0] }
        for root in roots { tree(root, continued: false) }
        // Circles that nothing else leads to.
        for node in bound where !expanded.contains(node) && !needs[node].isEmpty { tree(node, continued: false) }
        addSingle()
        addCircles()
        if usesMark { lines += ["", paint("2", "↑ what this state needs is shown above")] }
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func tree(_ root: Int, continued: Bool) {
        guard expanded.insert(root).inserted else { return }
        lines += ["", state(root, in: nil) + (continued ? paint("2", "  (continued)") : "")]
        children(of: root, prefix: "", path: [root])
        while !queue.isEmpty {
            let next = queue.removeFirst()
            tree(next, continued: true)
        }
    }

    private mutating func children(of node: Int, prefix: String, path: [Int]) {
        let rows = rows(of: node)
        for (number, row) in rows.enumerated() {
            let isLast = number == rows.count - 1
            let start = prefix + paint("2", isLast ? "└─ " : "├─ ")
            switch row {
            case .same(let list, let owner):
                lines.append(start + word(list.kind, false) + "  the same \(list.nodes.count) states as \(graph.nodes[owner].id)")
            case .need(let kind, let other):
                let isCircle = graph.isInCircle(StateGraph.Edge(from: other, to: node, kind: kind))
                var line = start + word(kind, isCircle) + "  " + state(other, in: node)
                if path.contains(other) {
                    lines.append(line + paint("1;31", "  ↻ circle"))
                } else if needs[other].isEmpty {
                    lines.append(line)
                } else if needs[other].count == 1, needs[needs[other][0].node].isEmpty, !expanded.contains(other) {
                    expanded.insert(other)
                    let (kind, last) = needs[other][0]
                    lines.append(line + paint("2", "  ← ") + word(kind, false) + "  " + state(last, in: other))
                } else if expanded.contains(other) {
                    usesMark = true
                    lines.append(line + paint("2", "  ↑"))
                } else if path.count >= Self.deepest {
                    if !queue.contains(other) { queue.append(other) }
                    line += paint("2", "  (continued below)")
                    lines.append(line)
                } else {
                    expanded.insert(other)
                    lines.append(line)
                    children(of: other, prefix: prefix + (isLast ? "   " : paint("2", "│  ")), path: path + [other])
                }
            }
        }
    }

    private enum Row {
        case need(RequisiteType, Int)
        case same(List, Int)
    }

    /// What a state needs; a long list that another state needs too, as with a requisite on a whole SLS, is told once.
    private mutating func rows(of node: Int) -> [Row] {
        var rows: [Row] = []
        for kind in graph.kinds {
            let nodes = needs[node].filter { $0.kind == kind }.map(\.node)
            let list = List(kind: kind, nodes: nodes)
            if nodes.count > 3, let owner = lists[list] {
                rows.append(.same(list, owner))
            } else {
                if nodes.count > 3 { lists[list] = node }
                rows += nodes.map { .need(kind, $0) }
            }
        }
        return rows
    }

    private mutating func addSingle() {
        let single = graph.nodes.indices.filter { needs[$0].isEmpty && !isNeeded[$0] }
        if single.isEmpty { return }
        lines += ["", single.count == graph.nodes.count ? "No state has requisites:" : "States without requisites:"]
        var last: String?
        for node in single {
            if graph.nodes[node].sls != last {
                last = graph.nodes[node].sls
                lines.append("  " + paint("36", last ?? ""))
            }
            lines.append("    " + state(node, in: node))
        }
    }

    private mutating func addCircles() {
        for circle in graph.circles {
            let names = circle.map { graph.nodes[$0].id }
            lines += [
                "",
                paint("1;31", "A circle: ") + names.joined(separator: ", ")
                    + (names.count == 1 ? " waits for itself" : " wait for one another"),
            ]
        }
    }

    private func state(_ place: Int, in other: Int?) -> String {
        let node = graph.nodes[place]
        if node.isMissing { return paint("31", "\(node.function): \(GraphLabel.shortened(node.id)) (not found)") }
        var text = paint(graph.isInCircle(place) ? "31" : "1", GraphLabel.shortened(node.id)) + "  " + node.function
        if node.name != node.id { text += "  " + paint("2", GraphLabel.shortened(node.name)) }
        if other.map({ graph.nodes[$0].sls != node.sls }) ?? true { text += "  " + paint("36", "(\(node.sls))") }
        if let position = graph.positions?[place] { text += paint("2", "  #\(position + 1)") }
        return text
    }

    private func word(_ kind: RequisiteType, _ isInCircle: Bool) -> String {
        paint(isInCircle ? "1;31" : GraphColours.terminal(kind), kind == .prereq ? "prereq by" : kind.rawValue)
    }

    private func paint(_ code: String, _ text: String) -> String { colour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
