extension Value {
    /// What Python's `str()` gives.
    public var pythonString: String {
        if case .string(let text) = self { text } else { pythonRepr }
    }

    /// What Python's `repr()` gives.
    public var pythonRepr: String {
        switch self {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .int(let value): String(value)
        case .big(let value): String(value.doubleValue)
        case .float(let value): "\(value)"
        case .string(let value): "'\(value)'"
        case .bytes(let value): "b'\(String(decoding: value, as: UTF8.self))'"
        case .list(let value): "[" + value.map(\.pythonRepr).joined(separator: ", ") + "]"
        case .map(let value):
            "{" + value.map { "\($0.key.pythonRepr): \($0.value.pythonRepr)" }.joined(separator: ", ") + "}"
        }
    }
}
