import HaliteJinja
import HaliteValue

/// Lists as sets, their extremes and their average.
enum ListFilters {
    static let table: [String: JinjaFunction] = [
        "unique": SaltFilter.define("unique", "values") { arguments, context in try unique(arguments.value(0), context) },
        "min": SaltFilter.define("lst_min", "obj") { arguments, context in
            try extreme(arguments.value(0), "min", context) { try $0.isLess(than: $1) }
        },
        "max": SaltFilter.define("lst_max", "obj") { arguments, context in
            try extreme(arguments.value(0), "max", context) { try $1.isLess(than: $0, symbol: ">") }
        },
        "avg": SaltFilter.define("lst_avg", "lst", average),
        "union": SaltFilter.define("union", "lst1, lst2") { arguments, context in
            try union(arguments.value(0), arguments.value(1), context)
        },
        "intersect": SaltFilter.define("intersect", "lst1, lst2") { arguments, context in
            let (left, right) = (arguments.value(0), arguments.value(1))
            if left.isHashable, right.isHashable {
                return .object(try SetObject(left.elements(context)).intersection(SetObject(right.elements(context))))
            }
            return .list(of: try common(left, right, context))
        },
        "difference": SaltFilter.define("difference", "lst1, lst2") { arguments, context in
            let (left, right) = (arguments.value(0), arguments.value(1))
            if left.isHashable, right.isHashable {
                return .object(try SetObject(left.elements(context)).difference(SetObject(right.elements(context))))
            }
            return .list(of: try distinct(try left.elements(context).filter { try !contains(right, $0) }))
        },
        "symmetric_difference": SaltFilter.define("symmetric_difference", "lst1, lst2") { arguments, context in
            let (left, right) = (arguments.value(0), arguments.value(1))
            if left.isHashable, right.isHashable {
                let first = try SetObject(left.elements(context))
                return .object(try first.symmetricDifference(SetObject(right.elements(context))))
            }
            let all = try union(left, right, context)
            let both = JinjaValue.list(of: try common(left, right, context))
            return .list(of: try distinct(try all.elements(context).filter { try !both.contains($0) }))
        },
        "compare_lists": SaltFilter.define("compare_lists", "old=, new=", compareLists),
        "exactly_n_true": SaltFilter.define("exactly_n", "iterable, amount=") { arguments, context in
            .bool(try exactly(arguments.value(0), arguments.value(1, default: .int(1)), context))
        },
        "exactly_one_true": SaltFilter.define("exactly_one", "iterable") { arguments, context in
            .bool(try exactly(arguments.value(0), .int(1), context))
        },
        "sequence": SaltFilter.define("ensure_sequence_filter", "data") { arguments, _ in
            switch arguments.value(0) {
            case .list, .tuple, .dict: return arguments.value(0)
            case .object(let object) where object is SetObject: return arguments.value(0)
            case let other: return .list(of: [other])
            }
        },
        "is_list": SaltFilter.define("is_list", "value") { arguments, _ in .bool(arguments.value(0).asList != nil) },
        "is_iter": SaltFilter.define("is_iter", "thing, ignore=") { arguments, _ in
            // Templates have no types that could be ignored.
            if let ignored = arguments[1], try ignored.isTrue() {
                throw JinjaError(.type, "isinstance() arg 2 must be a type, a tuple of types, or a union")
            }
            return .bool(try isIterable(arguments.value(0), ignoresText: arguments[1] == nil))
        },
        "sorted_ignorecase": SaltFilter.define("sorted_ignorecase", "to_sort") { arguments, context in
            .list(
                of: try Sorting.sorted(try arguments.value(0).elements(context)) { item in
                    guard let text = item.text else { throw SaltFilter.noAttribute(item, "lower") }
                    return .string(PythonCase.lower(text))
                })
        },
        "flatten": SaltFilter.define("flatten", "data, levels=, preserve_nulls=, _ids=", flatten),
        "substring_in_list": SaltFilter.define("substr_in_list", "string_to_search_for, list_to_search") { arguments, context in
            for item in try arguments.value(1).elements(context) where try contains(item, arguments.value(0)) { return true }
            return false
        },
    ]

    static func contains(_ container: JinjaValue, _ value: JinjaValue) throws -> Bool { try container.contains(value) }

    /// Elements without repetitions, in their order.
    static func distinct(_ items: [JinjaValue]) throws -> [JinjaValue] {
        let seen = JinjaDict()
        var others: [JinjaValue] = []
        var result: [JinjaValue] = []
        for item in items {
            if (try? item.requireHashable()) != nil {
                if try seen.value(item) != nil { continue }
                try seen.set(item, .null)
            } else {
                if try others.contains(where: { try $0.isEqual(to: item) }) { continue }
                others.append(item)
            }
            result.append(item)
        }
        return result
    }

    private static func unique(_ value: JinjaValue, _ context: TemplateContext) throws -> JinjaValue {
        let items = try value.elements(context)
        return value.isHashable ? .object(try SetObject(items)) : .list(of: try distinct(items))
    }

    private static func union(_ left: JinjaValue, _ right: JinjaValue, _ context: TemplateContext) throws -> JinjaValue {
        if left.isHashable, right.isHashable {
            return .object(try SetObject(left.elements(context)).union(SetObject(right.elements(context)).items))
        }
        return try unique(try Operators.apply(.add, left, right, context), context)
    }

    /// The elements that both have.
    private static func common(_ left: JinjaValue, _ right: JinjaValue, _ context: TemplateContext) throws -> [JinjaValue] {
        try distinct(try left.elements(context).filter { try contains(right, $0) })
    }

    private static func extreme(
        _ value: JinjaValue, _ name: String, _ context: TemplateContext, _ isBetter: (JinjaValue, JinjaValue) throws -> Bool
    ) throws -> JinjaValue {
        let items = try value.elements(context)
        guard var best = items.first else { throw JinjaError(.value, "\(name)() arg is an empty sequence") }
        for item in items.dropFirst() where try isBetter(item, best) { best = item }
        return best
    }

    private static func average(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        let value = arguments.value(0)
        guard !value.isHashable else {
            switch value {
            case .int, .big, .bool, .float:
                return try Operators.apply(.add, value, .float(0), context)
            case .string(let text), .markup(let text):
                guard let number = PythonText.float(text) else {
                    throw JinjaError(.value, "could not convert string to float: \(text.quoted)")
                }
                return .float(number)
            case .undefined(let undefined): throw undefined.error()
            default:
                throw JinjaError(.type, "float() argument must be a string or a real number, not \(value.typeName.quoted)")
            }
        }
        var sum = JinjaValue.int(0)
        for item in try value.elements(context) { sum = try Operators.apply(.add, sum, item, context) }
        let mean = try Operators.apply(.div, sum, .int(try value.length() ?? 0), context)
        return try Operators.apply(.add, mean, .float(0), context)
    }

    private static func compareLists(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        let (old, new) = (arguments.value(0), arguments.value(1))
        let result = JinjaDict()
        let added = try new.elements(context).filter { try !contains(old, $0) }
        if !added.isEmpty { result.set("new", .list(of: added)) }
        let removed = try old.elements(context).filter { try !contains(new, $0) }
        if !removed.isEmpty { result.set("old", .list(of: removed)) }
        return .dict(result)
    }

    private static func exactly(_ value: JinjaValue, _ amount: JinjaValue, _ context: TemplateContext) throws -> Bool {
        let iterator = try value.requiredIterator()
        guard let wanted = amount.integer else {
            throw JinjaError(.type, "\(amount.typeName.quoted) object cannot be interpreted as an integer")
        }
        func any() throws -> Bool {
            while let item = try iterator.next() {
                try context.state.step()
                if try item.isTrue() { return true }
            }
            return false
        }
        var count = 0
        while count < wanted {
            guard try any() else { return false }
            count += 1
        }
        return try !any()
    }

    static func isIterable(_ value: JinjaValue, ignoresText: Bool = true) throws -> Bool {
        if ignoresText, value.isText { return false }
        if case .undefined(let undefined) = value, undefined.policy == .strict { throw undefined.error() }
        return try value.iterator() != nil
    }

    private static func flatten(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        var seen: Set<ObjectIdentifier> = []
        let levels: Int?
        switch arguments.value(1) {
        case .null: levels = nil
        case .float(let number): levels = number >= 1 ? Int(number) : 0
        case let value:
            // Salt compares the number only when it comes to a list in the list.
            guard let number = value.integer else {
                let items = try arguments.value(0).elements(context)
                guard try items.contains(where: { try isIterable($0) }) else {
                    return .list(of: try arguments.flag(2) ? items : items.filter { !$0.isNull && $0.text != "None" && $0.text != "null" })
                }
                throw JinjaError(.type, "'>=' not supported between instances of \(value.typeName.quoted) and 'int'")
            }
            levels = number
        }
        var result: [JinjaValue] = []
        try flatten(
            arguments.value(0), levels, keepsNull: try arguments.flag(2), &seen, &result, context, depth: 0)
        return .list(of: result)
    }

    private static func flatten(
        _ value: JinjaValue, _ levels: Int?, keepsNull: Bool, _ seen: inout Set<ObjectIdentifier>, _ result: inout [JinjaValue],
        _ context: TemplateContext, depth: Int
    ) throws {
        guard depth < 240 else { throw JinjaError(.recursion, "maximum recursion depth exceeded") }
        // Salt never forgets which lists it has seen, so that one that stands in two places is a cycle to it.
        let identifier: ObjectIdentifier? =
            switch value {
            case .list(let list): ObjectIdentifier(list)
            case .tuple(let tuple): ObjectIdentifier(tuple)
            case .dict(let dict): ObjectIdentifier(dict)
            case .object(let object): ObjectIdentifier(object)
            default: nil
            }
        if let identifier, !seen.insert(identifier).inserted {
            throw JinjaError(.recursion, "Reference cycle detected. Check input list.")
        }
        for element in try value.elements(context) {
            if !keepsNull, element.isNull || element.text == "None" || element.text == "null" { continue }
            guard try isIterable(element), levels ?? 1 >= 1 else {
                result.append(element)
                continue
            }
            try flatten(element, levels.map { $0 - 1 }, keepsNull: keepsNull, &seen, &result, context, depth: depth + 1)
        }
    }
}
