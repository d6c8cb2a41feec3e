import HaliteValue

/// One JSON document, indented by four.
package enum JSONOutputter: Outputter {
    package static let name = "json"

    package static func render(_ data: Value, _ options: OutputOptions) -> String {
        var indent: Int? = options.indent ?? 4
        if let width = indent, width < 0 { indent = nil }
        return OutputText.trimmedEnd(withoutBytes(data).json(indent: indent, sortKeys: options.sortKeys, ensureASCII: false))
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
