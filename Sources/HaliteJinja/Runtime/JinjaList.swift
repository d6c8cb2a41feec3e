import HaliteValue

/// A list that all its names share.
public final class JinjaList {
    /// Elements that nobody has asked for yet.
    @exclusivity(unchecked) private var pending: [Value]?
    @exclusivity(unchecked) private var converted: [JinjaValue]

    public init(_ items: [JinjaValue]) { converted = items }

    init(pending: [Value]) {
        self.pending = pending
        converted = []
    }

    /// The elements as they came from the context, while nobody has touched the list.
    package var untouched: [Value]? { pending }

    public var items: [JinjaValue] {
        get {
            if pending != nil { convert() }
            return converted
        }
        _modify {
            if pending != nil { convert() }
            yield &converted
        }
    }

    /// One element by its place.
    @inline(__always)
    func element(_ position: Int) -> JinjaValue {
        if pending != nil { convert() }
        return converted[position]
    }

    public var count: Int { pending?.count ?? converted.count }
    public var isEmpty: Bool { count == 0 }

    deinit { Teardown.release(&converted) }

    private func convert() {
        guard let pending else { return }
        converted = pending.map { JinjaValue($0) }
        self.pending = nil
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
