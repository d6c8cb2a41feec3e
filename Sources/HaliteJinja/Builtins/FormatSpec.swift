import HaliteValue

/// Python's format specification, as in `{:>10.2f}`; mistakes are found in the order in which Python finds them.
struct FormatSpec {
    /// Widths and precisions above this are refused: nobody reads such a text.
    private static let limit = 10_000_000

    private let typeName: String
    private var fill: Unicode.Scalar = " "
    private var align: Unicode.Scalar
    private var sign: Unicode.Scalar?
    private var dropsNegativeZero = false
    private var isAlternate = false
    private var width = 0
    private var grouping: Unicode.Scalar?
    private var groupSize = 3
    private var precision: Int?
    private var type: Unicode.Scalar?

    private init(_ text: String, typeName: String, type defaultType: Unicode.Scalar?, align defaultAlign: Unicode.Scalar) throws {
        self.typeName = typeName
        type = defaultType
        align = defaultAlign
        var rest = Array(text.unicodeScalars)[...]
        func isAlign(_ scalar: Unicode.Scalar) -> Bool { scalar == "<" || scalar == ">" || scalar == "=" || scalar == "^" }
        func take(_ wanted: Unicode.Scalar...) -> Unicode.Scalar? {
            guard let first = rest.first, wanted.contains(first) else { return nil }
            return rest.removeFirst()
        }
        var hasFill = false
        var hasAlign = false
        if rest.count >= 2, isAlign(rest[rest.startIndex + 1]) {
            fill = rest.removeFirst()
            align = rest.removeFirst()
            (hasFill, hasAlign) = (true, true)
        } else if let first = rest.first, isAlign(first) {
            align = rest.removeFirst()
            hasAlign = true
        }
        sign = take("+", "-", " ")
        dropsNegativeZero = take("z") != nil
        isAlternate = take("#") != nil
        if !hasFill, take("0") != nil {
            fill = "0"
            if !hasAlign, defaultAlign == ">" { align = "=" }
        }
        width = try Self.number(&rest) ?? 0
        grouping = take(",")
        if take("_") != nil {
            if grouping != nil { throw JinjaError(.value, "Cannot specify both ',' and '_'.") }
            grouping = "_"
        }
        if grouping == "_", take(",") != nil { throw JinjaError(.value, "Cannot specify both ',' and '_'.") }
        if take(".") != nil {
            guard let digits = try Self.number(&rest) else { throw JinjaError(.value, "Format specifier missing precision") }
            precision = digits
        }
        if rest.count > 1 {
            throw JinjaError(.value, "Invalid format specifier '\(text)' for object of type '\(typeName)'")
        }
        if let last = rest.first { type = last }
        try checkGrouping()
    }

    private static func number(_ scalars: inout ArraySlice<Unicode.Scalar>) throws -> Int? {
        var value: Int?
        while let scalar = scalars.first, let digit = decimal(scalar) {
            let (tens, tooLarge) = (value ?? 0).multipliedReportingOverflow(by: 10)
            if tooLarge { throw JinjaError(.value, "Too many decimal digits in format string") }
            value = tens &+ digit
            scalars.removeFirst()
        }
        if let value, value > limit { throw JinjaError(.memory, "the text would be larger than the limit") }
        return value
    }

    static func decimal(_ scalar: Unicode.Scalar) -> Int? {
        if scalar.isASCII { return scalar.value >= 0x30 && scalar.value <= 0x39 ? Int(scalar.value - 0x30) : nil }
        return scalar.properties.numericType == .decimal ? scalar.properties.numericValue.map { Int($0) } : nil
    }

    private mutating func checkGrouping() throws {
        guard let grouping else { return }
        switch type {
        case nil, "d", "e", "f", "g", "E", "G", "%", "F": return
        case "b", "o", "x", "X":
            if grouping == "_" {
                groupSize = 4
                return
            }
        default: break
        }
        throw JinjaError(.value, "Cannot specify '\(grouping)' with '\(Self.shown(type))'.")
    }

    private static func shown(_ type: Unicode.Scalar?) -> String {
        guard let type else { return "" }
        return type.value > 32 && type.value < 128 ? String(type) : "\\x" + String(type.value, radix: 16)
    }

    private func unknownCode() -> JinjaError {
        JinjaError(.value, "Unknown format code '\(Self.shown(type))' for object of type '\(typeName)'")
    }

    // MARK: Kinds of values

    /// Formats any value as `format()` does.
    static func format(_ value: JinjaValue, _ text: String) throws -> String {
        switch value {
        case .string(let content), .markup(let content):
            if text.isEmpty { return content }
            return try FormatSpec(text, typeName: value.typeName, type: "s", align: "<").text(content)
        case .int, .big, .bool:
            if text.isEmpty { return try value.str() }
            return try FormatSpec(text, typeName: value.typeName, type: "d", align: ">").integer(value)
        case .float(let number):
            if text.isEmpty { return PythonText.repr(number) }
            return try FormatSpec(text, typeName: "float", type: nil, align: ">").float(number)
        case .undefined(let undefined) where !text.isEmpty && undefined.policy == .strict: throw undefined.error()
        default:
            guard text.isEmpty else {
                throw JinjaError(.type, "unsupported format string passed to \(value.typeName).__format__")
            }
            return try value.str()
        }
    }

    private func text(_ content: String) throws -> String {
        func refuse(_ what: String) -> JinjaError { JinjaError(.value, "\(what) not allowed in string format specifier") }
        guard type == "s" else { throw unknownCode() }
        if let sign { throw refuse(sign == " " ? "Space" : "Sign") }
        if dropsNegativeZero { throw refuse("Negative zero coercion (z)") }
        if isAlternate { throw refuse("Alternate form (#)") }
        if align == "=" { throw refuse("'=' alignment") }
        return padded(precision.map { TextSlice.slice(content, nil, $0, 1) } ?? content)
    }

    private func integer(_ value: JinjaValue) throws -> String {
        guard let number = value.bigInteger else { return "" }
        let radix: UInt32
        switch type {
        case "d", "n": radix = 10
        case "b": radix = 2
        case "o": radix = 8
        case "x", "X": radix = 16
        case "c": return try character(number)
        case "e", "E", "f", "F", "g", "G", "%": return try float(try value.double())
        default: throw unknownCode()
        }
        try refusePrecision()
        var digits = BigInteger(magnitude: number.magnitude, isNegative: false).text(radix: radix)
        if type == "X" { digits = digits.uppercased() }
        let prefix = isAlternate && radix != 10 ? "0\(type ?? "x")" : ""
        return assembled(sign: signText(number.isNegative), prefix: prefix, digits: digits, tail: "")
    }

    private func refusePrecision() throws {
        if precision != nil { throw JinjaError(.value, "Precision not allowed in integer format specifier") }
        if dropsNegativeZero {
            throw JinjaError(.value, "Negative zero coercion (z) not allowed in integer format specifier")
        }
    }

    private func character(_ number: BigInteger) throws -> String {
        try refusePrecision()
        if sign != nil { throw JinjaError(.value, "Sign not allowed with integer format specifier 'c'") }
        if isAlternate { throw JinjaError(.value, "Alternate form (#) not allowed with integer format specifier 'c'") }
        guard let code = number.intValue else { throw JinjaError(.overflow, "Python int too large to convert to C long") }
        guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
            throw JinjaError(.overflow, "%c arg not in range(0x110000)")
        }
        return assembled(sign: "", prefix: "", digits: "", tail: String(scalar))
    }

    private func float(_ number: Double) throws -> String {
        let notation: FloatText.Notation
        switch type {
        case "f", "F", "%": notation = .fixed
        case "e", "E": notation = .scientific
        case "g", "G", "n": notation = .general
        case nil: notation = precision == nil ? .shortest : .general
        default: throw unknownCode()
        }
        let value = type == "%" ? number * 100 : number
        let digits = precision ?? (type == nil ? 0 : 6)
        var body = FloatText.text(abs(value), notation, precision: digits, addsPoint: type == nil, isAlternate: isAlternate)
        if let type, type == "E" || type == "F" || type == "G" { body = body.uppercased() }
        if type == "%" { body += "%" }
        let hasNonzero = body.utf8.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }.contains { $0 >= 0x31 && $0 <= 0x39 }
        let isNegative = value.sign == .minus && !value.isNaN && !(dropsNegativeZero && value.isFinite && !hasNonzero)
        let end = body.utf8.firstIndex { $0 < 0x30 || $0 > 0x39 } ?? body.endIndex
        return assembled(sign: signText(isNegative), prefix: "", digits: String(body[..<end]), tail: String(body[end...]))
    }

    // MARK: Parts

    private func signText(_ isNegative: Bool) -> String {
        if isNegative { return "-" }
        return sign == "+" ? "+" : sign == " " ? " " : ""
    }

    private func assembled(sign: String, prefix: String, digits: String, tail: String) -> String {
        let lead = sign + prefix
        let room = fill == "0" && align == "=" ? width - lead.scalarCount - tail.scalarCount : 0
        let body = grouped(digits, room: room) + tail
        if align == "=" {
            let space = width - lead.scalarCount - body.scalarCount
            return lead + String(repeating: String(fill), count: max(0, space)) + body
        }
        return padded(lead + body)
    }

    /// Puts separators between the digits, and zeros in front of them to fill the room.
    private func grouped(_ digits: String, room: Int) -> String {
        guard let grouping, !digits.isEmpty else { return digits }
        var rest = Array(digits.utf8)[...]
        var room = room
        var groups: [[UInt8]] = []
        repeat {
            if !groups.isEmpty { room -= 1 }
            let size = min(groupSize, max(rest.count, room, 1))
            let taken = rest.suffix(size)
            groups.append(Array(repeating: UInt8(ascii: "0"), count: size - taken.count) + taken)
            rest = rest.dropLast(taken.count)
            room -= size
        } while !rest.isEmpty || room > 0
        return groups.reversed().map { String(decoding: $0, as: UTF8.self) }.joined(separator: String(grouping))
    }

    private func padded(_ text: String) -> String {
        let space = width - text.scalarCount
        guard space > 0 else { return text }
        func filling(_ count: Int) -> String { String(repeating: String(fill), count: count) }
        switch align {
        case "<": return text + filling(space)
        case "^": return filling(space / 2) + text + filling(space - space / 2)
        default: return filling(space) + text
        }
    }
}
