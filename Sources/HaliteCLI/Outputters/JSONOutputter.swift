import HaliteValue

/// One JSON document, indented by four.
package enum JSONOutputter: Outputter {
    package static let name = "json"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        let indent: Int? =
            switch options.indent {
            case .unset, .pretty: 4
            case .spaces(let width): width < 0 ? nil : width
            case .oneLine, .unknown: nil
            }
        let isSorted = options.indent == .pretty
        guard hasTextKeys(data, sorted: isSorted) else { return "{}" }
        return OutputText.trimmedEnd(withoutBytes(data).json(indent: indent, sortKeys: isSorted, ensureASCII: false))
    }

    /// Whether Python can write the keys of all maps: bytes have no form, and keys of two kinds no order.
    private static func hasTextKeys(_ value: Value, sorted: Bool) -> Bool {
        switch value {
        case .list(let list): return list.allSatisfy { hasTextKeys($0, sorted: sorted) }
        case .map(let map):
            for key in map.keys {
                if case .bytes = key { return false }
            }
            if sorted, (try? KeyOrder.sorted(map.keys)) == nil { return false }
            return map.values.allSatisfy { hasTextKeys($0, sorted: sorted) }
        default: return true
        }
    }

    /// Bytes have no form in JSON: Salt writes their `repr`.
    static func withoutBytes(_ value: Value) -> Value {
        switch value {
        case .bytes: .string(value.pythonRepr)
        case .list(let list): .list(list.map(withoutBytes))
        case .map(let map): .map(ValueMap(map.map { ($0.key, withoutBytes($0.value)) }))
        default: value
        }
    }
}
