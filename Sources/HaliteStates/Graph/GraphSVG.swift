import HaliteCore

/// Writes a graph as an SVG picture that needs nothing else.
package enum GraphSVG {
    package static func text(_ graph: StateGraph) -> String {
        var writer = Writer(graph)
        return writer.picture()
    }
}

private struct Writer {
    let graph: StateGraph
    let drawing: GraphDrawing
    private let sls: [String: Int]
    private var output = ""
    private static let margin = 28.0
    private static let longestLegend = 40

    init(_ graph: StateGraph) {
        self.graph = graph
        drawing = GraphDrawing(graph)
        sls = Dictionary(graph.slsNames.enumerated().map { ($1, $0) }) { first, _ in first }
    }

    mutating func picture() -> String {
        let title = graph.title
        let legend = legend(width: max(drawing.width, 620))
        let top = Self.margin + 40 + legend.height
        let width = max(drawing.width, legend.width, Double(GraphLabel.columns(title)) * 10.5, 300) + 2 * Self.margin
        let height = top + drawing.height + Self.margin
        put(
            #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(number(width))" height="\#(number(height))" viewBox="0 0 \#(number(width)) \#(number(height))" role="img">"#
        )
        put("<title>\(escaped(title))</title>")
        put(style)
        put("<defs>" + markers + "</defs>")
        put(#"<rect width="100%" height="100%" fill="white"/>"#)
        put(#"<text class="title" x="\#(number(Self.margin))" y="\#(number(Self.margin + 10))">\#(escaped(title))</text>"#)
        put(#"<text class="note" x="\#(number(Self.margin))" y="\#(number(Self.margin + 28))">\#(escaped(graph.summary))</text>"#)
        put(#"<g transform="translate(\#(number(Self.margin)) \#(number(Self.margin + 40)))">"#)
        put(legend.text)
        put("</g>")
        put(#"<g transform="translate(\#(number(Self.margin)) \#(number(top)))">"#)
        for frame in drawing.frames {
            put(
                #"<rect x="\#(number(frame.left))" y="\#(number(frame.top))" width="\#(number(frame.size.width))" height="\#(number(frame.size.height))" "#
                    + ##"rx="8" fill="#f3f4f6" stroke="#9aa3ad" stroke-dasharray="3 3"/>"##)
        }
        // Those of circles come last, on top.
        for curve in drawing.curves.filter({ !$0.isInCircle }) + drawing.curves.filter(\.isInCircle) { put(path(curve)) }
        for knot in drawing.knots {
            put(#"<circle cx="\#(number(knot.centre.x))" cy="\#(number(knot.centre.y))" r="4" fill="\#(GraphColours.line(knot.kind))"/>"#)
        }
        for loop in drawing.loops { put(self.loop(loop.box)) }
        for box in drawing.boxes { put(group(box)) }
        put("</g>")
        put("</svg>")
        return output
    }

    private mutating func put(_ line: String) {
        if line.isEmpty { return }
        output += line
        output += "\n"
    }

    // MARK: Boxes

    private func group(_ box: GraphDrawing.Box) -> String {
        let node = graph.nodes[box.node]
        let number = sls[node.sls] ?? 0
        let isInCircle = graph.isInCircle(box.node)
        let border = isInCircle ? GraphColours.circle : node.isMissing ? "#b0392b" : GraphColours.band(number)
        let (x, y) = (box.left, box.top)
        let (w, h) = (box.width, box.lines.height)
        var text = #"<g class="state"><title>\#(escaped(tooltip(box.node)))</title>"#
        text += #"<rect x="\#(self.number(x))" y="\#(self.number(y))" width="\#(self.number(w))" height="\#(self.number(h))" rx="5" "#
        text +=
            #"fill="\#(node.isMissing ? "#fff4f2" : GraphColours.fill(number))" stroke="\#(border)" stroke-width="\#(isInCircle ? "2.5" : "1.2")""#
        text += node.isMissing ? #" stroke-dasharray="5 3"/>"# : "/>"
        if !node.isMissing {
            text +=
                #"<path d="M\#(self.number(x + 6)) \#(self.number(y))h-1a5 5 0 0 0 -5 5v\#(self.number(h - 10))a5 5 0 0 0 5 5h1z" style="fill:\#(border);stroke:none"/>"#
        }
        var line = y + 18
        func add(_ style: String, _ words: String, _ step: Double, _ colour: String = "") {
            if words.isEmpty { return }
            text += #"<text class="\#(style)" x="\#(self.number(x + 14))" y="\#(self.number(line))"\#(colour)>\#(escaped(words))</text>"#
            line += step
        }
        add("id", box.lines.id, 15)
        add("fun", box.lines.function, box.lines.name.isEmpty ? 14 : 15)
        add("name", box.lines.name, 14)
        add("sls", box.lines.sls, 0, node.isMissing ? ##" style="fill:#b0392b""## : #" style="fill:\#(GraphColours.text(number))""#)
        if let position = graph.positions?[box.node], !node.isMissing {
            text += #"<text class="place" x="\#(self.number(x + w - 6))" y="\#(self.number(y + h - 6))">\#(position + 1)</text>"#
        }
        return text + "</g>"
    }

    private func tooltip(_ node: Int) -> String {
        let state = graph.nodes[node]
        if state.isMissing { return "\(state.function): \(state.id) is named by a requisite, and no SLS has it" }
        return "\(state.id)\n\(state.function)\(state.name == state.id ? "" : "\nname: " + state.name)\nSLS: \(state.sls)"
            + (graph.isInCircle(node) ? "\npart of a circle" : "")
    }

    // MARK: Lines

    private func path(_ curve: GraphDrawing.Curve) -> String {
        let (top, bottom) = (curve.start.y + curve.lead, curve.end.y - curve.tail)
        let reach = (bottom - top) / 2
        var d = "M\(number(curve.start.x)) \(number(curve.start.y))"
        if curve.lead > 0 { d += "v\(number(curve.lead))" }
        d += "C\(number(curve.start.x)) \(number(top + reach)) \(number(curve.end.x)) \(number(bottom - reach)) "
        d += "\(number(curve.end.x)) \(number(bottom))"
        if curve.tail > 0 { d += "v\(number(curve.tail))" }
        let marker = "url(#\(curve.isInCircle ? "circle" : curve.kind.base.rawValue))"
        let arrow = !curve.hasArrow ? "" : curve.isTurned ? #" marker-start="\#(marker)""# : #" marker-end="\#(marker)""#
        return #"<path class="\#(curve.kind.rawValue)\#(curve.isInCircle ? " circle" : "")" d="\#(d)"\#(arrow)/>"#
    }

    private func loop(_ place: Int) -> String {
        let box = drawing.boxes[place]
        let middle = (box.top + box.bottom) / 2
        return #"<path class="circle" d="M\#(number(box.right)) \#(number(middle - 9))c30 -16 30 34 2 18" marker-end="url(#circle)"/>"#
    }

    private var markers: String {
        var markers: [(String, String)] = []
        for kind in graph.kinds where !markers.contains(where: { $0.0 == kind.base.rawValue }) {
            markers.append((kind.base.rawValue, GraphColours.line(kind)))
        }
        if !graph.circles.isEmpty { markers.append(("circle", GraphColours.circle)) }
        return markers.map { name, colour in
            #"<marker id="\#(name)" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse">"#
                + #"<path d="M0 1L10 5L0 9z" style="fill:\#(colour);stroke:none"/></marker>"#
        }.joined()
    }

    private var style: String {
        let font = "font-family:'DejaVu Sans Mono','Menlo','Consolas','Liberation Mono',monospace"
        var rules = [
            "text{\(font);fill:#20262e}", ".title{font-size:17px;font-weight:bold}", ".note{font-size:12px;fill:#5b6570}",
            ".id{font-size:12px;font-weight:bold}", ".fun{font-size:11px;fill:#3d4650}", ".name{font-size:11px;fill:#5b6570}",
            ".sls{font-size:9px}",
            ".place{font-size:9px;fill:#98a1ab;text-anchor:end}", ".key{font-size:11px}", "path{fill:none;stroke-width:1.5}",
        ]
        for kind in graph.kinds {
            let dashes = GraphColours.dashes(kind).map { ";stroke-dasharray:\($0)" } ?? ""
            rules.append("path.\(kind.rawValue){stroke:\(GraphColours.line(kind))\(dashes)}")
        }
        rules.append("path.circle{stroke:\(GraphColours.circle);stroke-width:2.6}")
        return "<style>" + rules.joined() + "</style>"
    }

    // MARK: Legend

    private func legend(width: Double) -> (text: String, width: Double, height: Double) {
        var entries: [(key: String, label: String)] = graph.kinds.map { kind in
            (#"<path class="\#(kind.rawValue)" d="M0 0h30" marker-end="url(#\#(kind.base.rawValue))"/>"#, kind.rawValue)
        }
        if !graph.circles.isEmpty { entries.append((#"<path class="circle" d="M0 0h30" marker-end="url(#circle)"/>"#, "circle")) }
        let names = graph.slsNames
        for (number, name) in names.prefix(Self.longestLegend).enumerated() {
            let rect =
                #"<rect x="12" y="-7" width="18" height="13" rx="3" fill="\#(GraphColours.fill(number))" stroke="\#(GraphColours.band(number))"/>"#
            entries.append((rect, name.isEmpty ? "no SLS" : GraphLabel.shortened(name)))
        }
        if names.count > Self.longestLegend { entries.append(("", "and \(names.count - Self.longestLegend) more SLS files")) }
        var (left, top, widest) = (0.0, 8.0, 0.0)
        var text = ""
        for (key, label) in entries {
            let own = 42 + Double(GraphLabel.columns(label)) * 6.7 + 18
            if left > 0, left + own > width { (left, top) = (0, top + 20) }
            text +=
                #"<g transform="translate(\#(number(left)) \#(number(top)))">\#(key)<text class="key" x="38" y="4">\#(escaped(label))</text></g>"#
            left += own
            widest = max(widest, left)
        }
        return (text, widest, entries.isEmpty ? 0 : top + 30)
    }

    // MARK: Text

    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }

    private func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "\"": output += "&quot;"
            case "\n", "\t": output.unicodeScalars.append(scalar)
            default:
                output.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF ? "\u{FFFD}" : scalar)
            }
        }
        return output
    }
}
