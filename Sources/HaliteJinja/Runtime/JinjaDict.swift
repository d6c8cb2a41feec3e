import HaliteValue

/// A dictionary that all its names share; it keeps the order of insertion.
public final class JinjaDict {
    public struct Entry {
        public let key: JinjaValue
        public var value: JinjaValue
    }

    /// Up to this count a linear scan beats hashing.
    private static let scanLimit = 8

    private var pending: ValueMap?
    private var storage: [Entry] = []
    /// Open addressing: positions in `storage` plus one, zero for free. Empty up to the scan limit.
    private var table: [Int32] = []

    public init() {}

    public init(_ pairs: [(String, JinjaValue)]) {
        for (key, value) in pairs { insert(.string(key), value) }
    }

    init(pending: ValueMap) { self.pending = pending }

    var untouched: ValueMap? { pending }

    public var count: Int { pending?.count ?? storage.count }

    public var entries: [Entry] {
        if pending != nil { convert() }
        return storage
    }

    public func value(_ key: String) -> JinjaValue? {
        if pending != nil { convert() }
        return position(of: key).map { storage[$0].value }
    }

    public func value(_ key: JinjaValue) throws -> JinjaValue? {
        if case .string(let text) = key { return value(text) }
        if pending != nil { convert() }
        return try position(of: key).map { storage[$0].value }
    }

    public func set(_ key: String, _ value: JinjaValue) {
        if pending != nil { convert() }
        insert(.string(key), value)
    }

    public func set(_ key: JinjaValue, _ value: JinjaValue) throws {
        if pending != nil { convert() }
        if let position = try position(of: key) {
            storage[position].value = value
        } else {
            append(Entry(key: key, value: value))
        }
    }

    @discardableResult
    public func remove(_ key: JinjaValue) throws -> JinjaValue? {
        if pending != nil { convert() }
        guard let position = try position(of: key) else { return nil }
        return removeEntry(at: position).value
    }

    func removeEntry(at position: Int) -> Entry {
        if pending != nil { convert() }
        let entry = storage.remove(at: position)
        // The last entry is what `popitem` takes; nothing behind it moves.
        if !table.isEmpty { index() }
        return entry
    }

    func removeAll() {
        pending = nil
        storage = []
        table = []
    }

    deinit { Teardown.release(&storage) }

    func copy() -> JinjaDict {
        let result = JinjaDict()
        result.storage = entries
        result.table = table
        return result
    }

    private func convert() {
        guard let pending else { return }
        self.pending = nil
        storage.reserveCapacity(pending.count)
        for (key, value) in pending {
            // Maps and lists cannot be keys in Python; as data they may be, and are frozen into tuples here.
            storage.append(Entry(key: JinjaValue(key).asKey, value: JinjaValue(value)))
        }
        if storage.count > Self.scanLimit { index() }
    }

    private func insert(_ key: JinjaValue, _ value: JinjaValue) {
        if case .string(let text) = key, let position = position(of: text) {
            storage[position].value = value
        } else {
            append(Entry(key: key, value: value))
        }
    }

    private func append(_ entry: Entry) {
        storage.append(entry)
        if table.isEmpty {
            if storage.count > Self.scanLimit { index() }
        } else if storage.count * 2 > table.count {
            index()
        } else {
            place(storage.count - 1)
        }
    }

    private func index() {
        guard storage.count > Self.scanLimit else {
            table = []
            return
        }
        var size = 32
        while size < storage.count * 3 { size *= 2 }
        table = [Int32](repeating: 0, count: size)
        for position in storage.indices { place(position) }
    }

    private func place(_ position: Int) {
        let mask = table.count - 1
        var slot = storage[position].key.keyHash & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = Int32(position + 1)
    }

    private func position(of key: String) -> Int? {
        if table.isEmpty {
            for position in storage.indices {
                if let text = storage[position].key.text, text.isIdentical(to: key) { return position }
            }
            return nil
        }
        let mask = table.count - 1
        var slot = key.bytesHash & mask
        while table[slot] != 0 {
            let position = Int(table[slot]) - 1
            if let text = storage[position].key.text, text.isIdentical(to: key) { return position }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func position(of key: JinjaValue) throws -> Int? {
        if let text = key.text { return position(of: text) }
        try key.requireHashable()
        if table.isEmpty {
            for position in storage.indices where try storage[position].key.isEqual(to: key) { return position }
            return nil
        }
        let mask = table.count - 1
        var slot = key.keyHash & mask
        while table[slot] != 0 {
            let position = Int(table[slot]) - 1
            if try storage[position].key.isEqual(to: key) { return position }
            slot = (slot + 1) & mask
        }
        return nil
    }
}

/// A seed for each process, so that nobody can choose colliding keys.
private let hashSeed = UInt64.random(in: .min ... .max) | 1

extension String {
    /// Equality of bytes, as Python compares texts.
    @inline(__always)
    func isIdentical(to other: String) -> Bool { utf8.count == other.utf8.count && self == other }

    var bytesHash: Int {
        var copy = self
        return copy.withUTF8 { bytes in
            var state = hashSeed ^ UInt64(bytes.count)
            var offset = 0
            let raw = UnsafeRawBufferPointer(bytes)
            while offset + 8 <= raw.count {
                state = mix(state, raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            var rest: UInt64 = 0
            while offset < raw.count {
                rest = rest << 8 | UInt64(raw[offset])
                offset += 1
            }
            state = mix(state, rest)
            return Int(truncatingIfNeeded: state >> 1)
        }
    }
}

@inline(__always)
private func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
}

extension JinjaValue {
    /// Equal values have equal hashes, across the kinds of numbers too.
    var keyHash: Int {
        switch self {
        case .string(let text), .markup(let text): text.bytesHash
        case .int(let number): number.scattered
        case .bool(let flag): (flag ? 1 : 0).scattered
        case .float(let number): (Int(exactly: number) ?? Int(truncatingIfNeeded: number.bitPattern)).scattered
        case .big(let number): Int(truncatingIfNeeded: number.roundedDouble.bitPattern).scattered
        case .bytes(let bytes): bytes.count.scattered
        case .tuple(let tuple): tuple.items.reduce(tuple.items.count) { ($0 &* 31 &+ $1.keyHash) & Int.max }
        default: 0
        }
    }

    /// The shape in which data can be a key.
    var asKey: JinjaValue {
        switch self {
        case .list(let list): .tuple(of: list.items.map(\.asKey))
        default: self
        }
    }

    func requireHashable() throws {
        switch self {
        case .list: throw JinjaError(.type, "unhashable type: 'list'")
        case .dict: throw JinjaError(.type, "unhashable type: 'dict'")
        case .tuple(let tuple): for item in tuple.items { try item.requireHashable() }
        case .undefined(let value) where value.policy == .strict: throw value.error()
        default: return
        }
    }
}

extension Int {
    fileprivate var scattered: Int { Int(truncatingIfNeeded: mix(hashSeed, UInt64(truncatingIfNeeded: self)) >> 1) }
}
