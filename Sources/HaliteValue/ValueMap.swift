/// A map that keeps the order of insertion and takes any scalar as a key, as Python's `dict` does.
///
/// Look-up is a linear scan up to `scanLimit` entries and a hash table above. The type has value semantics: a copy
/// shares storage until one of both changes. It is one word, so that `Value` stays at three.
public struct ValueMap: @unchecked Sendable {
    /// Up to this count comparing the keys one by one is faster than hashing.
    static let scanLimit = 12

    private var storage: Storage

    /// One pair, with the `keyHash` of its key.
    public struct Entry: Sendable {
        public let key: Value
        public fileprivate(set) var value: Value
        public let hash: Int
    }

    private struct Header {
        var count = 0
        /// Open addressing: positions plus one, zero for free. Empty up to the scan limit.
        var table: [Int32] = []
    }

    // One block of memory holds a whole map: most maps of a tree have a few entries, and there are very many of them.
    // The map is Sendable although this can change: only the map reaches it, and writes only when it holds the one reference.
    private final class Storage: ManagedBuffer<Header, Entry> {
        nonisolated(unsafe) static let empty = make(0)

        static func make(_ capacity: Int) -> Storage {
            unsafeDowncast(create(minimumCapacity: capacity) { _ in Header() }, to: Storage.self)
        }

        deinit {
            _ = withUnsafeMutablePointers { header, entries in entries.deinitialize(count: header.pointee.count) }
        }

        @inline(__always) var count: Int { header.count }

        @inline(__always)
        func withEntries<Result>(_ body: (UnsafeBufferPointer<Entry>) -> Result) -> Result {
            withUnsafeMutablePointers { body(UnsafeBufferPointer(start: $1, count: $0.pointee.count)) }
        }

        func copy(_ capacity: Int) -> Storage {
            let copy = Storage.make(capacity)
            withUnsafeMutablePointers { header, entries in
                copy.withUnsafeMutablePointers { copiedHeader, copied in
                    copied.initialize(from: entries, count: header.pointee.count)
                    copiedHeader.pointee = header.pointee
                }
            }
            return copy
        }

        /// The same entries with more room; this storage is empty afterwards.
        func moved(_ capacity: Int) -> Storage {
            let larger = Storage.make(capacity)
            withUnsafeMutablePointers { header, entries in
                larger.withUnsafeMutablePointers { largerHeader, moved in
                    moved.moveInitialize(from: entries, count: header.pointee.count)
                    largerHeader.pointee = header.pointee
                    header.pointee = Header()
                }
            }
            return larger
        }

        func position(of key: Value) -> Int? {
            if case .string(let text) = key { return position(of: text, hash: key.keyHash) }
            return find(key.keyHash) { $0 == key }
        }

        func position(of key: String, hash: Int) -> Int? {
            find(hash) { if case .string(let text) = $0 { text.hasSameBytes(as: key) } else { false } }
        }

        @inline(__always)
        private func find(_ hash: Int, _ matches: (borrowing Value) -> Bool) -> Int? {
            withUnsafeMutablePointers { header, entries in
                if header.pointee.table.isEmpty {
                    var position = 0
                    while position < header.pointee.count {
                        if entries[position].hash == hash, matches(entries[position].key) { return position }
                        position += 1
                    }
                    return nil
                }
                return header.pointee.table.withUnsafeBufferPointer { table in
                    let mask = table.count - 1
                    var slot = hash & mask
                    while table[slot] != 0 {
                        let position = Int(table[slot]) - 1
                        if entries[position].hash == hash, matches(entries[position].key) { return position }
                        slot = (slot + 1) & mask
                    }
                    return nil
                }
            }
        }

        func remove(_ position: Int) {
            withUnsafeMutablePointers { header, entries in
                (entries + position).deinitialize(count: 1)
                (entries + position).moveInitialize(from: entries + position + 1, count: header.pointee.count - position - 1)
                header.pointee.count -= 1
            }
            index()
        }

        /// Needs room for one more.
        func append(_ key: Value, _ value: Value, _ hash: Int) {
            withUnsafeMutablePointers { header, entries in
                (entries + header.pointee.count).initialize(to: Entry(key: key, value: value, hash: hash))
                header.pointee.count += 1
            }
            guard count > ValueMap.scanLimit else { return }
            if count * 2 > header.table.count { index() } else { place(count - 1) }
        }

        func index() {
            header.table = []
            guard count > ValueMap.scanLimit else { return }
            header.table = [Int32](repeating: 0, count: tableSize)
            for position in 0..<count { place(position) }
        }

        private var tableSize: Int {
            var size = 32
            while size < count * 3 { size *= 2 }
            return size
        }

        /// Indexes, and tells whether two keys are equal; the index then is of no use.
        func indexFindsEqualKeys() -> Bool {
            let hasTable = count > ValueMap.scanLimit
            var table = [Int32](repeating: 0, count: hasTable ? tableSize : 0)
            let found = withEntries { entries in
                guard hasTable else {
                    for position in entries.indices.dropFirst() {
                        for earlier in 0..<position where Self.areEqual(entries, position, earlier) { return true }
                    }
                    return false
                }
                let mask = table.count - 1
                for position in entries.indices {
                    var slot = entries[position].hash & mask
                    while table[slot] != 0 {
                        if Self.areEqual(entries, position, Int(table[slot]) - 1) { return true }
                        slot = (slot + 1) & mask
                    }
                    table[slot] = Int32(position + 1)
                }
                return false
            }
            header.table = table
            return found
        }

        private static func areEqual(_ entries: UnsafeBufferPointer<Entry>, _ left: Int, _ right: Int) -> Bool {
            entries[left].hash == entries[right].hash && entries[left].key == entries[right].key
        }

        private func place(_ position: Int) {
            withUnsafeMutablePointers { header, entries in
                let mask = header.pointee.table.count - 1
                var slot = entries[position].hash & mask
                while header.pointee.table[slot] != 0 { slot = (slot + 1) & mask }
                header.pointee.table[slot] = Int32(position + 1)
            }
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
        storage = keys.isEmpty ? .empty : .make(keys.count)
        if keys.isEmpty { return }
        storage.withUnsafeMutablePointers { header, entries in
            for (key, value) in zip(keys, values) {
                (entries + header.pointee.count).initialize(to: Entry(key: key, value: value, hash: key.keyHash))
                header.pointee.count += 1
            }
        }
        if storage.indexFindsEqualKeys() { return nil }
    }

    /// Makes a map of keys and values that lie in turn, and takes them out of there; nil when two keys are equal.
    public init?(taking pairs: UnsafeMutablePointer<Value>, count: Int) {
        storage = count == 0 ? .empty : .make(count)
        if count == 0 { return }
        storage.withUnsafeMutablePointers { header, entries in
            for position in 0..<count {
                let key = (pairs + 2 * position).move()
                let hash = key.keyHash
                (entries + position).initialize(to: Entry(key: key, value: (pairs + 2 * position + 1).move(), hash: hash))
            }
            header.pointee.count = count
        }
        if storage.indexFindsEqualKeys() { return nil }
    }

    public var count: Int { storage.count }
    public var isEmpty: Bool { storage.count == 0 }
    public var keys: [Value] { storage.withEntries { $0.map(\.key) } }
    public var values: [Value] { storage.withEntries { $0.map(\.value) } }

    /// The value of a key. Setting keeps the place of an existing key; setting nil removes it.
    public subscript(key: Value) -> Value? {
        get { storage.position(of: key).map(value) }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            set(key, key.keyHash, storage.position(of: key), newValue)
        }
    }

    public subscript(key: String) -> Value? {
        get { storage.position(of: key, hash: key.bytesHash).map(value) }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            let hash = key.bytesHash
            set(.string(key), hash, storage.position(of: key, hash: hash), newValue)
        }
    }

    private mutating func set(_ key: Value, _ hash: Int, _ position: Int?, _ value: Value) {
        guard let position else {
            makeRoom(1)
            return storage.append(key, value, hash)
        }
        makeUnique()
        storage.withUnsafeMutablePointerToElements { $0[position].value = value }
    }

    public func index(forKey key: Value) -> Int? { storage.position(of: key) }

    /// The place of a key whose `bytesHash` is known.
    public func index(forKey key: String, hash: Int) -> Int? { storage.position(of: key, hash: hash) }

    /// Lends all entries, in order, without counting references to each.
    public func withEntries<Result>(_ body: (UnsafeBufferPointer<Entry>) -> Result) -> Result { storage.withEntries(body) }

    /// The value at a place.
    public func value(at position: Int) -> Value {
        storage.withUnsafeMutablePointers { header, entries in
            precondition(position >= 0 && position < header.pointee.count)
            return entries[position].value
        }
    }

    /// Changes the value at a place where it stands, so that a list or map that nobody else has is not copied.
    public mutating func modifyValue<Result>(at position: Int, _ body: (inout Value) throws -> Result) rethrows -> Result {
        makeUnique()
        return try storage.withUnsafeMutablePointers { header, entries in
            precondition(position >= 0 && position < header.pointee.count)
            return try body(&entries[position].value)
        }
    }

    /// Whether both share their storage, so that they are equal without a look at what they hold.
    public func isIdentical(to other: ValueMap) -> Bool { storage === other.storage }

    @discardableResult
    public mutating func removeValue(forKey key: Value) -> Value? { storage.position(of: key).map { remove(at: $0) } }

    @discardableResult
    public mutating func removeValue(forKey key: String) -> Value? {
        storage.position(of: key, hash: key.bytesHash).map { remove(at: $0) }
    }

    private mutating func remove(at position: Int) -> Value {
        makeUnique()
        let removed = value(at: position)
        storage.remove(position)
        return removed
    }

    public mutating func reserveCapacity(_ count: Int) { if count > storage.capacity { makeRoom(count - self.count) } }

    private mutating func makeUnique() {
        if !isKnownUniquelyReferenced(&storage) { storage = storage.copy(storage.count) }
    }

    private mutating func makeRoom(_ more: Int) {
        let needed = storage.count + more
        let isUnique = isKnownUniquelyReferenced(&storage)
        if isUnique, needed <= storage.capacity { return }
        let capacity = more == 1 ? Swift.max(needed, storage.count * 2, 4) : needed
        storage = isUnique ? storage.moved(capacity) : storage.copy(capacity)
    }
}

extension ValueMap: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { storage.count }
    public subscript(position: Int) -> (key: Value, value: Value) {
        storage.withUnsafeMutablePointers { header, entries in
            precondition(position >= 0 && position < header.pointee.count)
            return (entries[position].key, entries[position].value)
        }
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
    public init(dictionaryLiteral elements: (Value, Value)...) {
        self.init()
        if elements.isEmpty { return }
        reserveCapacity(elements.count)
        for (key, value) in elements { self[key] = value }
    }
}
