import HaliteCore
import HaliteValue

extension StateGraph {
    /// The graph of chunks in the order of the run, or of the files when circles leave no order.
    init(title: String, _ graph: DependencyGraph, order: [Int]?) {
        // A chunk of which a test run comes first is drawn once, at its real run.
        var places: [Int: Int] = [:]
        let sequence = order.map { Array($0.reversed()) } ?? Array(graph.chunks.indices)
        var chunks: [Int] = []
        var seenTags: Set<String> = []
        for chunk in sequence where seenTags.insert(graph.chunks[chunk].tag).inserted { chunks.append(chunk) }
        if order != nil { chunks.reverse() }
        for (place, chunk) in chunks.enumerated() { places[chunk] = place }
        let byTag = Dictionary(chunks.map { (graph.chunks[$0].tag, places[$0] ?? 0) }) { first, _ in first }

        var nodes = chunks.map { chunk in
            let chunk = graph.chunks[chunk]
            return Node(id: chunk.id, function: chunk.fullName, name: chunk.name, sls: chunk.sls)
        }
        var edges = Self.edges(graph, byTag)
        let unresolved = UnresolvedRequisites(graph.chunks)
        for (chunk, kind, key, name) in unresolved.missing {
            guard let to = byTag[graph.chunks[chunk].tag] else { continue }
            let node = Node(id: name, function: key, name: name, sls: "", isMissing: true)
            let from = nodes.firstIndex(of: node) ?? nodes.count
            if from == nodes.count { nodes.append(node) }
            edges.append(Edge(from: from, to: to, kind: kind))
        }
        for (listener, target) in unresolved.listens {
            guard let to = byTag[graph.chunks[listener].tag], let from = byTag[graph.chunks[target].tag] else { continue }
            edges.append(Edge(from: from, to: to, kind: .listen))
        }
        self.init(title: title, nodes: nodes, edges: edges, positions: order == nil ? nil : Array(nodes.indices))
    }

    /// The edges between chunks; of the pairs that a `prereq` makes with the test run of its target the requisite alone.
    private static func edges(_ graph: DependencyGraph, _ places: [String: Int]) -> [Edge] {
        var edges: [Edge] = []
        var prerequisites: Set<[Int]> = []
        let tests = graph.nodes.map { $0.tag.hasSuffix(testMark) }
        for (from, node) in graph.nodes.enumerated() {
            for edge in node.outgoing {
                let other = graph.nodes[edge.other]
                guard let a = places[graph.chunks[node.chunk].tag], let b = places[graph.chunks[other.chunk].tag] else { continue }
                if edge.type == .prereq {
                    edges.append(Edge(from: b, to: a, kind: .prereq))
                    prerequisites.insert([b, a])
                } else if !tests[from], !tests[edge.other] {
                    edges.append(Edge(from: a, to: b, kind: edge.type))
                }
            }
        }
        return edges.filter { $0.kind != .require || !prerequisites.contains([$0.from, $0.to]) }
    }

    private static let testMark = "_|-__prereq_test__"
}

/// The requisites that name what is not there, and `listen`, of which the order of a run knows nothing.
private struct UnresolvedRequisites {
    private(set) var missing: [(chunk: Int, kind: RequisiteType, key: String, name: String)] = []
    private(set) var listens: [(listener: Int, target: Int)] = []
    private var known: [Reference: [Int]] = [:]

    private struct Reference: Hashable {
        let key: String
        let name: String
    }

    init(_ chunks: [LowChunk]) {
        for (place, chunk) in chunks.enumerated() {
            var references = [
                Reference(key: chunk.state, name: chunk.name), Reference(key: chunk.state, name: chunk.id),
                Reference(key: "id", name: chunk.id),
                Reference(key: "id", name: chunk.name), Reference(key: "sls", name: chunk.sls),
            ]
            for case .string(let sls) in chunk.data["__sls_included_from__"]?.listValue ?? [] {
                references.append(Reference(key: "sls", name: sls))
            }
            for reference in Set(references) { known[reference, default: []].append(place) }
        }
        for (place, chunk) in chunks.enumerated() {
            for kind in RequisiteType.declared + [.listen] {
                for (key, name) in Self.references(chunk.data[.string(kind.rawValue)]) { add(place, kind, key, name) }
            }
        }
    }

    private static func references(_ list: Value?) -> [(key: String, name: String)] {
        (list?.listValue ?? []).compactMap { reference in
            switch reference {
            case .string(let id): return ("id", id)
            case .map(let map):
                guard let pair = map.first, case .string(let name) = pair.value else { return nil }
                return (pair.key.pythonString.stateModule, name)
            default: return nil
            }
        }
    }

    private mutating func add(_ chunk: Int, _ kind: RequisiteType, _ key: String, _ name: String) {
        let targets: [Int]
        if name.isGlobPattern {
            let pattern = GlobPattern(name)
            targets = known.filter { $0.key.key == key && pattern.matches($0.key.name) }.flatMap(\.value)
        } else {
            targets = known[Reference(key: key, name: name)] ?? []
        }
        if targets.isEmpty { missing.append((chunk, kind, key, name)) }
        if kind == .listen { listens += Set(targets).sorted().map { (chunk, $0) } }
    }
}
