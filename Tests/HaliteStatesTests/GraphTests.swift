import HaliteCore
import HaliteValue
import Testing

@testable import HaliteStates

/// What the drawings of requisites show, and that their layout holds for any graph.
@Suite struct GraphTests {
    // MARK: From chunks

    private static func graph(_ states: [(id: String, function: String, more: ValueMap)]) -> StateGraph {
        let chunks = states.enumerated().map { place, state in
            let parts = state.function.split(separator: ".").map(String.init)
            var data: ValueMap = [
                "state": .string(parts[0]), "fun": .string(parts[1]), "__id__": .string(state.id), "name": .string(state.id),
                "__sls__": "web",
            ]
            data["order"] = .int(10000 + place)
            for (key, value) in state.more { data[key] = value }
            return LowChunk(data)
        }
        var graph = StateCompiler(hasWatch: { $0 == "service" }).graph(chunks)
        let order = graph.ordered()
        return StateGraph(title: "Requisites of web", graph, order: order)
    }

    private static let web = graph([
        ("nginx", "pkg.installed", [:]),
        ("conf", "file.managed", ["name": "/etc/nginx.conf", "require": [["pkg": "nginx"]]]),
        ("server", "service.running", ["watch": [["file": "/etc/nginx.conf"]], "require": [["pkg": "nginx"]]]),
        ("backup", "cmd.run", ["prereq": [["file": "conf"]]]),
        ("alarm", "test.nop", ["onfail": [["service": "server"]], "listen": [["file": "conf"]]]),
        ("motd", "file.managed", [:]),
    ])

    private static func words(_ graph: StateGraph) -> Set<String> {
        Set(graph.edges.map { "\(graph.nodes[$0.from].id) \($0.kind.rawValue) \(graph.nodes[$0.to].id)" })
    }

    @Test func edgesLeadFromWhatRunsFirst() {
        #expect(
            Self.words(Self.web) == [
                "nginx require conf", "conf watch server", "nginx require server", "backup prereq conf", "server onfail alarm",
                "conf listen alarm",
            ])
        #expect(Self.web.circles.isEmpty)
        #expect(Self.web.nodes.map(\.id) == ["nginx", "backup", "conf", "server", "alarm", "motd"])
        #expect(Self.web.summary == "6 states, 6 requisites")
    }

    @Test func circlesAndMissingStatesAreDrawn() {
        let graph = Self.graph([
            ("a", "test.nop", ["require": [["test": "b"]]]), ("b", "test.nop", ["require": [["test": "a"], ["file": "nowhere"]]]),
            ("c", "test.nop", ["require": [["test": "a"]]]), ("self", "test.nop", ["require": [["test": "self"]]]),
        ])
        #expect(graph.circles.map { $0.map { graph.nodes[$0].id } } == [["a", "b"], ["self"]])
        #expect(graph.nodes.filter(\.isMissing).map(\.id) == ["nowhere"])
        #expect(graph.positions == nil)
        #expect(graph.summary == "4 states, 5 requisites, 1 missing, 2 circles")
        #expect(GraphText.text(graph).contains("A circle: a, b wait for one another"))
        #expect(GraphText.text(graph).contains("file: nowhere (not found)"))
        #expect(GraphSVG.text(graph).contains(#"class="require circle""#))
        #expect(GraphDOT.text(graph).contains("penwidth=2.5"))
    }

    // MARK: Text

    @Test func treeShowsWhatEachStateNeeds() {
        #expect(
            GraphText.text(Self.web) == """
                Requisites of web
                6 states, 6 requisites

                alarm  test.nop  (web)  #5
                ├─ onfail  server  service.running  #4
                │  ├─ require  nginx  pkg.installed  #1
                │  └─ watch  conf  file.managed  /etc/nginx.conf  #3
                │     ├─ require  nginx  pkg.installed  #1
                │     └─ prereq by  backup  cmd.run  #2
                └─ listen  conf  file.managed  /etc/nginx.conf  #3  ↑

                States without requisites:
                  web
                    motd  file.managed  #6

                ↑ what this state needs is shown above

                """)
    }

    @Test func deepTreesGoOnBelow() {
        let graph = Self.chain(count: 500)
        let lines = GraphText.text(graph).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count < 160 })
        for node in graph.nodes { #expect(lines.contains { $0.contains("\(node.id)  test.nop") }) }
    }

    private static func chain(count: Int) -> StateGraph {
        StateGraph(
            title: "chain", nodes: (0..<count).map { StateGraph.Node(id: "s\($0)", function: "test.nop", name: "s\($0)", sls: "chain") },
            edges: (1..<count).map { StateGraph.Edge(from: $0 - 1, to: $0, kind: .require) }, positions: Array(0..<count))
    }

    // MARK: DOT

    @Test func dotEscapesWhatGraphvizWouldRead() {
        #expect(GraphDOT.quoted("a \"b\" \\n\nc") == #""a \"b\" \\n\nc""#)
        let text = GraphDOT.text(Self.web)
        #expect(text.hasPrefix("digraph requisites {") && text.hasSuffix("}\n"))
        #expect(text.contains(#"n0 -> n2 [label="require""#))
        #expect(text.contains(#"label="conf\nfile.managed\n(/etc/nginx.conf)""#))
    }

    // MARK: SVG

    @Test func svgIsWellFormedWhateverTheNames() throws {
        let odd = StateGraph(
            title: "<&\"'>",
            nodes: [
                StateGraph.Node(id: "a<b>&\"c\"", function: "cmd.run", name: "echo \u{1B}[1m\u{0} \n tab\t", sls: "x&y"),
                StateGraph.Node(id: String(repeating: "long/", count: 60), function: "file.managed", name: "日本語", sls: "x&y"),
            ], edges: [StateGraph.Edge(from: 0, to: 1, kind: .watchAny)])
        for graph in [odd, Self.web, Self.chain(count: 3), StateGraph(title: "nothing", nodes: [], edges: [])] {
            let text = GraphSVG.text(graph)
            #expect(Self.isBalanced(text), "\(text)")
            #expect(text.components(of: #"<g class="state">"#) == graph.nodes.count)
            #expect(!text.contains("http://", except: "http://www.w3.org/2000/svg"))
        }
    }

    /// Whether tags close in order, and no mark stands bare in a text.
    private static func isBalanced(_ text: String) -> Bool {
        var open: [Substring] = []
        for part in text.split(separator: "<", omittingEmptySubsequences: false).dropFirst() {
            guard let end = part.firstIndex(of: ">") else { return false }
            let tag = part[..<end]
            let rest = part[part.index(after: end)...]
            if rest.contains(">") || tag.unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" }) { return false }
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else if !tag.hasSuffix("/") {
                open.append(tag.prefix { $0 != " " })
            }
        }
        return open.isEmpty
    }

    // MARK: Layout

    /// Random graphs, with circles, twins and single states among them.
    private static func random(seed: Int, count: Int, degree: Int) -> StateGraph {
        var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
        let nodes = (0..<count).map {
            StateGraph.Node(id: "s\($0)", function: "test.nop", name: next(2) == 0 ? "s\($0)" : "other", sls: "sls\(next(4))")
        }
        let kinds: [RequisiteType] = [.require, .watch, .onchanges, .listen]
        let edges = (0..<count * degree / 2).map { _ in
            let (a, b) = (next(count), next(count))
            return StateGraph.Edge(from: next(20) == 0 ? max(a, b) : min(a, b), to: next(20) == 0 ? a : max(a, b), kind: kinds[next(4)])
        }
        return StateGraph(title: "random", nodes: nodes, edges: edges)
    }

    @Test(arguments: 0..<40)
    func boxesStandApartAndBelowWhatTheyNeed(_ seed: Int) throws {
        let graph = Self.random(seed: seed, count: 5 + seed * 4, degree: 1 + seed % 4)
        let drawing = GraphDrawing(graph)
        #expect(drawing.boxes.map(\.node).sorted() == Array(graph.nodes.indices))
        let boxes = drawing.boxes.sorted { $0.top < $1.top }
        for (place, box) in boxes.enumerated() {
            #expect(box.left >= -0.01 && box.top >= -0.01 && box.right <= drawing.width + 0.01 && box.bottom <= drawing.height + 0.01)
            for other in boxes[(place + 1)...] where other.top < box.bottom - 0.01 {
                #expect(other.left >= box.right - 0.01 || other.right <= box.left + 0.01, "\(box.node) and \(other.node) overlap")
            }
        }
        let byNode = Dictionary(uniqueKeysWithValues: boxes.map { ($0.node, $0) })
        for edge in graph.edges where !graph.isInCircle(edge) {
            let (from, to) = (try #require(byNode[edge.from]), try #require(byNode[edge.to]))
            #expect(from.bottom < to.top)
        }
    }

    @Test func linesOfCirclesAloneAreMarked() {
        for seed in 0..<30 {
            let graph = Self.random(seed: seed, count: 12, degree: 3)
            for edge in graph.edges { #expect(graph.isInCircle(edge) == Self.leads(from: edge.to, to: edge.from, graph)) }
        }
    }

    private static func leads(from: Int, to: Int, _ graph: StateGraph) -> Bool {
        var seen: Set<Int> = [from]
        var open = [from]
        while let node = open.popLast() {
            if node == to { return true }
            for edge in graph.edges where edge.from == node && seen.insert(edge.to).inserted { open.append(edge.to) }
        }
        return false
    }

    @Test func fiveHundredStatesStayOnASheet() {
        var nodes: [StateGraph.Node] = []
        var edges: [StateGraph.Edge] = []
        for part in 0..<15 {
            let package = nodes.count
            nodes.append(StateGraph.Node(id: "pkg\(part)", function: "pkg.installed", name: "pkg\(part)", sls: "part\(part)"))
            let files = (0..<31).map { package + 1 + $0 }
            nodes += files.map {
                StateGraph.Node(id: "/etc/part/file\($0)", function: "file.managed", name: "/etc/part/file\($0)", sls: "part\(part)")
            }
            nodes.append(StateGraph.Node(id: "svc\(part)", function: "service.running", name: "svc\(part)", sls: "part\(part)"))
            edges += files.map { StateGraph.Edge(from: package, to: $0, kind: .require) }
            edges += files.map { StateGraph.Edge(from: $0, to: package + 32, kind: .watch) }
        }
        let drawing = GraphDrawing(StateGraph(title: "big", nodes: nodes, edges: edges))
        #expect(drawing.frames.count == 15)
        #expect(drawing.curves.count == 30)
        #expect(drawing.width < 6000 && drawing.height < 6000)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }

    fileprivate func contains(_ part: String, except allowed: String) -> Bool { components(of: part) != components(of: allowed) }
}
