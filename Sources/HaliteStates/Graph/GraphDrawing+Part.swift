import HaliteCore

extension GraphDrawing.Part {
    /// Lays one component out and finds where its curves begin and end.
    init(_ graph: StateGraph, _ component: GraphDrawing.Component, _ labels: [GraphLabel]) {
        let twins = TwinStates(graph, component.nodes, component.edges)
        let tables = twins.items.map { ItemTable($0, labels) }
        let knotted = KnottedLines(twins.edges, itemCount: tables.count)
        let sizes = tables.map(\.size) + knotted.knots.map { _ in LayeredLayout.Size(width: 8, height: 8) }
        let sls = Dictionary(graph.slsNames.enumerated().map { ($1, $0) }) { first, _ in first }
        let clusters = twins.items.map { sls[graph.nodes[$0[0]].sls] ?? -1 } + knotted.knots.map { _ in -1 }
        let limit = max(6, Int((Double(tables.count) * 1.3).squareRoot().rounded(.up)))
        let layout = LayeredLayout(sizes: sizes, lines: knotted.lines, clusters: clusters, layerLimit: limit)
        width = layout.width
        height = layout.height
        for (number, table) in tables.enumerated() {
            let left = layout.centres[number].x - table.size.width / 2
            let top = layout.centres[number].y - table.size.height / 2
            if table.hasFrame { frames.append(GraphDrawing.Frame(left: left, top: top, size: table.size)) }
            for var box in table.boxes {
                box.left += left
                box.top += top
                boxes.append(box)
            }
        }
        for (number, kind) in knotted.knots.enumerated() {
            knots.append(GraphDrawing.Knot(kind: kind, centre: layout.centres[tables.count + number]))
        }
        addCurves(layout, knotted, sizes, itemCount: tables.count)
    }

    private mutating func addCurves(_ layout: LayeredLayout, _ knotted: KnottedLines, _ sizes: [LayeredLayout.Size], itemCount: Int) {
        let ports = CurvePorts(layout, sizes, boxCount: itemCount)
        for segment in layout.segments {
            let (kind, isInCircle) = knotted.group(segment.group)
            let (upper, lower) = (layout.spans[segment.from], layout.spans[segment.to])
            let leave = segment.from < sizes.count ? layout.centres[segment.from].y + sizes[segment.from].height / 2 : upper.bottom
            let arrive = segment.to < sizes.count ? layout.centres[segment.to].y - sizes[segment.to].height / 2 : lower.bottom
            curves.append(
                GraphDrawing.Curve(
                    kind: kind, isInCircle: isInCircle, isTurned: segment.isTurned,
                    hasArrow: segment.isTurned ? segment.from < itemCount : segment.to < itemCount,
                    start: LayeredLayout.Point(x: ports.x(segment.from, .bottom, segment.group), y: leave),
                    end: LayeredLayout.Point(x: ports.x(segment.to, .top, segment.group), y: arrive),
                    lead: upper.bottom - leave, tail: arrive - lower.top))
        }
    }
}

/// The lines of a component. Where each of several states waits for the same several others, as with a requisite on a
/// whole SLS, the lines go through a knot: as many as there are states, and not as many as there are pairs.
private struct KnottedLines {
    private(set) var lines: [LayeredLayout.Line] = []
    private(set) var knots: [RequisiteType] = []

    private struct Bundle: Hashable {
        let kind: RequisiteType
        let sources: [Int]
    }

    init(_ edges: [TwinStates.Edge], itemCount: Int) {
        var sources: [Int: [RequisiteType: [Int]]] = [:]
        for edge in edges where !edge.isInCircle { sources[edge.to, default: [:]][edge.kind, default: []].append(edge.from) }
        var bundles: [Bundle: [Int]] = [:]
        for (to, kinds) in sources {
            for (kind, from) in kinds where from.count > 2 { bundles[Bundle(kind: kind, sources: from.sorted()), default: []].append(to) }
        }
        var bundleOf: [Int: [RequisiteType: Bundle]] = [:]
        for (bundle, targets) in bundles where targets.count > 2 {
            for target in targets { bundleOf[target, default: [:]][bundle.kind] = bundle }
        }
        var knotOf: [Bundle: Int] = [:]
        for edge in edges {
            let group = Self.group(edge.kind, isInCircle: edge.isInCircle)
            guard !edge.isInCircle, let bundle = bundleOf[edge.to]?[edge.kind] else {
                lines.append(LayeredLayout.Line(from: edge.from, to: edge.to, group: group))
                continue
            }
            let knot = knotOf[bundle] ?? itemCount + knots.count
            if knotOf[bundle] == nil {
                knotOf[bundle] = knot
                knots.append(edge.kind)
                for source in bundle.sources { lines.append(LayeredLayout.Line(from: source, to: knot, group: group)) }
            }
            if edge.from == bundle.sources[0] { lines.append(LayeredLayout.Line(from: knot, to: edge.to, group: group)) }
        }
    }

    private static let kinds = RequisiteType.allCases

    private static func group(_ kind: RequisiteType, isInCircle: Bool) -> Int {
        (kinds.firstIndex(of: kind) ?? 0) * 2 + (isInCircle ? 1 : 0)
    }

    func group(_ number: Int) -> (kind: RequisiteType, isInCircle: Bool) { (Self.kinds[number / 2], number % 2 == 1) }
}

/// Where lines touch the boxes: those of one kind at one point, the kinds side by side.
private struct CurvePorts {
    enum Side { case top, bottom }

    private let layout: LayeredLayout
    private var shifts: [Port: Double] = [:]

    private struct Port: Hashable {
        let box: Int
        let side: Side
        let group: Int
    }

    init(_ layout: LayeredLayout, _ sizes: [LayeredLayout.Size], boxCount: Int) {
        self.layout = layout
        var ends: [Port: [Double]] = [:]
        for segment in layout.segments {
            if segment.from < boxCount {
                ends[Port(box: segment.from, side: .bottom, group: segment.group), default: []].append(layout.centres[segment.to].x)
            }
            if segment.to < boxCount {
                ends[Port(box: segment.to, side: .top, group: segment.group), default: []].append(layout.centres[segment.from].x)
            }
        }
        let byBox = Dictionary(grouping: ends.keys, by: \.box)
        for box in 0..<boxCount {
            for side in [Side.top, .bottom] {
                let ports = byBox[box]?.filter { $0.side == side } ?? []
                guard ports.count > 1 else { continue }
                let middle = Dictionary(
                    uniqueKeysWithValues: ports.map { ($0, (ends[$0] ?? []).reduce(0, +) / Double(ends[$0]?.count ?? 1)) })
                let sorted = ports.sorted { (middle[$0] ?? 0, $0.group) < (middle[$1] ?? 0, $1.group) }
                let step = min(18, (sizes[box].width - 24) / Double(ports.count - 1))
                for (number, port) in sorted.enumerated() { shifts[port] = (Double(number) - Double(ports.count - 1) / 2) * step }
            }
        }
    }

    func x(_ item: Int, _ side: Side, _ group: Int) -> Double {
        layout.centres[item].x + (shifts[Port(box: item, side: side, group: group)] ?? 0)
    }
}
