import HaliteValue

/// Makes values of nodes in the order in which PyYAML constructs them, so that of several errors the same one is found:
/// level by level, a collection when all collections before it are done.
struct YAMLConstructor {
    /// Nodes that aliases may add up to before the text counts as an attack.
    static let expansionLimit = 5_000_000
    /// Pairs that merge keys may copy.
    static let mergeLimit = 1_000_000

    private var pending: [YAMLNode] = []
    /// How many pairs merge keys have copied so far.
    private var mergedPairs = 0

    mutating func construct(document root: YAMLNode) throws(YAMLError) -> Value {
        try construct(root)
        var next = 0
        while next < pending.count {
            try fill(pending[next])
            next += 1
        }
        return try Self.value(of: root, level: 0)
    }

    static func failure(_ context: String?, _ contextMark: YAMLMark?, _ problem: String, _ mark: YAMLMark?) -> YAMLError {
        YAMLError(kind: .constructor, context: context, contextMark: contextMark, problem: problem, mark: mark)
    }

    // MARK: One node

    private mutating func construct(_ node: YAMLNode) throws(YAMLError) {
        if node.isConstructed { return }
        node.isConstructed = true
        do throws(YAMLError) { try assign(node) } catch {
            // Python's own errors name no place.
            var error = error
            if error.mark == nil { error.mark = node.mark }
            throw error
        }
    }

    private mutating func assign(_ node: YAMLNode) throws(YAMLError) {
        switch node.tag {
        case .sequence, .map, .omap, .pairs, .set: pending.append(node)
        case .string, .timestamp: node.value = .string(try scalar(node))
        case .null:
            _ = try scalar(node)
            node.value = .null
        case .bool:
            let word = try scalar(node)
            guard ["yes", "no", "true", "false", "on", "off"].contains(word.lowercased()) else {
                throw YAMLError(kind: .key, problem: PythonText.repr(word.lowercased()))
            }
            node.value = .bool(YAMLResolver.isTrue(word))
        case .int: node.value = try YAMLNumber.int(try scalar(node))
        case .float: node.value = try YAMLNumber.float(try scalar(node))
        case .binary: node.value = try binary(node)
        case .unicode:
            // PyYAML would give a list of nodes here, which nothing can use.
            guard node.kind == .scalar else {
                throw Self.failure(nil, nil, "expected a scalar node, but found \(node.kind.rawValue)", node.mark)
            }
            node.value = .string(node.text)
        case .merge, .value, .other:
            throw Self.failure(nil, nil, "could not determine a constructor for the tag \(PythonText.repr(node.tag.text))", node.mark)
        }
    }

    /// The text of a scalar; of a mapping the value of its key `=`.
    private func scalar(_ node: YAMLNode) throws(YAMLError) -> String {
        if node.tag == .int {
            guard node.kind == .scalar else {
                throw YAMLError(kind: .attribute, problem: "'list' object has no attribute 'startswith'")
            }
            node.text = YAMLNumber.saltDigits(node.text)
        }
        if node.kind == .mapping, let pair = node.pairs.first(where: { $0.key.tag == .value }) { return try scalar(pair.value) }
        guard node.kind == .scalar else {
            throw Self.failure(nil, nil, "expected a scalar node, but found \(node.kind.rawValue)", node.mark)
        }
        return node.text
    }

    private func binary(_ node: YAMLNode) throws(YAMLError) -> Value {
        let text = try scalar(node)
        for (position, character) in text.unicodeScalars.enumerated() where !character.isASCII {
            let code = character.value
            let hex = String(code, radix: 16)
            let escape = code < 0x100 ? "\\x" : code < 0x10000 ? "\\u" : "\\U"
            let width = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8
            // Python names one character, or the whole run of those that do not fit.
            let run = text.unicodeScalars.dropFirst(position).prefix { !$0.isASCII }.count
            let place =
                run == 1
                ? "character '\(escape)\(String(repeating: "0", count: width - hex.count))\(hex)' in position \(position)"
                : "characters in position \(position)-\(position + run - 1)"
            throw Self.failure(
                nil, nil, "failed to convert base64 data into ascii: 'ascii' codec can't encode \(place): ordinal not in range(128)",
                node.mark)
        }
        var encoded = Array(text.utf8)
        // Salt's own padding, by which unpadded data is read too.
        if encoded.count % 4 != 0 { encoded += Array(repeating: UInt8(ascii: "="), count: 4 - encoded.count % 4) }
        do {
            return .bytes(try Base64.decodeLeniently(encoded))
        } catch {
            throw Self.failure(nil, nil, "failed to decode base64 data: \(error.message)", node.mark)
        }
    }

    // MARK: Collections

    private mutating func fill(_ node: YAMLNode) throws(YAMLError) {
        switch node.tag {
        case .sequence:
            guard node.kind == .sequence else {
                throw Self.failure(nil, nil, "expected a sequence node, but found \(node.kind.rawValue)", node.mark)
            }
            for item in node.items { try construct(item) }
        case .pairs: try fillPairs(node)
        default: try fillMapping(node)
        }
    }

    private mutating func fillPairs(_ node: YAMLNode) throws(YAMLError) {
        let context = "while constructing pairs"
        guard node.kind == .sequence else {
            throw Self.failure(context, node.mark, "expected a sequence, but found \(node.kind.rawValue)", node.mark)
        }
        for item in node.items {
            guard item.kind == .mapping else {
                throw Self.failure(context, node.mark, "expected a mapping of length 1, but found \(item.kind.rawValue)", item.mark)
            }
            guard item.pairs.count == 1 else {
                throw Self.failure(context, node.mark, "expected a single mapping item, but found \(item.pairs.count) items", item.mark)
            }
            try construct(item.pairs[0].key)
            try construct(item.pairs[0].value)
        }
    }

    private mutating func fillMapping(_ node: YAMLNode) throws(YAMLError) {
        guard node.kind == .mapping else {
            throw Self.failure(nil, nil, "expected a mapping node, but found \(node.kind.rawValue)", node.mark)
        }
        try YAMLMerge.flatten(node, count: &mergedPairs)
        let context = "while constructing a mapping"
        for (index, pair) in node.pairs.enumerated() {
            do throws(YAMLError) {
                try construct(pair.key)
                if pair.key.value == nil {
                    throw Self.failure(context, node.mark, "found unacceptable key \(pair.key.shownValue)", pair.key.mark)
                }
                try construct(pair.value)
            } catch {
                // A conflict before this place would have come first.
                throw Self.conflict(in: node, before: index) ?? error
            }
        }
        if let conflict = Self.conflict(in: node, before: node.pairs.count) { throw conflict }
    }

    /// The first key that stood in the mapping before.
    private static func conflict(in node: YAMLNode, before end: Int) -> YAMLError? {
        var places: [Value: Int] = [:]
        let isLong = end > 12
        if isLong { places.reserveCapacity(end) }
        for index in 0..<end {
            guard let key = node.pairs[index].key.value else { continue }
            let first = isLong ? places.updateValue(index, forKey: key) : (0..<index).first { node.pairs[$0].key.value == key }
            guard let first else { continue }
            var error = failure(
                "while constructing a mapping", node.mark, "found conflicting ID '\(key.pythonString)'", node.pairs[index].key.mark)
            error.note = "first on line \(node.pairs[first].key.mark.line + 1)"
            return error
        }
        return nil
    }

    // MARK: Values

    /// Aliases of aliases make values that are deeper than the text.
    private static func tooDeep(_ mark: YAMLMark) -> YAMLError {
        YAMLError(kind: .recursion, problem: "maximum recursion depth exceeded: aliases nest deeper than \(YAML.depthLimit)", mark: mark)
    }

    private static func value(of node: YAMLNode, level: Int) throws(YAMLError) -> Value {
        if let value = node.value { return value }
        if level > YAML.depthLimit { throw tooDeep(node.mark) }
        if node.isOpen {
            // Python ends with a RecursionError at some later time.
            throw YAMLError(kind: .recursion, problem: "found unconstructable recursive node", mark: node.mark)
        }
        node.isOpen = true
        let value: Value
        switch node.tag {
        case .sequence:
            var list: [Value] = []
            list.reserveCapacity(node.items.count)
            for item in node.items { list.append(try part(item, of: node, level: level)) }
            value = .list(list)
        case .pairs:
            var list: [Value] = []
            for item in node.items {
                let (key, value) = item.pairs[0]
                list.append(.list([try part(key, of: node, level: level), try part(value, of: node, level: level)]))
            }
            value = .list(list)
        default:
            var keys: [Value] = []
            var values: [Value] = []
            keys.reserveCapacity(node.pairs.count)
            values.reserveCapacity(node.pairs.count)
            for pair in node.pairs {
                keys.append(try part(pair.key, of: node, level: level))
                let value = try part(pair.value, of: node, level: level)
                values.append(node.tag == .set ? .null : value)
            }
            value = .map(ValueMap(distinctKeys: keys, values: values) ?? [:])
        }
        node.isOpen = false
        node.value = value
        return value
    }

    private static func part(_ child: YAMLNode, of node: YAMLNode, level: Int) throws(YAMLError) -> Value {
        let value = try value(of: child, level: level + 1)
        node.weight += child.weight
        node.depth = max(node.depth, child.depth + 1)
        if level + node.depth > YAML.depthLimit { throw tooDeep(child.mark) }
        if node.weight > expansionLimit {
            throw YAMLError(kind: .composer, problem: "aliases expand to more than \(expansionLimit) nodes", mark: child.mark)
        }
        return value
    }
}

/// The merge key `<<`, as Salt reads it: what the mapping has itself wins, and two merged mappings may not share keys.
enum YAMLMerge {
    /// - Parameter level: how many merges led here.
    static func flatten(_ node: YAMLNode, level: Int = 0, count: inout Int) throws(YAMLError) {
        if level > YAML.depthLimit {
            throw YAMLError(
                kind: .recursion, problem: "maximum recursion depth exceeded: more than \(YAML.depthLimit) merges follow each other",
                mark: node.mark)
        }
        let context = "while constructing a mapping"
        var merged: [(key: YAMLNode, value: YAMLNode)] = []
        var index = 0
        while index < node.pairs.count {
            let (key, value) = node.pairs[index]
            if key.tag == .value { key.tag = .string }
            guard key.tag == .merge else {
                index += 1
                continue
            }
            node.pairs.remove(at: index)
            switch value.kind {
            case .mapping:
                try flatten(value, level: level + 1, count: &count)
                merged += value.pairs
            case .sequence:
                var parts: [[(key: YAMLNode, value: YAMLNode)]] = []
                for item in value.items {
                    guard item.kind == .mapping else {
                        throw YAMLConstructor.failure(
                            context, node.mark, "expected a mapping for merging, but found \(item.kind.rawValue)", item.mark)
                    }
                    try flatten(item, level: level + 1, count: &count)
                    parts.append(item.pairs)
                }
                for part in parts.reversed() { merged += part }
            case .scalar:
                throw YAMLConstructor.failure(
                    context, node.mark, "expected a mapping or list of mappings for merging, but found scalar", value.mark)
            }
            if count + merged.count > YAMLConstructor.mergeLimit {
                throw YAMLError(
                    kind: .composer, problem: "merge keys copy more than \(YAMLConstructor.mergeLimit) pairs", mark: value.mark)
            }
        }
        guard !merged.isEmpty else { return }
        count += merged.count
        // Keys are compared by their text, whatever they are.
        var own: Set<String> = []
        var hasEmptyCollection = false
        var collections: Set<ObjectIdentifier> = []
        for pair in node.pairs {
            if pair.key.kind == .scalar { own.insert(pair.key.text) } else { collections.insert(ObjectIdentifier(pair.key)) }
            if pair.key.kind != .scalar, pair.key.items.isEmpty, pair.key.pairs.isEmpty { hasEmptyCollection = true }
        }
        node.pairs =
            merged.filter { pair in
                if pair.key.kind == .scalar { return !own.contains(pair.key.text) }
                if hasEmptyCollection, pair.key.items.isEmpty, pair.key.pairs.isEmpty { return false }
                return !collections.contains(ObjectIdentifier(pair.key))
            } + node.pairs
    }
}
