/// The order of the boxes and joints in each layer, with few crossings.
struct LayerOrder {
    private(set) var order: [[Int]]
    private let above: [[Int]]
    private let below: [[Int]]
    private let clusters: [Int]
    private var place: [Int]

    init(layers: [Int], boxCount: Int, segments: [LayeredLayout.Segment], clusters: [Int]) {
        var above: [[Int]] = Array(repeating: [], count: layers.count)
        var below = above
        for segment in segments {
            above[segment.to].append(segment.from)
            below[segment.from].append(segment.to)
        }
        self.above = above
        self.below = below
        self.clusters = clusters + Array(repeating: -1, count: layers.count - boxCount)
        order = Array(repeating: [], count: (layers.max() ?? -1) + 1)
        place = Array(repeating: 0, count: layers.count)
        for item in layers.indices { order[layers[item]].append(item) }
        for layer in order.indices { order[layer] = Self.clustered(order[layer], self.clusters) }
        renumber()
        improve()
    }

    private static func clustered(_ items: [Int], _ clusters: [Int]) -> [Int] {
        items.enumerated().sorted { (clusters[$0.element], $0.offset) < (clusters[$1.element], $1.offset) }.map(\.element)
    }

    private mutating func renumber() {
        for layer in order { for (number, item) in layer.enumerated() { place[item] = number } }
    }

    private mutating func improve() {
        let sweeps = place.count > 20_000 ? 4 : place.count > 4000 ? 10 : 24
        var best = order
        var fewest = crossings()
        for sweep in 0..<sweeps where fewest > 0 {
            for number in order.indices {
                let isDown = sweep % 2 == 0
                let layer = isDown ? number : order.count - 1 - number
                sort(layer, by: isDown ? above : below, in: isDown ? layer - 1 : layer + 1)
            }
            let count = crossings()
            if count < fewest { (best, fewest) = (order, count) }
        }
        order = best
        renumber()
    }

    /// Items without neighbours keep their places among the others.
    private mutating func sort(_ layer: Int, by neighbours: [[Int]], in next: Int) {
        guard order.indices.contains(next) else { return }
        let items = order[layer]
        let scale = Double(max(1, order[next].count))
        let weights = items.map { item -> Double in
            let near = neighbours[item]
            guard !near.isEmpty else { return Double(place[item]) / Double(items.count) }
            return near.reduce(0) { $0 + Double(place[$1]) } / Double(near.count) / scale
        }
        let sorted = items.indices.sorted { a, b in
            if weights[a] != weights[b] { return weights[a] < weights[b] }
            return clusters[items[a]] == clusters[items[b]] ? a < b : clusters[items[a]] < clusters[items[b]]
        }
        order[layer] = sorted.map { items[$0] }
        for (number, item) in order[layer].enumerated() { place[item] = number }
    }

    /// How many pairs of segments cross, counted with a tree of sums.
    private func crossings() -> Int {
        var total = 0
        for layer in order.dropLast() {
            let ends = layer.flatMap { item in below[item].map { place[$0] }.sorted() }
            total += Self.inversions(ends)
        }
        return total
    }

    private static func inversions(_ numbers: [Int]) -> Int {
        guard let largest = numbers.max() else { return 0 }
        var tree = Array(repeating: 0, count: largest + 2)
        var total = 0
        for (seen, number) in numbers.enumerated() {
            var notGreater = 0
            var place = number + 1
            while place > 0 {
                notGreater += tree[place]
                place -= place & -place
            }
            total += seen - notGreater
            place = number + 1
            while place < tree.count {
                tree[place] += 1
                place += place & -place
            }
        }
        return total
    }
}
