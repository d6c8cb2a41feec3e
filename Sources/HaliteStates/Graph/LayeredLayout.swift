/// Places boxes in layers from top to bottom, so that lines lead downwards, cross seldom and bend little.
///
/// The steps are those of Sugiyama: lines of circles are turned round, boxes get layers of bounded width, long lines get a
/// joint in each layer between (lines to one box share their joints), layers are sorted by the median of their neighbours,
/// and the boxes of a layer are put as near to their neighbours as their order allows. Sizes in, places out.
struct LayeredLayout {
    struct Size {
        let width: Double
        let height: Double
    }

    /// A line from one box down to another; lines of one `group` may share joints.
    struct Line {
        let from: Int
        let to: Int
        let group: Int
    }

    struct Point: Equatable {
        var x: Double
        var y: Double
    }

    /// A part of a line, between boxes or joints of neighbouring layers, from the upper to the lower.
    struct Segment {
        let from: Int
        let to: Int
        let group: Int
        /// Whether the line runs from the lower to the upper end, as one of each circle does.
        let isTurned: Bool
    }

    /// The centre of each box, then of the joints.
    private(set) var centres: [Point] = []
    private(set) var segments: [Segment] = []
    private(set) var width = 0.0
    private(set) var height = 0.0
    /// Upper and lower edge of each box's or joint's layer.
    private(set) var spans: [(top: Double, bottom: Double)] = []
    let boxCount: Int

    static let boxGap = 26.0
    static let jointGap = 9.0
    static let jointWidth = 4.0
    static let layerGap = 58.0

    /// - Parameters:
    ///   - clusters: boxes with the same number like to be side by side.
    ///   - layerLimit: how many boxes stand in a layer at most.
    init(sizes: [Size], lines: [Line], clusters: [Int], layerLimit: Int) {
        boxCount = sizes.count
        let turned = LayerAssignment.turnedLines(lines, count: sizes.count)
        let downwards = zip(lines, turned).map { $1 ? Line(from: $0.to, to: $0.from, group: $0.group) : $0 }
        let layers = LayerAssignment(count: sizes.count, lines: downwards, limit: layerLimit).layers
        var joints = LineJoints(boxLayers: layers)
        segments = joints.segments(downwards, turned: turned)
        let widths = sizes.map(\.width) + joints.layers.dropFirst(sizes.count).map { _ in Self.jointWidth }
        let order = LayerOrder(layers: joints.layers, boxCount: sizes.count, segments: segments, clusters: clusters).order
        place(order, sizes, widths)
    }

    private mutating func place(_ order: [[Int]], _ sizes: [Size], _ widths: [Double]) {
        let xs = LayerPlacement(order: order, widths: widths, boxCount: boxCount, segments: segments).places
        centres = xs.map { Point(x: $0, y: 0) }
        spans = Array(repeating: (0, 0), count: xs.count)
        var top = 0.0
        for layer in order {
            let heights = layer.filter { $0 < boxCount }.map { sizes[$0].height }
            let tallest = heights.max() ?? 0
            for item in layer {
                centres[item].y = top + tallest / 2
                spans[item] = (top, top + tallest)
            }
            top += tallest + Self.layerGap
        }
        height = max(0, top - Self.layerGap)
        width = zip(xs, widths).map { $0 + $1 / 2 }.max() ?? 0
    }
}
