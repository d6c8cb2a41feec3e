import HaliteValue

/// Methods of `str`. Those of markup give markup.
enum StringMethods {
    private static func text(_ value: JinjaValue) -> String { value.text ?? "" }

    /// The result as the type of the receiver.
    private static func like(_ value: JinjaValue, _ text: String) -> JinjaValue {
        value.isMarkup ? .markup(text) : .string(text)
    }

    private static func simple(_ name: String, _ body: @escaping @Sendable (String) -> String) -> NativeMethod {
        NativeMethod("str.\(name)", "") { value, _, _ in like(value, body(text(value))) }
    }

    private static func check(_ name: String, _ body: @escaping @Sendable (String) -> Bool) -> NativeMethod {
        NativeMethod("str.\(name)", "") { value, _, _ in .bool(body(text(value))) }
    }

    /// An argument that must be text.
    private static func string(_ value: JinjaValue?, _ message: @autoclosure () -> String) throws -> String {
        guard let text = value?.text else { throw JinjaError(.type, message()) }
        return text
    }

    private static func integer(_ value: JinjaValue?, default fallback: Int) throws -> Int {
        try value?.requiredIndex() ?? fallback
    }

    static let table: [String: NativeMethod] = {
        var table = cases
        table.merge(checks) { $1 }
        table.merge(splitting) { $1 }
        table.merge(searching) { $1 }
        table.merge(padding) { $1 }
        table.merge(formatting) { $1 }
        return table
    }()

    private static let cases: [String: NativeMethod] = [
        "upper": simple("upper", PythonCase.upper), "lower": simple("lower", PythonCase.lower),
        "capitalize": simple("capitalize", PythonCase.capitalize), "title": simple("title", PythonCase.title),
        "swapcase": simple("swapcase", PythonCase.swapCase), "casefold": simple("casefold", PythonCase.fold),
    ]

    private static let checks: [String: NativeMethod] = [
        "isupper": check("isupper") { PythonCase.isCase($0, upper: true) },
        "islower": check("islower") { PythonCase.isCase($0, upper: false) },
        "istitle": check("istitle", PythonCase.isTitle),
        "isalpha": check("isalpha") { PythonCase.all($0, PythonCase.isAlpha) },
        "isdigit": check("isdigit") { PythonCase.all($0, PythonCase.isDigit) },
        "isdecimal": check("isdecimal") { PythonCase.all($0, PythonCase.isDecimal) },
        "isnumeric": check("isnumeric") { PythonCase.all($0, PythonCase.isNumeric) },
        "isalnum": check("isalnum") { PythonCase.all($0, PythonCase.isAlphanumeric) },
        "isspace": check("isspace") { PythonCase.all($0, PythonSpace.isSpace) },
        "isascii": check("isascii") { $0.utf8.allSatisfy { $0 < 0x80 } },
        "isprintable": check("isprintable") { $0.unicodeScalars.allSatisfy(PythonText.isPrintable) },
        "isidentifier": check("isidentifier", PythonCase.isIdentifier),
    ]

    // MARK: Splitting and joining

    private static func strip(_ name: String, left: Bool, right: Bool) -> NativeMethod {
        NativeMethod(name, "chars=") { value, arguments, _ in
            var characters: String?
            if let argument = arguments[0] {
                if case .null = argument {} else { characters = try string(argument, "\(name) arg must be None or str") }
            }
            return like(value, PythonSplit.strip(text(value), left: left, right: right, characters: characters))
        }
    }

    private static func split(_ name: String, fromEnd: Bool) -> NativeMethod {
        NativeMethod(name, "sep=, maxsplit=", positionalOnly: false) { value, arguments, _ in
            let limit = try integer(arguments[1], default: -1)
            let parts: [String]
            switch arguments[0] {
            case .string(let mark)? where !fromEnd && !mark.isEmpty && !value.isMarkup:
                return .list(of: PythonSplit.values(text(value), mark, limit: limit))
            case nil, .null?:
                parts = fromEnd ? PythonSplit.wordsFromEnd(text(value), limit: limit) : PythonSplit.words(text(value), limit: limit)
            case let separator?:
                let mark = try string(separator, "must be str or None, not \(separator.typeName)")
                if mark.isEmpty { throw JinjaError(.value, "empty separator") }
                parts =
                    fromEnd
                    ? PythonSplit.partsFromEnd(text(value), mark, limit: limit)
                    : PythonSplit.parts(text(value), mark, limit: limit)
            }
            return .list(of: parts.map { like(value, $0) })
        }
    }

    private static func partition(_ name: String, fromEnd: Bool) -> NativeMethod {
        NativeMethod("str.\(name)", "sep") { value, arguments, _ in
            let mark = try string(arguments[0], "must be str, not \((arguments[0] ?? .null).typeName)")
            if mark.isEmpty { throw JinjaError(.value, "empty separator") }
            let all = text(value)
            let parts = fromEnd ? PythonSplit.partsFromEnd(all, mark, limit: 1) : PythonSplit.parts(all, mark, limit: 1)
            let result = parts.count == 2 ? [parts[0], mark, parts[1]] : fromEnd ? ["", "", all] : [all, "", ""]
            return .tuple(of: result.map { like(value, $0) })
        }
    }

    private static let splitting: [String: NativeMethod] = [
        "strip": strip("strip", left: true, right: true), "lstrip": strip("lstrip", left: true, right: false),
        "rstrip": strip("rstrip", left: false, right: true), "split": split("split", fromEnd: false),
        "rsplit": split("rsplit", fromEnd: true), "partition": partition("partition", fromEnd: false),
        "rpartition": partition("rpartition", fromEnd: true),
        "splitlines": NativeMethod("splitlines", "keepends=", positionalOnly: false) { value, arguments, _ in
            let keep = try integer(arguments[0], default: 0) != 0
            return .list(of: PythonSplit.lines(text(value), keepEnds: keep).map { like(value, $0) })
        },
        "join": NativeMethod("str.join", "iterable") { value, arguments, context in
            let source = arguments[0] ?? .null
            guard try source.iterator() != nil else { throw JinjaError(.type, "can only join an iterable") }
            var parts: [String] = []
            for (position, item) in try source.elements(context).enumerated() {
                if value.isMarkup {
                    parts.append(try Markup.escape(item))
                    continue
                }
                guard let part = item.text else {
                    throw JinjaError(
                        .type, "sequence item \(position): expected str instance, \(item.typeName) found")
                }
                parts.append(part)
            }
            try context.state.reserve(parts.reduce(0) { $0 + $1.utf8.count + text(value).utf8.count })
            return like(value, parts.joined(separator: text(value)))
        },
    ]

    // MARK: Searching

    private static func affix(_ name: String, _ matches: @escaping @Sendable ([UInt8], [UInt8]) -> Bool) -> NativeMethod {
        let isStart = name == "startswith"
        return affix(name, isStart, matches)
    }

    private static func affix(
        _ name: String, _ isStart: Bool, _ matches: @escaping @Sendable ([UInt8], [UInt8]) -> Bool
    ) -> NativeMethod {
        NativeMethod(name, "/prefix, start=, end=") { value, arguments, _ in
            if case .string(let part)? = arguments[0], arguments[1] == nil, arguments[2] == nil, case .string(let text) = value {
                return .bool(isStart ? text.utf8.starts(with: part.utf8) : TextSearch.ends(text, with: part))
            }
            let range = try bounds(text(value), arguments)
            let argument = arguments[0] ?? .null
            let candidates: [JinjaValue]
            let rule: String
            if case .tuple(let tuple) = argument {
                (candidates, rule) = (tuple.items, "tuple for \(name) must only contain str")
            } else {
                (candidates, rule) = ([argument], "\(name) first arg must be str or a tuple of str")
            }
            for candidate in candidates {
                let part = try string(candidate, "\(rule), not \(candidate.typeName)")
                guard range.isValid else { continue }
                if matches(range.bytes, Array(part.utf8)) { return .bool(true) }
            }
            return .bool(false)
        }
    }

    /// The part of the text between optional bounds in code points.
    private static func bounds(_ text: String, _ arguments: BoundArguments) throws -> (bytes: [UInt8], offset: Int, isValid: Bool) {
        if arguments[1] == nil, arguments[2] == nil { return (Array(text.utf8), 0, true) }
        let count = text.scalarCount
        let start = try Slicing.bound(arguments[1])
        let (first, end) = Slicing.limits(count, start, try Slicing.bound(arguments[2]), 1)
        let isValid = first <= end && (start ?? 0) <= count
        return (Array(TextSlice.slice(text, first, max(first, end), 1).utf8), first, isValid)
    }

    private static func find(_ name: String, fromEnd: Bool, raises: Bool) -> NativeMethod {
        NativeMethod(name, "/sub, start=, end=") { value, arguments, _ in
            let part = try string(arguments[0], "must be str, not \((arguments[0] ?? .null).typeName)")
            let range = try bounds(text(value), arguments)
            let needle = Array(part.utf8)
            let found =
                !range.isValid
                ? nil
                : fromEnd
                    ? TextSearch.findLast(range.bytes, needle, before: range.bytes.count)
                    : TextSearch.find(range.bytes, needle, from: 0)
            guard let found else {
                if raises { throw JinjaError(.value, "substring not found") }
                return .int(-1)
            }
            let characters = range.bytes[..<found].reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
            return .int(range.offset + characters)
        }
    }

    private static let searching: [String: NativeMethod] = [
        "startswith": affix("startswith") { $0.starts(with: $1) },
        "endswith": affix("endswith") { $0.count >= $1.count && $0.suffix($1.count).elementsEqual($1) },
        "find": find("find", fromEnd: false, raises: false), "rfind": find("rfind", fromEnd: true, raises: false),
        "index": find("index", fromEnd: false, raises: true), "rindex": find("rindex", fromEnd: true, raises: true),
        "count": NativeMethod("count", "/sub, start=, end=") { value, arguments, _ in
            let part = try string(arguments[0], "must be str, not \((arguments[0] ?? .null).typeName)")
            let range = try bounds(text(value), arguments)
            guard range.isValid else { return .int(0) }
            if part.isEmpty { return .int(range.bytes.reduce(1) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }) }
            let needle = Array(part.utf8)
            var count = 0
            var position = 0
            while let next = TextSearch.find(range.bytes, needle, from: position) {
                count += 1
                position = next + needle.count
            }
            return .int(count)
        },
        "replace": NativeMethod("replace", "old, new, count=") { value, arguments, context in
            let old = try string(arguments[0], "replace() argument 1 must be str, not \((arguments[0] ?? .null).argumentTypeName)")
            var new = try string(arguments[1], "replace() argument 2 must be str, not \((arguments[1] ?? .null).argumentTypeName)")
            if value.isMarkup, let argument = arguments[1] { new = try Markup.escape(argument) }
            let limit = try integer(arguments[2], default: -1)
            try context.state.reserve(text(value).utf8.count * max(1, new.utf8.count / max(1, old.utf8.count)))
            return like(value, TextSearch.replace(text(value), old, with: new, limit: limit))
        },
        "removeprefix": NativeMethod("str.removeprefix", "prefix") { value, arguments, _ in
            let part = try string(
                arguments[0], "removeprefix() argument must be str, not \((arguments[0] ?? .null).argumentTypeName)")
            let bytes = Array(text(value).utf8)
            guard bytes.starts(with: part.utf8) else { return value }
            return like(value, String(decoding: bytes.dropFirst(part.utf8.count), as: UTF8.self))
        },
        "removesuffix": NativeMethod("str.removesuffix", "suffix") { value, arguments, _ in
            let part = try string(
                arguments[0], "removesuffix() argument must be str, not \((arguments[0] ?? .null).argumentTypeName)")
            let bytes = Array(text(value).utf8)
            guard !part.isEmpty, bytes.suffix(part.utf8.count).elementsEqual(part.utf8) else { return value }
            return like(value, String(decoding: bytes.dropLast(part.utf8.count), as: UTF8.self))
        },
    ]

    // MARK: Padding

    private static func justify(
        _ name: String, _ body: @escaping @Sendable (String, Int, String) -> String
    ) -> NativeMethod {
        NativeMethod(name, "width, fillchar=") { value, arguments, context in
            let width = try integer(arguments[0], default: 0)
            let fill = try arguments[1].map {
                try string($0, "The fill character must be a unicode character, not \($0.typeName)")
            }
            if let fill, fill.scalarCount != 1 {
                throw JinjaError(.type, "The fill character must be exactly one character long")
            }
            try context.state.reserve(max(0, width))
            return like(value, body(text(value), width, fill ?? " "))
        }
    }

    private static let padding: [String: NativeMethod] = [
        "ljust": justify("ljust") { PythonSplit.pad($0, width: $1, fill: $2, left: 0, right: $1 - $0.scalarCount) },
        "rjust": justify("rjust") { PythonSplit.pad($0, width: $1, fill: $2, left: $1 - $0.scalarCount, right: 0) },
        "center": justify("center") { PythonSplit.center($0, width: $1, fill: $2) },
        "zfill": NativeMethod("str.zfill", "width") { value, arguments, context in
            let width = try integer(arguments[0], default: 0)
            try context.state.reserve(max(0, width))
            let all = text(value)
            let zeros = String(repeating: "0", count: max(0, width - all.scalarCount))
            if let first = all.unicodeScalars.first, first == "-" || first == "+" {
                return like(value, String(first) + zeros + String(all.unicodeScalars.dropFirst()))
            }
            return like(value, zeros + all)
        },
        "expandtabs": NativeMethod("expandtabs", "tabsize=", positionalOnly: false) { value, arguments, context in
            let size = try integer(arguments[0], default: 8)
            try context.state.reserve(max(0, size) * text(value).utf8.count)
            var result = ""
            var column = 0
            for scalar in text(value).unicodeScalars {
                if scalar == "\t" {
                    guard size > 0 else { continue }
                    let spaces = size - column % size
                    result += String(repeating: " ", count: spaces)
                    column += spaces
                } else {
                    result.unicodeScalars.append(scalar)
                    column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
                }
            }
            return like(value, result)
        },
    ]

    // MARK: Formatting and coding

    private static let formatting: [String: NativeMethod] = [
        "format": NativeMethod { value, call in
            like(value, try BraceFormat.format(text(value), call, isMarkup: value.isMarkup))
        },
        "format_map": NativeMethod("str.format_map", "mapping") { value, arguments, context in
            let call = JinjaCall(positional: [], context: context)
            return like(value, try BraceFormat.format(text(value), call, mapping: arguments[0], isMarkup: value.isMarkup))
        },
        "encode": NativeMethod("encode", "encoding=, errors=", positionalOnly: false) { value, arguments, _ in
            let encoding = try arguments[0].map { try string($0, "encode() argument 'encoding' must be str, not \($0.argumentTypeName)") }
            let errors = try arguments[1].map { try string($0, "encode() argument 'errors' must be str, not \($0.argumentTypeName)") }
            return .bytes(try TextCoding.encode(text(value), encoding ?? "utf-8", errors ?? "strict"))
        },
        "translate": NativeMethod("str.translate", "table") { value, arguments, context in
            guard case .dict(let table)? = arguments[0] else {
                throw JinjaError(.type, "'\((arguments[0] ?? .null).typeName)' object is not subscriptable")
            }
            var result = ""
            for scalar in text(value).unicodeScalars {
                switch try table.value(.int(Int(scalar.value))) {
                case nil: result.unicodeScalars.append(scalar)
                case .null?: continue
                case .int(let code)?:
                    if let mapped = UInt32(exactly: code).flatMap(Unicode.Scalar.init) { result.unicodeScalars.append(mapped) }
                case let mapped?: result += try mapped.str()
                }
                try context.state.reserve(result.utf8.count)
            }
            return like(value, result)
        },
        "maketrans": NativeMethod("maketrans", "x, y=, z=") { _, arguments, context in
            let table = JinjaDict()
            if let to = arguments[1]?.text, let from = arguments[0]?.text {
                guard from.scalarCount == to.scalarCount else {
                    throw JinjaError(.value, "the first two maketrans arguments must have equal length")
                }
                for (a, b) in zip(from.unicodeScalars, to.unicodeScalars) {
                    try table.set(.int(Int(a.value)), .int(Int(b.value)))
                }
                for scalar in arguments[2]?.text?.unicodeScalars ?? "".unicodeScalars {
                    try table.set(.int(Int(scalar.value)), .null)
                }
            } else if case .dict(let source)? = arguments[0] {
                for entry in source.entries {
                    if let scalar = entry.key.text?.unicodeScalars.first {
                        try table.set(.int(Int(scalar.value)), entry.value)
                    } else {
                        try table.set(entry.key, entry.value)
                    }
                }
            }
            return .dict(table)
        },
    ]
}

/// What markup has besides the methods of text.
enum MarkupMethods {
    static let table: [String: NativeMethod] = [
        "striptags": NativeMethod("striptags", "") { value, _, _ in .string(HTMLText.stripTags(value.text ?? "")) },
        "unescape": NativeMethod("unescape", "") { value, _, _ in .string(HTMLText.unescape(value.text ?? "")) },
        "__html__": NativeMethod("__html__", "") { value, _, _ in value },
    ]
}
