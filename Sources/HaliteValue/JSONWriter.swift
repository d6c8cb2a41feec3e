extension Value {
    /// Writes JSON as Python's `json.dumps` does, with its separators.
    ///
    /// - Parameter indent: spaces for each level; nil writes one line.
    /// - Parameter compact: no blanks behind commas and colons.
    public func json(indent: Int? = nil, sortKeys: Bool = false, ensureASCII: Bool = true, compact: Bool = false) -> String {
        var writer = JSONWriter(indent: indent, sortKeys: sortKeys, ensureASCII: ensureASCII)
        writer.compact = compact
        writer.write(self, level: 0)
        return String(decoding: writer.output, as: UTF8.self)
    }
}

private struct JSONWriter {
    let indent: Int?
    let sortKeys: Bool
    let ensureASCII: Bool
    var compact = false
    var output: [UInt8] = []

    init(indent: Int?, sortKeys: Bool, ensureASCII: Bool) {
        self.indent = indent
        self.sortKeys = sortKeys
        self.ensureASCII = ensureASCII
    }

    mutating func put(_ text: String) { output.append(contentsOf: text.utf8) }

    mutating func newLine(_ level: Int) {
        guard let indent else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: indent * level))
    }

    mutating func separate(_ isFirst: Bool, level: Int) {
        if !isFirst { put(indent == nil && !compact ? ", " : ",") }
        newLine(level)
    }

    mutating func write(_ value: Value, level: Int) {
        switch value {
        case .null: put("null")
        case .bool(let flag): put(flag ? "true" : "false")
        case .int(let number): put(String(number))
        case .big, .float: put(Self.number(value))
        case .string(let text): writeString(text)
        case .bytes(let bytes): writeString(String(decoding: bytes, as: UTF8.self))
        case .list(let list):
            if list.isEmpty { return put("[]") }
            put("[")
            for (index, element) in list.enumerated() {
                separate(index == 0, level: level + 1)
                write(element, level: level + 1)
            }
            newLine(level)
            put("]")
        case .map(let map): writeMap(map, level: level)
        }
    }

    mutating func writeMap(_ map: ValueMap, level: Int) {
        if map.isEmpty { return put("{}") }
        put("{")
        for (index, pair) in (sortKeys ? PythonOrder.sorted(map) : Array(map)).enumerated() {
            separate(index == 0, level: level + 1)
            writeString(Self.keyText(pair.key))
            put(compact ? ":" : ": ")
            write(pair.value, level: level + 1)
        }
        newLine(level)
        put("}")
    }

    /// Keys that are no text become the JSON text of the scalar, as in Python.
    static func keyText(_ key: Value) -> String {
        switch key {
        case .string(let text): text
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .big, .float: number(key)
        default: key.pythonString
        }
    }

    static func number(_ value: Value) -> String {
        if case .float(let number) = value, !number.isFinite {
            return number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
        }
        return value.pythonRepr
    }

    mutating func writeString(_ text: String) {
        output.append(UInt8(ascii: "\""))
        // Most texts are ASCII without anything to escape.
        var copy = text
        let isPlain = copy.withUTF8 { bytes in
            let quote = UInt8(ascii: "\"")
            let backslash = UInt8(ascii: "\\")
            guard bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != quote && $0 != backslash }) else { return false }
            output.append(contentsOf: bytes)
            return true
        }
        if !isPlain { for scalar in text.unicodeScalars { writeScalar(scalar) } }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func writeScalar(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": put("\\\"")
        case "\\": put("\\\\")
        case "\n": put("\\n")
        case "\r": put("\\r")
        case "\t": put("\\t")
        case "\u{08}": put("\\b")
        case "\u{0C}": put("\\f")
        case "\u{00}"..<"\u{20}": putEscape(UInt16(scalar.value))
        case "\u{7F}"... where ensureASCII: for unit in UTF16.encode(scalar) ?? .init() { putEscape(unit) }
        default: output.append(contentsOf: UTF8.encode(scalar) ?? .init())
        }
    }

    mutating func putEscape(_ unit: UInt16) {
        let hex = String(unit, radix: 16)
        put("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
    }
}
