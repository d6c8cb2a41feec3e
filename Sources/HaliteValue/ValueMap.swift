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
        var keys: [Value]
        var values: [Value]
        /// The position of each key; empty up to the scan limit.
        var positions: [Value: Int]

        init(keys: [Value], values: [Value], positions: [Value: Int]) {
            self.keys = keys
            self.values = values
            self.positions = positions
        }

        static let empty = Storage(keys: [], values: [], positions: [:])

        func copy() -> Storage { Storage(keys: keys, values: values, positions: positions) }

        func position(of key: Value) -> Int? {
            if keys.count > ValueMap.scanLimit { return positions[key] }
            return keys.firstIndex(of: key)
        }

        func position(of key: String) -> Int? {
            if keys.count > ValueMap.scanLimit { return positions[.string(key)] }
            return keys.firstIndex { if case .string(let text) = $0 { text.hasSameBytes(as: key) } else { false } }
        }

        func append(_ key: Value, _ value: Value) {
            keys.append(key)
            values.append(value)
            if keys.count > ValueMap.scanLimit {
                if positions.isEmpty { index() } else { positions[key] = keys.count - 1 }
            }
        }

        func index() {
            positions.removeAll(keepingCapacity: true)
            guard keys.count > ValueMap.scanLimit else { return }
            positions.reserveCapacity(keys.count * 2)
            for (position, key) in keys.enumerated() { positions[key] = position }
        }
    }

    public init() { storage = .empty }

    /// Makes a map of pairs; a later pair with the same key replaces the value and keeps the earlier place.
    public init(_ pairs: some Sequence<(Value, Value)>) {
        self.init()
        for (key, value) in pairs { self[key] = value }
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
        get { storage.position(of: key).map { storage.values[$0] } }
        set { self[.string(key)] = newValue }
    }

    public func index(forKey key: Value) -> Int? { storage.position(of: key) }

    @discardableResult
    public mutating func removeValue(forKey key: Value) -> Value? {
        guard let position = storage.position(of: key) else { return nil }
        makeUnique()
        let removed = storage.values.remove(at: position)
        storage.keys.remove(at: position)
        storage.index()
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
