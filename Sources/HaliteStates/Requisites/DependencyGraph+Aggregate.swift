/// Groups of chunks of one state module that do not wait for each other, so that one may do the work of all.
extension DependencyGraph {
    private static let maximumGroup = 500

    private struct Group {
        var members: [NodeID]
        /// Stands for the group in the graph once it has two members: whatever waits for a member waits for it.
        var node: NodeID?
    }

    /// - Parameter candidates: in the order of the run.
    mutating func aggregate(_ candidates: [NodeID]) {
        var groups: [String: [Group]] = [:]
        for candidate in candidates {
            let state = chunks[nodes[candidate].chunk].state
            let place = groups[state, default: []].firstIndex { group in
                group.members.count < Self.maximumGroup && !hasPath(from: group.node ?? group.members[0], to: candidate)
            }
            guard let place, var group = groups[state]?[place] else {
                groups[state, default: []].append(Group(members: [candidate]))
                continue
            }
            let node = group.node ?? addGroupNode(for: group.members[0])
            group.node = node
            group.members.append(candidate)
            copyEdges(of: candidate, to: node)
            groups[state]?[place] = group
        }
        for group in groups.values.joined() {
            guard let node = group.node else { continue }
            let chunks = group.members.map { nodes[$0].chunk }
            nodes[node].aggregated = chunks
            for member in group.members { nodes[member].aggregated = chunks }
        }
    }

    private mutating func addGroupNode(for first: NodeID) -> NodeID {
        nodes.append(Node(tag: "", chunk: -1))
        copyEdges(of: first, to: nodes.count - 1)
        return nodes.count - 1
    }

    private mutating func copyEdges(of member: NodeID, to group: NodeID) {
        for edge in nodes[member].incoming { addEdge(from: edge.other, to: group, edge.type) }
        for edge in nodes[member].outgoing { addEdge(from: group, to: edge.other, edge.type) }
    }

    private func hasPath(from source: NodeID, to target: NodeID) -> Bool {
        var visited: Set<NodeID> = []
        var stack = [source]
        while let node = stack.popLast() {
            if node == target { return true }
            guard visited.insert(node).inserted else { continue }
            stack += nodes[node].outgoing.map(\.other)
        }
        return false
    }
}
