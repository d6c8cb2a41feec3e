import HaliteValue

/// Values straight from events, for the documents that nearly all are: no tags, no merge keys, no errors in what is
/// constructed. Meeting anything else it gives up, and `YAMLConstructor` starts again with a tree of nodes.
struct YAMLBuilder: ~Copyable {
    private struct Frame {
        var isMap: Bool
        var hasMerge = false
        /// Where the children begin on the stack.
        var base: Int
        var startWeight: Int
        /// How many collections lie in each other below it.
        var depth = 0
        /// In `anchorNames`; -1 for none.
        var anchor: Int
    }

    private var parser: YAMLParser
    private let wantsLines: Bool
    private var stack: ValueStack
    private var frames = YAMLStack<Frame>(capacity: 16)
    private var anchors: [String: (value: Value, weight: Int, depth: Int)] = [:]
    /// Every anchor seen, open or not: none may come again.
    private var anchorNames: [String] = []
    private var knownAnchors: Set<String> = []
    private var weight = 0
    private var mergedPairs = 0
    private let depthLimit: Int
    private var keyLines: [Int] = []
    private var interned: InternTable

    init(_ parser: consuming YAMLParser, depthLimit: Int, wantsLines: Bool) {
        self.parser = parser
        self.depthLimit = depthLimit
        self.wantsLines = wantsLines
        stack = ValueStack()
        interned = InternTable()
    }

    var position: Int { parser.scanner.position }

    enum Outcome {
        case value(Value, keyLines: [Int])
        case empty
        case tooComplicated
    }

    mutating func document() throws(YAMLError) -> Outcome {
        guard try parser.next() == .documentStart else { return .empty }
        repeat {
            guard try take(try parser.next()) else { return .tooComplicated }
        } while !frames.isEmpty
        _ = try parser.next()
        guard try parser.next() == .streamEnd else { return .tooComplicated }
        return .value(stack.pop(), keyLines: keyLines)
    }

    /// False when the document needs the long way.
    @inline(__always)
    private mutating func take(_ event: YAMLParser.Event) throws(YAMLError) -> Bool {
        switch event {
        case .scalar:
            if parser.tag != nil { return false }
            if wantsLines { noteLine() }
            guard let value = scalar() ?? key() else { return false }
            weight += 1
            if parser.anchor != nil {
                guard let anchor = noteAnchor() else { return false }
                anchors[anchorNames[anchor]] = (value, 1, 0)
            }
            stack.push(value)
        case .mappingStart, .sequenceStart:
            if parser.tag != nil || frames.count > depthLimit { return false }
            if wantsLines { noteLine() }
            var anchor = -1
            if parser.anchor != nil {
                guard let noted = noteAnchor() else { return false }
                anchor = noted
            }
            frames.push(Frame(isMap: event == .mappingStart, base: stack.count, startWeight: weight, anchor: anchor))
        case .mappingEnd, .sequenceEnd:
            guard let frame = frames.pop() else { return false }
            let value: Value
            if frame.isMap {
                guard let map = frame.hasMerge ? mergedMap(from: frame.base) : stack.popMap(from: frame.base) else { return false }
                value = .map(map)
            } else {
                value = .list(stack.popList(from: frame.base))
            }
            deepen(frame.depth + 1)
            weight += 1
            if frame.anchor >= 0 { anchors[anchorNames[frame.anchor]] = (value, weight - frame.startWeight, frame.depth + 1) }
            stack.push(value)
        case .alias:
            guard let known = anchors[parser.string(parser.text)] else { return false }
            if wantsLines { noteLine() }
            // What is merged is counted when it is copied.
            let isMergeValue = isMergeValue
            weight += isMergeValue ? 1 : known.weight
            if weight > YAMLConstructor.expansionLimit || frames.count + known.depth > depthLimit { return false }
            // What is merged lies beside, not below.
            deepen(isMergeValue ? known.depth - 1 : known.depth)
            stack.push(known.value)
        default: return false
        }
        return true
    }

    /// Tells the open collection how deep one of its children is.
    @inline(__always) private mutating func deepen(_ depth: Int) {
        let last = frames.count - 1
        if last >= 0, frames[last].depth < depth { frames[last].depth = depth }
    }

    /// Keys stand at even places of the outermost map.
    private mutating func noteLine() {
        if frames.count == 1, frames[0].isMap, (stack.count - frames[0].base) % 2 == 0 { keyLines.append(Int(parser.mark.line) + 1) }
    }

    /// The number of the event's anchor; nil when it is not the first of its name, for which the long way has the words.
    private mutating func noteAnchor() -> Int? {
        guard let slice = parser.anchor else { return nil }
        let name = parser.string(slice)
        guard knownAnchors.insert(name).inserted else { return nil }
        anchorNames.append(name)
        return anchorNames.count - 1
    }

    /// Whether the next value is that of the key `<<`.
    private var isMergeValue: Bool {
        guard let frame = frames.last, frame.hasMerge, (stack.count - frame.base) % 2 == 1 else { return false }
        return stack.topIsBytes
    }

    /// Stands for the key `<<` until its map ends; bytes come from tags alone.
    private static let mergeMark = Value.bytes([])

    /// `<<` and `=`, which are no values but have a meaning as keys.
    private mutating func key() -> Value? {
        let last = frames.count - 1
        guard last >= 0, frames[last].isMap, (stack.count - frames[last].base) % 2 == 0, parser.anchor == nil,
            parser.style == .plain
        else { return nil }
        switch parser.string(parser.text) {
        case "<<":
            frames[last].hasMerge = true
            return Self.mergeMark
        case "=": return "="
        default: return nil
        }
    }

    /// Puts the merged pairs in front. False when keys are no texts, or shared: `YAMLMerge` knows how these are treated.
    private mutating func mergedMap(from base: Int) -> ValueMap? {
        var (keys, values) = stack.popPairs(from: base)
        guard merge(&keys, &values), keys.allSatisfy(\.isScalar) else { return nil }
        return ValueMap(distinctKeys: keys, values: values)
    }

    private mutating func merge(_ keys: inout [Value], _ values: inout [Value]) -> Bool {
        var merged: (keys: [Value], values: [Value]) = ([], [])
        var own: (keys: [Value], values: [Value]) = ([], [])
        for (key, value) in zip(keys, values) {
            guard case .bytes = key else {
                guard case .string = key else { return false }
                own.keys.append(key)
                own.values.append(value)
                continue
            }
            switch value {
            case .map(let map):
                merged.keys += map.keys
                merged.values += map.values
            case .list(let list):
                for item in list.reversed() {
                    guard case .map(let map) = item else { return false }
                    merged.keys += map.keys
                    merged.values += map.values
                }
            default: return false
            }
            if mergedPairs + merged.keys.count > YAMLConstructor.mergeLimit { return false }
        }
        mergedPairs += merged.keys.count
        keys = []
        values = []
        let ownKeys = own.keys.count > 8 ? Set(own.keys) : nil
        for (key, value) in zip(merged.keys, merged.values) {
            guard case .string = key else { return false }
            if ownKeys?.contains(key) ?? own.keys.contains(key) { continue }
            keys.append(key)
            values.append(value)
        }
        keys += own.keys
        values += own.values
        return true
    }

    @inline(__always)
    private mutating func scalar() -> Value? {
        let text = parser.text
        if text.isScratch { return .string(parser.string(text)) }
        let bytes = UnsafeBufferPointer(start: parser.scanner.bytes + Int(text.start), count: text.count)
        guard parser.style == .plain else { return interned.string(bytes) }
        switch YAMLResolver.tag(of: bytes) {
        case .string, .timestamp: return interned.string(bytes)
        case .null: return .null
        case .bool:
            return .bool(
                bytes[0] | 0x20 == UInt8(ascii: "y") || bytes[0] | 0x20 == UInt8(ascii: "t")
                    || (bytes.count == 2 && bytes[1] | 0x20 == UInt8(ascii: "n")))
        case .int: return YAMLNumber.shortInt(bytes) ?? (try? YAMLNumber.int(String(decoding: bytes, as: UTF8.self)))
        case .float: return YAMLNumber.shortFloat(bytes) ?? (try? YAMLNumber.float(String(decoding: bytes, as: UTF8.self)))
        default: return nil
        }
    }
}

extension Value {
    /// Whether it may be a key.
    fileprivate var isScalar: Bool {
        switch self {
        case .list, .map: false
        default: true
        }
    }
}

/// Values whose collection is still open, moved in and out without counting references.
private struct ValueStack: ~Copyable {
    private var memory: UnsafeMutablePointer<Value>
    private var capacity: Int
    private(set) var count = 0

    init() {
        capacity = 64
        memory = .allocate(capacity: capacity)
    }

    deinit {
        memory.deinitialize(count: count)
        memory.deallocate()
    }

    @inline(__always) mutating func push(_ value: consuming Value) {
        if count == capacity { grow() }
        (memory + count).initialize(to: value)
        count += 1
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: memory, count: count)
        memory.deallocate()
        memory = larger
        capacity *= 2
    }

    var topIsBytes: Bool { if count > 0, case .bytes = memory[count - 1] { true } else { false } }

    mutating func pop() -> Value {
        count -= 1
        return (memory + count).move()
    }

    mutating func popList(from base: Int) -> [Value] {
        var list: [Value] = []
        list.reserveCapacity(count - base)
        for place in base..<count { list.append((memory + place).move()) }
        count = base
        return list
    }

    /// A map of keys and values that lie in turn; nil when they are for the constructor to judge.
    mutating func popMap(from base: Int) -> ValueMap? {
        for place in stride(from: base, to: count, by: 2) where !memory[place].isScalar { return nil }
        let pairs = (count - base) / 2
        count = base
        return ValueMap(taking: memory + base, count: pairs)
    }

    /// Keys and values that lie in turn.
    mutating func popPairs(from base: Int) -> (keys: [Value], values: [Value]) {
        var keys: [Value] = []
        var values: [Value] = []
        keys.reserveCapacity((count - base) / 2)
        values.reserveCapacity((count - base) / 2)
        var place = base
        while place < count {
            keys.append((memory + place).move())
            values.append((memory + place + 1).move())
            place += 2
        }
        count = base
        return (keys, values)
    }
}
