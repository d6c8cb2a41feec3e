import HaliteValue

extension JinjaValue {
    /// Python's `str()`.
    public func str() throws -> String {
        switch self {
        case .string(let text), .markup(let text): text
        case .int(let number): String(number)
        case .undefined(let value): try value.str()
        case .object(let object): try object.str()
        default: try repr()
        }
    }

    /// Python's `repr()`.
    public func repr() throws -> String {
        var bytes: [UInt8] = []
        try appendRepr(to: &bytes, open: [])
        return String(decoding: bytes, as: UTF8.self)
    }

    static let textLimit = 64 << 20

    /// `open` holds the containers around, which Python writes as `[...]` where they contain themselves.
    func appendRepr(to bytes: inout [UInt8], open: [ObjectIdentifier]) throws {
        guard open.count < 250 else {
            throw JinjaError(.recursion, "maximum recursion depth exceeded while getting the repr of an object")
        }
        // A value that contains another twice, which contains another twice, and so on, is short to make and long to write.
        guard bytes.count < Self.textLimit else { throw JinjaError(.memory, "the text would be larger than the limit") }
        switch self {
        case .null: bytes.append(contentsOf: "None".utf8)
        case .bool(let flag): bytes.append(contentsOf: (flag ? "True" : "False").utf8)
        case .int(let number): bytes.append(contentsOf: String(number).utf8)
        case .big(let number): bytes.append(contentsOf: number.description.utf8)
        case .float(let number): bytes.append(contentsOf: PythonText.repr(number).utf8)
        case .string(let text): PythonText.appendRepr(of: text, to: &bytes)
        case .markup(let text):
            bytes.append(contentsOf: "Markup(".utf8)
            PythonText.appendRepr(of: text, to: &bytes)
            bytes.append(UInt8(ascii: ")"))
        case .bytes(let value): bytes.append(contentsOf: PythonText.repr(value).utf8)
        case .undefined: bytes.append(contentsOf: "Undefined".utf8)
        case .list(let list):
            try Self.append(list.items, "[", "]", ObjectIdentifier(list), to: &bytes, open)
        case .tuple(let tuple):
            let items = tuple.items
            try Self.append(items, "(", items.count == 1 ? ",)" : ")", ObjectIdentifier(tuple), to: &bytes, open)
        case .dict(let dict):
            let identifier = ObjectIdentifier(dict)
            if open.contains(identifier) {
                bytes.append(contentsOf: "{...}".utf8)
                return
            }
            if dict.isOrdered { return try Self.appendOrdered(dict, to: &bytes, open: open + [identifier]) }
            bytes.append(UInt8(ascii: "{"))
            let inner = open + [identifier]
            for (position, entry) in dict.entries.enumerated() {
                if position > 0 { bytes.append(contentsOf: ", ".utf8) }
                try entry.key.appendRepr(to: &bytes, open: inner)
                bytes.append(contentsOf: ": ".utf8)
                try entry.value.appendRepr(to: &bytes, open: inner)
            }
            bytes.append(UInt8(ascii: "}"))
        case .object(let object): try object.appendRepr(to: &bytes, open: open)
        }
    }

    private static func appendOrdered(_ dict: JinjaDict, to bytes: inout [UInt8], open: [ObjectIdentifier]) throws {
        bytes.append(contentsOf: "OrderedDict(".utf8)
        if dict.count > 0 {
            try JinjaValue.list(of: dict.entries.map { .pair($0.key, $0.value) }).appendRepr(to: &bytes, open: open)
        }
        bytes.append(UInt8(ascii: ")"))
    }

    private static func append(
        _ items: [JinjaValue], _ start: String, _ end: String, _ identifier: ObjectIdentifier, to bytes: inout [UInt8],
        _ open: [ObjectIdentifier]
    ) throws {
        if open.contains(identifier) {
            bytes.append(contentsOf: "\(start)...\(start == "[" ? "]" : ")")".utf8)
            return
        }
        bytes.append(contentsOf: start.utf8)
        let inner = open + [identifier]
        for (position, item) in items.enumerated() {
            if position > 0 { bytes.append(contentsOf: ", ".utf8) }
            try item.appendRepr(to: &bytes, open: inner)
        }
        bytes.append(contentsOf: end.utf8)
    }

    /// The text of a value that is joined with output without `str()`, as the results of call and filter tags are.
    func joinable() throws -> JinjaValue {
        switch self {
        case .string, .markup: return self
        default:
            throw JinjaError(.type, "sequence item 0: expected str instance, \(typeName) found")
        }
    }

    /// `markupsafe.soft_str`: text stays what it is, everything else becomes text.
    func softText() throws -> JinjaValue {
        switch self {
        case .string, .markup: self
        default: .string(try str())
        }
    }
}

/// HTML-safe text.
enum Markup {
    /// The value as safe text, escaped unless it is that already.
    static func escape(_ value: JinjaValue) throws -> String {
        switch value {
        case .markup(let text): text
        case .undefined(let undefined) where undefined.policy == .chainable: ""
        case .object(let object): try object.html() ?? escapeHTML(object.str())
        default: escapeHTML(try value.str())
        }
    }
}
