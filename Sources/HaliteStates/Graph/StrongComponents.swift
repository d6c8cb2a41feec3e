/// The sets of nodes of a directed graph that reach one another.
enum StrongComponents {
    /// Tarjan's algorithm without recursion; the nodes of a set and the sets themselves are in ascending order.
    static func find(count: Int, edges: [(from: Int, to: Int)]) -> [[Int]] {
        var search = Search(count: count)
        for edge in edges { search.next[edge.from].append(edge.to) }
        for node in 0..<count where search.number[node] == 0 { search.visit(node) }
        return search.components.map { $0.sorted() }.sorted { $0[0] < $1[0] }
    }

    private struct Search {
        var next: [[Int]]
        var number: [Int]
        var components: [[Int]] = []
        private var low: [Int]
        private var stack: [Int] = []
        private var isOnStack: [Bool]
        private var counter = 0

        init(count: Int) {
            next = Array(repeating: [], count: count)
            number = Array(repeating: 0, count: count)
            low = number
            isOnStack = Array(repeating: false, count: count)
        }

        private mutating func enter(_ node: Int) {
            counter += 1
            number[node] = counter
            low[node] = counter
            stack.append(node)
            isOnStack[node] = true
        }

        mutating func visit(_ root: Int) {
            enter(root)
            var path: [(node: Int, place: Int)] = [(root, 0)]
            while let (node, place) = path.last {
                if place < next[node].count {
                    path[path.count - 1].place += 1
                    let other = next[node][place]
                    if number[other] == 0 {
                        enter(other)
                        path.append((other, 0))
                    } else if isOnStack[other] {
                        low[node] = min(low[node], number[other])
                    }
                    continue
                }
                path.removeLast()
                if let parent = path.last?.node { low[parent] = min(low[parent], low[node]) }
                if low[node] == number[node] { leave(node) }
            }
        }

        private mutating func leave(_ root: Int) {
            var component: [Int] = []
            while let node = stack.popLast() {
                isOnStack[node] = false
                component.append(node)
                if node == root { break }
            }
            components.append(component)
        }
    }
}
