/// A map that keeps the order of insertion and takes any scalar as a key, as Python's `dict` does.
///
/// Look-up is a linear scan up to `scanLimit` entries and a hash table above. The type has value semantics: a copy
/// shares storage until one of both changes. It is one word, so that `Value` stays at three.
public struct ValueMap: Sendable {
    /// Up to this count comparing the keys one by one is faster than hashing.
    static let scanLimit = 12

    private var storage: Storage

    // Sendable although mutable: only `ValueMap` reaches it, and writes only when it holds the one reference.
    private final class Storage: @unchecked Sendable {
        @exclusivity(unchecked) var keys: [Value]
        @exclusivity(unchecked) var values: [Value]
        /// The `keyHash` of each key.
        @exclusivity(unchecked) private(set) var hashes: [Int]
        /// Open addressing: positions plus one, zero for free. Empty up to the scan limit.
        @exclusivity(unchecked) private var table: [Int32] = []

        init(keys: [Value], values: [Value]) {
            self.keys = keys
            self.values = values
            hashes = keys.map(\.keyHash)
        }

        static let empty = Storage(keys: [], values: [])

        func copy() -> Storage {
            let copy = Storage(keys: keys, values: values)
            copy.table = table
            return copy
        }

        func position(of key: Value) -> Int? {
            if case .string(let text) = key { return position(of: text, hash: key.keyHash) }
            return find(key.keyHash) { keys[$0] == key }
        }

        func position(of key: String, hash: Int) -> Int? {
            find(hash) { if case .string(let text) = keys[$0] { text.hasSameBytes(as: key) } else { false } }
        }

        @inline(__always)
        private func find(_ hash: Int, _ matches: (Int) -> Bool) -> Int? {
            if table.isEmpty {
                var position = 0
                while position < hashes.count {
                    if hashes[position] == hash, matches(position) { return position }
                    position += 1
                }
                return nil
            }
            let mask = table.count - 1
            var slot = hash & mask
            while table[slot] != 0 {
                let position = Int(table[slot]) - 1
                if hashes[position] == hash, matches(position) { return position }
                slot = (slot + 1) & mask
            }
            return nil
        }

        func remove(_ position: Int) {
            keys.remove(at: position)
            values.remove(at: position)
            hashes.remove(at: position)
            index()
        }

        func append(_ key: Value, _ value: Value) {
            keys.append(key)
            values.append(value)
            hashes.append(key.keyHash)
            guard keys.count > ValueMap.scanLimit else { return }
            if keys.count * 2 > table.count { index() } else { place(keys.count - 1) }
        }

        func index() {
            table = []
            guard keys.count > ValueMap.scanLimit else { return }
            table = [Int32](repeating: 0, count: tableSize)
            for position in keys.indices { place(position) }
        }

        private var tableSize: Int {
            var size = 32
            while size < keys.count * 3 { size *= 2 }
            return size
        }

        /// Indexes, and tells whether two keys are equal; the index then is of no use.
        func indexFindsEqualKeys() -> Bool {
            if keys.count <= ValueMap.scanLimit {
                for position in hashes.indices.dropFirst() {
                    for earlier in 0..<position where hashes[earlier] == hashes[position] && keys[earlier] == keys[position] { return true }
                }
                return false
            }
            table = [Int32](repeating: 0, count: tableSize)
            let mask = table.count - 1
            for position in keys.indices {
                var slot = hashes[position] & mask
                while table[slot] != 0 {
                    let other = Int(table[slot]) - 1
                    if hashes[other] == hashes[position], keys[other] == keys[position] { return true }
                    slot = (slot + 1) & mask
                }
                table[slot] = Int32(position + 1)
            }
            return false
        }

        private func place(_ position: Int) {
            let mask = table.count - 1
            var slot = hashes[position] & mask
            while table[slot] != 0 { slot = (slot + 1) & mask }
            table[slot] = Int32(position + 1)
        }
    }

    public init() { storage = .empty }

    /// Makes a map of pairs; a later pair with the same key replaces the value and keeps the earlier place.
    public init(_ pairs: some Sequence<(Value, Value)>) {
        self.init()
        for (key, value) in pairs { self[key] = value }
    }

    /// Makes a map of keys that are thought to be distinct; nil when two of them are equal.
    public init?(distinctKeys keys: [Value], values: [Value]) {
        let storage = Storage(keys: keys, values: values)
        if storage.indexFindsEqualKeys() { return nil }
        self.storage = storage
    }

    public var count: Int { storage.keys.count }
    public var isEmpty: Bool { storage.keys.isEmpty }
    public var keys: [Value] { storage.keys }
    public var values: [Value] { storage.values }

    /// The value of a key. Setting keeps the place of an existing key; setting nil removes it.
    public subscript(key: Value) -> Value? {
        get { storage.position(of: key).map { storage.values[$0] } }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            makeUnique()
            if let position = storage.position(of: key) {
                storage.values[position] = newValue
            } else {
                storage.append(key, newValue)
            }
        }
    }

    public subscript(key: String) -> Value? {
        get { storage.position(of: key, hash: key.bytesHash).map { storage.values[$0] } }
        set { self[.string(key)] = newValue }
    }

    public func index(forKey key: Value) -> Int? { storage.position(of: key) }

    /// The place of a key whose `bytesHash` is known.
    public func index(forKey key: String, hash: Int) -> Int? { storage.position(of: key, hash: hash) }

    /// Lends all keys with their hashes and values, in order, without counting references to each.
    public func withEntries(
        _ body: (_ keys: UnsafeBufferPointer<Value>, _ values: UnsafeBufferPointer<Value>, _ hashes: UnsafeBufferPointer<Int>) -> Void
    ) {
        storage.keys.withUnsafeBufferPointer { keys in
            storage.values.withUnsafeBufferPointer { values in
                storage.hashes.withUnsafeBufferPointer { body(keys, values, $0) }
            }
        }
    }

    /// The value at a place.
    public func value(at position: Int) -> Value { storage.values[position] }

    @discardableResult
    public mutating func removeValue(forKey key: Value) -> Value? {
        guard let position = storage.position(of: key) else { return nil }
        makeUnique()
        let removed = storage.values[position]
        storage.remove(position)
        return removed
    }

    @discardableResult
    public mutating func removeValue(forKey key: String) -> Value? { removeValue(forKey: .string(key)) }

    public mutating func reserveCapacity(_ count: Int) {
        makeUnique()
        storage.keys.reserveCapacity(count)
        storage.values.reserveCapacity(count)
    }

    private mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&storage) { storage = storage.copy() }
    }
}

extension ValueMap: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { storage.keys.count }
    public subscript(position: Int) -> (key: Value, value: Value) {
        (storage.keys[position], storage.values[position])
    }
}

extension ValueMap: Hashable {
    /// Python's equality: the same pairs, in any order.
    public static func == (left: ValueMap, right: ValueMap) -> Bool {
        if left.storage === right.storage { return true }
        guard left.count == right.count else { return false }
        for (key, value) in left {
            guard let other = right[key], other == value else { return false }
        }
        return true
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(count) }
}

extension ValueMap: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (Value, Value)...) { self.init(elements) }
}
