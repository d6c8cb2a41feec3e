import HaliteValue

/// `namespace()`: attributes that survive the scope they are set in.
final class NamespaceObject: JinjaObject {
    let values: JinjaDict
    init(_ values: JinjaDict) {
        self.values = values
        super.init()
        role = .namespace
    }
    override var typeName: String { "Namespace" }
    override var qualifiedTypeName: String { "jinja2.utils.Namespace" }
    override func attribute(_ name: String) -> JinjaValue? { values.value(name) }
    override func setItem(_ key: JinjaValue, _ value: JinjaValue) throws { try values.set(key, value) }
    override func repr() throws -> String { try JinjaValue.object(self).repr() }
    override func appendRepr(to bytes: inout [UInt8], open: [ObjectIdentifier]) throws {
        bytes.append(contentsOf: "<Namespace ".utf8)
        try JinjaValue.dict(values).appendRepr(to: &bytes, open: open)
        bytes.append(UInt8(ascii: ">"))
    }
    override func freeze(depth: Int) throws -> Value { try JinjaValue.dict(values).freeze(depth: depth) }
}

/// `cycler()`: one value after the other.
final class CyclerObject: JinjaObject {
    private let items: [JinjaValue]
    private var position = 0
    init(_ items: [JinjaValue]) { self.items = items }
    override var typeName: String { "Cycler" }
    override var qualifiedTypeName: String { "jinja2.utils.Cycler" }
    override func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "current": items[position]
        case "pos": .int(position)
        case "items": .tuple(of: items)
        case "next", "__next__":
            .object(
                ObjectMethod(name, of: self) { [self] _ in
                    let value = items[position]
                    position = (position + 1) % items.count
                    return value
                })
        case "reset":
            .object(
                ObjectMethod(name, of: self) { [self] _ in
                    position = 0
                    return .null
                })
        default: nil
        }
    }
}

/// `joiner()`: nothing the first time, the separator after that.
final class JoinerObject: JinjaObject {
    private let separator: JinjaValue
    private var used = false
    init(separator: JinjaValue) { self.separator = separator }
    override var typeName: String { "Joiner" }
    override var qualifiedTypeName: String { "jinja2.utils.Joiner" }
    override var isCallable: Bool { true }
    override func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "sep": separator
        case "used": .bool(used)
        default: nil
        }
    }
    override func call(_ call: JinjaCall) throws -> JinjaValue {
        _ = try Signature("Joiner.__call__", "@").bind(call)
        guard used else {
            used = true
            return .string("")
        }
        return separator
    }
}

/// `range()`.
final class RangeObject: JinjaObject {
    private let start: Int
    private let stop: Int
    private let step: Int
    private let count: Int

    init(start: Int, stop: Int, step: Int) {
        self.start = start
        self.stop = stop
        self.step = step
        let (span, overflow) = step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
        if overflow {
            count = .max
        } else {
            count = span <= 0 ? 0 : (span - 1) / (step == .min ? .max : abs(step)) + 1
        }
    }

    override var typeName: String { "range" }
    override func length() -> Int? { count }
    override func cursor() -> Cursor { RangeCursor(start: start, step: step, count: count) }
    override func iterate() -> JinjaIterator? {
        var position = 0
        return JinjaIterator(kind: "range_iterator") { [start, step, count] in
            guard position < count else { return nil }
            position += 1
            return .int(start &+ (position - 1) &* step)
        }
    }
    func element(_ position: Int) -> JinjaValue { .int(start &+ position &* step) }
    override func item(_ key: JinjaValue) -> JinjaValue? { Access.position(key, count).map(element) }
    override func contains(_ value: JinjaValue) -> Bool? {
        // Python looks at every element for what is no integer; no other value than a number can be among them.
        let whole: Int? = if case .float(let number) = value { Int(exactly: number) } else { value.integer }
        guard let number = whole else { return false }
        if step > 0 ? number < start || number >= stop : number > start || number <= stop { return false }
        return (number - start) % step == 0
    }
    override func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "start": .int(start)
        case "stop": .int(stop)
        case "step": .int(step)
        case "index", "count":
            .object(
                JinjaFunctionObject(name: name) { [self] call in
                    let value = call.positional.first ?? .null
                    guard contains(value) == true, let number = value.integer else {
                        if name == "count" { return .int(0) }
                        throw JinjaError(.value, "\(try value.repr()) is not in range")
                    }
                    return .int(name == "count" ? 1 : (number - start) / step)
                })
        default: nil
        }
    }
    func slice(_ first: Int?, _ last: Int?, _ by: Int) -> JinjaValue {
        let (from, to) = Slicing.limits(count, first, last, by)
        return .object(RangeObject(start: start &+ from &* step, stop: start &+ to &* step, step: step &* by))
    }
    override func isEqual(to other: JinjaObject) -> Bool {
        guard let other = other as? RangeObject, count == other.count else { return false }
        return count == 0 || (start == other.start && (count == 1 || step == other.step))
    }
    override func repr() -> String {
        step == 1 ? "range(\(start), \(stop))" : "range(\(start), \(stop), \(step))"
    }
}

/// A range with a bound outside 64 bits: there is no end to it in practice.
final class LargeRange: JinjaObject {
    private let start: BigInteger
    private let stop: BigInteger
    private let step: BigInteger

    /// Nil when all the numbers are small.
    init?(_ arguments: [JinjaValue]) throws {
        guard arguments.contains(where: { if case .big = $0 { true } else { false } }) else { return nil }
        let numbers = try arguments.map { value in
            guard let number = value.bigInteger else {
                throw JinjaError(.type, "'\(value.typeName)' object cannot be interpreted as an integer")
            }
            return number
        }
        start = numbers.count == 1 ? BigInteger(0) : numbers[0]
        stop = numbers.count == 1 ? numbers[0] : numbers[1]
        step = numbers.count == 3 ? numbers[2] : BigInteger(1)
        if step.isZero { throw JinjaError(.value, "range() arg 3 must not be zero") }
    }

    private func isBefore(_ number: BigInteger) -> Bool { step.isNegative ? stop < number : number < stop }

    override var typeName: String { "range" }
    override func isTrue() -> Bool { isBefore(start) }
    override func item(_ key: JinjaValue) -> JinjaValue? {
        guard let index = key.bigInteger, !index.isNegative, isBefore(start + index * step) else { return nil }
        return JinjaValue(normalizing: start + index * step)
    }
    override func contains(_ value: JinjaValue) -> Bool? {
        let whole =
            if case .float(let number) = value, number == number.rounded() { BigInteger(exactlyTruncating: number) } else {
                value.bigInteger
            }
        guard let whole, isBefore(whole), !(step.isNegative ? start < whole : whole < start) else { return false }
        return (whole - start).floorDivided(by: step)?.remainder.isZero ?? false
    }
    override func length() throws -> Int? { throw JinjaError(.overflow, "Python int too large to convert to C ssize_t") }
    override func iterate() -> JinjaIterator? {
        var next = start
        return JinjaIterator(kind: "longrange_iterator") { [self] in
            guard isBefore(next) else { return nil }
            defer { next = next + step }
            return JinjaValue(normalizing: next)
        }
    }
    override func repr() -> String { step == BigInteger(1) ? "range(\(start), \(stop))" : "range(\(start), \(stop), \(step))" }
}

/// `dict.keys()`, `.values()` and `.items()`.
final class DictView: JinjaObject {
    enum Part { case keys, values, items }
    private let dict: JinjaDict
    let part: Part

    init(_ dict: JinjaDict, _ part: Part) {
        self.dict = dict
        self.part = part
    }

    override var typeName: String {
        switch part {
        case .keys: "dict_keys"
        case .values: "dict_values"
        case .items: "dict_items"
        }
    }
    override func length() -> Int? { dict.count }
    override var isHashable: Bool { part == .values }
    /// Whether it knows Python's operators of sets.
    var isSetLike: Bool { part != .values }
    override func attribute(_ name: String) -> JinjaValue? {
        guard name == "isdisjoint", isSetLike else { return nil }
        return .object(BoundMethod(receiver: .object(self), name: name, method: SetMethods.isDisjoint))
    }
    override func cursor() -> Cursor { DictCursor(dict, part) }
    private func element(_ entry: JinjaDict.Entry) -> JinjaValue {
        switch part {
        case .keys: entry.key
        case .values: entry.value
        case .items: .pair(entry.key, entry.value)
        }
    }
    var elements: [JinjaValue] { dict.entries.map(element) }
    override func iterate() -> JinjaIterator? {
        var position = 0
        let count = dict.count
        return JinjaIterator(kind: part == .items ? "dict_itemiterator" : part == .keys ? "dict_keyiterator" : "dict_valueiterator") {
            [self] in
            guard dict.count == count else { throw JinjaError(.runtime, "dictionary changed size during iteration") }
            guard position < count else { return nil }
            position += 1
            return element(dict.entry(position - 1))
        }
    }
    override func contains(_ value: JinjaValue) throws -> Bool? {
        switch part {
        case .keys: return try dict.value(value) != nil
        case .values: return nil
        case .items:
            guard case .tuple(let pair) = value, pair.items.count == 2 else { return false }
            return try dict.value(pair.items[0])?.isEqual(to: pair.items[1]) ?? false
        }
    }
    override func isEqual(to other: JinjaObject) throws -> Bool {
        guard isSetLike, let other = other as? any SetLike else { return self === other }
        if let view = other as? DictView, !view.isSetLike { return false }
        guard dict.count == other.setElements.count else { return false }
        for element in elements where try !other.hasElement(element) { return false }
        return true
    }
    override func repr() throws -> String { try JinjaValue.object(self).repr() }
    override func appendRepr(to bytes: inout [UInt8], open: [ObjectIdentifier]) throws {
        if open.contains(ObjectIdentifier(self)) {
            bytes.append(contentsOf: "...".utf8)
            return
        }
        bytes.append(contentsOf: "\(typeName)(".utf8)
        try JinjaValue.list(of: elements).appendRepr(to: &bytes, open: open + [ObjectIdentifier(self)])
        bytes.append(UInt8(ascii: ")"))
    }
}
