import HaliteValue

/// The elements that a loop runs over, without a closure for the common cases.
enum LoopSource {
    case list(JinjaList, position: Int)
    case array([JinjaValue], position: Int)
    case iterator(JinjaIterator)

    /// Nil when the value cannot be iterated.
    init?(_ value: JinjaValue) throws {
        switch value {
        case .list(let list): self = .list(list, position: 0)
        case .tuple(let tuple): self = .array(tuple.items, position: 0)
        default:
            guard let iterator = try value.iterator() else { return nil }
            self = .iterator(iterator)
        }
    }

    mutating func next() throws -> JinjaValue? {
        switch self {
        case .list(let list, let position):
            // The list may grow while the loop runs.
            guard position < list.count else { return nil }
            self = .list(list, position: position + 1)
            return list.items[position]
        case .array(let items, let position):
            guard position < items.count else { return nil }
            self = .array(items, position: position + 1)
            return items[position]
        case .iterator(let iterator): return try iterator.next()
        }
    }

    func length() -> Int? {
        switch self {
        case .list(let list, _): list.count
        case .array(let items, _): items.count
        case .iterator: nil
        }
    }
}

/// `loop` in a loop.
final class LoopObject: JinjaObject {
    @exclusivity(unchecked) private var source: LoopSource
    private let hasLength: Bool
    private unowned let context: TemplateContext
    private let depth: Int
    private let recursion: ((JinjaValue) throws -> JinjaValue)?
    @exclusivity(unchecked) private var index0 = -1
    @exclusivity(unchecked) private var current: JinjaValue?
    @exclusivity(unchecked) private var before: JinjaValue?
    @exclusivity(unchecked) private var after: JinjaValue?
    private var lastChanged: [JinjaValue]?
    private var knownLength: Int?

    init(
        _ source: LoopSource, hasLength: Bool, context: TemplateContext, depth: Int,
        recursion: ((JinjaValue) throws -> JinjaValue)?
    ) {
        self.source = source
        self.hasLength = hasLength
        self.context = context
        self.depth = depth
        self.recursion = recursion
    }

    func advance() throws -> JinjaValue? {
        let next: JinjaValue
        if let after {
            next = after
            self.after = nil
        } else {
            guard let element = try nextElement() else { return nil }
            next = element
        }
        index0 += 1
        before = current
        current = next
        return next
    }

    private func peek() throws -> JinjaValue? {
        if after == nil { after = try nextElement() }
        return after
    }

    /// The source may run parts of the template, which may ask this loop something: nothing is being written meanwhile.
    private func nextElement() throws -> JinjaValue? {
        var source = self.source
        defer { self.source = source }
        return try source.next()
    }

    private func count() throws -> Int {
        if let knownLength { return knownLength }
        var count: Int
        if let length = source.length() {
            count = length
        } else {
            // A generator is read to its end to be counted.
            var rest: [JinjaValue] = []
            while let element = try nextElement() {
                try context.state.step()
                rest.append(element)
            }
            source = .array(rest, position: 0)
            count = rest.count + index0 + 1 + (after == nil ? 0 : 1)
        }
        knownLength = count
        return count
    }

    override var typeName: String { "LoopContext" }
    override var qualifiedTypeName: String { "jinja2.runtime.LoopContext" }

    override func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "index": .int(index0 + 1)
        case "index0": .int(index0)
        case "first": .bool(index0 == 0)
        case "last": .bool(try peek() == nil)
        case "length": .int(try count())
        case "revindex": .int(try count() - index0)
        case "revindex0": .int(try count() - index0 - 1)
        case "depth": .int(depth + 1)
        case "depth0": .int(depth)
        case "previtem": index0 == 0 ? context.undefined(hint: "there is no previous item") : before
        case "nextitem": try peek() ?? context.undefined(hint: "there is no next item")
        case "cycle": function("cycle") { [unowned self] in try cycle($0.positional) }
        case "changed": function("changed") { [unowned self] in try .bool(changed($0.positional)) }
        default: nil
        }
    }

    private func function(_ name: String, _ body: @escaping (JinjaCall) throws -> JinjaValue) -> JinjaValue {
        .object(JinjaFunctionObject(name: name, body))
    }

    func cycle(_ values: [JinjaValue]) throws -> JinjaValue {
        guard !values.isEmpty else { throw JinjaError(.type, "no items for cycling given") }
        return values[index0 % values.count]
    }

    func changed(_ values: [JinjaValue]) throws -> Bool {
        if let last = lastChanged, try JinjaValue.areEqual(last, values) { return false }
        lastChanged = values
        return true
    }

    override var isCallable: Bool { true }
    override func call(_ call: JinjaCall) throws -> JinjaValue {
        guard let recursion else {
            throw JinjaError(.type, "The loop must have the 'recursive' marker to be called recursively.")
        }
        let values = try Signature("LoopContext.__call__", "iterable").bind(call)
        return try recursion(values[0] ?? .null)
    }

    override func iterate() throws -> JinjaIterator? {
        JinjaIterator { [unowned self] in
            guard let element = try advance() else { return nil }
            return .pair(element, .object(self))
        }
    }

    override func length() throws -> Int? { try count() }
    override func isTrue() throws -> Bool { try count() != 0 }
    override func repr() throws -> String { "<LoopContext \(index0 + 1)/\(try count())>" }
}
