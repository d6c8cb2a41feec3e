import HaliteValue

/// What a template has changed of the data that it was given.
extension JinjaDict {
    /// The data with the changes; nil while it is as it came, or where it holds what is no data.
    package func changedData() -> ValueMap? { JinjaValue.dict(self).change(from: .map(original), depth: 0)?.mapValue }
}

extension JinjaValue {
    /// The value as data where it is another than `old`, from which it was made. What nobody touched is not gone through.
    fileprivate func change(from old: Value, depth: Int) -> Value? {
        guard depth < 200 else { return nil }
        switch (self, old) {
        case (.dict(let dict), .map(let map)) where dict.original.isIdentical(to: map): return dict.change(depth)
        case (.list(let list), .list(let elements)) where list.isMade(of: elements): return list.change(depth)
        case (.string(let new), .string(let old)) where new.hasSameBytes(as: old): return nil
        case (.int(let new), .int(let old)) where new == old: return nil
        case (.bool(let new), .bool(let old)) where new == old: return nil
        case (.null, .null): return nil
        // What is no data, such as a macro, cannot be kept for later files.
        default: return try? freeze()
        }
    }
}

extension JinjaDict {
    fileprivate func change(_ depth: Int) -> Value? {
        if untouched != nil { return nil }
        if let seen = touchedContainers { return changed(of: seen, depth) }
        let entries = entries
        guard entries.count == original.count else { return try? JinjaValue.dict(self).freeze() }
        let keys = original.keys
        var changed: [(position: Int, value: Value)] = []
        for (position, entry) in entries.enumerated() {
            if case .string(let old) = keys[position], entry.key.text?.hasSameBytes(as: old) != true {
                return try? JinjaValue.dict(self).freeze()
            }
            if let value = entry.value.change(from: original.value(at: position), depth: depth + 1) { changed.append((position, value)) }
        }
        return replaced(changed, keys)
    }

    private func changed(of seen: [(position: Int, value: JinjaValue)], _ depth: Int) -> Value? {
        replaced(
            seen.compactMap { position, value in
                value.change(from: original.value(at: position), depth: depth + 1).map { (position, $0) }
            }, original.keys)
    }

    private func replaced(_ changed: [(position: Int, value: Value)], _ keys: [Value]) -> Value? {
        guard !changed.isEmpty else { return nil }
        var map = original
        for (position, value) in changed { map[keys[position]] = value }
        return .map(map)
    }
}

extension JinjaList {
    fileprivate func change(_ depth: Int) -> Value? {
        guard untouched == nil else { return nil }
        let items = items
        guard items.count == original.count else { return try? JinjaValue.list(self).freeze() }
        var elements = original
        var isChanged = false
        for (position, item) in items.enumerated() {
            guard let value = item.change(from: original[position], depth: depth + 1) else { continue }
            elements[position] = value
            isChanged = true
        }
        return isChanged ? .list(elements) : nil
    }

    fileprivate func isMade(of elements: [Value]) -> Bool {
        original.count == elements.count
            && original.withUnsafeBufferPointer { own in elements.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress } }
    }
}
