import HaliteCore
import HaliteValue

/// Which nodes a requisite means: by state module and name or id, by id alone, and by SLS.
struct ReferenceTable {
    private var byName: [Reference: Nodes] = [:]
    private var bySLS: [String: [Int]] = [:]

    private struct Reference: Hashable {
        let kind: String
        let name: String

        static func == (left: Reference, right: Reference) -> Bool {
            left.name.hasSameBytes(as: right.name) && left.kind.hasSameBytes(as: right.kind)
        }

        func hash(into hasher: inout Hasher) { hasher.combine(name.bytesHash &* 31 &+ kind.bytesHash) }
    }

    /// Nearly always one, which needs no memory of its own.
    private struct Nodes {
        let first: Int
        var others: [Int] = []
        var last: Int { others.last ?? first }
        var all: [Int] { [first] + others }
    }

    mutating func add(_ chunk: LowChunk, node: Int) {
        let (state, id, name) = (chunk.state, chunk.id, chunk.name)
        add(Reference(kind: state, name: name), node)
        add(Reference(kind: "id", name: id), node)
        if id != name {
            add(Reference(kind: state, name: id), node)
            add(Reference(kind: "id", name: name), node)
        }
        if let sls = chunk.data["__sls__"]?.pythonString, !sls.isEmpty { bySLS[sls, default: []].append(node) }
        for case .string(let sls) in chunk.data["__sls_included_from__"]?.listValue ?? [] { bySLS[sls, default: []].append(node) }
    }

    private mutating func add(_ reference: Reference, _ node: Int) {
        guard let known = byName[reference] else {
            byName[reference] = Nodes(first: node)
            return
        }
        if known.last != node { byName[reference]?.others.append(node) }
    }

    /// The nodes in the order of their making; the name may be a pattern.
    func nodes(kind: String, name: String) -> [Int] {
        guard name.isGlobPattern else {
            return kind == "sls" ? bySLS[name] ?? [] : byName[Reference(kind: kind, name: name)]?.all ?? []
        }
        let pattern = GlobPattern(name)
        var found: [Int] = []
        if kind == "sls" {
            for (sls, nodes) in bySLS where pattern.matches(sls) { found += nodes }
        } else {
            for (reference, nodes) in byName where reference.kind == kind && pattern.matches(reference.name) { found += nodes.all }
        }
        return found.sorted()
    }

    /// What could have been meant.
    func names(ofKind kind: String) -> [String] { byName.keys.filter { $0.kind == kind }.map(\.name).sorted() }
}

/// Which edges lead to a node. A few are looked through; where there are many, sets say what is there.
struct EdgeKeys {
    private static let scanLimit = 16
    private var edges: Set<Edge> = []
    private var neighbours: Set<Int> = []

    private struct Edge: Hashable {
        let from: Int
        let type: RequisiteType
    }

    /// Nil for an edge that is there; else whether it is the first from that node.
    mutating func insert(_ from: Int, _ type: RequisiteType, among incoming: [DependencyGraph.Edge]) -> Bool? {
        if incoming.count < Self.scanLimit {
            var isNew = true
            for edge in incoming where edge.other == from {
                if edge.type == type { return nil }
                isNew = false
            }
            return isNew
        }
        if edges.isEmpty {
            for edge in incoming {
                edges.insert(Edge(from: edge.other, type: edge.type))
                neighbours.insert(edge.other)
            }
        }
        guard edges.insert(Edge(from: from, type: type)).inserted else { return nil }
        return neighbours.insert(from).inserted
    }
}
