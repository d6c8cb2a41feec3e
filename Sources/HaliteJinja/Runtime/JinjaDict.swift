import HaliteValue

/// A dictionary that all its names share; it keeps the order of insertion.
public final class JinjaDict {
    public struct Entry {
        public let key: JinjaValue
        public var value: JinjaValue
        let hash: Int
    }

    /// Up to this count a linear scan beats a table.
    private static let scanLimit = 8
    /// So many look-ups go to the data before all of it is converted, which makes further ones cheap.
    private static let lookLimit = 2
    /// Data of more entries than this is converted only when somebody goes through it or changes it.
    private static let smallLimit = 32
    private static let touchLimit = 8

    // Nothing that runs during an access can come back to the same dictionary, so the run-time check of that is left out.
    /// The data of the context; a constant, so that looking at it counts no references.
    private let source: ValueMap
    /// Whether nobody has gone through the data or changed it yet: then the entries are still to be made from it.
    @exclusivity(unchecked) private var isPending: Bool
    @exclusivity(unchecked) private var looks = 0
    /// The containers of the data that somebody has seen: each is one object for all who ask.
    @exclusivity(unchecked) private var touched: [(position: Int, value: JinjaValue)] = []
    @exclusivity(unchecked) private var storage = EntryStorage()
    /// Open addressing: positions in `storage` plus one, zero for free. Empty up to the scan limit.
    @exclusivity(unchecked) private var table: [Int32] = []

    /// Whether it is an `OrderedDict`, which differs from a dictionary only in how it is printed and sorted.
    package var isOrdered = false

    public init() {
        source = ValueMap()
        isPending = false
    }

    public convenience init(_ pairs: [(String, JinjaValue)]) {
        self.init()
        for (key, value) in pairs { set(key, value) }
    }

    package init(pending: ValueMap) {
        source = pending
        isPending = true
    }

    /// The data as it came, while nothing of it can have changed.
    package var untouched: ValueMap? { isPending && touched.isEmpty ? source : nil }

    /// The data that it was made of, whatever has become of it.
    var original: ValueMap { source }

    /// The containers that somebody has seen, while nothing else of the data can have changed.
    var touchedContainers: [(position: Int, value: JinjaValue)]? { isPending ? touched : nil }

    public var count: Int { isPending ? source.count : storage.count }

    public var entries: [Entry] {
        if isPending { convert() }
        return storage.array
    }

    /// One entry by its place.
    func entry(_ position: Int) -> Entry {
        if isPending { convert() }
        return storage[position]
    }

    func reserve(_ count: Int) { storage.reserve(count) }

    public func value(_ key: String) -> JinjaValue? { value(key, hash: key.bytesHash) }

    /// The value of a key whose `bytesHash` is known.
    func value(_ key: String, hash: Int) -> JinjaValue? {
        if isPending { return pendingValue(key, hash) }
        guard let position = position(of: key, hash) else { return nil }
        return storage[position].value
    }

    /// A dictionary that is a value of this one, lent as long as nobody changes anything.
    func lend(_ key: String, hash: Int) -> Unmanaged<JinjaDict>? {
        if isPending { convert() }
        guard let position = position(of: key, hash) else { return nil }
        if case .dict(let dict) = storage[position].value { return Unmanaged.passUnretained(dict) }
        return nil
    }

    public func value(_ key: JinjaValue) throws -> JinjaValue? {
        if let text = key.text { return value(text) }
        if isPending { convert() }
        return try position(of: key, key.keyHash).map { storage[$0].value }
    }

    public func set(_ key: String, _ value: JinjaValue) { set(key, hash: key.bytesHash, value) }

    func set(_ key: String, hash: Int, _ value: JinjaValue) {
        if isPending { convert() }
        if let position = position(of: key, hash) {
            storage[position].value = value
        } else {
            append(Entry(key: .string(key), value: value, hash: hash))
        }
    }

    public func set(_ key: JinjaValue, _ value: JinjaValue) throws {
        if isPending { convert() }
        let hash = key.keyHash
        if let position = try position(of: key, hash) {
            storage[position].value = value
        } else {
            append(Entry(key: key, value: value, hash: hash))
        }
    }

    @discardableResult
    public func remove(_ key: JinjaValue) throws -> JinjaValue? {
        if isPending { convert() }
        guard let position = try position(of: key, key.keyHash) else { return nil }
        return removeEntry(at: position).value
    }

    func removeEntry(at position: Int) -> Entry {
        if isPending { convert() }
        let entry = storage.remove(at: position)
        if !table.isEmpty { index() }
        return entry
    }

    package func removeAll() {
        isPending = false
        touched = []
        storage.removeAll()
        table = []
    }

    deinit {
        Teardown.release(storage)
        storage.deallocate()
    }

    package func copy() -> JinjaDict {
        let result = JinjaDict()
        if isPending { convert() }
        result.storage = storage.copy()
        result.table = table
        result.isOrdered = isOrdered
        return result
    }

    // MARK: Data of the context

    private func pendingValue(_ key: String, _ hash: Int) -> JinjaValue? {
        guard let position = source.index(forKey: key, hash: hash) else { return nil }
        looks += 1
        if looks > Self.lookLimit && source.count <= Self.smallLimit || touched.count == Self.touchLimit {
            convert()
            return storage[position].value
        }
        let value = source.value(at: position)
        switch value {
        case .list, .map: break
        default: return JinjaValue(value)
        }
        for element in touched where element.position == position { return element.value }
        let converted = JinjaValue(value)
        touched.append((position, converted))
        return converted
    }

    private func convert() {
        isPending = false
        storage.reserve(source.count)
        source.withEntries { entries in
            for entry in entries {
                if case .string(let text) = entry.key {
                    storage.append(Entry(key: .string(text), value: JinjaValue(entry.value), hash: entry.hash))
                } else {
                    // Maps and lists cannot be keys in Python; as data they may be, and are frozen into tuples here.
                    let key = JinjaValue(entry.key).asKey
                    storage.append(Entry(key: key, value: JinjaValue(entry.value), hash: key.keyHash))
                }
            }
        }
        for (position, value) in touched { storage[position].value = value }
        touched = []
        if storage.count > Self.scanLimit { index() }
    }

    // MARK: The table

    private func append(_ entry: Entry) {
        storage.append(entry)
        guard storage.count > Self.scanLimit else { return }
        if storage.count * 2 > table.count { index() } else { place(storage.count - 1) }
    }

    private func index() {
        table = []
        guard storage.count > Self.scanLimit else { return }
        var size = 32
        while size < storage.count * 3 { size *= 2 }
        table = [Int32](repeating: 0, count: size)
        for position in 0..<storage.count { place(position) }
    }

    private func place(_ position: Int) {
        let mask = table.count - 1
        var slot = storage[position].hash & mask
        while table[slot] != 0 { slot = (slot + 1) & mask }
        table[slot] = Int32(position + 1)
    }

    private func position(of key: String, _ hash: Int) -> Int? {
        let entries = storage
        if table.isEmpty {
            var position = 0
            while position < entries.count {
                if entries[position].hash == hash, entries[position].hasText(key) { return position }
                position += 1
            }
            return nil
        }
        let mask = table.count - 1
        var slot = hash & mask
        while table[slot] != 0 {
            let position = Int(table[slot]) - 1
            if entries[position].hash == hash, entries[position].hasText(key) { return position }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func position(of key: JinjaValue, _ hash: Int) throws -> Int? {
        if let text = key.text { return position(of: text, hash) }
        try key.requireHashable()
        if table.isEmpty {
            for position in 0..<storage.count where storage[position].hash == hash {
                if try storage[position].key.isEqual(to: key) { return position }
            }
            return nil
        }
        let mask = table.count - 1
        var slot = hash & mask
        while table[slot] != 0 {
            let position = Int(table[slot]) - 1
            if storage[position].hash == hash, try storage[position].key.isEqual(to: key) { return position }
            slot = (slot + 1) & mask
        }
        return nil
    }
}

/// The entries of a dictionary, which owns and frees them. An array would count references at each look.
struct EntryStorage {
    private var base: UnsafeMutablePointer<JinjaDict.Entry>?
    private(set) var count = 0
    private var capacity = 0

    @inline(__always)
    subscript(position: Int) -> JinjaDict.Entry {
        unsafeAddress { UnsafePointer(base.unsafelyUnwrapped + position) }
        nonmutating unsafeMutableAddress { base.unsafelyUnwrapped + position }
    }

    var array: [JinjaDict.Entry] { Array(UnsafeBufferPointer(start: base, count: count)) }

    mutating func reserve(_ wanted: Int) {
        guard wanted > capacity else { return }
        let size = wanted
        let larger = UnsafeMutablePointer<JinjaDict.Entry>.allocate(capacity: size)
        if let base {
            larger.moveInitialize(from: base, count: count)
            base.deallocate()
        }
        base = larger
        capacity = size
    }

    mutating func append(_ entry: JinjaDict.Entry) {
        if count == capacity { reserve(max(4, capacity * 2)) }
        base?.advanced(by: count).initialize(to: entry)
        count += 1
    }

    mutating func remove(at position: Int) -> JinjaDict.Entry {
        let start = base.unsafelyUnwrapped + position
        let entry = start.move()
        start.moveInitialize(from: start + 1, count: count - position - 1)
        count -= 1
        return entry
    }

    mutating func removeAll() {
        let old = self
        self = EntryStorage()
        old.deallocate()
    }

    func copy() -> EntryStorage {
        var result = EntryStorage()
        result.reserve(count)
        if let base, let target = result.base { target.initialize(from: base, count: count) }
        result.count = count
        return result
    }

    func deallocate() {
        base?.deinitialize(count: count)
        base?.deallocate()
    }
}

extension JinjaDict.Entry {
    @inline(__always)
    fileprivate func hasText(_ text: String) -> Bool {
        switch key {
        case .string(let own), .markup(let own): own.hasSameBytes(as: text)
        default: false
        }
    }
}

extension JinjaValue {
    /// Equal values have equal hashes, across the kinds of numbers too.
    var keyHash: Int { keyHash(depth: 0) }

    /// What is nested deeper than this adds nothing: tuples that share their elements would take for ever.
    private static let hashDepth = 6

    private func keyHash(depth: Int) -> Int {
        switch self {
        case .string(let text), .markup(let text): text.bytesHash
        case .int(let number): ByteHash.hash(number)
        case .bool(let flag): ByteHash.hash(flag ? 1 : 0)
        case .float(let number): ByteHash.hash(Int(exactly: number) ?? Int(truncatingIfNeeded: number.bitPattern))
        case .big(let number): ByteHash.hash(Int(truncatingIfNeeded: number.roundedDouble.bitPattern))
        case .bytes(let bytes): ByteHash.hash(bytes.count)
        case .tuple(let tuple):
            tuple.items.reduce(tuple.items.count) {
                ($0 &* 31 &+ (depth < Self.hashDepth ? $1.keyHash(depth: depth + 1) : 0)) & Int.max
            }
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

    package func requireHashable() throws {
        var budget = 1_000_000
        try requireHashable(&budget)
    }

    private func requireHashable(_ budget: inout Int) throws {
        budget -= 1
        if budget < 0 { throw JinjaError(.memory, "the value has more elements than the limit") }
        switch self {
        case .list: throw JinjaError(.type, "unhashable type: 'list'")
        case .dict: throw JinjaError(.type, "unhashable type: 'dict'")
        case .tuple(let tuple): for item in tuple.items { try item.requireHashable(&budget) }
        case .object(let object) where !object.isHashable: throw JinjaError(.type, "unhashable type: '\(object.typeName)'")
        case .undefined(let value) where value.policy == .strict: throw value.error()
        default: return
        }
    }
}
