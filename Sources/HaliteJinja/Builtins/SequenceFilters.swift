import HaliteValue

enum SequenceFilters {
    private static let define = BuiltinFilters.define

    static let table: [String: BuiltinFunction] = [
        "default": define("do_default", "value, default_value=, boolean=", fallback),
        "d": define("do_default", "value, default_value=, boolean=", fallback),
        "length": define("len", "/obj", length),
        "count": define("len", "/obj", length),
        "list": define("sync_do_list", "value") { arguments, context in .list(of: try arguments.value(0).elements(context)) },
        "first": define("sync_do_first", "@seq") { arguments, context in
            try arguments.value(0).requiredIterator().next() ?? context.undefined(hint: "No first item, sequence was empty.")
        },
        "last": define("do_last", "@seq") { arguments, context in
            try reversed(arguments.value(0)).next() ?? context.undefined(hint: "No last item, sequence was empty.")
        },
        "random": define("do_random", "@seq") { arguments, context in
            let value = arguments.value(0)
            let count = try value.requiredLength()
            if count == 0 { return context.undefined(hint: "No random item, sequence was empty.") }
            let index = Int.random(in: 0..<count)
            guard let item = try Access.pythonItem(value, .int(index)) else {
                if case .dict = value { throw JinjaError(.key, String(index)) }
                throw JinjaError(.type, "'\(value.typeName)' object is not subscriptable")
            }
            return item
        },
        "reverse": define("do_reverse", "value") { arguments, context in
            let value = arguments.value(0)
            if let text = value.text {
                let result = String(String.UnicodeScalarView(text.unicodeScalars.reversed()))
                return value.isMarkup ? .markup(result) : .string(result)
            }
            if case .undefined(let undefined) = value, undefined.policy == .strict { throw undefined.error() }
            if let iterator = try? reversed(value) { return .object(iterator) }
            guard try value.iterator() != nil else { throw JinjaError(.filterArgument, "argument must be iterable") }
            return .list(of: try value.elements(context).reversed())
        },
        "join": define("sync_do_join", "@value, d=, attribute=", join),
        "sum": define("sync_do_sum", "@iterable, attribute=, start=") { arguments, context in
            let path = AttributePath(arguments.given(1))
            var total = arguments.value(2, default: .int(0))
            let iterator = try arguments.value(0).requiredIterator()
            if total.text != nil { throw JinjaError(.type, "sum() can't sum strings [use ''.join(seq) instead]") }
            if case .bytes = total { throw JinjaError(.type, "sum() can't sum bytes [use b''.join(seq) instead]") }
            while let item = try iterator.next() {
                try context.state.step()
                total = try Operators.apply(.add, total, try path.value(of: item, context), context)
            }
            return total
        },
        "sort": define("do_sort", "@value, reverse=, case_sensitive=, attribute=") { arguments, context in
            let paths = AttributePath.list(arguments.given(3))
            let exact = try arguments.flag(2)
            let items = try arguments.value(0).elements(context)
            try context.state.step(items.count)
            let reverse = try arguments.numericFlag(1)
            func key(_ item: JinjaValue, _ path: AttributePath) throws -> JinjaValue {
                let value = try path.value(of: item, context)
                return exact ? value : value.ignoringCase
            }
            if paths.count == 1 {
                return .list(of: try Sorting.sorted(items, reverse: reverse, listsKeys: true) { try key($0, paths[0]) })
            }
            let keys = try items.map { item in try paths.map { try key(item, $0) } }
            let columns = paths.indices.compactMap { column in SortColumn(keys.map { $0[column] }) }
            if columns.count == paths.count {
                return .list(of: Sorting.order(columns, count: items.count, reverse: reverse).map { items[$0] })
            }
            var position = 0
            return .list(
                of: try Sorting.sorted(items, reverse: reverse) { _ in
                    position += 1
                    return .list(of: keys[position - 1])
                })
        },
        "dictsort": define("do_dictsort", "value, case_sensitive=, by=, reverse=", dictSort),
        "unique": define("sync_do_unique", "@value, case_sensitive=, attribute=") { arguments, context in
            let path = AttributePath(arguments.given(2))
            let exact = try arguments.flag(1)
            let source = arguments.value(0)
            var iterator: JinjaIterator?
            let seen = JinjaDict()
            return .object(
                try JinjaIterator(name: "sync_do_unique", over: source) {
                    if iterator == nil { iterator = try source.requiredIterator() }
                    while let item = try iterator?.next() {
                        try context.state.step()
                        let value = try path.value(of: item, context)
                        let key = exact ? value : value.ignoringCase
                        if try seen.value(key) == nil {
                            try seen.set(key, .null)
                            return item
                        }
                    }
                    return nil
                })
        },
        "min": define("do_min", "@value, case_sensitive=, attribute=") { try extreme($0, $1, wantsLess: true) },
        "max": define("do_max", "@value, case_sensitive=, attribute=") { try extreme($0, $1, wantsLess: false) },
        "groupby": define("sync_do_groupby", "@value, attribute, default=, case_sensitive=", groupBy),
        "batch": define("do_batch", "value, linecount, fill_with=", batch),
        "slice": define("sync_do_slice", "value, slices, fill_with=", slice),
        "items": define("do_items", "value") { arguments, _ in
            let value = arguments.value(0)
            // The mistake shows when the items are asked for, as this is a generator in Jinja2.
            var iterator: JinjaIterator?
            return .object(
                try JinjaIterator(name: "do_items", over: value) {
                    if value.isUndefined { return nil }
                    if iterator == nil {
                        switch value {
                        case .dict(let dict): iterator = DictView(dict, .items).iterate()
                        case .object(let object) where object.isMapping:
                            guard let keys = try object.iterate() else { return nil }
                            iterator = JinjaIterator {
                                guard let key = try keys.next() else { return nil }
                                return .pair(key, try object.item(key) ?? .null)
                            }
                        default: throw JinjaError(.type, "Can only get item pairs from a mapping.")
                        }
                    }
                    return try iterator?.next()
                })
        },
        "attr": define("do_attr", "@obj, name") { arguments, context in
            let owner = arguments.value(0)
            guard let name = arguments.value(1).text else {
                throw JinjaError(.type, "attribute name must be string, not '\(arguments.value(1).typeName)'")
            }
            if case .undefined(let undefined) = owner { throw undefined.error() }
            if name.hasPrefix("_"), context.environment.options.sandboxed { return try Access.guarded(owner, name, context) }
            return try Access.pythonAttribute(owner, name) ?? context.undefined(owner: owner, name: .string(name))
        },
        "tojson": define("do_tojson", "@value, indent=") { arguments, context in
            try context.state.reserve(max(0, arguments.given(1)?.integer ?? 0))
            let text = try JSONText.htmlSafe(arguments.value(0), indent: arguments.given(1))
            try context.state.reserve(text.utf8.count)
            return .markup(text)
        },
    ]

    private static func fallback(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let value = arguments.value(0)
        if value.isUndefined { return arguments.value(1, default: .string("")) }
        if try arguments.flag(2), try !value.isTrue() { return arguments.value(1, default: .string("")) }
        return value
    }

    private static func length(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        .int(try arguments.value(0).requiredLength())
    }

    private static func reversed(_ value: JinjaValue) throws -> JinjaIterator {
        switch value {
        case .list(let list): return JinjaIterator(kind: "list_reverseiterator", array: list.items.reversed())
        case .tuple(let tuple): return JinjaIterator(kind: "reversed", array: tuple.items.reversed())
        case .dict(let dict):
            return JinjaIterator(kind: "dict_reversekeyiterator", array: dict.entries.reversed().map(\.key))
        case .string(let text), .markup(let text):
            return JinjaIterator(kind: "reversed", array: text.unicodeScalars.reversed().map { .string(String($0)) })
        case .bytes(let bytes): return JinjaIterator(kind: "reversed", array: bytes.reversed().map { .int(Int($0)) })
        case .undefined(let undefined):
            if undefined.policy == .strict { throw undefined.error() }
            return JinjaIterator(kind: "reversed", array: [])
        case .object(let object):
            if let view = object as? DictView {
                let kind = view.part == .items ? "item" : view.part == .keys ? "key" : "value"
                return JinjaIterator(kind: "dict_reverse\(kind)iterator", array: view.elements.reversed())
            }
            if let range = object as? RangeObject, let count = range.length() {
                var position = count
                return JinjaIterator(kind: "range_iterator") {
                    guard position > 0 else { return nil }
                    position -= 1
                    return range.element(position)
                }
            }
            throw JinjaError(.type, "'\(object.typeName)' object is not reversible")
        default: throw JinjaError(.type, "'\(value.typeName)' object is not reversible")
        }
    }

    private static func join(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let path = AttributePath(arguments.given(2))
        let hasPath = arguments.given(2) != nil
        let separator = arguments.value(1, default: .string(""))
        guard context.autoescape else {
            return .string(try joined(arguments.value(0), separator, hasPath ? path : nil, context))
        }
        var items = try arguments.value(0).elements(context)
        if hasPath { items = try items.map { try path.value(of: $0, context) } }
        if separator.isMarkup || items.contains(where: \.isMarkup) {
            return .markup(try items.map { try Markup.escape($0) }.joined(separator: Markup.escape(separator)))
        }
        return .string(try joined(.list(of: items), separator, nil, context))
    }

    private static func joined(
        _ value: JinjaValue, _ separator: JinjaValue, _ path: AttributePath?, _ context: TemplateContext
    ) throws -> String {
        // All elements are there before any of them becomes a text, as their mistakes show in that order.
        var items = try value.elements(context)
        if let path { items = try items.map { try path.value(of: $0, context) } }
        let mark = try separator.str()
        let output = context.state.output()
        for (position, item) in items.enumerated() {
            if position > 0 { try output.write(mark) }
            try output.write(item)
        }
        return output.text
    }

    private static func extreme(
        _ arguments: BoundArguments, _ context: TemplateContext, wantsLess: Bool
    ) throws -> JinjaValue {
        let path = AttributePath(arguments.given(2))
        let exact = try arguments.flag(1)
        func key(_ item: JinjaValue) throws -> JinjaValue {
            let value = try path.value(of: item, context)
            return exact ? value : value.ignoringCase
        }
        let iterator = try arguments.value(0).requiredIterator()
        guard var best = try iterator.next() else {
            return context.undefined(hint: "No aggregated item, sequence was empty.")
        }
        var bestKey = try key(best)
        while let item = try iterator.next() {
            try context.state.step()
            let itemKey = try key(item)
            let isBetter = try Operators.compare(wantsLess ? .lt : .gt, itemKey, bestKey)
            if isBetter { (best, bestKey) = (item, itemKey) }
        }
        return best
    }

    private static func dictSort(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let by = arguments[2] == nil ? "key" : try arguments.text(2)
        guard by == "key" || by == "value" else {
            throw JinjaError(.filterArgument, "You can only sort by either \"key\" or \"value\"")
        }
        let exact = try arguments.flag(1)
        let source = arguments.value(0)
        let pairs: [JinjaValue]
        switch source {
        case .dict(let dict): pairs = dict.entries.map { .pair($0.key, $0.value) }
        case .object(let object) where object.isMapping:
            pairs = try source.elements(context).map { .pair($0, try object.item($0) ?? .null) }
        default: throw source.lacks("items")
        }
        return .list(
            of: try Sorting.sorted(pairs, reverse: arguments.numericFlag(3)) { pair in
                guard case .tuple(let tuple) = pair else { return pair }
                let value = tuple.items[by == "key" ? 0 : 1]
                return exact ? value : value.ignoringCase
            })
    }

    private static func groupBy(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let path = AttributePath(arguments.given(1))
        let fallback = arguments.given(2)
        let exact = try arguments.flag(3)
        func key(_ item: JinjaValue) throws -> JinjaValue {
            let value = try path.value(of: item, default: fallback, context)
            return exact ? value : value.ignoringCase
        }
        let items = try Sorting.sorted(arguments.value(0).elements(context), key: key)
        var groups: [(JinjaValue, [JinjaValue])] = []
        for item in items {
            try context.state.step()
            let value = try key(item)
            // Not `groups.last`, which would hold the group's array and have it copied.
            if !groups.isEmpty, try groups[groups.count - 1].0.isEqual(to: value) {
                groups[groups.count - 1].1.append(item)
            } else {
                groups.append((value, [item]))
            }
        }
        return .list(
            of: try groups.map { group in
                let name = exact ? group.0 : try path.value(of: group.1[0], default: fallback, context)
                return .tuple(JinjaTuple([name, .list(of: group.1)], isGroup: true))
            })
    }

    private static func batch(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let count = arguments.value(1)
        let fill = arguments.given(2)
        let source = arguments.value(0)
        var iterator: JinjaIterator?
        var isDone = false
        var row: [JinjaValue] = []
        return .object(
            try JinjaIterator(name: "do_batch", over: source) {
                if isDone { return nil }
                if iterator == nil { iterator = try source.requiredIterator() }
                while let item = try iterator?.next() {
                    try context.state.step()
                    // A full row leaves when the next element comes, so that rows of none begin with an empty one.
                    let isFull = try JinjaValue.int(row.count).isEqual(to: count)
                    let full = row
                    row = isFull ? [item] : row + [item]
                    if isFull { return .list(of: full) }
                }
                isDone = true
                guard !row.isEmpty else { return nil }
                if let fill, let wanted = count.integer {
                    try context.state.reserve(max(0, wanted))
                    while row.count < wanted { row.append(fill) }
                }
                return .list(of: row)
            })
    }

    private static func slice(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let slices = arguments.value(1)
        let fill = arguments.given(2)
        let source = arguments.value(0)
        var items: [JinjaValue]?
        var number = 0
        var offset = 0
        return .object(
            try JinjaIterator(name: "sync_do_slice", over: source) {
                let all = try items ?? source.elements(context)
                items = all
                guard let count = slices.integer else {
                    throw JinjaError(.type, "unsupported operand type(s) for //: 'int' and '\(slices.typeName)'")
                }
                if count == 0 { throw JinjaError(.zeroDivision, "integer division or modulo by zero") }
                guard number < count else { return nil }
                try context.state.step()
                let size = all.count / count
                let extra = all.count % count
                let start = offset + number * size
                if number < extra { offset += 1 }
                let end = offset + (number + 1) * size
                var row = Array(all[start..<end])
                if let fill, number >= extra { row.append(fill) }
                number += 1
                return .list(of: row)
            })
    }
}
