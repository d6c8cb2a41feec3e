/// A binary heap with the smallest element on top.
struct Heap<Element: Comparable> {
    private var elements: [Element] = []

    mutating func insert(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard elements[child] < elements[parent] else { break }
            elements.swapAt(child, parent)
            child = parent
        }
    }

    mutating func popMinimum() -> Element? {
        guard let minimum = elements.first else { return nil }
        let last = elements.removeLast()
        guard !elements.isEmpty else { return minimum }
        elements[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < elements.count && elements[child] < elements[least] { least = child }
            if least == parent { return minimum }
            elements.swapAt(parent, least)
            parent = least
        }
    }
}
