/// Which layer each box stands in: below all that it waits for, and no layer fuller than a limit.
struct LayerAssignment {
    private(set) var layers: [Int]

    /// The lines that lead back to where a walk came from; turned round they leave no circle.
    static func turnedLines(_ lines: [LayeredLayout.Line], count: Int) -> [Bool] {
        var out: [[Int]] = Array(repeating: [], count: count)
        for (place, line) in lines.enumerated() { out[line.from].append(place) }
        var turned = Array(repeating: false, count: lines.count)
        var state = Array(repeating: 0, count: count)
        for root in 0..<count where state[root] == 0 {
            state[root] = 1
            var path: [(node: Int, next: Int)] = [(root, 0)]
            while let (node, next) = path.last {
                guard next < out[node].count else {
                    state[node] = 2
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                let line = out[node][next]
                let other = lines[line].to
                if state[other] == 1 {
                    turned[line] = true
                } else if state[other] == 0 {
                    state[other] = 1
                    path.append((other, 0))
                }
            }
        }
        return turned
    }

    init(count: Int, lines: [LayeredLayout.Line], limit: Int) {
        layers = Array(repeating: 0, count: count)
        var above: [[Int]] = Array(repeating: [], count: count)
        var below = above
        for line in lines where line.from != line.to {
            above[line.to].append(line.from)
            below[line.from].append(line.to)
        }
        let order = Self.topological(above: above, below: below)
        var filled: [Int] = []
        func place(_ node: Int, from first: Int) -> Int {
            var layer = first
            while layer < filled.count, filled[layer] >= limit { layer += 1 }
            while filled.count <= layer { filled.append(0) }
            filled[layer] += 1
            return layer
        }
        for node in order { layers[node] = place(node, from: (above[node].map { layers[$0] }.max() ?? -1) + 1) }
        lower(order, above, below, &filled, limit)
    }

    /// Those with the longest way down come first, so that a full layer keeps what others wait for.
    private static func topological(above: [[Int]], below: [[Int]]) -> [Int] {
        var open = above.map(\.count)
        var order = open.indices.filter { open[$0] == 0 }
        var next = 0
        while next < order.count {
            for other in below[order[next]] {
                open[other] -= 1
                if open[other] == 0 { order.append(other) }
            }
            next += 1
        }
        var depth = Array(repeating: 0, count: above.count)
        for node in order.reversed() { depth[node] = (below[node].map { depth[$0] }.max() ?? -1) + 1 }
        let heights = order.reduce(into: Array(repeating: 0, count: above.count)) { heights, node in
            heights[node] = (above[node].map { heights[$0] }.max() ?? -1) + 1
        }
        return order.enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            if heights[x] != heights[y] { return heights[x] < heights[y] }
            return depth[x] == depth[y] ? a.offset < b.offset : depth[x] > depth[y]
        }.map(\.element)
    }

    /// Boxes from which more lines start than end move down towards those that wait for them.
    private mutating func lower(_ order: [Int], _ above: [[Int]], _ below: [[Int]], _ filled: inout [Int], _ limit: Int) {
        for node in order.reversed() where !below[node].isEmpty && above[node].count <= below[node].count {
            let own = layers[node]
            var best = (below[node].map { layers[$0] }.min() ?? own + 1) - 1
            while best > own, filled[best] >= limit { best -= 1 }
            guard best > own else { continue }
            filled[own] -= 1
            filled[best] += 1
            layers[node] = best
        }
        // A layer that lost all its boxes goes.
        let used = Set(layers).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
        layers = layers.map { numbers[$0] ?? $0 }
    }
}

/// The joints of lines that cross whole layers. Lines of one group that end (or start) at one box run together.
struct LineJoints {
    /// The layer of each box, then of the joints.
    private(set) var layers: [Int]
    private var joints: [Key: Int] = [:]

    private struct Key: Hashable {
        let box: Int
        let group: Int
        let isEnd: Bool
        let layer: Int
    }

    private struct Pair: Hashable {
        let from: Int
        let to: Int
        let group: Int
    }

    init(boxLayers: [Int]) { layers = boxLayers }

    mutating func segments(_ lines: [LayeredLayout.Line], turned: [Bool]) -> [LayeredLayout.Segment] {
        var ends: [Pair: Int] = [:]
        for line in lines {
            ends[Pair(from: -1, to: line.to, group: line.group), default: 0] += 1
            ends[Pair(from: line.from, to: -1, group: line.group), default: 0] += 1
        }
        var segments: [LayeredLayout.Segment] = []
        var seen: Set<Pair> = []
        for (line, isTurned) in zip(lines, turned) where line.from != line.to {
            let starting = ends[Pair(from: line.from, to: -1, group: line.group)] ?? 0
            let ending = ends[Pair(from: -1, to: line.to, group: line.group)] ?? 0
            let isEnd = ending >= starting
            var last = line.from
            for layer in layers[line.from] + 1..<max(layers[line.from] + 1, layers[line.to]) {
                let joint = joint(Key(box: isEnd ? line.to : line.from, group: line.group, isEnd: isEnd, layer: layer))
                append(last, joint)
                last = joint
            }
            append(last, line.to)
            func append(_ from: Int, _ to: Int) {
                guard seen.insert(Pair(from: from, to: to, group: line.group)).inserted else { return }
                segments.append(LayeredLayout.Segment(from: from, to: to, group: line.group, isTurned: isTurned))
            }
        }
        return segments
    }

    private mutating func joint(_ key: Key) -> Int {
        if let known = joints[key] { return known }
        layers.append(key.layer)
        joints[key] = layers.count - 1
        return layers.count - 1
    }
}
