import HaliteValue

/// The elements that a loop runs over.
class Cursor {
    func next() throws -> JinjaValue? { nil }
    /// How many there are in all; nil where only reading them tells.
    var length: Int? { nil }
    /// Whether `next()` would give another; nil where only reading tells.
    var hasMore: Bool? { nil }
    /// The cursor when its elements are the pairs of a dictionary.
    var pairs: DictCursor? { nil }

    /// Nil when the value cannot be iterated.
    static func over(_ value: JinjaValue) throws -> Cursor? {
        switch value {
        case .list(let list): return ListCursor(list)
        case .tuple(let tuple): return ArrayCursor(tuple.items)
        case .dict(let dict): return DictCursor(dict, .keys)
        case .object(let object):
            if let cursor = object.cursor() { return cursor }
            return try object.iterate().map(IteratorCursor.init)
        default: return try value.iterator().map(IteratorCursor.init)
        }
    }
}

final class ListCursor: Cursor {
    private let list: JinjaList
    @exclusivity(unchecked) private var position = 0
    init(_ list: JinjaList) { self.list = list }
    override func next() -> JinjaValue? {
        // The list may grow while the loop runs.
        guard position < list.count else { return nil }
        position += 1
        return list.element(position - 1)
    }
    override var length: Int? { list.count }
    override var hasMore: Bool? { position < list.count }
}

final class ArrayCursor: Cursor {
    private let items: [JinjaValue]
    @exclusivity(unchecked) private var position = 0
    init(_ items: [JinjaValue]) { self.items = items }
    override func next() -> JinjaValue? {
        guard position < items.count else { return nil }
        position += 1
        return items[position - 1]
    }
    override var length: Int? { items.count }
    override var hasMore: Bool? { position < items.count }
}

final class RangeCursor: Cursor {
    private let start: Int
    private let step: Int
    private let count: Int
    @exclusivity(unchecked) private var position = 0
    init(start: Int, step: Int, count: Int) {
        self.start = start
        self.step = step
        self.count = count
    }
    override func next() -> JinjaValue? {
        guard position < count else { return nil }
        position += 1
        return .int(start &+ (position - 1) &* step)
    }
    override var length: Int? { count }
    override var hasMore: Bool? { position < count }
}

/// The keys, values or pairs of a dictionary, which must not change its size meanwhile.
final class DictCursor: Cursor {
    private let dict: JinjaDict
    private let part: DictView.Part
    private let count: Int
    @exclusivity(unchecked) private var position = 0

    init(_ dict: JinjaDict, _ part: DictView.Part) {
        self.dict = dict
        self.part = part
        count = dict.count
    }

    override func next() throws -> JinjaValue? {
        guard let entry = try nextEntry() else { return nil }
        switch part {
        case .keys: return entry.key
        case .values: return entry.value
        case .items: return .pair(entry.key, entry.value)
        }
    }

    @inline(__always)
    func nextEntry() throws -> JinjaDict.Entry? {
        guard dict.count == count else { throw JinjaError(.runtime, "dictionary changed size during iteration") }
        guard position < count else { return nil }
        position += 1
        return dict.entry(position - 1)
    }

    override var length: Int? { count }
    override var hasMore: Bool? { dict.count == count ? position < count : nil }
    override var pairs: DictCursor? { part == .items ? self : nil }
}

final class IteratorCursor: Cursor {
    private let iterator: JinjaIterator
    init(_ iterator: JinjaIterator) { self.iterator = iterator }
    override func next() throws -> JinjaValue? { try iterator.next() }
}

/// The elements for which the test of a loop holds.
final class FilteredCursor: Cursor {
    private let source: Cursor
    private let accept: (JinjaValue) throws -> JinjaValue?
    /// `accept` gives the element that goes on, or nil.
    init(_ source: Cursor, _ accept: @escaping (JinjaValue) throws -> JinjaValue?) {
        self.source = source
        self.accept = accept
    }
    override func next() throws -> JinjaValue? {
        while let element = try source.next() { if let accepted = try accept(element) { return accepted } }
        return nil
    }
}
