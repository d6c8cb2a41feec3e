import HaliteValue

extension JinjaValue {
    /// A run over the elements as Python's `iter()` gives; nil when the value cannot be iterated.
    public func iterator() throws -> JinjaIterator? {
        switch self {
        case .list(let list):
            var position = 0
            return JinjaIterator(kind: "list_iterator") {
                guard position < list.count else { return nil }
                position += 1
                return list.items[position - 1]
            }
        case .tuple(let tuple): return JinjaIterator(kind: "tuple_iterator", array: tuple.items)
        case .dict(let dict):
            var position = 0
            let count = dict.count
            return JinjaIterator(kind: "dict_keyiterator") {
                guard dict.count == count else {
                    throw JinjaError(.runtime, "dictionary changed size during iteration")
                }
                guard position < count else { return nil }
                position += 1
                return dict.entry(position - 1).key
            }
        case .string(let text):
            var rest = text.unicodeScalars[...]
            return JinjaIterator(kind: "str_iterator") { rest.popFirst().map { .string(String($0)) } }
        case .markup(let text):
            var rest = text.unicodeScalars[...]
            return JinjaIterator(kind: "str_iterator") { rest.popFirst().map { .string(String($0)) } }
        case .bytes(let bytes): return JinjaIterator(kind: "bytes_iterator", array: bytes.map { .int(Int($0)) })
        case .undefined(let value):
            if value.policy == .strict { throw value.error() }
            return JinjaIterator(array: [])
        case .object(let object): return try object.iterate()
        default: return nil
        }
    }

    package func requiredIterator() throws -> JinjaIterator {
        guard let iterator = try iterator() else {
            throw JinjaError(.type, "'\(typeName)' object is not iterable")
        }
        return iterator
    }

    /// All elements, as Python's `list()` takes them.
    public func elements(_ context: TemplateContext) throws -> [JinjaValue] {
        switch self {
        case .list(let list): return list.items
        case .tuple(let tuple): return tuple.items
        default:
            guard let cursor = try Cursor.over(self) else {
                throw JinjaError(.type, "'\(typeName)' object is not iterable")
            }
            var items: [JinjaValue] = []
            let state = context.state
            while let element = try cursor.next() {
                try state.step()
                items.append(element)
            }
            return items
        }
    }

    /// The elements for targets such as `a, b`.
    func unpacked(count: Int) throws -> [JinjaValue] {
        let items: [JinjaValue]
        switch self {
        case .tuple(let tuple): items = tuple.items
        case .list(let list): items = list.items
        default:
            guard let iterator = try iterator() else {
                throw JinjaError(.type, "cannot unpack non-iterable \(typeName) object")
            }
            var found: [JinjaValue] = []
            while found.count <= count, let element = try iterator.next() { found.append(element) }
            items = found
        }
        if items.count < count {
            throw JinjaError(.value, "not enough values to unpack (expected \(count), got \(items.count))")
        }
        if items.count > count {
            throw JinjaError(.value, "too many values to unpack (expected \(count))")
        }
        return items
    }

    /// Python's `len()`; nil when the value has none.
    package func length() throws -> Int? {
        switch self {
        case .list(let list): return list.count
        case .tuple(let tuple): return tuple.items.count
        case .dict(let dict): return dict.count
        case .string(let text), .markup(let text): return text.scalarCount
        case .bytes(let bytes): return bytes.count
        case .undefined(let value):
            if value.policy == .strict { throw value.error() }
            return 0
        case .object(let object): return try object.length()
        default: return nil
        }
    }

    /// Calls the value.
    package func call(_ call: JinjaCall) throws -> JinjaValue {
        switch self {
        case .object(let object): return try object.call(call)
        case .undefined(let value): throw value.error()
        default: throw JinjaError(.type, "'\(typeName)' object is not callable")
        }
    }
}

extension String {
    /// Python's length: code points.
    package var scalarCount: Int {
        var copy = self
        return copy.withUTF8 { bytes in
            if ASCIIText.isASCII(bytes) { return bytes.count }
            var count = 0
            for byte in bytes where byte & 0xC0 != 0x80 { count += 1 }
            return count
        }
    }
}
