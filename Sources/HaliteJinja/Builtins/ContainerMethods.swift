import HaliteValue

/// Methods of `dict`.
enum DictMethods {
    private static func dict(_ value: JinjaValue) -> JinjaDict {
        if case .dict(let dict) = value { dict } else { JinjaDict() }
    }

    static let table: [String: NativeMethod] = [
        "get": NativeMethod("get", "key, default=") { value, arguments, _ in
            try dict(value).value(arguments[0] ?? .null) ?? arguments[1] ?? .null
        },
        "items": NativeMethod("dict.items", "") { value, _, _ in .object(DictView(dict(value), .items)) },
        "keys": NativeMethod("dict.keys", "") { value, _, _ in .object(DictView(dict(value), .keys)) },
        "values": NativeMethod("dict.values", "") { value, _, _ in .object(DictView(dict(value), .values)) },
        "update": NativeMethod { value, call in
            guard call.positional.count <= 1 else {
                throw JinjaError(.type, "update expected at most 1 argument, got \(call.positional.count)")
            }
            let target = dict(value)
            if let source = call.positional.first { try BuiltinGlobals.update(target, from: source, call.context) }
            for (key, value) in call.keywords { target.set(key, value) }
            return .null
        },
        "setdefault": NativeMethod("setdefault", "key, default=") { value, arguments, _ in
            let key = arguments[0] ?? .null
            if let found = try dict(value).value(key) { return found }
            let fallback = arguments[1] ?? .null
            try dict(value).set(key, fallback)
            return fallback
        },
        "pop": NativeMethod("pop", "key, default=") { value, arguments, _ in
            let key = arguments[0] ?? .null
            if let found = try dict(value).remove(key) { return found }
            guard let fallback = arguments[1] else { throw JinjaError(.key, try key.repr()) }
            return fallback
        },
        "popitem": NativeMethod("dict.popitem", "") { value, _, _ in
            guard dict(value).count > 0 else { throw JinjaError(.key, "'popitem(): dictionary is empty'") }
            let entry = dict(value).removeEntry(at: dict(value).count - 1)
            return .pair(entry.key, entry.value)
        },
        "clear": NativeMethod("dict.clear", "") { value, _, _ in
            dict(value).removeAll()
            return .null
        },
        "copy": NativeMethod("dict.copy", "") { value, _, _ in .dict(dict(value).copy()) },
        "fromkeys": NativeMethod("fromkeys", "iterable, value=") { _, arguments, context in
            let result = JinjaDict()
            for key in try (arguments[0] ?? .null).elements(context) { try result.set(key, arguments[1] ?? .null) }
            return .dict(result)
        },
    ]
}

/// Methods of `list` and `tuple`.
enum ListMethods {
    private static func list(_ value: JinjaValue) -> JinjaList {
        if case .list(let list) = value { list } else { JinjaList([]) }
    }

    private static func items(_ value: JinjaValue) -> [JinjaValue] {
        switch value {
        case .list(let list): list.items
        case .tuple(let tuple): tuple.items
        default: []
        }
    }

    private static let sortSignature = Signature("sort", "key=, reverse=")

    private static let count = NativeMethod("list.count", "value") { value, arguments, _ in
        let wanted = arguments[0] ?? .null
        return .int(try items(value).count { try $0.isEqual(to: wanted) })
    }

    private static let index = NativeMethod("index", "value, start=, stop=") { value, arguments, _ in
        let wanted = arguments[0] ?? .null
        let all = items(value)
        func bound(_ value: JinjaValue?) throws -> Int? {
            if case .null? = value { throw JinjaError(.type, "slice indices must be integers or have an __index__ method") }
            do {
                return try Slicing.bound(value)
            } catch let error as JinjaError where error.kind == .type {
                throw JinjaError(.type, "slice indices must be integers or have an __index__ method")
            }
        }
        let (start, stop) = Slicing.limits(all.count, try bound(arguments[1]), try bound(arguments[2]), 1)
        for position in start..<max(start, stop) where try all[position].isEqual(to: wanted) { return .int(position) }
        if case .tuple = value { throw JinjaError(.value, "tuple.index(x): x not in tuple") }
        throw JinjaError(.value, "\(try wanted.repr()) is not in list")
    }

    static let tupleTable: [String: NativeMethod] = ["count": count, "index": index]

    static let table: [String: NativeMethod] = [
        "count": count,
        "index": index,
        "append": NativeMethod("list.append", "object") { value, arguments, _ in
            list(value).items.append(arguments[0] ?? .null)
            return .null
        },
        "extend": NativeMethod("list.extend", "iterable") { value, arguments, context in
            let added = try (arguments[0] ?? .null).elements(context)
            try context.state.step(added.count)
            list(value).items.append(contentsOf: added)
            return .null
        },
        "insert": NativeMethod("insert", "index, object") { value, arguments, _ in
            let index = try (arguments[0] ?? .null).requiredIndex()
            let target = list(value)
            let position = index < 0 ? max(0, index + target.count) : min(index, target.count)
            target.items.insert(arguments[1] ?? .null, at: position)
            return .null
        },
        "pop": NativeMethod("pop", "index=") { value, arguments, _ in
            let target = list(value)
            let index = arguments[0] ?? .int(-1)
            _ = try index.requiredIndex()
            guard !target.isEmpty else { throw JinjaError(.index, "pop from empty list") }
            guard let position = Access.position(index, target.count) else {
                throw JinjaError(.index, "pop index out of range")
            }
            return target.items.remove(at: position)
        },
        "remove": NativeMethod("list.remove", "value") { value, arguments, _ in
            let target = list(value)
            let wanted = arguments[0] ?? .null
            guard let position = try target.items.firstIndex(where: { try $0.isEqual(to: wanted) }) else {
                throw JinjaError(.value, "list.remove(x): x not in list")
            }
            target.items.remove(at: position)
            return .null
        },
        "clear": NativeMethod("list.clear", "") { value, _, _ in
            list(value).items = []
            return .null
        },
        "copy": NativeMethod("list.copy", "") { value, _, _ in .list(of: list(value).items) },
        "reverse": NativeMethod("list.reverse", "") { value, _, _ in
            list(value).items.reverse()
            return .null
        },
        "sort": NativeMethod { value, call in
            if !call.positional.isEmpty, call.positional.count + call.keywords.count <= 2 {
                throw JinjaError(.type, "sort() takes no positional arguments")
            }
            let arguments = try sortSignature.bindMethod(call, of: "list")
            let context = call.context
            let target = list(value)
            let key = arguments[0]
            let sorted = try Sorting.sorted(target.items, reverse: try (arguments[1]?.requiredIndex() ?? 0) != 0) { item in
                guard let key, case .object = key else { return item }
                return try key.call(JinjaCall(positional: [item], context: context))
            }
            target.items = sorted
            return .null
        },
    ]
}

/// Python's stable sort.
package enum Sorting {
    /// - Parameter listsKeys: whether each key stands for a list of nothing but itself. Python compares the elements of lists
    ///   for equality first, so equal ones need no order.
    package static func sorted(
        _ items: [JinjaValue], reverse: Bool = false, listsKeys: Bool = false, key: (JinjaValue) throws -> JinjaValue
    ) throws -> [JinjaValue] {
        let keys = try items.map(key)
        if let order = quickOrder(keys, reverse: reverse) { return order.map { items[$0] } }
        let keyed = Array(zip(listsKeys ? keys.map { .list(of: [$0]) } : keys, items))
        if items.count < PythonSort.limit {
            let order = try PythonSort.order(items.count, reverse: reverse) { try keyed[$0].0.isLess(than: keyed[$1].0) }
            return order.map { items[$0] }
        }
        // Reversing keeps equal elements in their order, as in Python.
        let order = try mergeSort(keyed.indices.map { $0 }) { a, b in
            reverse ? try keyed[b].0.isLess(than: keyed[a].0) : try keyed[a].0.isLess(than: keyed[b].0)
        }
        return order.map { keyed[$0].1 }
    }

    /// The order of keys that are all texts or all numbers of 64 bits, of which no comparison fails.
    private static func quickOrder(_ keys: [JinjaValue], reverse: Bool) -> [Int]? {
        guard let column = SortColumn(keys) else { return nil }
        return order([column], count: keys.count, reverse: reverse)
    }

    /// The order by several columns, the first that differs deciding.
    static func order(_ columns: [SortColumn], count: Int, reverse: Bool) -> [Int] {
        let isLess: (Int, Int) -> Bool = { a, b in
            for column in columns {
                let order = column.order(a, b)
                if order != 0 { return reverse ? order > 0 : order < 0 }
            }
            return false
        }
        return mergeSort(Array(0..<count), isLess)
    }

    private static func mergeSort(_ items: [Int], _ isLess: (Int, Int) throws -> Bool) rethrows -> [Int] {
        var current = items
        var next = current
        // What is in order already, as data often is, needs one look.
        var inOrder = 1
        while inOrder < items.count, try !isLess(items[inOrder], items[inOrder - 1]) { inOrder += 1 }
        if inOrder >= items.count { return items }
        var width = 1
        while width < current.count {
            var start = 0
            while start < current.count {
                let middle = min(start + width, current.count)
                let end = min(start + 2 * width, current.count)
                var left = start
                var right = middle
                for position in start..<end {
                    // The right one goes first only when it is smaller: equal elements keep their order.
                    if left < middle, try right >= end || !isLess(current[right], current[left]) {
                        next[position] = current[left]
                        left += 1
                    } else {
                        next[position] = current[right]
                        right += 1
                    }
                }
                start = end
            }
            swap(&current, &next)
            width *= 2
        }
        return current
    }
}

/// Keys of one kind, which are compared without errors.
enum SortColumn {
    /// The first eight bytes of each text as a number, which mostly decides, and the text.
    case texts([UInt64], [String])
    case numbers([Int])

    /// Nil when the keys are not all texts or all numbers of 64 bits.
    init?(_ keys: [JinjaValue]) {
        var texts: [String] = []
        var numbers: [Int] = []
        for key in keys {
            switch key {
            case .string(let text) where numbers.isEmpty: texts.append(text)
            case .int(let number) where texts.isEmpty: numbers.append(number)
            default: return nil
            }
        }
        self = numbers.isEmpty ? .texts(texts.map(Self.prefix), texts) : .numbers(numbers)
    }

    private static func prefix(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { bytes in
            var prefix: UInt64 = 0
            for position in 0..<8 { prefix = prefix << 8 | (position < bytes.count ? UInt64(bytes[position]) : 0) }
            return prefix
        }
    }

    @inline(__always)
    func order(_ a: Int, _ b: Int) -> Int {
        switch self {
        case .numbers(let numbers): return numbers[a] < numbers[b] ? -1 : numbers[a] == numbers[b] ? 0 : 1
        case .texts(let prefixes, let texts):
            if prefixes[a] != prefixes[b] { return prefixes[a] < prefixes[b] ? -1 : 1 }
            return texts[a].codePointOrder(texts[b])
        }
    }
}
