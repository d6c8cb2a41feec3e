import HaliteValue

/// The attributes of `loop`.
enum LoopAttribute: String, CaseIterable {
    case index, index0, first, last, length, revindex, revindex0, depth, depth0, previtem, nextitem, cycle, changed

    /// Whether it looks at elements and not only at their number.
    var needsElements: Bool { self == .previtem || self == .nextitem }
}

/// `loop` in a loop.
final class LoopObject: JinjaObject {
    @exclusivity(unchecked) private var source: Cursor
    private unowned let context: TemplateContext
    private let depth: Int
    private let recursion: ((JinjaValue) throws -> JinjaValue)?
    @exclusivity(unchecked) private var index0 = -1
    @exclusivity(unchecked) private var current: JinjaValue?
    @exclusivity(unchecked) private var before: JinjaValue?
    @exclusivity(unchecked) private var after: JinjaValue?
    /// Once somebody has seen that there is no further element, none comes, as with an iterator of Python.
    @exclusivity(unchecked) private var isExhausted = false
    private var lastChanged: [JinjaValue]?
    private var knownLength: Int?

    init(
        _ source: Cursor, context: TemplateContext, depth: Int,
        recursion: ((JinjaValue) throws -> JinjaValue)?
    ) {
        self.source = source
        self.context = context
        self.depth = depth
        self.recursion = recursion
        super.init()
        role = .loop
    }

    func advance() throws -> JinjaValue? {
        let next: JinjaValue
        if let after {
            next = after
            self.after = nil
        } else {
            guard !isExhausted, let element = try source.next() else { return nil }
            next = element
        }
        index0 += 1
        before = current
        current = next
        return next
    }

    /// The next pair of a dictionary, where nobody asks for elements before or after it.
    @inline(__always)
    func advance(_ pairs: DictCursor) throws -> JinjaDict.Entry? {
        guard !isExhausted, let entry = try pairs.nextEntry() else { return nil }
        index0 += 1
        return entry
    }

    private func peek() throws -> JinjaValue? {
        if after == nil, !isExhausted {
            after = try source.next()
            isExhausted = after == nil
        }
        return after
    }

    private func isLast() throws -> Bool {
        if after != nil { return false }
        guard let more = source.hasMore else { return try peek() == nil }
        if !more { isExhausted = true }
        return !more
    }

    private func count() throws -> Int {
        if let knownLength { return knownLength }
        var count: Int
        if let length = source.length {
            count = length
        } else {
            // A generator is read to its end to be counted.
            var rest: [JinjaValue] = []
            while let element = try source.next() {
                try context.state.step()
                rest.append(element)
            }
            source = ArrayCursor(rest)
            count = rest.count + index0 + 1 + (after == nil ? 0 : 1)
        }
        knownLength = count
        return count
    }

    override var typeName: String { "LoopContext" }
    override var qualifiedTypeName: String { "jinja2.runtime.LoopContext" }

    override func attribute(_ name: String) throws -> JinjaValue? {
        try LoopAttribute(rawValue: name).map { try value(of: $0) }
    }

    func value(of attribute: LoopAttribute) throws -> JinjaValue {
        switch attribute {
        case .index: .int(index0 + 1)
        case .index0: .int(index0)
        case .first: .bool(index0 == 0)
        case .last: .bool(try isLast())
        case .length: .int(try count())
        case .revindex: .int(try count() - index0)
        case .revindex0: .int(try count() - index0 - 1)
        case .depth: .int(depth + 1)
        case .depth0: .int(depth)
        case .previtem: try previous()
        case .nextitem: try peek() ?? context.undefined(hint: "there is no next item")
        case .cycle: method("cycle") { [unowned self] in try cycle($0.positional) }
        case .changed: method("changed") { [unowned self] in try .bool(changed($0.positional)) }
        }
    }

    private func previous() throws -> JinjaValue {
        guard index0 != 0, let before else { return context.undefined(hint: "there is no previous item") }
        return before
    }

    private func method(_ name: String, _ body: @escaping (JinjaCall) throws -> JinjaValue) -> JinjaValue {
        .object(ObjectMethod(name, of: self, takesAny: true, body))
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
        let values = try Signature("LoopContext.__call__", "@iterable").bind(call)
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
