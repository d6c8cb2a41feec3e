import HaliteCore
import HaliteValue

/// Which chunk must run before which: nodes are chunks, edges the requisites between them.
///
/// The order is the one of Salt 3008: topological, and among what could run next by `order`, then by state, name and
/// function. A chunk that others name in `prereq` has a second node, its test run.
package struct DependencyGraph: Sendable {
    package typealias NodeID = Int

    struct Edge: Sendable {
        let other: NodeID
        let type: RequisiteType
    }

    struct Node: Sendable {
        let tag: String
        /// The index of the chunk; the test node of a chunk shares it.
        let chunk: Int
        var incoming: [Edge] = []
        var outgoing: [Edge] = []
        /// The chunks whose work this one may take over, itself among them; empty without aggregation.
        var aggregated: [Int] = []
        var incomingKeys = EdgeKeys()
    }

    package private(set) var chunks: [LowChunk]
    var nodes: [Node] = []
    private var testNodes: [NodeID: NodeID] = [:]
    private var byTag: [String: NodeID] = [:]
    /// The node of each chunk.
    private var nodeOfChunk: [NodeID] = []
    /// Made when the first requisite asks for it: most trees name few chunks, many none.
    private var references: ReferenceTable?

    init(_ chunks: consuming [LowChunk]) {
        self.chunks = chunks
        nodes.reserveCapacity(self.chunks.count)
        nodeOfChunk.reserveCapacity(self.chunks.count)
        byTag.reserveCapacity(self.chunks.count)
        for index in self.chunks.indices { addNode(ofChunk: index) }
    }

    /// Adds a chunk; one with the tag of an earlier chunk takes its node.
    mutating func add(_ chunk: LowChunk) {
        chunks.append(chunk)
        let node = addNode(ofChunk: chunks.count - 1)
        references?.add(chunk, node: node)
    }

    @discardableResult
    private mutating func addNode(ofChunk index: Int) -> NodeID {
        let tag = chunks[index].tag
        let node: NodeID
        if let existing = byTag[tag] {
            node = existing
        } else {
            nodes.append(Node(tag: tag, chunk: index))
            node = nodes.count - 1
            byTag[tag] = node
        }
        nodeOfChunk.append(node)
        return node
    }

    // MARK: Requisites

    /// Adds the edges for the requisites of one chunk; returns the error when one names nothing.
    /// - Parameter disabled: the requisites that the configuration says to ignore.
    mutating func addRequisites(ofChunk index: Int, disabled: Set<String> = []) -> String? {
        let chunk = chunks[index]
        let node = nodeOfChunk[index]
        for type in RequisiteType.declared where !disabled.contains(type.rawValue) {
            for reference in chunk.data[type.rawValue]?.listValue ?? [] {
                let (key, value): (String, Value)
                switch reference {
                case .string(let id): (key, value) = ("id", .string(id))
                case .map(let map):
                    guard let pair = map.first else { continue }
                    (key, value) = (pair.key.pythonString.stateModule, pair.value)
                default: continue
                }
                if value.isNull { continue }
                guard case .string(let name) = value else {
                    return "Requisite [\(type.rawValue): \(key)] in state [\(chunk.name)] in SLS [\(chunk.data["__sls__"]?.pythonString ?? "None")] must have a string as the value"
                }
                if !addDependency(of: node, type, key: key, name: name) {
                    return "Referenced state does not exist for requisite [\(type.rawValue): (\(key): \(name))] in state [\(chunk.name)] in SLS [\(chunk.data["__sls__"]?.pythonString ?? "None")]"
                        + NearestName.hint(name, among: references?.names(ofKind: key) ?? [])
                }
            }
        }
        return nil
    }

    private mutating func addDependency(
        of node: NodeID, _ type: RequisiteType, key: String, name: String
    ) -> Bool {
        if references == nil {
            var table = ReferenceTable()
            for (index, chunk) in chunks.enumerated() { table.add(chunk, node: nodeOfChunk[index]) }
            references = table
        }
        let targets = references?.nodes(kind: key, name: name) ?? []
        connect(node, type, to: targets)
        return !targets.isEmpty || (key == "sls" && name.isGlobPattern)
    }

    private mutating func connect(_ node: NodeID, _ type: RequisiteType, to targets: [NodeID]) {
        for target in targets {
            if type == .prereq {
                addPrereq(node, target)
            } else {
                if let test = testNodes[node] { addEdge(from: target, to: test, type) }
                addEdge(from: target, to: node, type)
            }
        }
    }

    /// `node` runs only when a test run of `target` foresees changes; and before `target` itself.
    private mutating func addPrereq(_ node: NodeID, _ target: NodeID) {
        chunks[nodes[node].chunk].data["__prerequiring__"] = true
        chunks[nodes[target].chunk].data["__prereq__"] = true
        let test: NodeID
        if let existing = testNodes[target] {
            test = existing
        } else {
            nodes.append(Node(tag: nodes[target].tag + "_|-__prereq_test__", chunk: nodes[target].chunk))
            test = nodes.count - 1
            testNodes[target] = test
            // What the chunk needs, its test run needs too.
            for edge in nodes[target].incoming where edge.type != .prereq { addEdge(from: edge.other, to: test, edge.type) }
        }
        addEdge(from: test, to: node, .prereq)
        addEdge(from: node, to: target, .require)
        if let own = testNodes[node] { addEdge(from: test, to: own, .prereq) }
    }

    mutating func addEdge(from: NodeID, to: NodeID, _ type: RequisiteType) {
        guard let isNew = nodes[to].incomingKeys.insert(from, type, among: nodes[to].incoming) else { return }
        Self.insert(Edge(other: to, type: type), into: &nodes[from].outgoing, isNew: isNew)
        Self.insert(Edge(other: from, type: type), into: &nodes[to].incoming, isNew: isNew)
    }

    /// Edges to one node stand together, which decides about the order of what they ask for.
    private static func insert(_ edge: Edge, into edges: inout [Edge], isNew: Bool) {
        if isNew { return edges.append(edge) }
        let last = edges.lastIndex { $0.other == edge.other } ?? edges.endIndex - 1
        edges.insert(edge, at: last + 1)
    }

    /// The chunks that one depends on, with the kind of requisite, as they are for its test run or its real one.
    func dependencies(ofTag tag: String, testRun: Bool) -> [(type: RequisiteType, chunk: Int)] {
        guard var node = byTag[tag] else { return [] }
        if testRun, let test = testNodes[node] { node = test }
        return nodes[node].incoming.flatMap { edge -> [(RequisiteType, Int)] in
            let other = nodes[edge.other]
            // What waits for one of a group waits for all whose work it may take over.
            return other.chunk < 0 ? other.aggregated.map { (edge.type, $0) } : [(edge.type, other.chunk)]
        }
    }

    /// The chunks whose work the one with this tag may take over.
    func aggregated(withTag tag: String) -> [Int] { byTag[tag].map { nodes[$0].aggregated } ?? [] }

    mutating func replaceData(ofChunk index: Int, _ data: ValueMap) { chunks[index].data = data }

    func hasTestNode(tag: String) -> Bool { byTag[tag].map { testNodes[$0] != nil } ?? false }

    // MARK: Order

    /// The indices of the chunks in the order of their run (a chunk with a test run appears twice), or nil when
    /// requisites go round in a circle.
    /// - Parameter aggregates: whether a chunk may do the work of others of its kind, or leave it to them.
    mutating func ordered(aggregates: (LowChunk) -> Bool = { _ in false }) -> [Int]? {
        let cap = orderCap()
        var incomingCount = nodes.map(\.incoming.count)
        var queue = Heap<OrderKey>()
        for node in nodes.indices where incomingCount[node] == 0 { queue.insert(orderKey(node, cap: cap)) }
        var order: [NodeID] = []
        order.reserveCapacity(nodes.count)
        while let key = queue.popMinimum() {
            order.append(key.node)
            for edge in nodes[key.node].outgoing {
                incomingCount[edge.other] -= 1
                if incomingCount[edge.other] == 0 { queue.insert(orderKey(edge.other, cap: cap)) }
            }
        }
        guard order.count == nodes.count else { return nil }
        let tests = Set(testNodes.values)
        aggregate(order.filter { !tests.contains($0) && aggregates(chunks[nodes[$0].chunk]) })
        return order.map { nodes[$0].chunk }
    }

    private func orderCap() -> Double {
        var cap = 1
        for chunk in chunks {
            if let order = chunk.data["order"]?.intValue, order > cap - 1, order > 0 { cap = order + 100 }
        }
        return Double(cap)
    }

    struct OrderKey: Comparable {
        let order: Double
        let chunkOrder: Double
        let chunk: LowChunk
        let tag: String
        let node: NodeID

        /// Asked for only when the orders are equal.
        private var label: String { chunk.state + chunk.name + chunk.function }

        static func == (left: OrderKey, right: OrderKey) -> Bool { left.node == right.node }

        static func < (left: OrderKey, right: OrderKey) -> Bool {
            if left.order != right.order { return left.order < right.order }
            if left.chunkOrder != right.chunkOrder { return left.chunkOrder < right.chunkOrder }
            let (first, second) = (left.label, right.label)
            if first != second { return first.utf8.lexicographicallyPrecedes(second.utf8) }
            return left.tag.utf8.lexicographicallyPrecedes(right.tag.utf8)
        }
    }

    /// A chunk comes as early as its own order or as the earliest of those that wait for it, as Salt 3008 weighs them.
    private mutating func orderKey(_ node: NodeID, cap: Double) -> OrderKey {
        let index = nodes[node].chunk
        var own = Self.number(chunks[index].data["order"], cap: cap)
        if let nameOrder = chunks[index].data.removeValue(forKey: "name_order")?.intValue { own += Double(nameOrder) / 10000 }
        if own < 0 { own += cap + 1_000_000 }
        setOrder(ofChunk: index, own)
        var least = Double.infinity
        var weight = Int.min
        for edge in nodes[node].outgoing where weight <= edge.type.weight {
            weight = edge.type.weight
            let child = nodes[edge.other].chunk
            guard let order = chunks[child].data["order"] else { continue }
            let number = Self.number(order, cap: cap)
            if order.doubleValue == nil { setOrder(ofChunk: child, number) }
            least = min(least, number)
        }
        return OrderKey(order: min(own, least), chunkOrder: own, chunk: chunks[index], tag: nodes[node].tag, node: node)
    }

    /// Writes only what is new: a chunk that others hold too would be copied.
    private mutating func setOrder(ofChunk index: Int, _ order: Double) {
        let value = Self.value(order)
        if case .int(let known)? = chunks[index].data["order"], case .int(let new) = value, known == new { return }
        chunks[index].data["order"] = value
    }

    private static func number(_ order: Value?, cap: Double) -> Double {
        if let number = order?.doubleValue { return number }
        switch order?.stringValue {
        case "last": return cap + 1_000_000
        case "first": return 0
        default: return cap
        }
    }

    private static func value(_ order: Double) -> Value { Int(exactly: order).map(Value.int) ?? .float(order) }

    // MARK: Circles

    /// A circle of requisites, worded as Salt words it.
    func circle() -> String {
        var colour = [UInt8](repeating: 0, count: nodes.count)
        var path: [(node: NodeID, edge: Int)] = []
        for start in nodes.indices where colour[start] == 0 {
            path = [(start, 0)]
            colour[start] = 1
            while let (node, edge) = path.last {
                guard edge < nodes[node].outgoing.count else {
                    colour[node] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].edge += 1
                let next = nodes[node].outgoing[edge].other
                if colour[next] == 1, let first = path.firstIndex(where: { $0.node == next }) {
                    return path[first...].map { step in
                        let edge = nodes[step.node].outgoing[step.edge - 1]
                        return describe(from: step.node, edge)
                    }.joined(separator: ", ")
                }
                if colour[next] == 0 {
                    colour[next] = 1
                    path.append((next, 0))
                }
            }
        }
        return ""
    }

    private func describe(from node: NodeID, _ edge: Edge) -> String {
        let dependent = chunks[nodes[edge.other].chunk]
        var type = edge.type
        if type == .require, dependent.data["require"] == nil { type = .prereq }
        return "(\(describe(dependent)), '\(type.rawValue)', \(describe(chunks[nodes[node].chunk])))"
    }

    private func describe(_ chunk: LowChunk) -> String {
        var map: ValueMap = ["SLS": .string(chunk.sls), "ID": .string(chunk.id)]
        if chunk.id != chunk.name { map["NAME"] = .string(chunk.name) }
        return Value.map(map).pythonRepr
    }
}

extension RequisiteType {
    /// In the order in which Salt looks at them.
    static let declared: [RequisiteType] = [
        .require, .requireAny, .watch, .watchAny, .prereq, .onfail, .onfailAny, .onfailAll, .onchanges, .onchangesAny,
    ]
}
