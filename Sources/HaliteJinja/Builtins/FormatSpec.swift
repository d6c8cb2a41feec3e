import HaliteValue

/// Python's format specification, as in `{:>10.2f}`.
struct FormatSpec {
    private let typeName: String
    var fill = " "
    var align: Character?
    var sign: Character = "-"
    var isAlternate = false
    var width = 0
    var grouping: Character?
    var precision: Int?
    var type: Character?

    init(_ text: String, typeName: String, isText: Bool = false) throws {
        self.typeName = typeName
        var scalars = Array(text.unicodeScalars)[...]
        func isAlign(_ scalar: Unicode.Scalar) -> Bool { scalar == "<" || scalar == ">" || scalar == "=" || scalar == "^" }
        var hasFill = false
        if scalars.count >= 2, isAlign(scalars[scalars.startIndex + 1]) {
            fill = String(scalars.removeFirst())
            align = Character(scalars.removeFirst())
            hasFill = true
        } else if let first = scalars.first, isAlign(first) {
            align = Character(scalars.removeFirst())
        }
        if let first = scalars.first, first == "+" || first == "-" || first == " " { sign = Character(scalars.removeFirst()) }
        if scalars.first == "z" { scalars.removeFirst() }
        if scalars.first == "#" {
            isAlternate = true
            scalars.removeFirst()
        }
        if scalars.first == "0" {
            if !hasFill { fill = "0" }
            if align == nil, !isText { align = "=" }
            scalars.removeFirst()
        }
        width = try Self.number(&scalars) ?? 0
        if scalars.first == "," || scalars.first == "_" { grouping = Character(scalars.removeFirst()) }
        if let next = scalars.first, next == "," || next == "_", grouping != nil {
            throw JinjaError(.value, "Cannot specify both ',' and '_'.")
        }
        if scalars.first == "." {
            scalars.removeFirst()
            guard let digits = try Self.number(&scalars) else {
                throw JinjaError(.value, "Format specifier missing precision")
            }
            precision = digits
        }
        if scalars.count > 1 {
            throw JinjaError(.value, "Invalid format specifier '\(text)' for object of type '\(typeName)'")
        }
        type = scalars.first.map { Character($0) }
    }

    private static func number(_ scalars: inout ArraySlice<Unicode.Scalar>) throws -> Int? {
        var value: Int?
        while let scalar = scalars.first, let digit = scalar.properties.numericType == .decimal ? Int(String(scalar)) : nil {
            value = (value ?? 0) * 10 + digit
            if value ?? 0 > 1_000_000 { throw JinjaError(.value, "Too many decimal digits in format string") }
            scalars.removeFirst()
        }
        return value
    }

    /// Formats any value as `format()` does.
    static func format(_ value: JinjaValue, _ text: String) throws -> String {
        switch value {
        case .string(let content), .markup(let content):
            return text.isEmpty ? content : try FormatSpec(text, typeName: value.typeName, isText: true).text(content)
        case .int, .big:
            return text.isEmpty ? try value.str() : try FormatSpec(text, typeName: "int").integer(value)
        case .bool:
            if text.isEmpty { return try value.str() }
            return try FormatSpec(text, typeName: "bool").integer(value)
        case .float(let number):
            return text.isEmpty ? PythonText.repr(number) : try FormatSpec(text, typeName: "float").float(number)
        case .undefined(let undefined) where !text.isEmpty && undefined.policy == .strict: throw undefined.error()
        default:
            guard text.isEmpty else {
                throw JinjaError(.type, "unsupported format string passed to \(value.typeName).__format__")
            }
            return try value.str()
        }
    }

    // MARK: Kinds

    func text(_ content: String) throws -> String {
        if let type, type != "s" { throw unknownCode() }
        if align == "=" { throw JinjaError(.value, "'=' alignment not allowed in string format specifier") }
        if sign != "-" {
            throw JinjaError(.value, sign == " " ? "Space not allowed in string format specifier" : "Sign not allowed in string format specifier")
        }
        if isAlternate { throw JinjaError(.value, "Alternate form (#) not allowed in string format specifier") }
        if let grouping { throw JinjaError(.value, "Cannot specify '\(grouping)' with 's'.") }
        let shown = precision.map { TextSlice.slice(content, nil, $0, 1) } ?? content
        return padded(shown, default: "<")
    }

    func integer(_ value: JinjaValue) throws -> String {
        guard let number = value.bigInteger else { return "" }
        var prefix = ""
        var digits: String
        switch type {
        case nil, "d", "n": digits = magnitude(number, 10)
        case "b": (prefix, digits) = ("0b", magnitude(number, 2))
        case "o": (prefix, digits) = ("0o", magnitude(number, 8))
        case "x": (prefix, digits) = ("0x", magnitude(number, 16))
        case "X": (prefix, digits) = ("0X", magnitude(number, 16).uppercased())
        case "c":
            if sign != "-" { throw JinjaError(.value, "Sign not allowed with integer format specifier 'c'") }
            guard let code = number.intValue, let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
                throw JinjaError(.overflow, "%c arg not in range(0x110000)")
            }
            return padded(String(scalar), default: ">")
        case "e", "E", "f", "F", "g", "G", "%": return try float(try value.double())
        default: throw unknownCode()
        }
        if precision != nil { throw JinjaError(.value, "Precision not allowed in integer format specifier") }
        if grouping == ",", let type, type != "d" { throw JinjaError(.value, "Cannot specify ',' with '\(type)'.") }
        let lead = signText(number.isNegative) + (isAlternate ? prefix : "")
        let size = prefix.isEmpty ? 3 : 4
        digits = grouped(digits, size: size, lead: lead.scalarCount, tail: 0)
        return padded(lead, digits)
    }

    private func magnitude(_ number: BigInteger, _ radix: UInt32) -> String {
        BigInteger(magnitude: number.magnitude, isNegative: false).text(radix: radix)
    }

    func float(_ number: Double) throws -> String {
        let lead = signText(number.sign == .minus && !number.isNaN)
        let size = abs(number)
        var body: String
        if !number.isFinite {
            body = number.isNaN ? "nan" : "inf"
            if type == "%" { body += "%" }
        } else {
            switch type {
            case "f", "F": body = Numbers.fixed(size, precision ?? 6)
            case "e", "E": body = Numbers.scientific(size, precision ?? 6)
            case "%": body = Numbers.fixed(size * 100, precision ?? 6) + "%"
            case "g", "G", "n": body = FormatSpec.general(size, precision ?? 6, alternate: isAlternate)
            case nil:
                if let precision {
                    body = FormatSpec.general(size, precision, alternate: isAlternate, keepsPoint: true)
                } else {
                    body = PythonText.repr(size)
                }
            default: throw unknownCode()
            }
            if isAlternate, !body.contains("."), type == "f" || type == "F" || type == "%" || type == "e" || type == "E" {
                let position = body.firstIndex { $0 == "e" || $0 == "%" } ?? body.endIndex
                body.insert(".", at: position)
            }
        }
        if let type, "EFG".contains(type) { body = body.uppercased() }
        if grouping != nil {
            let end = body.firstIndex { !$0.isNumber } ?? body.endIndex
            let tail = String(body[end...])
            body = grouped(String(body[..<end]), size: 3, lead: lead.scalarCount, tail: tail.scalarCount) + tail
        }
        return padded(lead, body)
    }

    /// `%g`: as many significant digits, in the shorter of both notations.
    static func general(_ value: Double, _ digits: Int, alternate: Bool, keepsPoint: Bool = false) -> String {
        let precision = max(1, digits)
        if value == 0 {
            if alternate { return "0." + String(repeating: "0", count: precision - 1) }
            return keepsPoint ? "0.0" : "0"
        }
        let scientific = Numbers.scientific(value, precision - 1)
        let parts = scientific.split(separator: "e")
        let exponent = Int(parts.count > 1 ? parts[1] : "0") ?? 0
        func trimmed(_ text: Substring) -> String {
            guard !alternate, text.contains(".") else { return String(text) }
            var rest = text
            while rest.last == "0" { rest = rest.dropLast() }
            if rest.last == "." { rest = rest.dropLast() }
            return String(rest)
        }
        // Without a type letter one digit more decides for the exponent, as Python's repr style has it.
        let limit = keepsPoint ? precision - 1 : precision
        if exponent >= -4, exponent < max(limit, keepsPoint ? 1 : limit), !(keepsPoint && exponent >= precision) {
            let fixed = trimmed(Numbers.fixed(value, max(0, precision - 1 - exponent))[...])
            return keepsPoint && !fixed.contains(".") ? fixed + ".0" : fixed
        }
        return trimmed(parts[0]) + PythonText.exponentSuffix(exponent)
    }

    // MARK: Parts

    private func signText(_ isNegative: Bool) -> String {
        if isNegative { return "-" }
        return sign == "-" ? "" : String(sign)
    }

    private func grouped(_ digits: String, size: Int, lead: Int, tail: Int) -> String {
        guard let grouping else { return digits }
        var text = digits
        if align == "=", fill == "0" {
            // Zeros in front are grouped too, up to the width.
            let room = width - lead - tail
            while text.count + (text.count - 1) / size < room { text = "0" + text }
        }
        var result: [Character] = []
        for (position, digit) in text.reversed().enumerated() {
            if position > 0, position % size == 0 { result.append(grouping) }
            result.append(digit)
        }
        return String(result.reversed())
    }

    private func padded(_ lead: String, _ body: String) -> String {
        if align == "=" {
            let space = width - lead.scalarCount - body.scalarCount
            return lead + String(repeating: fill, count: max(0, space)) + body
        }
        return padded(lead + body, default: ">")
    }

    private func padded(_ text: String, default fallback: Character) -> String {
        let space = width - text.scalarCount
        guard space > 0 else { return text }
        switch align ?? fallback {
        case "<": return text + String(repeating: fill, count: space)
        case "^":
            return String(repeating: fill, count: space / 2) + text + String(repeating: fill, count: space - space / 2)
        default: return String(repeating: fill, count: space) + text
        }
    }

    private func unknownCode() -> JinjaError {
        JinjaError(.value, "Unknown format code '\(type ?? " ")' for object of type '\(typeName)'")
    }
}
