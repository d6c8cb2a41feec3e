import Glibc
import HaliteValue

enum NumberFilters {
    private static let define = BuiltinFilters.define

    static let table: [String: BuiltinFunction] = [
        "abs": define("abs", "/x") { arguments, _ in
            switch arguments.value(0) {
            case .int(let number): return number == .min ? .big(-BigInteger(number)) : .int(abs(number))
            case .bool(let flag): return .int(flag ? 1 : 0)
            case .float(let number): return .float(abs(number))
            case .big(let number): return .big(BigInteger(magnitude: number.magnitude, isNegative: false))
            case let other: throw JinjaError(.type, "bad operand type for abs(): '\(other.typeName)'")
            }
        },
        "int": define("do_int", "value, default=, base=") { arguments, _ in
            // A base that is no number makes a text no number.
            try PythonNumber.int(arguments.value(0), base: arguments[2].map { $0.integer ?? -1 } ?? 10)
                ?? arguments.value(1, default: .int(0))
        },
        "float": define("do_float", "value, default=") { arguments, _ in
            if case .undefined(let undefined) = arguments.value(0) { throw undefined.error() }
            return try PythonNumber.float(arguments.value(0)).map { .float($0) } ?? arguments.value(1, default: .float(0))
        },
        "round": define("do_round", "value, precision=, method=", round),
        "filesizeformat": define("do_filesizeformat", "value, binary=", fileSize),
    ]

    private static func round(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        let method = arguments[2] == nil ? "common" : try arguments.text(2)
        guard method == "common" || method == "ceil" || method == "floor" else {
            throw JinjaError(.filterArgument, "method must be common, ceil or floor")
        }
        let value = arguments.value(0)
        let digits = try arguments.integer(1, default: 0)
        if method == "common" {
            if case .float(let number) = value { return .float(Numbers.round(number, digits: digits)) }
            guard let number = value.bigInteger else {
                throw JinjaError(.type, "type \(value.typeName) doesn't define __round__ method")
            }
            if digits >= 0 { return JinjaValue(normalizing: number) }
            return rounded(number, to: BigInteger(10).power(min(-digits, 10_000)))
        }
        // `func(value * 10 ** precision) / 10 ** precision`, with Python's types.
        let scale = try Operators.apply(.pow, .int(10), .int(digits), context)
        let scaled = try Operators.apply(.mul, value, scale, context)
        let whole: JinjaValue
        if case .float(let number) = scaled {
            guard let integer = BigInteger(exactlyTruncating: method == "ceil" ? ceil(number) : floor(number)) else {
                throw JinjaError(number.isNaN ? .value : .overflow, "cannot convert float \(number.isNaN ? "NaN" : "infinity") to integer")
            }
            whole = JinjaValue(normalizing: integer)
        } else {
            guard scaled.isNumber else { throw JinjaError(.type, "must be real number, not \(scaled.typeName)") }
            whole = scaled
        }
        return try Operators.apply(.div, whole, scale, context)
    }

    /// To the nearest multiple, halves to the even one.
    private static func rounded(_ number: BigInteger, to unit: BigInteger) -> JinjaValue {
        guard let (quotient, remainder) = number.floorDivided(by: unit) else { return .int(0) }
        let twice = remainder + remainder
        let isOdd = (quotient.magnitude.first ?? 0) & 1 == 1
        let up = unit < twice || (twice == unit && isOdd)
        return JinjaValue(normalizing: (up ? quotient + BigInteger(1) : quotient) * unit)
    }

    private static func fileSize(_ arguments: BoundArguments, _ context: TemplateContext) throws -> JinjaValue {
        if case .undefined(let undefined) = arguments.value(0) { throw undefined.error() }
        guard let size = try PythonNumber.float(arguments.value(0)) else {
            let value = arguments.value(0)
            if case .bytes = value { throw JinjaError(.value, "could not convert string to float: \(try value.repr())") }
            guard value.text != nil else {
                throw JinjaError(.type, "float() argument must be a string or a real number, not '\(value.typeName)'")
            }
            throw JinjaError(.value, "could not convert string to float: \(try value.repr())")
        }
        let binary = try arguments.flag(1)
        if size == 1 { return .string("1 Byte") }
        let base = binary ? 1024 : 1000
        if size < Double(base) {
            guard let whole = BigInteger(exactlyTruncating: size) else {
                throw JinjaError(.overflow, "cannot convert float infinity to integer")
            }
            return .string("\(whole) Bytes")
        }
        if size.isNaN { return .string("nan \(binary ? "YiB" : "YB")") }
        var unit = BigInteger(base)
        for (position, letter) in ["k", "M", "G", "T", "P", "E", "Z", "Y"].enumerated() {
            unit = unit * BigInteger(base)
            if try position == 7 || JinjaValue.float(size).isLess(than: JinjaValue(normalizing: unit)) {
                let prefix = binary ? (letter == "k" ? "Ki" : letter + "i") : letter
                let amount = Double(base) * size / unit.roundedDouble
                return .string("\(FloatText.text(amount, .fixed, precision: 1)) \(prefix)B")
            }
        }
        return .null
    }
}

/// Python's `int()` and `float()` of texts.
enum PythonNumber {
    /// Nil where Jinja2's filter takes its default.
    static func int(_ value: JinjaValue, base: Int) throws -> JinjaValue? {
        switch value {
        case .int, .big: return value
        case .bool(let flag): return .int(flag ? 1 : 0)
        case .float(let number):
            if number.isInfinite { throw JinjaError(.overflow, "cannot convert float infinity to integer") }
            return BigInteger(exactlyTruncating: number).map { JinjaValue(normalizing: $0) }
        case .string(let text), .markup(let text):
            if let number = integer(text, base: base) { return number }
            return double(text).flatMap(BigInteger.init(exactlyTruncating:)).map { JinjaValue(normalizing: $0) }
        case .bytes(let bytes):
            let text = String(decoding: bytes, as: UTF8.self)
            return integer(text, base: base)
        case .undefined(let undefined): throw undefined.error()
        default: return nil
        }
    }

    static func integer(_ text: String, base: Int) -> JinjaValue? {
        guard base == 0 || (2...36).contains(base) else { return nil }
        var bytes = asciiDigits(text)[...]
        var isNegative = false
        if let first = bytes.first, first == 0x2B || first == 0x2D {
            isNegative = first == 0x2D
            bytes = bytes.dropFirst()
        }
        var radix = base
        if bytes.first == 0x30, bytes.count > 1 {
            let letter = bytes[bytes.startIndex + 1] | 0x20
            let prefixes: [UInt8: Int] = [0x62: 2, 0x6F: 8, 0x78: 16]
            if let found = prefixes[letter], base == 0 || base == found {
                radix = found
                bytes = bytes.dropFirst(2)
                if bytes.first == 0x5F { bytes = bytes.dropFirst() }
            } else if base == 0, bytes.contains(where: { $0 != 0x30 && $0 != 0x5F }) {
                return nil
            }
        }
        if radix == 0 { radix = 10 }
        guard let digits = withoutUnderscores(bytes), digits.count <= 4_300 || radix & (radix - 1) == 0 else { return nil }
        guard let number = BigInteger(digits: digits, radix: UInt32(radix)) else { return nil }
        return JinjaValue(normalizing: isNegative ? -number : number)
    }

    /// Digits of any script become ASCII, and white space around them goes.
    private static func asciiDigits(_ text: String) -> [UInt8] {
        let stripped = PythonSplit.strip(text, left: true, right: true, characters: nil)
        var bytes: [UInt8] = []
        for scalar in stripped.unicodeScalars {
            if scalar.isASCII {
                bytes.append(UInt8(scalar.value))
            } else if PythonCase.isDecimal(scalar), let value = scalar.properties.numericValue {
                bytes.append(0x30 + UInt8(value))
            } else {
                bytes.append(contentsOf: Array(String(scalar).utf8))
            }
        }
        return bytes
    }

    /// Underscores may part digits, one at a time.
    private static func withoutUnderscores(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var previous: UInt8 = 0x5F
        for byte in bytes {
            if byte == 0x5F {
                guard previous != 0x5F else { return nil }
            } else {
                result.append(byte)
            }
            previous = byte
        }
        return previous == 0x5F ? nil : result
    }

    static func float(_ value: JinjaValue) throws -> Double? {
        switch value {
        case .int, .float, .bool, .big: try value.double()
        case .string(let text), .markup(let text): double(text)
        case .bytes(let bytes): double(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }

    static func double(_ text: String) -> Double? {
        let bytes = asciiDigits(text)
        var rest = bytes[...]
        var isNegative = false
        if let first = rest.first, first == 0x2B || first == 0x2D {
            isNegative = first == 0x2D
            rest = rest.dropFirst()
        }
        switch String(decoding: rest, as: UTF8.self).lowercased() {
        case "inf", "infinity": return isNegative ? -.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        // Swift reads hexadecimal floats too, which Python does not.
        for (position, byte) in rest.enumerated() {
            switch byte {
            case 0x30...0x39, 0x2E, 0x65, 0x45, 0x2B, 0x2D: continue
            case 0x5F:
                let all = Array(rest)
                guard position > 0, position + 1 < all.count, (0x30...0x39).contains(all[position - 1]),
                    (0x30...0x39).contains(all[position + 1])
                else { return nil }
            default: return nil
            }
        }
        var cleaned = String(decoding: rest.filter { $0 != 0x5F }, as: UTF8.self)
        if cleaned.hasPrefix(".") { cleaned = "0" + cleaned }
        guard let first = cleaned.utf8.first, (0x30...0x39).contains(first) else { return nil }
        cleaned = PythonSplit.parts(cleaned, ".e", limit: 1).joined(separator: ".0e")
        if cleaned.hasSuffix(".") { cleaned += "0" }
        if cleaned == "0.0", rest.count == 1 { return nil }
        // The C library rounds correctly and knows what is too large.
        var end: UnsafeMutablePointer<CChar>?
        let value = cleaned.withCString { start -> Double? in
            let value = strtod(start, &end)
            guard let end, end.pointee == 0 else { return nil }
            return value
        }
        return value.map { isNegative ? -$0 : $0 }
    }
}
