import HaliteValue

/// The numbers of scalars, as PyYAML's constructors with Salt's change compute them, and Python's errors when they cannot.
///
/// Salt drops the zeros in front of an integer, so that `mode: 0644` is 644. One with a sign keeps them and is octal.
enum YAMLNumber {
    /// Python's limit on decimal digits.
    static let digitLimit = 4300

    /// A decimal number of up to 18 digits; nil when it takes more to read it.
    @inline(__always)
    static func shortInt(_ bytes: UnsafeBufferPointer<UInt8>) -> Value? {
        guard bytes.count <= 18 else { return nil }
        var index = 0
        let isNegative = bytes[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        guard index < bytes.count, bytes[index] != 0x30 || bytes.count == 1 else { return nil }
        var number = 0
        while index < bytes.count {
            let byte = bytes[index]
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            number = number * 10 + Int(byte - 0x30)
            index += 1
        }
        return .int(isNegative ? -number : number)
    }

    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]

    /// A plain decimal fraction of up to 15 digits, whose division is exact to the last bit; nil for others.
    static func shortFloat(_ bytes: UnsafeBufferPointer<UInt8>) -> Value? {
        let isNegative = bytes[0] == UInt8(ascii: "-")
        guard bytes.count <= (isNegative ? 17 : 16) else { return nil }
        var number = 0
        var places: Int?
        for byte in bytes.dropFirst(isNegative ? 1 : 0) {
            if byte == UInt8(ascii: "."), places == nil {
                places = 0
            } else if byte >= 0x30, byte <= 0x39 {
                number = number * 10 + Int(byte - 0x30)
                if let known = places { places = known + 1 }
            } else {
                return nil
            }
        }
        guard let places else { return nil }
        let value = Double(number) / powers[places]
        return .float(isNegative ? -value : value)
    }

    static func int(_ text: String) throws(YAMLError) -> Value {
        var digits = Array(saltDigits(text).unicodeScalars.filter { $0 != "_" })[...]
        guard let first = digits.first else { throw outOfRange }
        let isNegative = first == "-"
        if isNegative || first == "+" { digits = digits.dropFirst() }
        let size: Value
        if digits.elementsEqual("0".unicodeScalars) {
            size = .int(0)
        } else if digits.starts(with: "0b".unicodeScalars) {
            size = try pythonInt(digits.dropFirst(2), radix: 2)
        } else if digits.starts(with: "0x".unicodeScalars) {
            size = try pythonInt(digits.dropFirst(2), radix: 16)
        } else if digits.isEmpty {
            throw outOfRange
        } else if digits.first == "0" {
            size = try pythonInt(digits, radix: 8)
        } else if digits.contains(":") {
            size = try sexagesimal(digits)
        } else {
            size = try pythonInt(digits, radix: 10)
        }
        return isNegative ? negate(size) : size
    }

    private static let outOfRange = YAMLError(kind: .index, problem: "string index out of range")

    static func saltDigits(_ text: String) -> String {
        guard text != "0", text.hasPrefix("0"), !text.hasPrefix("0b"), !text.hasPrefix("0x") else { return text }
        let rest = text.drop { $0 == "0" }
        return rest.isEmpty ? "0" : String(rest)
    }

    private static func negate(_ value: Value) -> Value {
        switch value {
        case .int(let number) where number != .min: .int(-number)
        case .int(let number): .big(-BigInteger(number))
        case .big(let number): normal(-number)
        default: value
        }
    }

    private static func normal(_ number: BigInteger) -> Value {
        Int(number.description).map(Value.int) ?? .big(number)
    }

    private static func sexagesimal(_ digits: ArraySlice<Unicode.Scalar>) throws(YAMLError) -> Value {
        var total = BigInteger(0)
        for part in digits.split(separator: ":", omittingEmptySubsequences: false) {
            let number: BigInteger
            switch try pythonInt(part, radix: 10) {
            case .int(let value): number = BigInteger(value)
            case .big(let value): number = value
            default: number = BigInteger(0)
            }
            total = total * BigInteger(60) + number
        }
        return normal(total)
    }

    /// Python's `int(text, radix)`.
    private static func pythonInt(_ scalars: ArraySlice<Unicode.Scalar>, radix: UInt32) throws(YAMLError) -> Value {
        let literal = text(scalars)
        let invalid = YAMLError(kind: .value, problem: "invalid literal for int() with base \(radix): \(PythonText.repr(literal))")
        var rest = trimmed(scalars)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        let prefix = radix == 2 ? "b" : radix == 8 ? "o" : radix == 16 ? "x" : ""
        if !prefix.isEmpty, rest.count > 1, rest.first == "0", String(rest[rest.startIndex + 1]).lowercased() == prefix {
            rest = rest.dropFirst(2)
        }
        var bytes: [UInt8] = []
        for scalar in rest {
            guard scalar != "+", scalar != "-", let digit = asciiDigit(scalar) else { throw invalid }
            bytes.append(digit)
        }
        if radix == 10, bytes.count > digitLimit {
            throw YAMLError(
                kind: .value,
                problem: "Exceeds the limit (\(digitLimit) digits) for integer string conversion: value has \(bytes.count) digits; "
                    + "use sys.set_int_max_str_digits() to increase the limit")
        }
        if let number = Int(String(decoding: bytes, as: UTF8.self), radix: Int(radix)), !bytes.isEmpty {
            return .int(isNegative ? -number : number)
        }
        guard let number = BigInteger(digits: bytes, radix: radix) else { throw invalid }
        return normal(isNegative ? -number : number)
    }

    static func float(_ text: String) throws(YAMLError) -> Value {
        var digits = Array(text.lowercased().unicodeScalars.filter { $0 != "_" })[...]
        guard let first = digits.first else { throw outOfRange }
        let sign: Double = first == "-" ? -1 : 1
        if first == "-" || first == "+" { digits = digits.dropFirst() }
        if digits.elementsEqual(".inf".unicodeScalars) { return .float(sign * .infinity) }
        if digits.elementsEqual(".nan".unicodeScalars) { return .float(.nan) }
        guard digits.contains(":") else { return .float(sign * (try pythonFloat(digits))) }
        var parts: [Double] = []
        for part in digits.split(separator: ":", omittingEmptySubsequences: false) { parts.append(try pythonFloat(part)) }
        // From the last part on, as PyYAML adds them: the order decides the rounding.
        var base = 1.0
        var total = 0.0
        for part in parts.reversed() {
            total += part * base
            base *= 60
        }
        return .float(sign * total)
    }

    /// Python's `float(text)`.
    private static func pythonFloat(_ scalars: ArraySlice<Unicode.Scalar>) throws(YAMLError) -> Double {
        let rest = trimmed(scalars)
        var ascii: [UInt8] = []
        for scalar in rest {
            if scalar.isASCII {
                ascii.append(UInt8(scalar.value))
            } else if let digit = asciiDigit(scalar) {
                ascii.append(digit)
            } else {
                ascii.append(UInt8(ascii: "?"))
            }
        }
        let invalid = YAMLError(kind: .value, problem: "could not convert string to float: \(PythonText.repr(text(scalars)))")
        var body = ascii[...]
        let isNegative = body.first == UInt8(ascii: "-")
        if isNegative || body.first == UInt8(ascii: "+") { body = body.dropFirst() }
        let word = String(decoding: body, as: UTF8.self)
        if word == "inf" || word == "infinity" { return isNegative ? -.infinity : .infinity }
        if word == "nan" { return .nan }
        guard isDecimal(body), let number = Double(completed(word)) else { throw invalid }
        return isNegative ? -number : number
    }

    /// Digits with at most one dot and an exponent.
    private static func isDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "e"), maxSplits: 1, omittingEmptySubsequences: false)
        let halves = parts[0].split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.contains(where: { !$0.isEmpty }), halves.allSatisfy({ $0.allSatisfy(YAMLResolver.isDigit) }) else { return false }
        guard parts.count == 2 else { return true }
        let exponent = parts[1].first == UInt8(ascii: "-") || parts[1].first == UInt8(ascii: "+") ? parts[1].dropFirst() : parts[1]
        return !exponent.isEmpty && exponent.allSatisfy(YAMLResolver.isDigit)
    }

    /// With digits on both sides of the dot, as Swift reads numbers.
    private static func completed(_ text: String) -> String {
        var text = text
        if text.hasPrefix(".") { text = "0" + text }
        if let dot = text.firstIndex(of: ".") {
            let after = text.index(after: dot)
            if after == text.endIndex || text[after] == "e" { text.insert("0", at: after) }
        }
        return text
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    private static func trimmed(_ scalars: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value) }
        var rest = scalars.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
        return rest
    }

    /// A digit or letter as ASCII; decimal digits of other scripts count, as in Python.
    private static func asciiDigit(_ scalar: Unicode.Scalar) -> UInt8? {
        if scalar.isASCII { return UInt8(scalar.value) }
        guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue else { return nil }
        return 0x30 + UInt8(value)
    }
}
