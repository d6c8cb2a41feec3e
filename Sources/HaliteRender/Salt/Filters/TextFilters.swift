import HaliteCore
import HaliteJMESPath
import HaliteJinja
import HaliteValue

/// Texts: quotes, numbers in them, case, white lists.
enum SaltTextFilters {
    static let table: [String: JinjaFunction] = [
        "skip": SaltFilter.define("skip_filter", "data") { _, _ in "" },
        "to_bool": SaltFilter.define("to_bool", "val") { arguments, _ in .bool(try toBool(arguments.value(0))) },
        "to_num": SaltFilter.define("to_num", "text", number),
        "str_to_num": SaltFilter.define("to_num", "text", number),
        "quote": SaltFilter.define("quote", "txt") { arguments, _ in
            let text = try string(arguments.value(0))
            return .string(shellQuoted(text))
        },
        "yaml_dquote": SaltFilter.define("yaml_dquote", "text") { arguments, _ in
            .string(YAMLQuoting.doubleQuoted(try arguments.value(0).str(), unicode: false))
        },
        "yaml_squote": SaltFilter.define("yaml_squote", "text") { arguments, _ in
            .string(YAMLQuoting.singleQuoted(try arguments.value(0).str()))
        },
        "yaml_encode": SaltFilter.define("yaml_encode", "data", yamlEncode),
        "to_bytes": SaltFilter.define("to_bytes", "s, encoding=, errors=") { arguments, context in
            .bytes(try encoded(arguments, context))
        },
        "is_hex": SaltFilter.define("is_hex", "value") { arguments, _ in
            switch arguments.value(0) {
            case .string(let text), .markup(let text): return .bool(PythonText.integer(text, base: 16) != nil)
            case .bytes(let bytes): return .bool(PythonText.integer(String(decoding: bytes, as: UTF8.self), base: 16) != nil)
            default: return false
            }
        },
        "contains_whitespace": SaltFilter.define("contains_whitespace", "text") { arguments, context in
            if let text = arguments.value(0).text { return .bool(text.unicodeScalars.contains(where: PythonSpace.isSpace)) }
            for item in try arguments.value(0).elements(context) {
                guard let text = item.text else { throw SaltFilter.noAttribute(item, "isspace") }
                if !text.isEmpty, text.unicodeScalars.allSatisfy(PythonSpace.isSpace) { return true }
            }
            return false
        },
        "human_to_bytes": SaltFilter.define("human_to_bytes", "size, default_unit=, handle_metric=", humanToBytes),
        "check_whitelist_blacklist": SaltFilter.define(
            "check_whitelist_blacklist", "value, whitelist=, blacklist=", checkLists),
        "to_snake_case": SaltFilter.define("camel_to_snake_case", "camel_input", snakeCase),
        "to_camelcase": SaltFilter.define("snake_to_camel_case", "snake_input, uppercamel=") { arguments, _ in
            guard let text = arguments.value(0).text else { throw SaltFilter.noAttribute(arguments.value(0), "split") }
            var words = PythonSplit.parts(text, "_", limit: -1)
            let first = words.removeFirst()
            return .string(
                (try arguments.flag(1) ? PythonCase.capitalize(first) : first) + words.map(PythonCase.capitalize).joined())
        },
        "json_query": SaltFilter.define("json_query", "data, expr") { arguments, _ in
            guard let expression = arguments.value(1).text else {
                if case .undefined(let undefined) = arguments.value(1) { throw undefined.error() }
                throw JinjaError(.type, "\(arguments.value(1).typeName.quoted) object is not iterable")
            }
            do {
                return JinjaValue(try JMESPath.search(expression, in: try arguments.value(0).freeze()))
            } catch let error as JMESPathError {
                throw JinjaError(JinjaError.Kind(rawValue: error.kind), error.message)
            }
        },
        "path_join": PathText.join,
    ]

    /// A text for a function that looks for characters in it.
    static func string(_ value: JinjaValue) throws -> String {
        if let text = value.text { return text }
        if case .undefined(let undefined) = value { throw undefined.error() }
        if !(try value.isTrue()) { return "" }
        throw JinjaError(.type, "expected string or bytes-like object, got \(value.typeName.quoted)")
    }

    private static func toBool(_ value: JinjaValue) throws -> Bool {
        switch value {
        case .bool(let flag): flag
        case .string(let text), .markup(let text): ["yes", "1", "true"].contains(PythonCase.lower(text))
        case .int(let number): number > 0
        case .big(let number): !number.isNegative
        case .list(let list): !list.isEmpty
        case .dict(let dict): dict.count > 0
        case .object(let object) where object is SetObject: try object.isTrue()
        default: false
        }
    }

    private static func number(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        let value = arguments.value(0)
        switch value {
        case .int, .big: return value
        case .bool(let flag): return .int(flag ? 1 : 0)
        case .float(let number):
            guard let whole = wholeNumber(number) else {
                if number.isNaN { return value }
                throw JinjaError(.overflow, "cannot convert float infinity to integer")
            }
            return whole
        case .string(let text), .markup(let text):
            return PythonText.integer(text).map { JinjaValue($0) } ?? PythonText.float(text).map { .float($0) } ?? value
        case .bytes(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            return PythonText.integer(text).map { JinjaValue($0) } ?? PythonText.float(text).map { .float($0) } ?? value
        case .undefined(let undefined): throw undefined.error()
        default:
            throw JinjaError(
                .type, "int() argument must be a string, a bytes-like object or a real number, not \(value.typeName.quoted)")
        }
    }

    /// A float without its fraction; nil for infinity and NaN.
    static func wholeNumber(_ number: Double) -> JinjaValue? {
        guard number.isFinite else { return nil }
        let whole = number.rounded(.towardZero)
        if let small = Int(exactly: whole) { return .int(small) }
        // The significand has 53 bits; the rest is a power of two.
        let shift = Int(whole.exponent) - 52
        guard let significand = Int(exactly: whole / Double(sign: .plus, exponent: shift, significand: 1)) else { return nil }
        return JinjaValue(normalizing: BigInteger(significand).shiftedLeft(shift))
    }

    /// As Python's `shlex.quote`.
    static func shellQuoted(_ text: String) -> String {
        let safe = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "_@%+=:,./-".utf8.contains(byte)
        }
        if safe, !text.isEmpty { return text }
        return "'" + PythonSplit.parts(text, "'", limit: -1).joined(separator: "'\"'\"'") + "'"
    }

    private static func yamlEncode(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        switch arguments.value(0) {
        case .string(let text): return .string(YAMLQuoting.doubleQuoted(text, unicode: false))
        case .null: return "null"
        case .bool(let flag): return .string(flag ? "true" : "false")
        case .int, .big: return .string(try arguments.value(0).str())
        case .float(let number): return .string(floatText(number))
        case .bytes(let bytes): return .string(Base64.encodedLines(bytes))
        case .list, .tuple, .dict:
            throw JinjaError(
                .type, "yaml_encode() only works with YAML scalar data; failed for \(arguments.value(0).pythonClass)")
        case .object(let object) where object is SetObject:
            throw JinjaError(
                .type, "yaml_encode() only works with YAML scalar data; failed for \(arguments.value(0).pythonClass)")
        case let other:
            let text = try other.isUndefined ? "Undefined" : other.str()
            throw JinjaError("RepresenterError", "('cannot represent an object', \(text))")
        }
    }

    private static func floatText(_ number: Double) -> String {
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        let text = PythonText.repr(number)
        // YAML 1.1 wants a point in front of an exponent.
        guard !text.utf8.contains(0x2E), let place = text.firstIndex(of: "e") else { return text }
        return text[..<place] + ".0" + text[place...]
    }

    private static func encoded(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> [UInt8] {
        guard let text = arguments.value(0).text, let encoding = arguments.given(1) else {
            return try SaltFilter.bytes(arguments.value(0))
        }
        var names = [encoding]
        if let list = encoding.asList { names = list.items }
        if case .tuple(let tuple) = encoding { names = tuple.items }
        guard let first = names.first else { throw JinjaError(.value, "encoding cannot be empty") }
        guard let name = first.text else {
            let shown = first.pythonClass.split(separator: "'").dropFirst().first.map(String.init) ?? first.typeName
            throw JinjaError(.type, "encode() argument 'encoding' must be str, not \(first.isNull ? "None" : shown)")
        }
        switch PythonCase.lower(name).filter({ $0 != "-" && $0 != "_" }) {
        case "utf8": return Array(text.utf8)
        case "ascii", "usascii", "latin1", "iso88591":
            let isLatin = name.lowercased().contains("1")
            return try text.unicodeScalars.enumerated().map { position, scalar in
                guard scalar.value < (isLatin ? 256 : 128) else {
                    throw JinjaError(
                        .unicodeEncode,
                        "\((isLatin ? "latin-1" : "ascii").quoted) codec can't encode character \(escape(scalar)) in position \(position): ordinal not in range(\(isLatin ? 256 : 128))"
                    )
                }
                return UInt8(scalar.value)
            }
        default: throw JinjaError(.lookup, "unknown encoding: \(name)")
        }
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16)
        let (letter, width) = scalar.value <= 0xFF ? ("x", 2) : scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8)
        return "'\\" + letter + String(repeating: "0", count: width - hex.utf8.count) + hex + "'"
    }

    private static func humanToBytes(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        let text = PythonSplit.strip(try arguments.value(0).str(), left: true, right: true, characters: nil)
        let digits = String(text.unicodeScalars.prefix { ("0"..."9").contains($0) || $0 == "." })
        var unit = PythonSplit.strip(
            String(text.unicodeScalars.dropFirst(digits.unicodeScalars.count)), left: true, right: false, characters: nil)
        // The expression ends at the first line.
        guard !unit.unicodeScalars.contains("\n") else {
            throw JinjaError(.attribute, "'NoneType' object has no attribute 'group'")
        }
        unit = PythonCase.lower(unit)
        if unit.isEmpty {
            let fallback = arguments[1] ?? "B"
            guard let text = fallback.text else { throw SaltFilter.noAttribute(fallback, "lower") }
            unit = PythonCase.lower(text)
        }
        guard let value = PythonText.integer(digits).map({ JinjaValue($0) }) ?? PythonText.float(digits).map({ .float($0) }) else {
            return 0
        }
        let letters = Array("bkmgtpezy".unicodeScalars)
        let scalars = Array(unit.unicodeScalars)
        guard let first = scalars.first, let power = letters.firstIndex(of: first) else { return 0 }
        let ending = String(unit.unicodeScalars.dropFirst())
        let isDecimal: Bool
        switch ending {
        case "b" where power > 0: isDecimal = try arguments.flag(2)
        case "": isDecimal = false
        case "ib" where power > 0: isDecimal = false
        default: return 0
        }
        let factor = isDecimal ? BigInteger(10).power(power * 3) : BigInteger(2).power(power * 10)
        let product = try Operators.apply(.mul, value, JinjaValue(normalizing: factor), context)
        if case .float(let number) = product { return wholeNumber(number) ?? 0 }
        return product
    }

    private static func checkLists(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        func list(_ position: Int, _ name: String) throws -> [JinjaValue] {
            let value = arguments.value(position)
            guard try value.isTrue() else { return [] }
            if value.isText { return [value] }
            guard try value.iterator() != nil else {
                throw JinjaError(.type, "Expecting iterable \(name), but got \(value.typeName) (\(try value.str()))")
            }
            return try value.elements(context)
        }
        let blacklist = try list(2, "blacklist")
        let whitelist = try list(1, "whitelist")
        let isBlack = try blacklist.contains { try matches(arguments.value(0), $0) }
        let isWhite = try whitelist.contains { try matches(arguments.value(0), $0) }
        if blacklist.isEmpty { return .bool(whitelist.isEmpty || isWhite) }
        return .bool(!isBlack && (whitelist.isEmpty || isWhite))
    }

    /// A glob, or else an expression that matches the whole text.
    private static func matches(_ value: JinjaValue, _ pattern: JinjaValue) throws -> Bool {
        guard let text = value.text, let pattern = pattern.text else { return false }
        if GlobPattern(pattern).matches(text) { return true }
        return (try? PythonRegex.compile("\\A\(pattern)\\Z").matches(text, .start)) ?? false
    }

    private static func snakeCase(_ arguments: [JinjaValue?], _ context: TemplateContext) throws -> JinjaValue {
        guard let text = arguments.value(0).text else {
            switch arguments.value(0) {
            case .list(let list):
                guard let first = list.items.first else { throw JinjaError(.index, "list index out of range") }
                throw SaltFilter.noAttribute(first, "lower")
            case .dict: throw JinjaError(.key, "0")
            case .undefined(let undefined): throw undefined.error()
            case let other: throw JinjaError(.type, "\(other.typeName.quoted) object is not subscriptable")
            }
        }
        let letters = text.unicodeScalars.map { String($0) }
        guard let first = letters.first else { throw JinjaError(.index, "string index out of range") }
        var result = PythonCase.lower(first)
        for (position, letter) in letters.enumerated().dropFirst() {
            if PythonCase.isCase(letter, upper: true),
                PythonCase.isCase(letters[position - 1], upper: false)
                    || (position != letters.count - 1 && PythonCase.isCase(letters[position + 1], upper: false))
            {
                result += "_"
            }
            result += PythonCase.lower(letter)
        }
        return .string(result)
    }
}
