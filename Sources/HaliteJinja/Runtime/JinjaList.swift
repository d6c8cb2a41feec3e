import HaliteValue

/// A list that all its names share.
public final class JinjaList {
    /// The data of the context, if it comes from there.
    private let source: [Value]
    /// Whether the elements are still to be made from the data.
    @exclusivity(unchecked) private var isPending: Bool
    @exclusivity(unchecked) private var converted: [JinjaValue]

    public init(_ items: [JinjaValue]) {
        source = []
        isPending = false
        converted = items
    }

    init(pending: [Value]) {
        source = pending
        isPending = true
        converted = []
    }

    /// The elements as they came from the context, while nobody has touched the list.
    package var untouched: [Value]? { isPending ? source : nil }

    /// The data that it was made of, whatever has become of it.
    var original: [Value] { source }

    public var items: [JinjaValue] {
        get {
            if isPending { convert() }
            return converted
        }
        _modify {
            if isPending { convert() }
            yield &converted
        }
    }

    /// One element by its place.
    @inline(__always)
    func element(_ position: Int) -> JinjaValue {
        if isPending { return pendingElement(position) }
        return converted[position]
    }

    /// Scalars are taken from the data as they are; a container has to be the same object each time.
    private func pendingElement(_ position: Int) -> JinjaValue {
        let value = source[position]
        switch value {
        case .list, .map:
            convert()
            return converted[position]
        default: return JinjaValue(value)
        }
    }

    public var count: Int { isPending ? source.count : converted.count }
    public var isEmpty: Bool { count == 0 }

    deinit { Teardown.release(&converted) }

    private func convert() {
        isPending = false
        converted = source.map { JinjaValue($0) }
    }
}

/// A tuple: a list that never changes. A name makes it a `groupby` group with the attributes `grouper` and `list`.
public final class JinjaTuple {
    public private(set) var items: [JinjaValue]
    package let isGroup: Bool

    public init(_ items: [JinjaValue], isGroup: Bool = false) {
        self.items = items
        self.isGroup = isGroup
    }

    deinit { Teardown.release(&items) }
}
