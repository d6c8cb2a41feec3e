/// Nodes that are run in turn.
///
/// Swift counts references when it takes an element out of an array. A tree of nodes outlives every run of it and never
/// changes, so the elements are lent from here without being counted.
final class NodeList<Node: AnyObject> {
    let count: Int
    private let base: UnsafeMutablePointer<Unmanaged<Node>>

    init(_ nodes: [Node]) {
        count = nodes.count
        base = .allocate(capacity: max(count, 1))
        for (position, node) in nodes.enumerated() { (base + position).initialize(to: .passRetained(node)) }
    }

    deinit {
        for position in 0..<count { base[position].release() }
        base.deallocate()
    }

    @inline(__always)
    func at<Result>(_ position: Int, _ body: (Node) throws -> Result) rethrows -> Result {
        try base[position]._withUnsafeGuaranteedRef { try body($0) }
    }

    var isEmpty: Bool { count == 0 }
}

/// Text of the template, ready to be copied into the output.
final class LiteralBytes {
    let bytes: UnsafeBufferPointer<UInt8>

    init(_ text: String) {
        let utf8 = Array(text.utf8)
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: utf8.count)
        _ = copy.initialize(from: utf8)
        bytes = UnsafeBufferPointer(copy)
    }

    deinit { bytes.deallocate() }
}
