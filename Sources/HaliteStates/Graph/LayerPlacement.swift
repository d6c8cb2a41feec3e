/// Where the items of each layer stand from left to right: near the middle of their neighbours, in their order, apart.
struct LayerPlacement {
    private(set) var places: [Double]
    private let order: [[Int]]
    private let widths: [Double]
    private let boxCount: Int
    /// How much the middle of the picture, which is zero, draws each item: without it wide layers drift to the side.
    private let pull: Double

    init(order: [[Int]], widths: [Double], boxCount: Int, segments: [LayeredLayout.Segment]) {
        self.order = order
        self.widths = widths
        self.boxCount = boxCount
        places = Array(repeating: 0, count: widths.count)
        pull = order.contains { $0.count > 12 } ? 0.2 : 0.01
        var above: [[(item: Int, weight: Double)]] = Array(repeating: [], count: widths.count)
        var below = above
        for segment in segments {
            // A line that is straight between its joints is easier to follow than a box that is centred.
            let joints = (segment.from >= boxCount ? 1 : 0) + (segment.to >= boxCount ? 1 : 0)
            let weight = [1.0, 2, 8][joints]
            above[segment.to].append((segment.from, weight))
            below[segment.from].append((segment.to, weight))
        }
        for layer in order { settle(layer, layer.map { _ in nil }) }
        for sweep in 0..<14 {
            let isDown = sweep % 2 == 0
            for number in order.indices {
                let layer = order[isDown ? number : order.count - 1 - number]
                settle(layer, layer.map { wish(of: $0, isDown ? above[$0] : below[$0]) })
            }
        }
        // The last word has the middle of both sides.
        for layer in order { settle(layer, layer.map { wish(of: $0, above[$0] + below[$0]) }) }
        let left = zip(places, widths).map { $0 - $1 / 2 }.min() ?? 0
        for item in places.indices { places[item] -= left }
    }

    private func wish(of item: Int, _ neighbours: [(item: Int, weight: Double)]) -> (place: Double, weight: Double)? {
        guard !neighbours.isEmpty else { return nil }
        let weight = neighbours.reduce(pull) { $0 + $1.weight }
        return (neighbours.reduce(0) { $0 + places[$1.item] * $1.weight } / weight, weight)
    }

    /// The places that lie nearest to the wishes (by least squares) and keep the order and the distances.
    private mutating func settle(_ layer: [Int], _ wishes: [(place: Double, weight: Double)?]) {
        var offsets = [0.0]
        for (left, right) in zip(layer, layer.dropFirst()) {
            let gap = left >= boxCount && right >= boxCount ? LayeredLayout.jointGap : LayeredLayout.boxGap
            offsets.append(offsets[offsets.count - 1] + (widths[left] + widths[right]) / 2 + gap)
        }
        var blocks: [(sum: Double, weight: Double, count: Int)] = []
        for (number, item) in layer.enumerated() {
            let wanted = wishes[number] ?? (places[item], 0.05)
            blocks.append(((wanted.place - offsets[number]) * wanted.weight, wanted.weight, 1))
            while blocks.count > 1, let last = blocks.last,
                blocks[blocks.count - 2].sum / blocks[blocks.count - 2].weight > last.sum / last.weight
            {
                blocks.removeLast()
                blocks[blocks.count - 1].sum += last.sum
                blocks[blocks.count - 1].weight += last.weight
                blocks[blocks.count - 1].count += last.count
            }
        }
        var number = 0
        for block in blocks {
            for _ in 0..<block.count {
                places[layer[number]] = block.sum / block.weight + offsets[number]
                number += 1
            }
        }
    }
}
