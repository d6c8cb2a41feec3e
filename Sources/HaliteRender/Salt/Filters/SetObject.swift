import HaliteJinja
import HaliteValue

/// Python's `set`, which some filters return. It keeps the order of insertion, but for integers, whose order in Python
/// does not change from run to run.
final class SetObject: JinjaObject {
    private let table = JinjaDict()
    /// All that was ever added: what is gone leaves its place in Python's table empty.
    private var history: [JinjaValue]

    init(_ items: [JinjaValue] = []) throws {
        history = items
        super.init()
        for item in items { try table.set(item, .null) }
    }

    func union(_ other: [JinjaValue]) throws -> SetObject { try SetObject(items + other) }

    func intersection(_ other: SetObject) throws -> SetObject {
        let (smaller, larger) = other.table.count > table.count ? (self, other) : (other, self)
        return try SetObject(try smaller.items.filter(larger.has))
    }

    func difference(_ other: SetObject) throws -> SetObject { try SetObject(try items.filter { try !other.has($0) }) }

    func symmetricDifference(_ other: SetObject) throws -> SetObject {
        let result = try SetObject(other.items)
        for item in items {
            if try result.table.remove(item) == nil {
                try result.table.set(item, .null)
                result.history.append(item)
            }
        }
        return result
    }

    /// The elements in the order in which Python would iterate over them, as far as that can be told.
    var items: [JinjaValue] {
        let keys = table.entries.map(\.key)
        let numbers = keys.compactMap { key -> Int? in if case .int(let number) = key { number } else { nil } }
        guard numbers.count == keys.count else { return keys }
        let all = history.compactMap { value -> Int? in if case .int(let number) = value { number } else { nil } }
        guard all.count == history.count else { return keys }
        let present = Set(numbers)
        return HashOrder.order(all).filter(present.contains).map { .int($0) }
    }

    func has(_ value: JinjaValue) throws -> Bool { try table.value(value) != nil }

    override var typeName: String { "set" }
    override func iterate() -> JinjaIterator? {
        var rest = items[...]
        return JinjaIterator(kind: "set_iterator") { rest.popFirst() }
    }
    override func length() -> Int? { table.count }
    override func contains(_ value: JinjaValue) throws -> Bool? { try has(value) }
    override func isEqual(to other: JinjaObject) throws -> Bool {
        guard let other = other as? SetObject, other.table.count == table.count else { return false }
        for item in table.entries where try !other.has(item.key) { return false }
        return true
    }
    override func repr() throws -> String {
        table.count == 0 ? "set()" : "{" + (try items.map { try $0.repr() }.joined(separator: ", ")) + "}"
    }

    override func attribute(_ name: String) throws -> JinjaValue? {
        switch name {
        case "union": method(name) { try self.union($0) }
        case "intersection": method(name) { try self.intersection(SetObject($0)) }
        case "difference": method(name) { try self.difference(SetObject($0)) }
        case "symmetric_difference": method(name) { try self.symmetricDifference(SetObject($0)) }
        case "copy": method(name) { _ in try SetObject(self.items) }
        case "add", "discard", "remove":
            .object(
                JinjaFunctionObject(name: name) { call in
                    guard let value = call.positional.first, call.positional.count == 1 else {
                        throw JinjaError(.type, "set.\(name)() takes exactly one argument (\(call.positional.count) given)")
                    }
                    if name == "add" {
                        try self.table.set(value, .null)
                        self.history.append(value)
                    } else if try self.table.remove(value) == nil, name == "remove" {
                        throw JinjaError(.key, try value.repr())
                    }
                    return .null
                })
        case "issubset", "issuperset", "isdisjoint":
            .object(
                JinjaFunctionObject(name: name) { call in
                    let other = try SetObject(call.positional.first?.elements(call.context) ?? [])
                    switch name {
                    case "issubset": return .bool(try self.items.allSatisfy(other.has))
                    case "issuperset": return .bool(try other.items.allSatisfy(self.has))
                    default: return .bool(try !self.items.contains(where: other.has))
                    }
                })
        default: nil
        }
    }

    private func method(_ name: String, _ body: @escaping ([JinjaValue]) throws -> SetObject) -> JinjaValue {
        .object(
            JinjaFunctionObject(name: name) { call in
                var elements: [JinjaValue] = []
                for argument in call.positional { elements += try argument.elements(call.context) }
                return .object(try body(elements))
            })
    }
}

/// The order in which CPython keeps integers in its hash table of sets.
enum HashOrder {
    static func order(_ numbers: [Int]) -> [Int] {
        var table = [Int?](repeating: nil, count: 8)
        var used = 0
        var known: Set<Int> = []
        for number in numbers where known.insert(number).inserted {
            insert(number, into: &table)
            used += 1
            if used * 5 >= (table.count - 1) * 3 {
                var size = 8
                let wanted = used > 50_000 ? used * 2 : used * 4
                while size <= wanted { size <<= 1 }
                let old = table
                table = [Int?](repeating: nil, count: size)
                for case let number? in old { insert(number, into: &table) }
            }
        }
        return table.compactMap { $0 }
    }

    private static func hash(_ number: Int) -> Int {
        let modulus = (1 << 61) - 1
        let value = number % modulus
        return value == -1 ? -2 : value
    }

    private static func insert(_ number: Int, into table: inout [Int?]) {
        let mask = UInt(table.count - 1)
        let hash = UInt(bitPattern: hash(number))
        var perturb = hash
        var slot = hash & mask
        while true {
            // A few neighbours are tried before the next jump.
            let last = slot + 9 <= mask ? slot + 9 : slot
            for place in slot...last where table[Int(place)] == nil {
                table[Int(place)] = number
                return
            }
            perturb >>= 5
            slot = (slot &* 5 &+ 1 &+ perturb) & mask
        }
    }
}
