import HaliteCore
import HaliteValue

/// What a drawing of requisites shows: a box for each state, a line for each requisite between two of them.
///
/// Pure data: the layout and the writers of SVG, DOT and text take it and know nothing of compilers.
package struct StateGraph: Sendable {
    package struct Node: Sendable, Hashable {
        package var id: String
        /// `file.managed`; the kind of a requisite for a state that does not exist.
        package var function: String
        package var name: String
        package var sls: String
        /// A requisite names it, and no SLS has it.
        package var isMissing = false

        package init(id: String, function: String, name: String, sls: String, isMissing: Bool = false) {
            self.id = id
            self.function = function
            self.name = name
            self.sls = sls
            self.isMissing = isMissing
        }
    }

    /// `from` runs first. `to` declares the requisite; of a `prereq` it is `from` that does.
    package struct Edge: Sendable, Hashable {
        package var from: Int
        package var to: Int
        package var kind: RequisiteType

        package init(from: Int, to: Int, kind: RequisiteType) {
            self.from = from
            self.to = to
            self.kind = kind
        }
    }

    package let title: String
    package let nodes: [Node]
    package let edges: [Edge]
    /// Sets of states that wait for one another.
    package let circles: [[Int]]
    /// The place of each node in the run; nil when circles leave no order.
    package let positions: [Int]?
    private let circleOf: [Int: Int]

    package init(title: String, nodes: [Node], edges: [Edge], positions: [Int]? = nil) {
        self.title = title
        self.nodes = nodes
        var seen: Set<Edge> = []
        self.edges = edges.filter { seen.insert($0).inserted }
        let loops = Set(self.edges.filter { $0.from == $0.to }.map(\.from))
        circles = StrongComponents.find(count: nodes.count, edges: self.edges.map { ($0.from, $0.to) })
            .filter { $0.count > 1 || loops.contains($0[0]) }
        self.positions = circles.isEmpty ? positions : nil
        circleOf = Dictionary(circles.enumerated().flatMap { place, nodes in nodes.map { ($0, place) } }) { first, _ in first }
    }

    package func isInCircle(_ node: Int) -> Bool { circleOf[node] != nil }

    /// Whether an edge is one of those that keep a circle from being run.
    package func isInCircle(_ edge: Edge) -> Bool {
        guard let circle = circleOf[edge.from] else { return false }
        return circleOf[edge.to] == circle
    }

    /// The SLS files in the order in which their states come.
    package var slsNames: [String] {
        var seen: Set<String> = []
        return nodes.filter { !$0.isMissing }.map(\.sls).filter { seen.insert($0).inserted }
    }

    /// The kinds of requisites that occur, in the order of the declaration.
    package var kinds: [RequisiteType] {
        let used = Set(edges.map(\.kind))
        return Self.kindOrder.filter(used.contains)
    }

    private static let kindOrder: [RequisiteType] = [
        .require, .requireAny, .watch, .watchAny, .onchanges, .onchangesAny, .onfail, .onfailAny, .onfailAll, .prereq, .prerequired,
        .listen,
    ]

    /// `12 states, 9 requisites, 1 circle`.
    package var summary: String {
        func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
        let missing = nodes.count(where: \.isMissing)
        var parts = [count(nodes.count - missing, "state"), count(edges.count, "requisite")]
        if missing > 0 { parts.append("\(missing) missing") }
        if !circles.isEmpty { parts.append(count(circles.count, "circle")) }
        return parts.joined(separator: ", ")
    }
}
