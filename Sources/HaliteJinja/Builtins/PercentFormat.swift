import HaliteValue

/// Python's `text % values`.
struct PercentFormat {
    private var values: [JinjaValue]
    private let mapping: JinjaValue?
    private let isMarkup: Bool
    private let isBytes: Bool
    private var next = 0

    static func format(_ text: String, _ argument: JinjaValue, isMarkup: Bool) throws -> JinjaValue {
        if !isMarkup, let result = plain(text, argument) { return .string(result) }
        var formatter = PercentFormat(argument, isMarkup: isMarkup)
        let result = try formatter.run(Array(text.unicodeScalars))
        return isMarkup ? .markup(result) : .string(result)
    }

    /// The same for bytes, whose texts are bytes too.
    static func format(_ bytes: [UInt8], _ argument: JinjaValue) throws -> JinjaValue {
        var formatter = PercentFormat(argument, isMarkup: false, isBytes: true)
        let result = try formatter.run(bytes.map { Unicode.Scalar($0) })
        return .bytes(result.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    }

    private init(_ argument: JinjaValue, isMarkup: Bool, isBytes: Bool = false) {
        self.isMarkup = isMarkup
        self.isBytes = isBytes
        switch argument {
        case .tuple(let tuple): (values, mapping) = (tuple.items, nil)
        // Whatever can be indexed, but is no text, may have the values by name.
        case .bytes where isBytes: (values, mapping) = ([argument], nil)
        case .dict, .list, .bytes, .undefined: (values, mapping) = ([argument], argument)
        case .object(let object) where object.isMapping || object is RangeObject: (values, mapping) = ([argument], argument)
        default: (values, mapping) = ([argument], nil)
        }
    }

    private struct Flags {
        var left = false
        var plus = false
        var space = false
        var alternate = false
        var zero = false
        var width = 0
        var precision: Int?
    }

    private mutating func argument() throws -> JinjaValue {
        guard next < values.count else { throw JinjaError(.type, "not enough arguments for format string") }
        next += 1
        return values[next - 1]
    }

    private mutating func run(_ scalars: [Unicode.Scalar]) throws -> String {
        var result = ""
        var index = 0
        while index < scalars.count {
            guard scalars[index] == "%" else {
                result.unicodeScalars.append(scalars[index])
                index += 1
                continue
            }
            index += 1
            if index < scalars.count, scalars[index] == "%" {
                result += "%"
                index += 1
                continue
            }
            if index < scalars.count, scalars[index] == "(" {
                guard let mapping else { throw JinjaError(.type, "format requires a mapping") }
                var depth = 1
                let start = index + 1
                index += 1
                while index < scalars.count, depth > 0 {
                    if scalars[index] == "(" { depth += 1 }
                    if scalars[index] == ")" { depth -= 1 }
                    index += 1
                }
                guard depth == 0 else { throw JinjaError(.value, "incomplete format key") }
                let key = String(String.UnicodeScalarView(scalars[start..<(index - 1)]))
                guard let found = try Access.pythonItem(mapping, .string(key)) else { throw Self.missing(key, in: mapping) }
                // The value is all that the rest of this format, and later ones without a name, can take.
                values = [found]
                next = 0
            }
            var flags = Flags()
            scanning: while index < scalars.count {
                switch scalars[index] {
                case "-": flags.left = true
                case "+": flags.plus = true
                case " ": flags.space = true
                case "#": flags.alternate = true
                case "0": flags.zero = true
                default: break scanning
                }
                index += 1
            }
            flags.width = try number(scalars, &index) ?? 0
            if flags.width < 0 {
                flags.left = true
                flags.width = -flags.width
            }
            if index < scalars.count, scalars[index] == "." {
                index += 1
                flags.precision = max(0, try number(scalars, &index, isPrecision: true) ?? 0)
            }
            if index < scalars.count, "hlL".unicodeScalars.contains(scalars[index]) { index += 1 }
            guard index < scalars.count else { throw JinjaError(.value, "incomplete format") }
            let kind = scalars[index]
            let value = try argument()
            guard "diouxXeEfFgGcrsa".unicodeScalars.contains(kind) else {
                throw JinjaError(
                    .value,
                    "unsupported format character '\((31...126).contains(kind.value) ? String(kind) : "?")' (0x\(String(kind.value, radix: 16))) at index \(index)"
                )
            }
            index += 1
            result += try text(value, kind, flags)
            if result.utf8.count > JinjaValue.textLimit { throw JinjaError(.memory, "the text would be larger than the limit") }
        }
        if mapping == nil, next < values.count {
            throw JinjaError(.type, "not all arguments converted during \(isBytes ? "bytes" : "string") formatting")
        }
        return result
    }

    private static func missing(_ key: String, in mapping: JinjaValue) -> JinjaError {
        switch mapping {
        case .list, .bytes, .object(is RangeObject):
            let name = if case .bytes = mapping { "byte" } else { mapping.typeName }
            return JinjaError(.type, "\(name) indices must be integers or slices, not str")
        default: return JinjaError(.key, key.quoted)
        }
    }

    private mutating func number(_ scalars: [Unicode.Scalar], _ index: inout Int, isPrecision: Bool = false) throws -> Int? {
        if index < scalars.count, scalars[index] == "*" {
            index += 1
            let given = try argument()
            if case .big = given {
                throw JinjaError(.overflow, "Python int too large to convert to C \(isPrecision ? "int" : "ssize_t")")
            }
            guard let value = given.integer else { throw JinjaError(.type, "* wants int") }
            guard abs(value) < 10_000_000 else { throw JinjaError(.overflow, "Python int too large to convert to C int") }
            return value
        }
        var value: Int?
        while index < scalars.count, (0x30...0x39).contains(scalars[index].value) {
            value = (value ?? 0) * 10 + Int(scalars[index].value - 0x30)
            if value ?? 0 > 10_000_000 { throw JinjaError(.value, "width too big") }
            index += 1
        }
        return value
    }

    private func text(_ value: JinjaValue, _ kind: Unicode.Scalar, _ flags: Flags) throws -> String {
        switch kind {
        case "s", "r", "a":
            if isBytes, kind == "s" {
                guard case .bytes(let bytes) = value else {
                    throw JinjaError(
                        .type, "%b requires a bytes-like object, or an object that implements __bytes__, not '\(value.typeName)'")
                }
                return pad(String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })), flags)
            }
            var text = kind == "s" ? try value.str() : kind == "r" ? try value.repr() : try BraceFormat.ascii(value)
            if isMarkup { text = kind == "s" ? try Markup.escape(value) : escapeHTML(text) }
            if let precision = flags.precision { text = TextSlice.slice(text, nil, precision, 1) }
            return pad(text, flags)
        case "c":
            if let number = value.bigInteger.map({ $0.intValue ?? -1 }) {
                guard let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else {
                    throw JinjaError(.overflow, "%c arg not in range(0x110000)")
                }
                return pad(String(scalar), flags)
            }
            guard let text = value.text, text.scalarCount == 1 else { throw JinjaError(.type, "%c requires int or char") }
            return pad(text, flags)
        case "d", "i", "u": return pad(sign: try integer(value, kind), flags, digits: flags.precision)
        case "o", "x", "X":
            guard let number = value.bigInteger else {
                throw JinjaError(.type, "%\(kind) format: an integer is required, not \(value.typeName)")
            }
            var digits = BigInteger(magnitude: number.magnitude, isNegative: false).text(radix: kind == "o" ? 8 : 16)
            if kind == "X" { digits = digits.uppercased() }
            let prefix = flags.alternate ? "0\(kind)" : ""
            return pad(sign: (number.isNegative, digits), flags, digits: flags.precision, prefix: prefix)
        default:
            if case .undefined(let undefined) = value { throw undefined.error() }
            guard value.isNumber else { throw JinjaError(.type, "must be real number, not \(value.typeName)") }
            let number = try value.double()
            let size = abs(number)
            let notation: FloatText.Notation = kind == "f" || kind == "F" ? .fixed : kind == "e" || kind == "E" ? .scientific : .general
            var body = FloatText.text(size, notation, precision: flags.precision ?? 6, isAlternate: flags.alternate)
            if kind.properties.isUppercase { body = body.uppercased() }
            return pad(sign: (number.sign == .minus && !number.isNaN, body), flags, digits: nil)
        }
    }

    private func integer(_ value: JinjaValue, _ kind: Unicode.Scalar) throws -> (isNegative: Bool, digits: String) {
        if let number = value.bigInteger {
            return (number.isNegative, BigInteger(magnitude: number.magnitude, isNegative: false).description)
        }
        if case .undefined(let undefined) = value { throw undefined.error() }
        guard case .float(let float) = value else {
            throw JinjaError(.type, "%\(kind) format: a real number is required, not \(value.typeName)")
        }
        guard let whole = BigInteger(exactlyTruncating: float) else {
            throw float.isNaN
                ? JinjaError(.value, "cannot convert float NaN to integer")
                : JinjaError(.overflow, "cannot convert float infinity to integer")
        }
        return (whole.isNegative, BigInteger(magnitude: whole.magnitude, isNegative: false).description)
    }

    private func pad(
        sign: (isNegative: Bool, digits: String), _ flags: Flags, digits: Int?, prefix: String = ""
    ) -> String {
        var body = sign.digits
        if let digits, body.utf8.count < digits { body = String(repeating: "0", count: digits - body.utf8.count) + body }
        let lead = (sign.isNegative ? "-" : flags.plus ? "+" : flags.space ? " " : "") + prefix
        if flags.zero, !flags.left {
            let space = flags.width - lead.utf8.count - body.utf8.count
            return lead + String(repeating: "0", count: max(0, space)) + body
        }
        return pad(lead + body, flags)
    }

    private func pad(_ text: String, _ flags: Flags) -> String {
        let space = String(repeating: " ", count: max(0, flags.width - text.scalarCount))
        return flags.left ? text + space : space + text
    }
}
