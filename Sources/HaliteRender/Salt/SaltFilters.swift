import HaliteCore
import HaliteJinja
import HaliteValue

/// What Salt adds to Jinja: filters, tests, functions and the parsers of the data tags.
enum SaltFilters {
    static let parseData: @Sendable (DataTagInput) throws -> Value = { input in
        switch input.format {
        case "yaml": return try YAML.load(input.text, file: input.template)
        case "json": return try Value(jsonText: input.text)
        default: return .string(input.text)
        }
    }

    static let filters: [String: JinjaFunction] = [
        "json": { call in
            let indent = try call.keyword("indent")?.freeze().intValue
            let sort = try call.argument(1, "sort_keys")?.freeze().isTruthy ?? true
            return .string(try subject(call).json(indent: indent, sortKeys: sort))
        },
        "yaml": { call in
            let flow = try call.argument(1, "flow_style")?.freeze().isTruthy ?? true
            var text = YAML.dump(try subject(call), flow: flow, sortKeys: true)
            while text.hasSuffix("\n") { text.removeLast() }
            if text.hasSuffix("\n...") { text.removeLast(4) }
            return .string(text)
        },
        "python": { call in .string(try subject(call).pythonRepr) },
        "yaml_encode": { call in
            switch try subject(call) {
            case .string(let text): return .string(YAMLText.doubleQuoted(text))
            case .null: return .string("null")
            case .bool(let flag): return .string(flag ? "true" : "false")
            case let other: return .string(other.pythonString)
            }
        },
        "yaml_dquote": { call in .string(YAMLText.doubleQuoted(try subject(call).pythonString)) },
        "yaml_squote": { call in
            .string("'" + (try subject(call).pythonString).split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'")
        },
        "to_bool": { call in .bool(toBool(try subject(call))) },
        "sequence": { call in
            switch try subject(call) {
            case let list where list.listValue != nil: return JinjaValue(list)
            case let other: return JinjaValue(.list([other]))
            }
        },
        "regex_match": { call in try match(call, .start) },
        "regex_search": { call in try match(call, .anywhere) },
        "regex_replace": { call in
            let text = try subject(call).pythonString
            let pattern = try regex(call)
            return .string(try pattern.substitute(try call.argument(2, "val")?.freeze().pythonString ?? "", in: text))
        },
        "regex_escape": { call in .string(PythonRegex.escape(try subject(call).pythonString)) },
        "base64_encode": { call in .string(Base64.encode(Array(try subject(call).pythonString.utf8))) },
        "base64_decode": { call in
            .string(String(decoding: Base64.decode(try subject(call).pythonString) ?? [], as: UTF8.self))
        },
        "to_bytes": { call in .bytes(Array(try subject(call).pythonString.utf8)) },
        "quote": { call in .string(YAMLText.shellQuoted(try subject(call).pythonString)) },
        "is_list": { call in .bool(try subject(call).listValue != nil) },
        "is_sorted": { call in
            let list = try subject(call).listValue ?? []
            return .bool(list == list.sorted { $0.pythonString.utf8.lexicographicallyPrecedes($1.pythonString.utf8) })
        },
        "union": { call in try combine(call) { left, right in left + right.filter { !left.contains($0) } } },
        "intersect": { call in try combine(call) { left, right in left.filter(right.contains) } },
        "difference": { call in try combine(call) { left, right in left.filter { !right.contains($0) } } },
        "symmetric_difference": { call in
            try combine(call) { left, right in left.filter { !right.contains($0) } + right.filter { !left.contains($0) } }
        },
        "avg": { call in
            let numbers = (try subject(call).listValue ?? []).compactMap(\.doubleValue)
            return .float(numbers.isEmpty ? 0 : numbers.reduce(0, +) / Double(numbers.count))
        },
        "exactly_n_true": { call in
            let count = (try subject(call).listValue ?? []).count(where: \.isTruthy)
            return .bool(count == (try call.argument(1, "amount")?.freeze().intValue ?? 1))
        },
        "exactly_one_true": { call in .bool((try subject(call).listValue ?? []).count(where: \.isTruthy) == 1) },
    ]

    static let tests: [String: JinjaFunction] = [
        "match": { call in
            let pattern = try PythonRegex.compile(try call.argument(1, "rgx")?.freeze().pythonString ?? "")
            return .bool(try pattern.matches(try subject(call).pythonString, .start))
        },
        "list": { call in .bool(try subject(call).listValue != nil) },
    ]

    static let globals: [String: JinjaGlobal] = [
        "raise": .function { call in
            throw JinjaError("Exception", try call.argument(0, "msg")?.freeze().pythonString ?? "raised by the template")
        }
    ]

    private static func subject(_ call: JinjaCall) throws -> Value {
        guard let first = call.positional.first else { throw JinjaError(.type, "a filter needs a value") }
        return try first.freeze()
    }

    private static func regex(_ call: JinjaCall) throws -> PythonRegex {
        var flags = PythonRegex.Flags()
        if try call.keyword("ignorecase")?.freeze().isTruthy == true { flags.insert(.ignoreCase) }
        if try call.keyword("multiline")?.freeze().isTruthy == true { flags.insert(.multiLine) }
        return try PythonRegex.compile(try call.argument(1, "rgx")?.freeze().pythonString ?? "", flags)
    }

    /// The groups of a match as a tuple, or None.
    private static func match(_ call: JinjaCall, _ anchor: PythonRegex.Anchor) throws -> JinjaValue {
        let bytes = Array(try subject(call).pythonString.utf8)
        let pattern = try regex(call)
        guard let found = try pattern.firstMatch(in: bytes, anchor: anchor) else { return .null }
        let groups = pattern.groupCount == 0 ? [] : (1...pattern.groupCount).map { found.text($0, of: bytes) }
        return JinjaValue(.list(groups.map { $0.map(Value.string) ?? .null }))
    }

    private static func combine(_ call: JinjaCall, _ operation: ([Value], [Value]) -> [Value]) throws -> JinjaValue {
        let left = try subject(call).listValue ?? []
        let right = try call.argument(1, "lst2")?.freeze().listValue ?? []
        var seen: [Value] = []
        for element in operation(left, right) where !seen.contains(element) { seen.append(element) }
        return JinjaValue(.list(seen))
    }

    static func toBool(_ value: Value) -> Bool {
        switch value {
        case .null: false
        case .bool(let flag): flag
        case .string(let text): ["yes", "1", "true"].contains(text.lowercased())
        case .int(let number): number > 0
        case .float(let number): number > 0
        default: value.isTruthy
        }
    }
}

/// Texts quoted for YAML, regular expressions and the shell.
enum YAMLText {
    static func doubleQuoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case "\0": quoted += "\\0"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    /// As Python's `shlex.quote`.
    static func shellQuoted(_ text: String) -> String {
        let safe = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "_@%+=:,./-".utf8.contains(byte)
        }
        if safe, !text.isEmpty { return text }
        return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\"'\"'") + "'"
    }
}
