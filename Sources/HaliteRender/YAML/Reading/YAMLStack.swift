/// A stack, or queue, of plain data without bounds checks and reference counts: the scanner lives on a few of them.
struct YAMLStack<Element: BitwiseCopyable>: ~Copyable {
    private var memory: UnsafeMutablePointer<Element>
    private var capacity: Int
    /// The first element that was not taken from the front.
    private var head = 0
    private var tail = 0

    init(capacity: Int = 8) {
        self.capacity = capacity
        memory = .allocate(capacity: capacity)
    }

    deinit { memory.deallocate() }

    @inline(__always) var count: Int { tail - head }
    @inline(__always) var isEmpty: Bool { head == tail }
    @inline(__always) var first: Element { memory[head] }
    @inline(__always) var last: Element? { head == tail ? nil : memory[tail - 1] }

    @inline(__always) subscript(index: Int) -> Element {
        get { memory[head + index] }
        set { memory[head + index] = newValue }
    }

    @inline(__always) mutating func push(_ element: Element) {
        if tail == capacity { grow() }
        (memory + tail).initialize(to: element)
        tail += 1
    }

    @inline(__always) mutating func pop() -> Element? {
        if head == tail { return nil }
        tail -= 1
        return memory[tail]
    }

    @inline(__always) mutating func dropFirst() {
        head += 1
        if head == tail { (head, tail) = (0, 0) }
    }

    mutating func insert(_ element: Element, at index: Int) {
        push(element)
        var place = tail - 1
        while place > head + index {
            memory[place] = memory[place - 1]
            place -= 1
        }
        memory[place] = element
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        larger.initialize(from: memory + head, count: count)
        memory.deallocate()
        memory = larger
        (head, tail) = (0, count)
        capacity *= 2
    }
}
